"""The mode ``phonemize``: text of any kind and any length as phonemes, for people or for programs."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from tqdm import tqdm

from phoneme_recognition.errors import UserError
from phoneme_recognition.files import written_whole
from phoneme_recognition.phonemes.g2p.backend import G2P, Pronunciation, Word
from phoneme_recognition.phonemes.g2p.names import make_backend
from phoneme_recognition.phonemes.inventory import Inventory
from phoneme_recognition.phonemes.vocabulary import Vocabulary
from phoneme_recognition.runs.phonemize.input import (
    LINES_AT_ONCE,
    STANDARD_INPUT,
    Line,
    in_chunks,
    read_lines,
    refuse_other_encodings,
    size_of,
)
from phoneme_recognition.runs.phonemize.options import Request
from phoneme_recognition.runs.phonemize.report import Printer, Summary, show_summary, tell_problems

_WORD_JOINT = " | "
_REMEMBERED = 32_768  # words; the cache forgets the oldest, so that memory stays flat over any corpus

Write = Callable[[str], object]


class Speaker:
    """A backend whose phonemes have gone through an inventory.

    Args:
        g2p: the backend.
        inventory: whether stress and reduction are kept.
        vocabulary: its symbols keep their spelling.
    """

    def __init__(self, g2p: G2P, inventory: Inventory, vocabulary: Vocabulary | None = None) -> None:
        self._g2p = g2p
        self._inventory = inventory
        self._known = frozenset(vocabulary.phonemes) if vocabulary else frozenset()
        self._apply = lru_cache(_REMEMBERED)(self._apply_inventory)

    def pronounce(self, texts: Sequence[str]) -> list[Pronunciation]:
        """As the backend does it, in the phonemes of the inventory."""
        return [
            Pronunciation(tuple(map(self._word, said.words)), said.unsaid)
            for said in self._g2p.pronounce(texts)
        ]

    def _apply_inventory(self, phonemes: tuple[str, ...]) -> tuple[str, ...]:
        applied = self._inventory.apply(phonemes, self._known)
        return phonemes if applied == phonemes else applied  # one object takes less room than two

    def _word(self, word: Word) -> Word:
        phonemes = self._apply(word.phonemes)
        if phonemes == word.phonemes and not word.variants:  # as good as always, and every word comes here
            return word
        return Word(word.text, phonemes, word.source, tuple(map(self._apply, word.variants)))


def spell(said: Pronunciation) -> str:
    """One line: phonemes separated by blanks, words by ``|``."""
    return _WORD_JOINT.join([" ".join(word.phonemes) for word in said.words if word.phonemes])


def phonemize(request: Request, write: Write) -> dict[str, Any]:
    """Say all lines: each as a line for programs, or all of them as tables for people on standard error.

    Args:
        request: what to say, and how.
        write: takes what goes to standard output: whole lines, many at a time, the last without its end.

    Returns:
        The main figures.

    Raises:
        UserError: the backend cannot be made, the input cannot be read, or the output not be written.
    """
    g2p = make_backend(
        request.backend, request.arguments, language=request.language, vocabulary=request.vocabulary
    )
    speaker = Speaker(g2p, request.inventory, request.vocabulary)
    chunks = _chunks(request.inputs)
    first = next(chunks, [])
    if any(line.size for line in first):  # a text that comes as an argument is what it is
        refuse_other_encodings(first, request.inputs)
    speaker.pronounce([line.text for line in first if line.text][:1])  # what it loads is no part of its speed
    summary = Summary()
    with _lines_to(request, write) as take, _progress(request) as bar:
        for chunk in _with_first(first, chunks):
            started = time.perf_counter()
            said = speaker.pronounce([line.text for line in chunk])
            summary.add(chunk, said, seconds=time.perf_counter() - started)
            take(chunk, said)
            bar.update(sum(line.size for line in chunk))
    if request.is_for_people:
        show_summary(summary)
    if not request.is_for_people or summary.lines > 1:  # of one line all has just been shown
        tell_problems(summary)
    output = {"output": str(request.output)} if request.output else {}
    return (
        {"mode": "phonemize", "language": request.language, "g2p": request.backend}
        | summary.figures()
        | output
    )


_Take = Callable[[Sequence[Line], Sequence[Pronunciation]], None]


@contextmanager
def _lines_to(request: Request, write: Write) -> Iterator[_Take]:
    """What takes the lines that were said: a file, standard output, or a person."""

    def take_plain(_: Sequence[Line], said: Sequence[Pronunciation]) -> None:
        write("\n".join(map(spell, said)))

    if request.output is not None:
        with _file_lines(request.output) as take:
            yield take
    else:
        yield Printer() if request.is_for_people else take_plain


@contextmanager
def _file_lines(path: Path) -> Iterator[_Take]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(path) as partial, partial.open("w", encoding="utf-8", newline="\n") as file:

            def take(_: Sequence[Line], said: Sequence[Pronunciation]) -> None:
                file.writelines(f"{spell(one)}\n" for one in said)

            yield take
    except OSError as error:
        raise UserError(f"{path} cannot be written", got=error.strerror or str(error)) from None


def _chunks(inputs: Sequence[str]) -> Iterator[list[Line]]:
    """The input in pieces; whoever types line by line gets his answers line by line."""
    typed = STANDARD_INPUT in inputs and sys.stdin is not None and sys.stdin.isatty()
    return in_chunks(read_lines(inputs), most=1 if typed else LINES_AT_ONCE)


def _with_first(first: list[Line], chunks: Iterator[list[Line]]) -> Iterator[list[Line]]:
    if first:
        yield first
    yield from chunks


def _progress(request: Request) -> tqdm[Any]:
    """A bar where someone is looking and nothing else is printed there; in bytes, which are known before."""
    size = size_of(request.inputs)
    terminal = sys.__stdout__ is not None and sys.__stdout__.isatty()
    mixed = terminal if request.prints_lines else request.is_for_people and size is None
    return tqdm(
        total=size,
        unit="B",
        unit_scale=True,
        desc="saying",
        disable=True if mixed else None,
        delay=1,
        leave=False,
    )
