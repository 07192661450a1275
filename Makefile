# The commands of the book, one word each. `make help` lists them.
# The environment is the business of tools/environment.py: it does nothing when .venv is up to date.

PYTHON ?= python3
# A Python that was asked for by name replaces the one in .venv; the default does not.
NAMED := $(if $(filter command environment,$(origin PYTHON)),--named)
BIN := .venv/bin

define environment
@command -v "$(PYTHON)" >/dev/null || { echo "There is no $(PYTHON) here. Install Python 3.11 or newer (Debian, Ubuntu: apt install python3 python3-venv; elsewhere: https://www.python.org/downloads/), or name one: make $@ PYTHON=/path/to/python3" >&2; exit 1; }
@"$(PYTHON)" tools/environment.py $(NAMED)
endef

.DEFAULT_GOAL := help
.PHONY: help book test run serve lab bench mutation lock clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

book: ## set up .venv if needed and build the book into _build/html
	$(environment) book
	@$(BIN)/claimbook build

run: ## re-execute the chapters that are stale
	$(environment) book
	@$(BIN)/claimbook run

serve: ## build, serve on 127.0.0.1 and rebuild on every change
	$(environment) book
	@$(BIN)/claimbook serve

lab: ## open the chapters in JupyterLab (installs it into .venv)
	$(environment) lab
	@$(BIN)/jupyter lab book

test: ## check everything: code style, the build, the chapters, the pages in a browser
	$(environment) test
	@$(BIN)/python tools/browser.py
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/claimbook build
	$(BIN)/python -m pytest -n 2 --dist loadfile --nbval --nbval-cell-timeout=120 --ignore-glob='book/_*' tests book

bench: ## run the benchmarks in bench/
	$(environment) test
	@for file in bench/bench_*.py; do echo "$$file"; $(BIN)/python "$$file" || exit 1; done

mutation: ## mutation-test the rule, the estimates, the status and the snapshot reader
	$(environment) test
	@$(BIN)/python bench/mutation.py

lock: ## pin every requirement anew from pyproject.toml (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv: https://docs.astral.sh/uv/getting-started/installation/" >&2; exit 1; }
	uv pip compile --universal --python-version 3.11 pyproject.toml -o requirements.txt --custom-compile-command "make lock"
	uv pip compile --universal --python-version 3.11 pyproject.toml --extra dev -c requirements.txt -o requirements-dev.txt --custom-compile-command "make lock"

clean: ## remove what was built; .venv stays
	rm -rf _build .pytest_cache .ruff_cache .hypothesis mutants
