"""Type annotations as they stand in source text → types that a value can be checked against.

What cannot be read (an expression, a name that leads into compiled code) becomes ``Any``, which accepts
every value: a check that is not sure is silent. A class becomes a ``ForwardRef`` with the dotted name of its
definition, since making the real one would import its module.
"""

from __future__ import annotations

import ast
import sys
import types
from typing import Any, ForwardRef, Literal, Optional, Union

from phoneme_recognition.config.source import Definition, Import, Module, UnreadableModuleError, look_up

_BUILTIN = {
    "bool": bool,
    "int": int,
    "float": float,
    "str": str,
    "bytes": Any,
    "object": Any,
    "Any": Any,
    "list": list,
    "List": list,
    "Sequence": list,
    "Iterable": list,
    "Collection": list,
    "set": list,
    "Set": list,
    "frozenset": list,
    "MutableSequence": list,
    "dict": dict,
    "Dict": dict,
    "Mapping": dict,
    "MutableMapping": dict,
    "tuple": tuple,
    "Tuple": tuple,
    "Optional": Optional,
    "Union": Union,
    "Literal": Literal,
    "None": None,
}
_TYPING = ("typing", "typing_extensions", "collections.abc", "collections", "builtins")
_PATHS = ("pathlib.Path", "os.PathLike", "pathlib.PurePath")
# A class that is made from one of these is written as something else than class_path + init_args.
_NO_INSTANCES = ("Enum", "StrEnum", "IntEnum", "LightningEnum", "TypedDict", "Protocol", "NamedTuple")
_MOST_HOPS = 20


def read_hint(node: ast.expr | None, module: Module, hops: int = 0) -> Any:
    """The type that an annotation in a module means.

    Args:
        node: the annotation, or None where there is none.
        module: the module whose names it uses.
        hops: how many names were followed so far.

    Returns:
        A type, a ``typing`` construct, a ``ForwardRef`` or ``Any``.
    """
    if hops > _MOST_HOPS:
        return Any
    match node:
        case ast.Constant(value=None):
            return None
        case ast.Constant(value=str(text)):
            return _read_text(text, module, hops)
        case ast.Name() | ast.Attribute():
            return _read_name(ast.unparse(node), module, hops)
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            return _union([read_hint(left, module, hops + 1), read_hint(right, module, hops + 1)])
        case ast.Subscript(value=base, slice=inner):
            return _read_subscript(read_hint(base, module, hops + 1), inner, module, hops + 1)
    return Any


def _read_text(text: str, module: Module, hops: int) -> Any:
    try:
        return read_hint(ast.parse(text, mode="eval").body, module, hops + 1)
    except SyntaxError:
        return Any


def _read_subscript(base: Any, inner: ast.expr, module: Module, hops: int) -> Any:
    parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    if base is Literal:
        values = [part.value for part in parts if isinstance(part, ast.Constant)]
        return Literal[tuple(values)] if len(values) == len(parts) else Any
    if base not in (Optional, Union, list, dict, tuple):
        return base if isinstance(base, ForwardRef) else Any
    if base is tuple and isinstance(parts[-1], ast.Constant) and parts[-1].value is ...:
        return types.GenericAlias(tuple, (read_hint(parts[0], module, hops), ...))
    hints = [read_hint(part, module, hops) for part in parts]
    if base is Optional:
        return _union([*hints, None])
    if base is Union:
        return _union(hints)
    return types.GenericAlias(base, tuple(hints))


def _union(hints: list[Any]) -> Any:
    return Any if Any in hints else Union[tuple(hints)]  # noqa: UP007 (the members are known only here)


def _read_name(dotted: str, module: Module, hops: int) -> Any:
    first, *rest = dotted.split(".")
    bound = module.names.get(first)
    if bound is None:
        return _BUILTIN.get(dotted, Any) if not module.stars else Any
    full = ".".join([*_imported(bound), *rest])
    if full in _PATHS:
        return ForwardRef("pathlib.Path")
    if full.rpartition(".")[0] in _TYPING:
        return _BUILTIN.get(full.rpartition(".")[2], Any)
    if full.startswith("datetime."):
        return ForwardRef(full)
    if full.partition(".")[0] in sys.stdlib_module_names:
        return Any
    try:
        found: Module | Definition | None = module
        for name in [first, *rest]:
            found = look_up(found, name) if isinstance(found, Module) else None
    except UnreadableModuleError:
        return Any
    return _read_definition(found, hops) if isinstance(found, Definition) else Any


def _imported(bound: object) -> list[str]:
    return [part for part in bound if part] if isinstance(bound, Import) else ["."]


def _read_definition(found: Definition, hops: int) -> Any:
    if isinstance(found.node, ast.ClassDef):
        bases = {ast.unparse(base).rpartition(".")[2].split("[")[0] for base in found.node.bases}
        return Any if bases & set(_NO_INSTANCES) else ForwardRef(found.path)
    if isinstance(found.node, ast.FunctionDef):
        return Any
    return read_hint(found.node, found.module, hops + 1)
