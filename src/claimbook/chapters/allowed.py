"""What a chapter may not do: read what it does not declare, change the library, forge an output.

No arms race: a short list, read from syntax trees and stored outputs, each with its remedy. A check
reads the snapshot that it is given, uses its options, and shows what it found by `claim` alone.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt
from nbformat import NotebookNode

from claimbook.chapters import definitions, freshness
from claimbook.chapters.finding import Finding
from claimbook.claims.output import MIME as CLAIM
from claimbook.errors import nearest
from claimbook.figures import MIME as CHART

Told = tuple[int | None, str]  # the cell, None for the notebook as a whole, and a sentence
Function = ast.FunctionDef | ast.AsyncFunctionDef

LIBRARY = "claimbook"
CLAIM_CELL = "claim"
_SNAPSHOT = f"{CLAIM_CELL}.snapshot"
TAGS = ("hide-input", "hide-output", "remove-input", "remove-output")
# HTML is never shown: pages show a frame as its text.
MIMES = ("text/plain", "text/html", CHART, CLAIM)
DIRECTIVES = (
    *("admonition", "attention", "caution", "code-block", "dropdown", "epigraph", "figure"),
    *("hint", "image", "important", "list-table", "margin", "math", "note", "seealso", "table"),
    *("tip", "warning"),
)
ROLES = ("abbr", "cite", "cite:p", "cite:t", "doc", "eq", "math", "ref", "sub", "sup", "term")
_SETTINGS = ("html_meta", "myst", "mystnb", "render", "substitutions")
_DOORS = {
    *("change", "claim", "estimates", "figures", "models", "once", "share_change", "status"),
    "window",
}
_MODULES = (
    *(LIBRARY, "pandas", "numpy", "scipy", "statsmodels", "plotly", "collections", "dataclasses"),
    *("datetime", "fractions", "functools", "itertools", "math", "random", "re", "statistics"),
    *("string", "textwrap", "time", "typing"),
)
_CALLS = {
    *("__import__", "breakpoint", "compile", "delattr", "display", "eval", "exec", "get_ipython"),
    *("globals", "input", "locals", "open", "setattr", "vars", "__builtins__", "__loader__"),
}
# The rooms of a snapshot behind its doors.
_INNER = {"folder", "limited_to", "masks", "memory", "only", "store"}
_READERS = re.compile(r"read_\w+|fromfile|loadtxt|genfromtxt|memmap|load|fetch_\w+|get_rdataset")
_WRITERS = re.compile(r"write_\w+|save\w*|tofile|to_(?:clipboard|csv|excel|hdf|parquet|pickle|sql)")
_ELSEWHERE = {"data", "datasets", "io"}  # where the libraries keep figures, or read them
# What of the chapter's own may be set: the names of a table, and the layout of a figure.
_SETTABLE = re.compile(r"\w+\.(?:.*\.)?(?:name|names|index|columns)|\w+\.(?:layout|data)\b.*")
_PARTS = {"check", "get", "items", "values"}  # methods that give a part of what they are asked of
_CHANGES = {
    *("append", "clear", "extend", "insert", "pop", "popitem", "remove", "setdefault", "update"),
}
_DIRECTIVE = re.compile(r"^[\s>*+\d.)-]*(?:`{3,}|:{3,}|~{3,})\s*\{([^}\s]*)\}", re.MULTILINE)
_ROLE = re.compile(r"\{([^{}\s`]+)\}(?=`)")


def faults(notebook: NotebookNode, claim_id: str | None, path: Path) -> list[Finding]:
    """Say what a notebook does that it may not; one without a claim may open any snapshot."""
    found: list[Told] = [
        (None, f"the notebook's own settings ({name}) are not read: remove that metadata.")
        for name in _SETTINGS
        if name in notebook.metadata
    ]
    trees = {}
    for number, cell in enumerate(notebook.cells):
        found += [(number, text) for text in _cell(cell, number)]
        if cell.cell_type == "code":
            trees[number], apart = definitions.parsed(cell.source)
            if apart:
                found.append((number, f"{apart[0]!r:.60} is not plain Python: remove it."))
    found += _Program(trees, claim_id, path.parent).faults()
    in_order = sorted(dict.fromkeys(found), key=lambda one: -1 if one[0] is None else one[0])
    return [Finding(path, text, number) for number, text in in_order]


# Cells, their tags and what they have stored


def _cell(cell: NotebookNode, number: int) -> Iterator[str]:
    code = cell.cell_type == "code"
    if cell.cell_type == "raw":
        yield "is a raw cell: write Markdown, or code that shows a chart."
    for tag in cell.metadata.get("tags", ()):
        if not code or tag not in TAGS:
            yield f"has the tag {tag}: code cells may have {', '.join(TAGS)}, others none."
    if cell.get("attachments"):
        yield "holds a picture that no code has drawn: draw a chart, or link to what shows it."
    for name in _SETTINGS:
        if name in cell.metadata:
            yield f"has settings of its own ({name}): write what it says into the prose."
    if any(line.startswith(("<<<<<<< ", ">>>>>>> ")) for line in cell.source.splitlines()):
        yield "holds the marks of a merge that was not finished: choose a side, then run it again."
    yield from _code_cell(cell) if code else _markdown(cell.source, number)


def _code_cell(cell: NotebookNode) -> Iterator[str]:
    if marker := freshness.UNCOMPARED.search(cell.source):
        yield f"tells nbval not to compare what it shows: remove {marker[0]}."
    if re.search(r";\s*(#.*)?\Z", cell.source):
        yield "ends in a semicolon, which hides what it shows: remove it."
    for output in cell.outputs:
        kind = output.output_type
        if kind == "stream" and output.name != "stdout":
            told = " ".join(output.text.split())
            told = re.sub(r"\S*ipykernel_\d+\S*?:(\d+)", r"line \1", told)
            yield f"writes to stderr, “{told:.120}”: mend what it warns of."
        elif kind == "error":
            yield f"ended in {output.ename}: {output.evalue}"
        elif kind not in ("stream", "error"):
            yield from _bundle(cell, output)


def _bundle(cell: NotebookNode, output: NotebookNode) -> Iterator[str]:
    drawn = CHART in output.data  # JupyterLab adds a picture of it, which is never shown
    for mime in output.data:
        if mime not in MIMES and not (drawn and mime.startswith("image/")):
            yield f"shows {mime}, which no page shows: draw a chart, or print text."
    if "text/plain" not in output.data:
        yield "shows something that has no text form: draw a chart, or print text."
    if re.search(r" at 0x[0-9a-f]{6,}>", str(output.data.get("text/plain"))):
        yield "shows an address of this machine's memory: print what a reader can read."
    if CLAIM in output.data and cell.source.strip() != CLAIM_CELL:
        yield "shows a claim: only a cell that says `claim`, and nothing else, does so."


def _markdown(text: str, number: int) -> Iterator[str]:
    if number == 0 and text.startswith("---\n"):
        yield "begins with settings of its own: remove them."
    if "{{" in text:
        yield "holds {{ … }}, which pages do not fill in: bind the number, as in [1.2](value:…)."
    if attributes := re.search(r"\]\{[^}`]*\}(?!`)", text):
        yield f"gives words attributes, {attributes[0]:.40}: remove them."
    for kind, known, named in (("directive", DIRECTIVES, _DIRECTIVE), ("role", ROLES, _ROLE)):
        for name in named.findall(text):
            if name not in known:
                yield f"the {kind} {{{name}}} is not one for chapters.{nearest(name, known)}"
    tokens = MarkdownIt("commonmark").parse(text)
    for token in (inner for one in tokens for inner in (one, *(one.children or ()))):
        if token.type in ("html_block", "html_inline"):
            yield f"holds HTML, {token.content.strip().splitlines()[0]!r:.50}: write Markdown."
        elif token.type == "image" and ":" in str(token.attrs["src"]):
            yield f"shows a picture from elsewhere, {token.attrs['src']:.40}: draw a chart."


# The code of all cells


class _Statement(NamedTuple):
    """A statement of a cell, the names that it reads and those that it binds."""

    number: int
    tree: ast.stmt
    read: set[str]
    bound: set[str]


class _Program:
    """The syntax trees of a notebook's code cells, read as one program."""

    def __init__(self, trees: dict[int, ast.Module], claim_id: str | None, folder: Path) -> None:
        self.trees, self.claim_id, self.folder = trees, claim_id, folder
        self.imports: dict[str, str] = {}  # name to what it stands for, dotted
        self.nodes = [(n, node) for n, tree in trees.items() for node in ast.walk(tree)]
        self.statements = [
            _Statement(n, one, _names(one), _bound(one))
            for n, tree in trees.items()
            for one in tree.body
        ]
        for _, node in self.nodes:
            for name, place in _imports(node).items():
                self.imports.setdefault(name, place)
        self.doors = {name for name, place in self.imports.items() if place.startswith(LIBRARY)}
        pairs = ((_targets(node), node) for _, node in self.nodes)
        aliases = [(targets, _sources(node)) for targets, node in pairs if targets]
        # The library's: not to be changed.
        self.own = _closed({*self.doors, CLAIM_CELL}, aliases)
        self.shielded = _closed({*self.imports, *self.own}, aliases)
        self.functions = {
            one.tree.name: one for one in self.statements if isinstance(one.tree, Function)
        }
        # What each function reads of the program, its own left out.
        self._read = [
            (one.read & {*definitions.read_globally(one.tree), _SNAPSHOT}, {name})
            for name, one in self.functions.items()
        ]

    def faults(self) -> Iterator[Told]:
        """Yield what each cell may not do."""
        for number, node in self.nodes:
            for text in self._node(node):
                yield number, text
        yield from self._rebound()
        if self.claim_id is not None:
            yield from self._checks()
            yield from self._shown()

    # One node of a tree

    def _node(self, node: ast.AST) -> Iterator[str]:
        if isinstance(node, ast.Import):
            for one in node.names:
                yield from self._imported(one.name, "")
        elif isinstance(node, ast.ImportFrom):
            for one in node.names:
                yield from self._imported(node.module or ".", one.name)
        elif isinstance(node, ast.Name) and node.id in _CALLS and node.id not in self.functions:
            yield f"uses {node.id}: a chapter is plain code that a reader can follow."
        elif isinstance(node, ast.Attribute):
            yield from self._attribute(node)
        elif isinstance(node, Function) and node.name.startswith("_repr_"):
            yield f"defines {node.name}: only the library says how a claim or chart is shown."
        elif isinstance(node, ast.Call) and _asked_of(node.func, "value") == CLAIM_CELL:
            kept = [*node.args[1:], *(one.value for one in node.keywords if one.arg == "number")]
            if kept and all(map(_typed, ast.walk(kept[0]))):
                yield f"{ast.unparse(node):.60} keeps what is typed: keep what is computed."
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "getattr":
            if node.args and ast.unparse(node.args[0]) in {*self.imports, CLAIM_CELL}:
                yield f"{ast.unparse(node):.60}: write the name after a point."
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            text, root = ast.unparse(node.func), _root(node.func)
            if node.func.attr in _CHANGES and root in self.own:
                yield f"{text} changes what is not the chapter's own: make a copy."
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            text, subscript = ast.unparse(node), isinstance(node, ast.Subscript)
            if _root(node) in self.shielded or not (subscript or _SETTABLE.fullmatch(text)):
                yield f"assigns to {text}, which is not the chapter's own: make a copy."

    def _imported(self, module: str, name: str) -> Iterator[str]:
        root, *rest = [*module.split("."), *filter(None, [name])]
        helper, text = self.folder / root, f"imports {'.'.join([root, *rest])}"
        if module.startswith(".") or helper.with_suffix(".py").is_file() or helper.is_dir():
            yield f"imports {module}, a file beside the chapter: write its functions into a cell."
        elif root not in _MODULES:
            yield (
                f"imports {root}: a chapter reads its figures from the snapshot, by `wdi[CODE]`, "
                f"and computes with {', '.join(_MODULES[1:6])} and plain Python."
            )
        elif name == "*":
            yield f"{text}: name what is used."
        else:
            yield from self._reached_for(text, root, rest)

    def _attribute(self, node: ast.Attribute) -> Iterator[str]:
        text, root = ast.unparse(node), _root(node)
        place, *parts = self.imports.get(root or "", "").split(".")
        if root in self.shielded - self.own or text.replace(".", "").isidentifier():
            parts += text.split(".")[1:]
        if node.attr.startswith("_"):
            yield f"reaches for {text}, a private name: use what is documented."
        elif self.claim_id is not None and node.attr in _INNER and root not in self.imports:
            yield f"reaches for {text}, behind a snapshot's doors: read series by `wdi[CODE]`."
        elif _WRITERS.fullmatch(node.attr):
            yield f"reaches for {text}, which writes a file: show what it would hold."
        elif root in self.shielded and (place != LIBRARY or len(parts) == 1):
            yield from self._reached_for(f"reaches for {text}", place, parts)

    def _reached_for(self, text: str, root: str, rest: Sequence[str]) -> Iterator[str]:
        """Yield why a name of a module is not for chapters, however they come to it."""
        if root == LIBRARY:
            if self.claim_id is not None and not _DOORS.issuperset(rest[:1]):
                yield f"{text}: chapters use claimbook's doors alone."
        elif _ELSEWHERE.intersection(rest) or _READERS.fullmatch([root, *rest][-1]):
            yield f"{text}, which reads what no claim file declares: read figures by `wdi[CODE]`."

    # Names that stand for something else

    def _rebound(self) -> Iterator[Told]:
        """Yield where a door of the library, or `claim`, is given another meaning."""
        opened = f"{CLAIM_CELL} = claimbook.claim({self.claim_id!r})"
        for number, statement, _, bound in self.statements:
            for name in bound:
                if name in self.doors and _imports(statement).get(name) != self.imports[name]:
                    yield number, f"gives {name}, of the library, another meaning: name it apart."
                elif name == CLAIM_CELL and ast.unparse(statement) != opened:
                    yield number, f"sets {name}: it is opened once, by `{opened}`."
            asked = {_asked_of(node, CLAIM_CELL) for node in ast.walk(statement)} - {None}
            if ast.unparse(statement) != opened and LIBRARY in map(self.imports.get, asked):
                yield number, f"opens a claim: that is done once, by `{opened}`."

    def _shown(self) -> Iterator[Told]:
        """Yield where a cell shows or draws what was typed, and nothing that was computed."""
        for number, tree in self.trees.items():
            plain = [one for one in tree.body if not isinstance(one, Function | ast.ClassDef)]
            calls = [node for one in plain for node in ast.walk(one) if _shows(node)]
            last = [one for one in tree.body[-1:] if isinstance(one, ast.Expr)]
            for node in (*calls, *last):
                names = _names(node)
                if not self._reached(names) & self.computed:
                    yield number, f"{ast.unparse(node):.60} shows what is typed: compute it."

    def _checks(self) -> Iterator[Told]:
        """Yield what the functions of the checks may not do, and checks that are run twice."""
        asked, named = dict[str, int](), set[str]()
        for number, statement, read, _ in self.statements:
            calls = [node for node in ast.walk(statement) if _asks(node)]
            for call in calls:
                first = call.args[0] if call.args else None
                if isinstance(first, ast.Constant):
                    if first.value in asked:
                        yield number, f"runs the check {first.value} once more: run each once."
                    asked[first.value] = number
            if calls:
                named |= read
        for one in self.statements:
            if isinstance(one.tree, ast.Assign) and named & one.bound:
                named |= one.read
        for name in sorted(named & self.functions.keys()):
            for text in self._check(self.functions[name].tree):
                yield self.functions[name].number, text

    def _check(self, function: Function) -> Iterator[str]:
        names = [one.arg for one in (*function.args.args, *function.args.kwonlyargs)]
        reached = self._reached({function.name}) - {function.name}
        used = [node for node in ast.walk(function) if isinstance(node, ast.Name)]
        for name in names:
            own = [node for node in used if node.id == name]
            if any(isinstance(node.ctx, ast.Store) for node in own):
                yield (
                    f"{function.name} sets {name}, which it is given, to something else: name "
                    "that apart."
                )
            elif not own and name != names[0]:
                yield f"{function.name} takes the option {name} and never uses it."
            elif not own and not reached & self.computed:
                yield f"{function.name} reads neither its snapshot nor a model: compute with one."
        for name in sorted(reached & self.from_snapshots):
            yield (
                f"{function.name} reads {name}, which was read before it was asked: a check reads "
                "the snapshot that it is given, or every vintage gives the same."
            )

    def _reached(self, names: set[str]) -> set[str]:
        """Return the names given, and those that the functions among them read of the program."""
        return _closed(names, self._read)

    @cached_property
    def from_snapshots(self) -> set[str]:
        """The names of the program that hold a snapshot, or what was made of one."""
        return self._made_of({_SNAPSHOT})

    @cached_property
    def computed(self) -> set[str]:
        """The names that hold what a claim, a function, or a model of the library gave."""
        models = {name for name, place in self.imports.items() if f"{LIBRARY}.models" in place}
        return self._made_of({CLAIM_CELL, _SNAPSHOT, *models, *self.functions})

    def _made_of(self, names: set[str]) -> set[str]:
        """Return the names given, and those that are bound where one of them is read."""
        return _closed(names, self._made)

    @cached_property
    def _made(self) -> list[tuple[set[str], set[str]]]:
        """Of each statement that binds names, those, and the names that are read for it."""
        bound = ((one.bound - self.functions.keys(), one) for one in self.statements)
        return [(made, self._reached(one.read)) for made, one in bound if made]


def _closed(names: set[str], made: Sequence[tuple[set[str], set[str]]]) -> set[str]:
    """Return the names given, and all those that are made, pair by pair, where one is read."""
    found = set(names)
    while more := set().union(*(made_here for made_here, read in made if read & found)) - found:
        found |= more
    return found


def _imports(node: ast.AST) -> dict[str, str]:
    """Return the names that an import gives, and what each stands for, dotted."""
    if isinstance(node, ast.ImportFrom):
        return {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
    names = [(one.asname, one.name) for one in node.names] if isinstance(node, ast.Import) else []
    return {own or name.split(".")[0]: name if own else name.split(".")[0] for own, name in names}


def _parts(node: ast.AST, *fields: str) -> list[ast.AST]:
    """Return what stands in some fields of a node, of those that it has."""
    held = [getattr(node, field, None) for field in fields]
    flat = [one for part in held for one in (part if isinstance(part, list) else [part])]
    return [one for one in flat if isinstance(one, ast.AST)]


def _held(node: ast.AST, *fields: str) -> list[ast.AST]:
    """Return those parts, and of a list or mapping what it holds."""
    found = _parts(node, *fields)
    return found + [inner for one in found for inner in _held(one, "elts", "values")]


def _targets(node: ast.AST) -> set[str]:
    """Return the names to which a node assigns."""
    targets = _parts(node, "target", "targets", "optional_vars")
    return {one.id for part in targets for one in ast.walk(part) if isinstance(one, ast.Name)}


def _sources(node: ast.AST) -> set[str | None]:
    """Return the names from which, or from parts of which, a node assigns."""
    return {*map(_root, _held(node, "value", "iter", "context_expr"))}


def _typed(node: ast.AST) -> bool:
    """Tell whether a part of an expression computes nothing of what another gave."""
    if isinstance(node, ast.Name):
        return node.id in vars(builtins)
    return not isinstance(node, ast.BinOp | ast.Attribute)


def _shows(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) in ("print", "figures.chart")


def _root(node: ast.AST) -> str | None:
    """Return the name that attributes, places and checks are asked of; None for anything else."""
    while True:
        if isinstance(node, ast.Attribute | ast.Subscript | ast.NamedExpr):
            node = node.value
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", None) in _PARTS:
            node = node.func
        else:
            return node.id if isinstance(node, ast.Name) else None


def _asks(node: ast.AST) -> bool:
    """Tell whether a node is `claim.check(…)`."""
    return isinstance(node, ast.Call) and _asked_of(node.func, "check") == CLAIM_CELL


def _asked_of(node: ast.AST, name: str) -> str | None:
    """Return the name of which an attribute is asked; None of anything else."""
    of = node.value if isinstance(node, ast.Attribute) and node.attr == name else None
    return of.id if isinstance(of, ast.Name) else None


def _names(node: ast.AST) -> set[str]:
    """Return the names that a piece of code reads, and `claim.snapshot` where that stands in it.

    What a lambda is given is its own.
    """
    found = {node.id} if isinstance(node, ast.Name) else set()
    for child in ast.iter_child_nodes(node):
        found |= _names(child)
    if isinstance(node, ast.Lambda):
        found -= {one.arg for one in node.args.args}
    return found | ({_SNAPSHOT} if _asked_of(node, "snapshot") == CLAIM_CELL else set())


def _bound(statement: ast.stmt) -> set[str]:
    """Return the names that a statement binds in the program itself, from within functions too."""
    found = set(definitions.bound(statement))
    for node in ast.walk(statement):
        match node:
            case ast.Global(names=names):
                found.update(names)
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                found.add(name)
            case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                found.add(name)
        found.update(_imports(node))
    return found
