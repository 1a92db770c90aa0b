"""Reading Python source without running it.

A config names classes of lightning, audiomentations and torch, whose import takes seconds. Their
signatures stand in their source files, and those are quick to read: a dotted name is followed from file to
file, through ``from x import y``, until its definition is found.
"""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple

_MOST_HOPS = 20
# A module with one of these makes names that its text does not show.
_DYNAMIC = ("sys.modules[", "globals()[", "globals().update", "def __getattr__(")


class Import(NamedTuple):
    """What an import statement binds: a module, or (with ``name``) something from it."""

    module: str
    name: str | None


Node = ast.ClassDef | ast.FunctionDef | ast.expr


@dataclass(frozen=True, eq=False)
class Module:
    """One source file.

    Attributes:
        name: dotted name.
        path: the file.
        names: what its top level binds.
        stars: modules of ``from x import *``.
        dynamic: it may have names that its text does not show.
    """

    name: str
    path: Path
    names: dict[str, Node | Import] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    dynamic: bool = False


class Definition(NamedTuple):
    """Where a name is really defined."""

    module: Module
    name: str
    node: Node

    @property
    def path(self) -> str:
        """The dotted name under which it is defined, whatever it was imported as."""
        return f"{self.module.name}.{self.name}"


class UnreadableModuleError(ValueError):
    """A module that is there but is not Python that can be parsed; the message says why."""


def find_file(name: str) -> Path | None:
    """The file of a module, found without importing it or a package above it; None where there is none.

    The file may be a compiled one.
    """
    top, *rest = name.split(".")
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    folders: Sequence[str] = list(spec.submodule_search_locations or [])
    found = Path(spec.origin) if spec.origin and spec.has_location else None
    for part in rest:
        found, folders = _find_in(folders, part)
        if found is None and not folders:
            return None
    return found or (Path(folders[0]) if folders else None)


def _find_in(folders: Sequence[str], part: str) -> tuple[Path | None, Sequence[str]]:
    for folder in map(Path, folders):
        package = folder / part
        if (package / "__init__.py").is_file():
            return package / "__init__.py", [str(package)]
        if (folder / f"{part}.py").is_file():
            return folder / f"{part}.py", []
        compiled = next(iter(sorted(folder.glob(f"{part}.*.so"))), None) if part.isidentifier() else None
        if compiled:
            return compiled, []
        if part.isidentifier() and package.is_dir():
            return None, [str(package)]
    return None, []


def read_module(name: str) -> Module | None:
    """Read a module's top level; None where there is none, or where it is not Python source.

    Raises:
        UnreadableModuleError: its source cannot be parsed.
    """
    path = find_file(name)
    if path is None or path.suffix != ".py":
        return None
    return _read(name, path, path.stat().st_mtime_ns)


@cache
def _read(name: str, path: Path, _changed: int) -> Module:
    try:
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text)
    except SyntaxError as error:
        raise UnreadableModuleError(f"{path}:{error.lineno}: {error.msg}") from None
    except (OSError, ValueError) as error:
        raise UnreadableModuleError(f"{path}: {error}") from None
    module = Module(name, path, dynamic=any(word in text for word in _DYNAMIC))
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for statement in _top_level(tree.body):
        _bind(statement, module, package)
    return module


def _top_level(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of the top level, also those under ``if`` and ``try``."""
    for statement in body:
        if isinstance(statement, ast.If):
            yield from _top_level([*statement.body, *statement.orelse])
        elif isinstance(statement, ast.Try):
            handlers = [line for handler in statement.handlers for line in handler.body]
            yield from _top_level([*statement.body, *handlers, *statement.orelse])
        else:
            yield statement


def _bind(statement: ast.stmt, module: Module, package: str) -> None:
    names = module.names
    match statement:
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
            names.setdefault(name, statement)
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            names.setdefault(name, value)
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            names.setdefault(name, value)
        case ast.Import(names=aliases):
            for alias in aliases:
                target = alias.name if alias.asname else alias.name.split(".")[0]
                names.setdefault(alias.asname or target, Import(target, None))
        case ast.ImportFrom():
            origin = _origin(statement, package)
            for alias in statement.names:
                if alias.name == "*":
                    module.stars.append(origin)
                else:
                    names.setdefault(alias.asname or alias.name, Import(origin, alias.name))


def _origin(statement: ast.ImportFrom, package: str) -> str:
    if not statement.level:
        return statement.module or ""
    above = package.split(".")[: len(package.split(".")) - statement.level + 1]
    return ".".join([*above, *([statement.module] if statement.module else [])])


def find(dotted: str) -> Definition | None:
    """Find the definition of ``package.module.Name``; None where the source does not show it.

    Raises:
        UnreadableModuleError: a module on the way cannot be parsed.
    """
    parts = dotted.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        module = read_module(".".join(parts[:cut]))
        if module is not None:
            found: Module | Definition | None = module
            for name in parts[cut:]:
                found = look_up(found, name) if isinstance(found, Module) else None
            return found if isinstance(found, Definition) else None
    return None


def look_up(module: Module, name: str, hops: int = 0) -> Module | Definition | None:
    """What a name means inside a module: a definition, or a module that it imports."""
    bound = module.names.get(name)
    if hops > _MOST_HOPS:
        return None
    if bound is None:
        origins = (read_module(star) for star in module.stars)
        found = (look_up(origin, name, hops + 1) for origin in origins if origin)
        return next((one for one in found if one), None) or read_module(f"{module.name}.{name}")
    if not isinstance(bound, Import):
        if isinstance(bound, ast.Name) and bound.id != name:  # an alias: New = Old
            return look_up(module, bound.id, hops + 1) or Definition(module, name, bound)
        return Definition(module, name, bound)
    if bound.name is None:
        return read_module(bound.module)
    origin = read_module(bound.module)
    if origin is None:
        return read_module(f"{bound.module}.{bound.name}")
    if origin is module and bound.name == name:  # a package that imports its submodule of that name
        return read_module(f"{bound.module}.{bound.name}")
    return look_up(origin, bound.name, hops + 1)


def may_hide_names(module: Module) -> bool:
    """Whether the module may have names that its source does not show."""
    if module.dynamic:
        return True
    stars = [star for star in module.stars if find_file(star)]
    origins = [read_module(star) for star in stars]
    return any(origin is None or may_hide_names(origin) for origin in origins)
