"""What the program tells a user about a run by itself: before it (``preflight``) and during it (monitor)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

Level = Literal["error", "warning", "advice"]

LEVELS: tuple[Level, ...] = ("error", "warning", "advice")
"""From what stops a run to what may be left as it is."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One finding, with its remedy.

    Attributes:
        level: ``error``: the run cannot do what it is meant to; ``warning``: it will probably disappoint;
            ``advice``: it can be done better, or should be known.
        path: dotted path of the config key to look at.
        reason: what was found, and what follows from it.
        remedy: what to do now.
    """

    level: Level
    path: str
    reason: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}. {self.remedy}"

    def to_dict(self) -> dict[str, str]:
        """The finding as plain data."""
        return asdict(self)


def shorten(names: list[str], most: int = 8) -> str:
    """A list in words, cut off where it becomes too long to read."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
