"""Values against types: check, describe, and turn into JSON schema.

A type here is what ``annotations`` reads or ``typing.get_type_hints`` gives: scalars, ``Literal``, unions,
lists, tuples, mappings, and classes, which a config gives as ``ClassEntry``.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ForwardRef, Literal, Union, get_args, get_origin

from phoneme_recognition.config.entries import ClassEntry

_PATH = "pathlib.Path"
_SCALARS = {bool: "true or false", int: "an integer", float: "a number", str: "text", None: "null"}
_JSON = {bool: "boolean", int: "integer", float: "number", str: "string"}


class Mismatch(ValueError):  # noqa: N818 (no error of the program: an answer)
    """A value that is not of its type."""


# Whether the class of an entry is, or derives from, the class with that dotted path.
IsA = Callable[[ClassEntry, str], bool]


def convert(value: Any, hint: Any, is_a: IsA) -> Any:
    """The value as its type wants it: 1 becomes 1.0 for a float, a list a tuple, text a path.

    Args:
        value: what the config says.
        hint: the type.
        is_a: judges class entries.

    Raises:
        Mismatch: it is not of that type.
    """
    hint = types.NoneType if hint is None else hint
    origin = get_origin(hint)
    if hint is Any or hint is ...:
        return value
    if origin in (Union, types.UnionType):
        return _convert_union(value, get_args(hint), is_a)
    if origin is Literal:
        if any(value == word and type(value) is type(word) for word in get_args(hint)):
            return value
    elif (origin or hint) in (list, tuple, dict):
        return _convert_container(value, origin or hint, get_args(hint), is_a)
    elif hint is float:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
    elif hint in (bool, int, str, types.NoneType):
        if type(value) is hint:
            return value
    else:
        return _convert_instance(value, hint, is_a)
    raise Mismatch


def _convert_union(value: Any, members: Sequence[Any], is_a: IsA) -> Any:
    fitting = []
    for member in members:
        try:
            fitting.append(convert(value, member, is_a))
        except Mismatch:
            continue
    if not fitting:
        raise Mismatch
    # What needs no conversion comes first: 1 stays an integer where "float or int" is wanted.
    return next((one for one in fitting if type(one) is type(value)), fitting[0])


def _convert_container(value: Any, kind: type, inner: Sequence[Any], is_a: IsA) -> Any:
    if kind is dict:
        if not isinstance(value, dict):
            raise Mismatch
        of_key, of_value = inner or (Any, Any)
        return {convert(k, of_key, is_a): convert(v, of_value, is_a) for k, v in value.items()}
    if not isinstance(value, list | tuple):
        raise Mismatch
    if kind is list or not inner or inner[-1] is ...:
        items = [convert(item, inner[0] if inner else Any, is_a) for item in value]
    elif len(inner) == len(value):
        items = [convert(item, hint, is_a) for item, hint in zip(value, inner, strict=True)]
    else:
        raise Mismatch
    return kind(items)


def class_name(hint: Any) -> str:
    """The dotted path of a class that is wanted; "" where none is."""
    if isinstance(hint, ForwardRef):
        return hint.__forward_arg__
    is_class = isinstance(hint, type) and hint is not Any
    return f"{hint.__module__}.{hint.__qualname__}" if is_class else ""


def _convert_instance(value: Any, hint: Any, is_a: IsA) -> Any:
    wanted = class_name(hint)
    if wanted == _PATH:
        if not isinstance(value, str | Path):
            raise Mismatch
        return Path(value)
    # A construct that is not known here (a callable, a type variable) accepts everything.
    if not wanted or (isinstance(value, ClassEntry) and is_a(value, wanted)):
        return value
    raise Mismatch


def describe(hint: Any) -> str:
    """What a type wants, in words: "an integer or null"."""
    hint = None if hint is types.NoneType else hint
    origin, inner = get_origin(hint), get_args(hint)
    if hint in _SCALARS:
        return _SCALARS[hint]
    if origin in (Union, types.UnionType):
        words = list(
            dict.fromkeys(describe(member) for member in inner if member is not int or float not in inner)
        )
        return " or ".join(words)
    if origin is Literal:
        return " or ".join(_show(word) for word in inner)
    if (origin or hint) in (list, tuple):
        members = list(dict.fromkeys(describe(member) for member in inner if member is not ...))
        return f"a list, each {', '.join(members)}" if members else "a list"
    if (origin or hint) is dict:
        return "a mapping"
    if class_name(hint) == _PATH:
        return "a path"
    name = class_name(hint).rpartition(".")[2]
    return f"class_path and init_args of a {name}" if name else "any value"


def _show(word: Any) -> str:
    return repr(word) if isinstance(word, str) and word[:1].isdigit() else str(word)


def json_schema(hint: Any) -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of a type."""
    hint = None if hint is types.NoneType else hint
    origin, inner = get_origin(hint), get_args(hint)
    if hint is None:
        return {"enum": [None, "None"]}
    if hint in _JSON:
        return {"type": _JSON[hint]}
    if origin in (Union, types.UnionType):
        return {"anyOf": _unique([json_schema(member) for member in inner])}
    if origin is Literal:
        return {"enum": list(inner)}
    if (origin or hint) in (list, tuple):
        items = _unique([json_schema(member) for member in inner if member is not ...])
        return {
            "type": "array",
            **({"items": items[0] if len(items) == 1 else {"anyOf": items}} if items else {}),
        }
    if (origin or hint) is dict:
        return {"type": "object"}
    if class_name(hint) == _PATH:
        return {"type": "string"}
    return {"$ref": "#/$defs/class_entry"} if class_name(hint) else {}


def _unique(schemas: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [schema for index, schema in enumerate(schemas) if schema not in schemas[:index]]
