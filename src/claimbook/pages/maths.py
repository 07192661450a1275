"""Formulas as MathML, made when the book is built: no script, no request, and they print."""

import re
from html import escape
from xml.etree import ElementTree

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

from claimbook.pages.errors import BookError

RENDERER = "mathml"
_COMMAND_LEFT = re.compile(r">\s*(\\[A-Za-z]+)")
_SPACES = re.compile(r"\s+")
# latex2mathml knows these environments under one name only, and numbers `align` by itself.
_SAME_AS = {"aligned": "split", "align": "align*", "gathered": "matrix", "gather": "matrix"}
_ENVIRONMENT = re.compile(r"\\(begin|end)\{(" + "|".join(_SAME_AS) + r")\}")
_EQUATION = re.compile(r"\\(begin|end)\{equation\*?\}")


def _in_known_environments(latex: str, display: bool) -> str:
    source = _EQUATION.sub("", _SPACES.sub(" ", latex)).strip()
    source = _ENVIRONMENT.sub(lambda match: rf"\{match[1]}{{{_SAME_AS[match[2]]}}}", source)
    if display and r"\begin" not in source and (r"\\" in source or "&" in source):
        source = rf"\begin{{split}}{source}\end{{split}}"
    return source


def to_mathml(latex: str, display: bool) -> str:
    r"""Return a formula as a `<math>` element that carries its LaTeX as a text alternative.

    Parameters
    ----------
    latex : str
        The formula, without dollar signs.
    display : bool
        Whether it stands on a line of its own; then `\\` or `&` outside any environment align it,
        as they do under MathJax.

    Returns
    -------
    str
        MathML.

    Raises
    ------
    ValueError
        With a sentence, if the formula cannot be read.
    """
    source = _in_known_environments(latex, display)
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


def _mathml_for_page(translator: HTML5Translator, node: nodes.Element, display: bool) -> str:
    try:
        return to_mathml(node.astext(), display)
    except ValueError as error:
        page = translator.builder.current_docname
        raise BookError(f"{page}: {error}: write it with LaTeX that latex2mathml knows.") from error


def visit_inline(translator: HTML5Translator, node: nodes.math) -> None:
    """Write a formula in a line of text."""
    markup = _mathml_for_page(translator, node, display=False)
    translator.body.append(f'<span class="cb-math">{markup}</span>')
    raise nodes.SkipNode


def visit_block(translator: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula on a line of its own, with its number if it has a label."""
    markup = _mathml_for_page(translator, node, display=True)
    translator.body.append(translator.starttag(node, "div", CLASS="cb-math-block"))
    translator.body.append(f'<div class="cb-math-block__formula">{markup}</div>')
    if node.get("number"):
        number = get_node_equation_number(translator, node)
        translator.body.append(f'<span class="eqno">({number})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    translator.body.append("</div>\n")
    raise nodes.SkipNode


def _use_mathml(app: Sphinx, config: Config) -> None:
    config.html_math_renderer = RENDERER


def connect(app: Sphinx) -> None:
    """Make MathML the book's way of showing formulas."""
    app.add_html_math_renderer(RENDERER, (visit_inline, None), (visit_block, None))
    app.connect("config-inited", _use_mathml)
