"""The shell of the site: what surrounds the pages, and what the theme must not bring along.

The book asks no other host for anything: formulas are made at build (`maths`), chart scripts are
vendored (`charts`), and what the theme would load from elsewhere, or load for nothing, is dropped.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

from claimbook.pages import charts, citations, maths
from claimbook.pages.vendored import STATIC

TEMPLATES = STATIC.parent / "templates" / "site"
# The theme's icons (0.5 MB of script, 1 MB of fonts) are drawn by claimbook.css instead.
_UNUSED = ("scripts/fontawesome.js*", "vendor/fontawesome")
_SIDEBAR = ["claimbook-brand.html", "sbt-sidebar-nav.html"]
_WITHOUT_NAVBAR = ("navbar_start", "navbar_center", "navbar_end", "navbar_persistent")


def _without_script(html: str, name: str) -> str:
    return re.sub(rf'<script[^>]*src="[^"]*/{re.escape(name)}[^"]*"[^>]*>\s*</script>', "", html)


def _configure(app: Sphinx, config: Config) -> None:
    """Set what a `_config.yml` cannot: Jupyter Book's own options are kept, not replaced.

    Paths are relative, for Sphinx hashes them into the site: two clones must build the same bytes.
    """
    options = dict(config.html_theme_options)
    options |= {name: [] for name in _WITHOUT_NAVBAR}  # else there are two search fields
    options |= {"pygments_light_style": "a11y-high-contrast-light"}
    options |= {"pygments_dark_style": "a11y-high-contrast-dark"}
    config.html_theme_options = options
    config.html_sidebars = {"**": _SIDEBAR}
    static, templates = (os.path.relpath(path, app.confdir) for path in (STATIC, TEMPLATES))
    config.html_static_path = [*config.html_static_path, static]
    config.templates_path = [templates, *config.templates_path]
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


def _add_filter(app: Sphinx) -> None:
    if app.builder.format == "html":
        app.builder.templates.environment.filters["without_script"] = _without_script


def _drop_thebe_style(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    for key in ("css_files", "script_files"):
        context[key] = [f for f in context[key] if "sphinx-thebe" not in str(f.filename)]


def _remove_unused(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.format != "html":
        return
    for pattern in _UNUSED:
        for path in Path(app.outdir, "_static").glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect the shell, the charts and the formulas to a build.

    Parameters
    ----------
    app : sphinx.application.Sphinx

    Returns
    -------
    dict
        Sphinx's metadata of an extension.
    """
    app.connect("config-inited", _configure)
    app.connect("config-inited", _drop_thebe)
    app.connect("builder-inited", _add_filter)
    app.connect("html-page-context", _drop_thebe_style, priority=900)
    app.connect("build-finished", _remove_unused, priority=900)
    app.add_css_file("icons.css", priority=890)
    app.add_css_file("claimbook.css", priority=900)
    app.add_js_file("shell.js", loading_method="defer")
    for part in (charts, citations, maths):
        part.connect(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
