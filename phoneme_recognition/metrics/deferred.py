"""Transcripts that are made when somebody reads them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import overload


class Deferred(Sequence[list[str]]):
    """The symbols of utterances, made once, at the first look at them.

    What a training step hears is read later, so that the step does not wait for a GPU to finish, nor the next
    one for the decoding.

    Args:
        size: how many utterances are meant; more that may come are left out.
        make: gives their symbols.

    Example:
        >>> said = Deferred(1, lambda: [["m", "a"], ["padding"]])
        >>> len(said), list(said)
        (1, [['m', 'a']])
    """

    def __init__(self, size: int, make: Callable[[], Sequence[list[str]]]) -> None:
        self._size = size
        self._make = make
        self._made: Sequence[list[str]] | None = None

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, place: int) -> list[str]: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[list[str]]: ...

    def __getitem__(self, place: int | slice) -> list[str] | Sequence[list[str]]:
        if self._made is None:
            self._made = self._make()[: self._size]
        return self._made[place]
