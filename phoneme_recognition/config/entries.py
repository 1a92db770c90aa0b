"""A class that a config names, with the arguments to make it with."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any


@dataclass(frozen=True)
class ClassEntry:
    """``class_path`` + ``init_args``, as a config writes it.

    Attributes:
        class_path: dotted path of the class, e.g. ``audiomentations.AddGaussianNoise``.
        init_args: its keyword arguments; entries may stand in them, also inside lists and mappings.
    """

    class_path: str
    init_args: dict[str, Any] = field(default_factory=dict)


def to_plain(value: Any) -> Any:
    """The same as plain data, fit for YAML: entries become mappings, tuples lists, paths text."""
    if isinstance(value, ClassEntry):
        return {"class_path": value.class_path, "init_args": to_plain(value.init_args)}
    if isinstance(value, dict):
        return {key: to_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    return str(value) if isinstance(value, PurePath) else value
