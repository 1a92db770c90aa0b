"""What a preview shows: a recording, and the sounds that became of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phoneme_recognition.config import ClassEntry
from phoneme_recognition.data.utterance import PhoneSegment

# What the program filled in says nothing about the sound.
_UNTOLD = ("should_apply", "audio_params", "language", "cache_dir", "sound")


@dataclass(frozen=True)
class Example:
    """A recording before any augmentation.

    Attributes:
        path: where it lies.
        samples: (num_samples,) float32.
        sampling_rate: in Hz.
        segments: its phones with their times, empty where the corpus has none.
        text: what is said, "" where the corpus does not tell.
    """

    path: str
    samples: NDArray[np.float32]
    sampling_rate: int
    segments: tuple[PhoneSegment, ...]
    text: str

    @property
    def duration(self) -> float:
        """In s."""
        return len(self.samples) / self.sampling_rate


@dataclass(frozen=True)
class Sound:
    """The recording after one augmentation, or after several.

    Attributes:
        name: of its files, without ending.
        title: for people.
        settings: the arguments in the config.
        drawn: what was drawn for this sound.
        samples: (num_samples,) float32, of another length where an augmentation changes it.
    """

    name: str
    title: str
    settings: str
    drawn: str
    samples: NDArray[np.float32]


def settings_of(entry: ClassEntry) -> str:
    """The arguments of an augmentation as a config has them, on one line."""
    return _listed(entry.init_args)


def drawn_values(transforms: Sequence[Any], *, names: bool = False) -> str:
    """What transforms have drawn for the sound that they made last, on one line.

    Args:
        transforms: those of audiomentations keep what they drew in ``parameters``; others keep nothing.
        names: tell the names of those that applied too.
    """
    parts = []
    for transform in _inner(transforms):
        parameters = getattr(transform, "parameters", None)
        if isinstance(parameters, Mapping) and parameters.get("should_apply"):
            values = _listed({key: _file_name(value) for key, value in parameters.items()})
            name = type(transform).__name__
            parts.append(f"{name} ({values})" if names and values else name if names else values)
    return "; ".join(part for part in parts if part) or ("none applied" if names else "")


def _inner(transforms: Sequence[Any]) -> Iterator[Any]:
    """The transforms, with those inside OneOf, SomeOf and the like in their place."""
    for transform in transforms:
        inside = getattr(transform, "transforms", None)
        if isinstance(inside, list | tuple):
            yield from _inner(inside)
        else:
            yield transform


def _file_name(value: Any) -> Any:
    """A path without its folders, which would fill the line."""
    return Path(value).name if isinstance(value, str) else value


def _listed(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_show(value)}" for name, value in values.items() if name not in _UNTOLD)


def _show(value: Any) -> str:
    if isinstance(value, bool | int):
        return str(value).lower()
    if isinstance(value, float | np.floating):
        return f"{value:.4g}"
    if isinstance(value, ClassEntry):
        return value.class_path
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_show, value)) + "]"
    return "null" if value is None else str(value)
