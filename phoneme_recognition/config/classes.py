"""What a config may say about a class: its arguments with their types, and what it derives from.

Read from the source (``source``); a class whose source does not show it (compiled, or made at run time) is
imported, which may take long.
"""

from __future__ import annotations

import ast
import difflib
import importlib
import inspect
import pkgutil
import typing
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from phoneme_recognition.config.annotations import read_hint
from phoneme_recognition.config.source import (
    Definition,
    Module,
    UnreadableModuleError,
    find,
    find_file,
    look_up,
    may_hide_names,
    read_module,
)

NO_DEFAULT = inspect.Parameter.empty


class ClassLookupError(ValueError):
    """A class that cannot be imported.

    Args:
        message: what is wrong.
        nearest: the nearest dotted path that would do, if one is near.
    """

    def __init__(self, message: str, nearest: str = "") -> None:
        super().__init__(message)
        self.nearest = nearest


@dataclass(frozen=True)
class Argument:
    """One argument of a constructor; ``default`` is ``NO_DEFAULT`` where it must be given."""

    hint: Any
    default: Any = NO_DEFAULT


@dataclass(frozen=True)
class ClassFacts:
    """What is known of a class.

    Attributes:
        path: dotted path of its definition.
        arguments: name → argument, of the constructor that it has or inherits.
        open: other arguments are taken too (``**kwargs``), or may be.
        ancestors: dotted paths of the classes it derives from, its own first.
        complete: all ancestors are known.
        methods: names of the methods that it has or inherits.
    """

    path: str
    arguments: dict[str, Argument] = field(default_factory=dict)
    open: bool = False
    ancestors: tuple[str, ...] = ()
    complete: bool = True
    methods: frozenset[str] = frozenset()

    def derives_from(self, path: str) -> bool | None:
        """Whether it is that class or derives from it; None where this is not known."""
        return True if path in self.ancestors else (False if self.complete else None)


def nearest(name: str, names: Iterable[str]) -> str:
    """The name most like this one, or "" where none is near."""
    lower = {other.lower(): other for other in names}
    found = difflib.get_close_matches(name.lower(), list(lower), n=1, cutoff=0.6)
    return lower[found[0]] if found else ""


def class_facts(path: str) -> ClassFacts:
    """What is known of the class with this dotted path.

    Raises:
        ClassLookupError: it cannot be imported.
    """
    if not all(part.isidentifier() for part in path.split(".")) or "." not in path:
        raise ClassLookupError(f"{path!r} is not the dotted path of a class")
    try:
        found = find(path)
        if found is not None:
            return _read_class(found) or _import_class(path)
        _refuse(path)
    except UnreadableModuleError as error:
        raise ClassLookupError(f"its module has a mistake: {error}") from None
    return _import_class(path)


def _refuse(path: str) -> None:
    """Say why a class is not there, where its source is enough to be sure of that."""
    parts = path.split(".")
    for end in range(1, len(parts)):
        name, step = ".".join(parts[:end]), parts[end]
        file = find_file(name)
        if file is None:
            raise ClassLookupError(f"no module named {name!r}", _nearest_module(parts, end))
        module = read_module(name)
        if module is None:
            return  # compiled: only an import can tell
        last = end == len(parts) - 1
        known = look_up(module, step) is not None or (not last and find_file(f"{name}.{step}"))
        if not known and not (may_hide_names(module) if last else module.dynamic):
            what = "class" if last else "module"
            modules = _submodules(module)
            near = nearest(step, [name for name in module.names if name not in modules] if last else modules)
            suggestion = ".".join([*parts[:end], near, *parts[end + 1 :]]) if near else ""
            raise ClassLookupError(f"{name} has no {what} {step!r}", suggestion)
        if not known:
            return


def _nearest_module(parts: list[str], end: int) -> str:
    if end > 1:
        return ""
    near = nearest(parts[0], (module.name for module in pkgutil.iter_modules()))
    return ".".join([near, *parts[1:]]) if near else ""


def _submodules(module: Module) -> list[str]:
    if module.path.name != "__init__.py":
        return []
    return [found.name for found in pkgutil.iter_modules([str(module.path.parent)])]


def _read_class(found: Definition) -> ClassFacts | None:
    """The facts of a class from its source; None where the source is not enough."""
    if isinstance(found.node, ast.FunctionDef):
        arguments, is_open = _read_arguments(found.node, found.module, skip=0)
        return ClassFacts(found.path, arguments, is_open, complete=False)
    lineage, complete = _lineage(found)
    methods: set[str] = set()
    constructor: tuple[ast.FunctionDef, Module] | None = None
    for ancestor in lineage:
        assert isinstance(ancestor.node, ast.ClassDef)
        own = {node.name: node for node in ancestor.node.body if isinstance(node, ast.FunctionDef)}
        methods |= set(own)
        if constructor is None and "__init__" not in own and ancestor.node.decorator_list:
            return None  # a dataclass or the like: its constructor is not written out
        if constructor is None and "__init__" in own:
            constructor = own["__init__"], ancestor.module
    if not lineage or (constructor is None and not complete):
        return None
    arguments, is_open = _read_arguments(*constructor, skip=1) if constructor else ({}, False)
    paths = tuple(ancestor.path for ancestor in lineage)
    return ClassFacts(found.path, arguments, is_open, paths, complete, frozenset(methods))


def _lineage(found: Definition, depth: int = 0) -> tuple[list[Definition], bool]:
    """A class and what it derives from, in the order of lookup; and whether all of it was found."""
    if not isinstance(found.node, ast.ClassDef) or depth > 50:
        return [], False
    lineage, complete = [found], True
    for base in found.node.bases:
        name = ast.unparse(base.value if isinstance(base, ast.Subscript) else base)
        if name.rpartition(".")[2] in ("object", "ABC", "Generic", "Protocol"):
            continue
        above = _find_from(found.module, name)
        more, known = _lineage(above, depth + 1) if above else ([], False)
        complete = complete and known
        # A shared ancestor comes after all of its heirs.
        lineage = [one for one in lineage if one.path not in {other.path for other in more}] + more
    return lineage, complete


def _find_from(module: Module, dotted: str) -> Definition | None:
    found: Module | Definition | None = module
    for name in dotted.split("."):
        found = look_up(found, name) if isinstance(found, Module) else None
    return found if isinstance(found, Definition) else None


def _read_arguments(function: ast.FunctionDef, module: Module, skip: int) -> tuple[dict[str, Argument], bool]:
    given = function.args
    positional = [*given.posonlyargs, *given.args]
    padding: list[ast.expr | None] = [None] * (len(positional) - len(given.defaults))
    pairs = list(zip(positional, [*padding, *given.defaults], strict=True))[skip:]
    pairs += list(zip(given.kwonlyargs, given.kw_defaults, strict=True))
    arguments = {}
    for argument, default in pairs:
        value = NO_DEFAULT if default is None else _literal(default)
        arguments[argument.arg] = Argument(_soften(read_hint(argument.annotation, module), value), value)
        if argument.annotation is None:
            arguments[argument.arg] = Argument(_guess(value), value)
    return arguments, given.kwarg is not None


def _literal(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError):
        return ...  # there is a default, but it is not written out


def _guess(default: Any) -> Any:
    """An argument without annotation whose default is a float takes numbers; others take anything."""
    return int | float if isinstance(default, float) else Any


def _soften(hint: Any, default: Any) -> Any:
    """``x: int = None`` means ``int | None``."""
    return typing.Optional[hint] if default is None and hint is not Any else hint  # noqa: UP045


def _import_class(path: str) -> ClassFacts:
    module_name, _, name = path.rpartition(".")
    try:
        found = getattr(importlib.import_module(module_name), name)
    except Exception as error:  # importing runs foreign code, which may raise anything
        raise ClassLookupError(f"cannot be imported: {type(error).__name__}: {error}") from None
    if not callable(found):
        raise ClassLookupError(f"is no class but {type(found).__name__}")
    lineage = found.__mro__ if isinstance(found, type) else ()
    paths = tuple(f"{one.__module__}.{one.__qualname__}" for one in lineage)
    arguments, is_open = _inspect_arguments(found)
    return ClassFacts(path, arguments, is_open, paths, bool(lineage), frozenset(dir(found)))


def _inspect_arguments(found: Any) -> tuple[dict[str, Argument], bool]:
    try:
        parameters = inspect.signature(found).parameters.values()
    except ValueError:  # compiled code need not have one
        return {}, True
    constructor = vars(found).get("__init__", found) if isinstance(found, type) else found
    try:
        hints = typing.get_type_hints(constructor)
    except Exception:  # annotations may name what exists for type checkers only
        hints = {}
    named = [p for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
    arguments = {p.name: Argument(_soften(hints.get(p.name, Any), p.default), p.default) for p in named}
    return arguments, any(p.kind is p.VAR_KEYWORD for p in parameters)
