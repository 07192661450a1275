"""Which definitions of the library some code reaches, and a digest of each.

Read from syntax trees alone, by the standard library alone, and nothing is executed. A definition
is a function, a class or a constant of a module, written ``module:name``. What it names it reaches,
through imports and re-exports; a class counts whole, with all that its methods name, and so does a
module that is handed about as an object. A digest leaves out comments, docstrings and layout, and
is the same under every Python: the tree is written here rather than by ``ast.dump``, whose text is
not.
"""

from __future__ import annotations

import ast
import hashlib
import json
import symtable
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

WHOLE = "*"  # stands for the statements of a module that define nothing but do something
_LEFT_OUT = {"ctx", "kind", "type_comment", "type_params"}
_NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class Module:
    """A module of the library: what it defines, each with its statements, and what it imports."""

    def __init__(self, name: str, is_package: bool, tree: ast.Module) -> None:
        self.name, self.is_package = name, is_package
        self.definitions: dict[str, list[ast.stmt]] = {}
        self.imports: dict[str, str] = {}
        for statement in tree.body:
            if not (_silent(statement) or _imports_only(statement)):
                for defined in set(bound(statement)) or {WHOLE}:
                    self.definitions.setdefault(defined, []).append(statement)
            if not isinstance(statement, _NAMED):
                self.imports |= self.imported(statement)

    def imported(self, tree: ast.AST) -> dict[str, str]:
        """Return the names that a piece of the module imports, with what each stands for."""
        found: dict[str, str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    first = alias.name.split(".")[0]
                    found[alias.asname or first] = alias.name if alias.asname else first
            elif isinstance(node, ast.ImportFrom):
                parents = self.name.split(".")[: None if self.is_package else -1]
                above = parents[: len(parents) - node.level + 1] if node.level else []
                source = ".".join([*above, *filter(None, [node.module])])
                for alias in node.names:
                    called = alias.asname or alias.name
                    found[f"{source}.*" if called == WHOLE else called] = f"{source}:{alias.name}"
        return found


def library(package: Path) -> Library:
    """Return the library of a package as its files stand; what was read of it is kept."""
    return _library(package, tuple((one, one.stat().st_mtime_ns) for one in package.rglob("*.py")))


@cache
def _library(package: Path, _: tuple[tuple[Path, int], ...]) -> Library:
    return Library(package)


class Library:
    """The modules of a package, each parsed when it is first reached."""

    def __init__(self, package: Path) -> None:
        self.package = package
        # What each of these has read of a name is kept.
        for method in (self._module, self._definition):
            setattr(self, method.__name__, cache(method))

    def reached(self, cells: Iterable[str]) -> dict[str, str]:
        """Return each definition that some cells reach, as ``module.name``, with its digest."""
        tree = ast.Module([node for cell in cells for node in parsed(cell)[0].body], [])
        todo, found = self._names(tree.body, Module("", False, tree)), {}
        while todo:
            one = todo.pop()
            if one not in found:
                found[one], names = self._definition(one)
                todo |= names
        return {one.replace(":", "."): found[one] for one in sorted(found)}

    def _definition(self, one: str) -> tuple[str, set[str]]:
        """The digest of a definition, and what it names: with it, what its module does besides."""
        source, name = one.split(":")
        module = self._module(source)
        assert module is not None
        statements = module.definitions[name]
        does = {f"{source}:{WHOLE}"} if WHOLE in module.definitions else set()
        return digest(canonical(statements)), does | self._names(statements, module)

    def _module(self, name: str) -> Module | None:
        """A module by its dotted name; None where the package has none of that name."""
        first, *rest = name.split(".")
        path = self.package.joinpath(*rest)
        is_package = path.is_dir()
        path = path / "__init__.py" if is_package else path.with_suffix(".py")
        if first != self.package.name or not path.is_file():
            return None
        return Module(name, is_package, ast.parse(path.read_text("utf-8")))

    def _names(self, statements: list[ast.stmt], module: Module) -> set[str]:
        """The definitions of the library that some statements of a module name."""
        found: set[str] = set()
        for statement in statements:
            own = module.imports | module.imported(statement)
            for first, *rest in _chains(statement):
                if first in own:
                    found |= self._resolved(".".join([own[first], *rest]))
                elif module.name and first in module.definitions:
                    found.add(f"{module.name}:{first}")
            found = found.union(*(self._resolved(own[name]) for name in own if WHOLE in name))
        return found

    def _resolved(self, target: str) -> set[str]:
        """Follow a name (``module:name``, or dotted) to its definition, or to all of a module."""
        source, _, path = target.rpartition(":")
        source, *parts = [source, *path.split(".")] if source else path.split(".")
        module = self._module(source)
        while module is not None and parts:
            name, *parts = parts
            elsewhere, inner = module.imports.get(name), self._module(f"{module.name}.{name}")
            if name in module.definitions:
                return {f"{module.name}:{name}"}
            if elsewhere not in (None, f"{module.name}:{name}"):
                return self._resolved(".".join([elsewhere, *parts]))
            if inner is None and "__getattr__" in module.definitions:
                return {f"{module.name}:__getattr__"}
            module = module if name == WHOLE else inner
        return set() if module is None else self._everything(module)

    def _everything(self, module: Module) -> set[str]:
        """All that a module defines, and the definitions (not the modules) that it re-exports."""
        found = {f"{module.name}:{name}" for name in module.definitions}
        again = [one for one in module.imports.values() if not self._module(one.replace(":", "."))]
        return found.union(*(self._resolved(target) for target in again))


@lru_cache(maxsize=1024)  # a cell is asked for its fingerprint, and for what it may not do
def parsed(cell: str) -> tuple[ast.Module, list[str]]:
    """Parse a cell; of one that is not plain Python, the line at fault is given, and no code."""
    try:
        tree = ast.parse(cell)
        ast.unparse(tree)  # what is nested so deeply that it cannot be walked is not Python
        return tree, []
    except (SyntaxError, ValueError, RecursionError, MemoryError) as fault:
        return ast.Module([], []), [(getattr(fault, "text", None) or cell).strip()]


def layout_free(cell: str) -> list[Any]:
    """Return a cell's code as plain lists; a last semicolon counts, for it hides the output."""
    tree, strange = parsed(cell)
    body = [canonical(node) for node in tree.body]
    return [body, strange and [cell], cell.rstrip().endswith(";")]


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
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode("ascii")).hexdigest()


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


def bound(node: ast.AST) -> Iterator[str]:
    """Yield the names that a statement binds where it stands, in its branches too.

    What is bound within a function, or by a comprehension, is not.
    """
    if isinstance(node, _NAMED):
        yield node.name
    elif isinstance(node, ast.Name):
        if not isinstance(node.ctx, ast.Load):
            yield node.id
    elif not isinstance(node, ast.Lambda | ast.comprehension):
        for child in ast.iter_child_nodes(node):
            yield from bound(child)


def read_globally(statement: ast.stmt) -> set[str]:
    """Return the names of its module that a statement reads, what it takes or assigns left out."""
    return _globals(symtable.symtable(ast.unparse(statement), "", "exec"))


def _chains(statement: ast.stmt) -> Iterator[list[str]]:
    """Each global name that a statement reads, with the attributes that follow it: ``a.b.c``.

    What a function takes or assigns is its own, and hides a module of the same name.
    """
    known = read_globally(statement)
    nodes = list(ast.walk(statement))
    within = {node.value for node in nodes if isinstance(node, ast.Attribute)}
    for node in nodes:
        if isinstance(node, ast.Name | ast.Attribute) and node not in within:
            names: list[str] = []
            while isinstance(node, ast.Attribute):
                names, node = [node.attr, *names], node.value
            if isinstance(node, ast.Name) and node.id in known:
                yield [node.id, *names]


def _globals(scope: symtable.SymbolTable) -> set[str]:
    """The names of its module that a scope, or one within it, reads, and those it imports."""
    read = {
        one.get_name()
        for one in scope.get_symbols()
        if one.is_imported()
        or (one.is_referenced() and (scope.get_type() == "module" or one.is_global()))
    }
    return read.union(*map(_globals, scope.get_children()))
