"""The shell of the site: how every page is written, and what the theme must not bring along.

The book asks no other host for anything: formulas are made at build, chart scripts are vendored,
and what the theme would load from elsewhere, or load for nothing, is dropped.
"""

from __future__ import annotations

import os
import re
import shutil
import zlib
from html import escape
from importlib.metadata import distribution
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

from claimbook.chapters import prose
from claimbook.pages import charts, state
from claimbook.pages.parts import TEMPLATES
from claimbook.pages.state import BookError
from claimbook.pages.vendored import STATIC

# The theme's icons (0.5 MB of script, 1 MB of fonts) are drawn by icons.css instead.
_UNUSED = ("scripts/fontawesome.js*", "vendor/fontawesome")
# Whose files stand in `_static`, beside those that are vendored.
_SHIPPED = (
    *("Sphinx", "pydata-sphinx-theme", "sphinx-book-theme", "myst-nb", "sphinx-copybutton"),
    *("sphinx-design", "sphinx-togglebutton", "jupyter-book", "Pygments"),
)
_STYLES = {"icons.css": 890, "claimbook.css": 900, "lead.css": 901}  # in the order of their weight
_SCHEMES = ("", "http", "https", "mailto")
_DROPPED = ("sphinx-thebe", "togglebutton")  # nothing here can be run or is a toggle
# Scripts that only some pages need, by what stands in those.
_ONLY_WITH = {"design-tabs": "sd-tab-set", "clipboard": "highlight", "copybutton.js": "highlight"}
_SIDEBAR = ["claimbook-brand.html", "sbt-sidebar-nav.html"]
_WITHOUT_NAVBAR = ("navbar_start", "navbar_center", "navbar_end", "navbar_persistent")
_MATHML = "mathml"
_COMMAND_LEFT = re.compile(r">\s*(\\[A-Za-z]+)")
# latex2mathml knows these environments under one name only, and numbers `align` by itself.
_SAME_AS = {"aligned": "split", "align": "align*", "gathered": "matrix", "gather": "matrix"}
_ENVIRONMENT = re.compile(r"\\(begin|end)\{(" + "|".join(_SAME_AS) + r")\}")
_EQUATION = re.compile(r"\\(begin|end)\{equation\*?\}")


# ------------------------------------------------------- formulas and references


def to_mathml(latex: str, display: bool) -> str:
    r"""Return a formula as a `<math>` element that carries its LaTeX as a text alternative.

    In `display`, on a line of its own, `\\` or `&` outside any environment align it, as they do
    under MathJax. A formula that cannot be read is a ValueError with a sentence.
    """
    source = _EQUATION.sub("", re.sub(r"\s+", " ", latex)).strip()
    source = _ENVIRONMENT.sub(lambda match: rf"\{match[1]}{{{_SAME_AS[match[2]]}}}", source)
    if display and r"\begin" not in source and (r"\\" in source or "&" in source):
        source = rf"\begin{{split}}{source}\end{{split}}"
    try:
        markup = convert(source, display="block" if display else "inline")
        ElementTree.fromstring(markup)  # a stray & or < would break the page around it
    except Exception as error:  # latex2mathml raises many kinds, among them IndexError
        name = type(error).__name__
        raise ValueError(f"the formula “{latex.strip()}” cannot be read ({name})") from error
    unknown = _COMMAND_LEFT.search(markup)
    if unknown:
        raise ValueError(f"the formula “{latex.strip()}” uses {unknown[1]}, which is not known")
    return markup.replace("<math ", f'<math alttext="{escape(latex.strip())}" ', 1)


def _formula(translator: HTML5Translator, node: nodes.Element, display: bool) -> str:
    page, latex = translator.builder.current_docname, node.astext()
    if f"]({prose.SCHEME}" in latex:
        raise BookError(
            f"{page}: a bound number stands in the formula “{latex.strip()[:40]}”, where no reader "
            "would see it: write the dollar signs around it as \\$."
        )
    try:
        return to_mathml(latex, display)
    except ValueError as error:
        raise BookError(f"{page}: {error}: write it with LaTeX that latex2mathml knows.") from error


def _visit_math(translator: HTML5Translator, node: nodes.math) -> None:
    """Write a formula in a line of text."""
    translator.body.append(f'<span class="cb-math">{_formula(translator, node, False)}</span>')
    raise nodes.SkipNode


def _visit_math_block(translator: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula on a line of its own, with its number if it has a label."""
    markup = _formula(translator, node, True)
    translator.body.append(translator.starttag(node, "div", CLASS="cb-math-block"))
    translator.body.append(f'<div class="cb-math-block__formula">{markup}</div>')
    if node.get("number"):
        number = get_node_equation_number(translator, node)
        translator.body.append(f'<span class="eqno">({number})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    translator.body.append("</div>\n")
    raise nodes.SkipNode


def _visit_citation(translator: HTML5Translator, node: nodes.citation) -> None:
    """Open a reference as an item of a list: ARIA has withdrawn docutils' `doc-biblioentry`."""
    if not isinstance(node.previous_sibling(), nodes.citation):
        translator.body.append('<div role="list" class="citation-list">\n')
    translator.body.append(translator.starttag(node, "div", CLASS="citation", role="listitem"))


def _depart_citation(translator: HTML5Translator, node: nodes.citation) -> None:
    """Close it, and the list after its last item."""
    translator.body.append("</div>\n")
    if not isinstance(node.next_node(descend=False, siblings=True), nodes.citation):
        translator.body.append("</div>\n")


# --------------------------------------------------------------------- the frame


def _configure(app: Sphinx, config: Config) -> None:
    """Set what a `_config.yml` cannot: Jupyter Book's own options are kept, not replaced.

    Paths are relative, for Sphinx hashes them into the site: two clones must build the same bytes.
    """
    config.html_math_renderer = _MATHML
    config.template_bridge = "claimbook.pages.policy.Templates"
    config.html_theme_options = {
        **config.html_theme_options,
        **{name: [] for name in _WITHOUT_NAVBAR},  # else there are two search fields
        "pygments_light_style": "a11y-high-contrast-light",
        "pygments_dark_style": "a11y-high-contrast-dark",
    }
    config.html_sidebars = {"**": _SIDEBAR}
    static, site = (os.path.relpath(path, app.confdir) for path in (STATIC, TEMPLATES / "site"))
    config.html_static_path = [*config.html_static_path, static]
    # The theme adds its own to the one list of the process, at each build.
    config.templates_path = [site, *dict.fromkeys(config.templates_path)]
    config.html_favicon = config.html_favicon or os.path.join(static, "icons", "favicon.svg")
    # Permalinks and "created with" lines add noise for readers of essays.
    config.html_permalinks_icon = "#"
    config.html_show_sphinx = False
    config.html_use_index = False  # it would be an empty page


def _drop_thebe(app: Sphinx, config: Config) -> None:
    """Disconnect sphinx-thebe: its scripts fail on every page, and the book has no kernel."""
    for listeners in list(app.events.listeners.values()):
        for listener in list(listeners):
            if listener.handler.__module__.startswith("sphinx_thebe"):
                app.disconnect(listener.id)


def _drop_unused(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """Leave out of a page what the theme would load for nothing."""
    body = context.get("body", "")
    dropped = [*_DROPPED, *(name for name, mark in _ONLY_WITH.items() if mark not in body)]
    for key in ("css_files", "script_files"):
        context[key] = [f for f in context[key] if not any(s in str(f.filename) for s in dropped)]


def _rank_results(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """Let the search page put chapters first, and show sentences of them."""
    if page == "search":
        app.add_js_file("results.js")


def _read_no_files(app: Sphinx) -> None:
    """Let no page take in a file or HTML by a directive: a page of a fork is anyone's."""
    app.env.settings.update(file_insertion_enabled=False, raw_enabled=False)


def _check_links(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Stop at a link that would run something; the bibliography's come from its file."""
    for link in doctree.findall(nodes.reference):
        scheme = urlsplit(link.get("refuri", "")).scheme
        if scheme not in _SCHEMES:
            raise BookError(
                f"{docname} links to {link['refuri']!r:.60}, which is no page: write an address "
                "that begins with https:, http: or mailto:."
            )


def _write_licences(app: Sphinx, site: Path) -> None:
    """Write the licences of all that the site ships and did not come from this book."""
    parts = []
    for name in _SHIPPED:
        held = distribution(name)
        texts = [
            path.read_text(encoding="utf-8").strip()
            for path in sorted(held.files or ())
            if re.search(r"\.dist-info/.*(LICEN[CS]E|COPYING)", str(path))
        ]
        parts += [f"{name} {held.version}", *texts]
    shipped = (*STATIC.rglob("*LICENSE*"), *(site / "_static").rglob("*.LICENSE.txt"))
    for path in sorted(shipped, key=lambda path: (path.name, path.as_posix())):
        parts += [path.name, path.read_text(encoding="utf-8").strip()]
    rule = f"\n\n{80 * '-'}\n\n"
    (site / "licences.txt").write_text(rule.join(parts) + "\n", encoding="utf-8")


def _remove_unused(app: Sphinx, exception: Exception | None) -> None:
    """Remove from the site what no page loads."""
    for pattern in _UNUSED:
        for path in Path(app.outdir, "_static").glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def version(package: Path) -> int:
    """Return a number for what draws a page: where it changes, Sphinx reads every page anew."""
    files = [
        path
        for room in ("figures", "pages")
        for path in sorted((package / room).rglob("*"))
        if path.suffix in (".py", ".html", ".css", ".js")
    ]
    return zlib.crc32(b"".join(path.read_bytes() for path in files))


_WHEN = (
    ("config-inited", _configure),
    ("config-inited", _drop_thebe),
    ("builder-inited", _read_no_files),
    ("builder-inited", charts.check_vendored),
    ("doctree-read", charts.link_from_elsewhere),
    ("env-updated", charts.stop_if_incomplete),
    ("doctree-resolved", _check_links),
    ("html-page-context", _rank_results),
    ("html-page-context", charts.add_scripts),
    ("build-finished", _remove_unused),
)


def setup(app: Sphinx) -> dict[str, bool | int]:
    """Connect what every page needs: the shell and its charts."""
    app.add_env_collector(state.Collector)
    app.add_html_math_renderer(_MATHML, (_visit_math, None), (_visit_math_block, None))
    app.add_node(nodes.citation, override=True, html=(_visit_citation, _depart_citation))
    for event, does in _WHEN:
        app.connect(event, does)
    app.connect("html-page-context", _drop_unused, priority=900)
    state.when_written(app, _write_licences)
    state.when_written(app, charts.write_files)
    for style, priority in _STYLES.items():
        app.add_css_file(style, priority=priority)
    app.add_js_file("address.js", priority=400, loading_method="defer")  # before those that use it
    for script in ("shell", "image"):
        app.add_js_file(f"{script}.js", loading_method="defer")
    safe = {"parallel_read_safe": True, "parallel_write_safe": True}
    return {**safe, "env_version": version(Path(__file__).parents[1])}
