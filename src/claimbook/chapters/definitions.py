"""Which definitions of the library some code reaches, and a digest of each.

Read from syntax trees alone, by the standard library alone, and nothing is executed. A definition
is a function, a class or a constant of a module. What it names it reaches, through imports and
re-exports; a class counts whole, with all that its methods name, and so does a module that is
handed about as an object. A digest leaves out comments, docstrings and layout, and is the same
under every Python: the tree is written here rather than by ``ast.dump``, whose text is not.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

WHOLE = "*"  # stands for the statements of a module that define nothing but do something
_LEFT_OUT = {"ctx", "kind", "type_comment", "type_params"}
_NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


class Definition(NamedTuple):
    """A name that a module of the library defines."""

    module: str
    name: str


@dataclass(frozen=True)
class Module:
    """A module of the library: its tree, read once."""

    name: str
    is_package: bool
    tree: ast.Module

    @cached_property
    def definitions(self) -> dict[str, list[ast.stmt]]:
        """Each name that the module defines, with the statements that do."""
        found: dict[str, list[ast.stmt]] = {}
        for statement in self.tree.body:
            if not (_silent(statement) or _imports_only(statement)):
                for name in _defined(statement) or [WHOLE]:
                    found.setdefault(name, []).append(statement)
        return found

    @cached_property
    def imports(self) -> dict[str, str]:
        """Each name that the module imports from the library, and what it stands for."""
        found = {}
        for statement in self.tree.body:
            if not isinstance(statement, _NAMED):
                found |= imports(statement, self)
        return found


class Library:
    """The modules of a package, each parsed when it is first reached."""

    def __init__(self, package: Path) -> None:
        self.package = package
        self._modules: dict[str, Module | None] = {}
        self._named: dict[Definition, set[Definition]] = {}
        self._digests: dict[Definition, str] = {}

    def reached(self, cells: Iterable[str]) -> dict[str, str]:
        """Return each definition that some cells reach, as ``module.name``, with its digest."""
        tree = ast.Module([node for cell in cells for node in parsed(cell)[0].body], [])
        todo, seen = self._names(tree, Module("", False, tree)), set()
        while todo:
            one = todo.pop()
            if one not in seen:
                seen.add(one)
                todo |= self._reaches(one)
        return {f"{one.module}.{one.name}": self._digest(one) for one in sorted(seen)}

    def module(self, name: str) -> Module | None:
        """Return a module by its dotted name; None where the package has none of that name."""
        if name not in self._modules:
            path = self.package.joinpath(*name.split(".")[1:])
            is_package = path.is_dir()
            path = path / "__init__.py" if is_package else path.with_suffix(".py")
            known = name.split(".")[0] == self.package.name and path.is_file()
            tree = ast.parse(path.read_text(encoding="utf-8")) if known else None
            self._modules[name] = Module(name, is_package, tree) if tree else None
        return self._modules[name]

    def _reaches(self, one: Definition) -> set[Definition]:
        """What a definition names; what its module does when it is imported comes with it."""
        if one not in self._named:
            module = self.module(one.module)
            assert module is not None
            found = {Definition(module.name, WHOLE)} if WHOLE in module.definitions else set()
            for statement in module.definitions[one.name]:
                found |= self._names(statement, module)
            self._named[one] = found
        return self._named[one]

    def _digest(self, one: Definition) -> str:
        if one not in self._digests:
            module = self.module(one.module)
            assert module is not None
            self._digests[one] = digest(canonical(module.definitions[one.name]))
        return self._digests[one]

    def _names(self, tree: ast.AST, module: Module) -> set[Definition]:
        """The definitions of the library that a piece of a module names."""
        own = module.imports | imports(tree, module)
        found: set[Definition] = set()
        for chain in _chains(tree):
            if chain[0] in own:
                found |= self._resolved(".".join([own[chain[0]], *chain[1:]]))
            elif module.name and chain[0] in module.definitions:
                found.add(Definition(module.name, chain[0]))
        return found.union(*(self._resolved(own[name]) for name in own if name.endswith("*")))

    def _resolved(self, target: str) -> set[Definition]:
        """Follow a name (``module:name``, or dotted) to its definition, or to all of a module."""
        source, _, path = target.rpartition(":")
        source, *parts = [source, *path.split(".")] if source else path.split(".")
        module = self.module(source)
        while module is not None and parts:
            name, *parts = parts
            elsewhere, inner = module.imports.get(name), self.module(f"{module.name}.{name}")
            if name in module.definitions:
                return {Definition(module.name, name)}
            if elsewhere not in (None, f"{module.name}:{name}"):
                return self._resolved(".".join([elsewhere, *parts]))
            if inner is None and "__getattr__" in module.definitions:
                return {Definition(module.name, "__getattr__")}
            module = module if name == WHOLE else inner
        return set() if module is None else self._everything(module)

    def _everything(self, module: Module) -> set[Definition]:
        """All that a module defines, and the definitions (not the modules) that it re-exports."""
        found = {Definition(module.name, name) for name in module.definitions}
        for target in module.imports.values():
            if self.module(target.replace(":", ".")) is None:
                found |= self._resolved(target)
        return found


def imports(tree: ast.AST, module: Module) -> dict[str, str]:
    """Return the names that a tree imports, as they are called there, with their full names."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.split(".")[0]
                found[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom):
            parents = module.name.split(".") if module.is_package else module.name.split(".")[:-1]
            above = parents[: len(parents) - node.level + 1] if node.level else []
            source = ".".join([*above, *filter(None, [node.module])])
            for alias in node.names:
                called = alias.asname or alias.name
                found[f"{source}.*" if called == "*" else called] = f"{source}:{alias.name}"
    return found


def parsed(cell: str) -> tuple[ast.Module, list[str]]:
    """Parse a cell; IPython's magics, or the whole of a cell that is not Python, stand apart."""
    lines = cell.strip().splitlines()
    magics = [line.strip() for line in lines if line.lstrip().startswith(("%", "!"))]
    python = [line for line in lines if not line.lstrip().startswith(("%", "!"))]
    for text, apart in ((cell, []), ("\n".join(python), magics)):
        try:
            return ast.parse(text), apart
        except SyntaxError:
            continue
    return ast.Module([], []), lines


def layout_free(cell: str) -> list[Any]:
    """Return a cell's code as plain lists; a last semicolon counts, for it hides the output."""
    tree, magics = parsed(cell)
    return [[canonical(node) for node in tree.body], magics, cell.rstrip().endswith(";")]


def canonical(node: Any) -> Any:
    """Return a syntax tree as plain lists that no comment, docstring, layout or Python changes."""
    if isinstance(node, list):
        return [canonical(part) for part in node if not _silent(part)]
    if isinstance(node, ast.Constant):
        # What repr shows of a text depends on Python's edition of Unicode; JSON escapes it all.
        text = node.value if isinstance(node.value, str) else repr(node.value)
        return [type(node.value).__name__, text]
    if isinstance(node, ast.JoinedStr):
        return ["JoinedStr", *_pieces(node)]
    if not isinstance(node, ast.AST):
        return node
    fields = {name: getattr(node, name, None) for name in node._fields if name not in _LEFT_OUT}
    # An empty field is left out: younger Pythons have fields that older ones have not.
    held = [[name, canonical(value)] for name, value in fields.items() if value not in (None, [])]
    return [type(node).__name__, *held]


def digest(value: Any) -> str:
    """Return the SHA-256 of a plain value."""
    text = json.dumps(value, sort_keys=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _pieces(node: ast.JoinedStr) -> list[Any]:
    """The pieces of an f-string: neighbouring texts joined, since 3.12 cuts them otherwise."""
    found: list[Any] = []
    for part in node.values:
        for piece in _pieces(part) if isinstance(part, ast.JoinedStr) else [canonical(part)]:
            if piece[0] == "str" and found and found[-1][0] == "str":
                found[-1] = ["str", found[-1][1] + piece[1]]
            elif piece != ["str", ""]:
                found.append(piece)
    return found


def _silent(node: Any) -> bool:
    """Tell whether a statement does nothing: a docstring, a string that stands alone, a pass."""
    text = node.value if isinstance(node, ast.Expr) else None
    alone = isinstance(text, ast.Constant) and isinstance(text.value, str)
    return alone or isinstance(node, ast.Pass)


def _imports_only(statement: ast.stmt) -> bool:
    """Tell whether a statement only imports, such as what stands under ``if TYPE_CHECKING``."""
    if isinstance(statement, ast.If):
        return all(_imports_only(one) for one in (*statement.body, *statement.orelse))
    return isinstance(statement, ast.Import | ast.ImportFrom)


def _defined(statement: ast.stmt) -> list[str]:
    """The names that a statement at the top of a module binds, in its branches too."""
    if isinstance(statement, _NAMED):
        return [statement.name]
    names = [
        node.id
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
    nested = [node.name for node in ast.walk(statement) if isinstance(node, _NAMED)]
    return sorted({*names, *nested})


def _chains(tree: ast.AST, hidden: frozenset[str] = frozenset()) -> Iterator[list[str]]:
    """Each name that a tree reads, with the attributes that follow it: ``a.b.c`` as three.

    What a function takes or assigns is its own, and hides a module of the same name.
    """
    chain: list[str] = []
    while isinstance(tree, ast.Attribute):
        chain.insert(0, tree.attr)
        tree = tree.value
    if isinstance(tree, ast.Name) and isinstance(tree.ctx, ast.Load) and tree.id not in hidden:
        yield [tree.id, *chain]
    for field, value in ast.iter_fields(tree):
        inner = hidden | _own(tree) if field == "body" and isinstance(tree, _SCOPES) else hidden
        for node in value if isinstance(value, list) else [value]:
            if isinstance(node, ast.AST):
                yield from _chains(node, inner)


def _own(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> set[str]:
    """The names that a function takes or assigns, without those of functions inside it."""
    own = {node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)}
    shared: set[str] = set()
    todo = [*function.body] if isinstance(function.body, list) else [function.body]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Global | ast.Nonlocal):
            shared.update(node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            own.add(node.id)
        if not isinstance(node, (*_SCOPES, ast.ClassDef)):
            todo.extend(ast.iter_child_nodes(node))
    return own - shared
