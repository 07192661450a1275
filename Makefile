# The commands of the book, one word each. `make help` lists them.
# Each set of packages has a stamp in .venv, made anew when what decides it has changed.

PYTHON ?= python3
# A Python that was asked for by name replaces the one in .venv; the default does not.
NAMED := $(if $(filter command environment,$(origin PYTHON)),--named)
BIN := .venv/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
export PIP_QUIET := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Two workers share the machine: threads of each that wait for one another cost more than they help.
export OPENBLAS_NUM_THREADS := 1
PIP := $(BIN)/python -m pip
# How the tests are spread over two workers, page by page, stands in tests/conftest.py.
# The tests of what chapters import, which any system can run: no browser, no built book.
LIBRARY := claimfiles declared estimates figures grid influence matching prose ricardo rule snapshot status words
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadfile --nbval --nbval-cell-timeout=120 --ignore-glob='book/_*'
OR_SAY := || { echo "pip could not install (its own words stand above). If the network failed, run the same command again." >&2; exit 1; }

# Once .venv is sound its stamps are judged, by a make of their own: this one has read them already.
define environment
@command -v "$(PYTHON)" >/dev/null || { echo "There is no $(PYTHON) here. Install Python 3.11 or newer (Debian, Ubuntu: apt install python3 python3-venv; elsewhere: https://www.python.org/downloads/), or name one: make $@ PYTHON=/path/to/python3" >&2; exit 1; }
@"$(PYTHON)" tools/venv.py $(NAMED) >&2
@$(MAKE) --no-print-directory --silent .venv/$(1)
endef

.DEFAULT_GOAL := help
.PHONY: help setup book test test-all test-library run serve lab check review refresh links bench mutation lock publish preview propose broken clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## set up .venv, and nothing else
	$(call environment,.ready)

book: ## set up .venv if needed and build the book into _build/html
	$(call environment,.ready)
	@$(BIN)/claimbook build

run: ## re-execute the chapters that are stale
	$(call environment,.ready)
	@$(BIN)/claimbook run

serve: ## build, serve on 127.0.0.1 and rebuild on every change
	$(call environment,.ready)
	@$(BIN)/claimbook serve

lab: ## open the chapters in JupyterLab
	$(call environment,.ready)
	@$(BIN)/jupyter lab book

check: ## say what a reviewer would ask; BASE=COMMIT refuses declarations changed since then
	$(call environment,.ready)
	@$(BIN)/claimbook check $(if $(CI),--format github) $(if $(BASE),--ledger-base "$(BASE)")

review: ## say what changed since BASE=COMMIT, for a person to read
	$(call environment,.ready)
	@$(BIN)/claimbook review "$(or $(BASE),HEAD)"

refresh: ## fetch the figures again, and say which numbers and verdicts move
	$(call environment,.ready)
	@$(BIN)/claimbook refresh

links: ## ask every address that the book names whether it is still there
	$(call environment,.ready)
	@$(BIN)/jupyter-book build . --builder linkcheck

test: ## check everything: code style, the build, the chapters, the pages in a browser
	$(call environment,.ready-test)
	@$(BIN)/python tools/browser.py
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/claimbook build
	$(PYTEST) -m "not slow" tests book

test-all: test ## ask of every page, chapter and file what `make test` asks once; takes an hour or more
	$(PYTEST) -m slow tests
	$(BIN)/python bench/mutation.py --minutes 60
	$(BIN)/python -m pytest tests/test_mutation.py

test-library: ## test only what chapters import, on any system
	$(call environment,.ready-test)
	$(BIN)/python -m pytest -n 2 --dist loadfile $(LIBRARY:%=tests/test_%.py)

bench: ## run the benchmarks in bench/
	$(call environment,.ready-test)
	@for file in bench/bench_*.py; do echo "$$file"; $(BIN)/python "$$file" || exit 1; done

mutation: ## mutation-test the rule, the estimates, the status and the snapshot reader
	$(call environment,.ready-test)
	@$(BIN)/python bench/mutation.py

lock: ## pin every requirement anew from pyproject.toml (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv: https://docs.astral.sh/uv/getting-started/installation/" >&2; exit 1; }
	uv pip compile --universal --python-version 3.11 pyproject.toml --extra lab -o requirements.txt --custom-compile-command "make lock"
	uv pip compile --universal --python-version 3.11 pyproject.toml --extra dev -c requirements.txt -o requirements-dev.txt --custom-compile-command "make lock"
	@echo "-e ." >> requirements.txt

# What the workflows do where a token can write: nothing is installed for it, hence no environment.
publish: ## lay SITE on the branch of the pages, at ADDRESS; keep the previews of OPEN
	@"$(PYTHON)" tools/pages.py --site "$(SITE)" publish --address "$(ADDRESS)" --open "$(OPEN)"

preview: ## lay SITE beside the published book, as the preview of pull request NUMBER
	@"$(PYTHON)" tools/pages.py --site "$(SITE)" preview "$(NUMBER)"

propose: ## open a pull request with what a refresh moved; FOUND holds what it said
	@"$(PYTHON)" tools/tell.py propose "$(FOUND)"

broken: ## open or renew the one issue that says a refresh failed; FOUND holds what it said
	@"$(PYTHON)" tools/tell.py broken "$(FOUND)"

# A stamp is removed first and made last: an install that is broken off must not look finished.
.venv/.ready: requirements.txt pyproject.toml
	@echo "Installing requirements.txt, with this book, into .venv. The first time takes a minute or more." >&2
	@rm -f $@
	@$(PIP) install -r requirements.txt $(OR_SAY)
	@touch $@

.venv/.ready-test: requirements-dev.txt .venv/.ready
	@echo "Installing requirements-dev.txt into .venv." >&2
	@rm -f $@
	@$(PIP) install -r requirements-dev.txt $(OR_SAY)
	@touch $@

clean: ## remove what was built; .venv stays
	rm -rf _build .pytest_cache .ruff_cache .hypothesis mutants
