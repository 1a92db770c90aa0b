"""What a person sees of ``phonemize``: the words with their phonemes, and what could not be said."""

from __future__ import annotations

import logging
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from phoneme_recognition.diagnosis import shorten
from phoneme_recognition.phonemes.g2p.backend import Pronunciation, Word
from phoneme_recognition.runs.phonemize.input import Line

_PLACES = 10  # lines that are named one by one
_PARTS = 10  # the commonest parts that could not be said
_EXAMPLES = 8  # the commonest words of each source
_LONGEST_PART = 40
_SHAPELESS = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
# More than these at once are printed as two lines a sentence, and beyond the last number not at all.
_SENTENCES_AS_TABLES, _WORDS_AS_TABLES = 10, 200
_MOST_SENTENCES = 1000
# Different things that are counted; beyond that the rarest half is forgotten: memory stays flat.
_MOST_COUNTED = 20_000

logger = logging.getLogger(__name__)


class Unsaid(NamedTuple):
    """A line with parts that could not be said."""

    place: str
    parts: tuple[str, ...]


class Summary:
    """Counts over all lines; what it holds does not grow with them.

    Attributes:
        lines: how many there were.
        words: how many were said.
        phonemes: in all words.
        seconds: that the backend took.
        unsaid: part of a line that could not be said → how often.
        unsaid_parts: how many there were.
        unsaid_lines: lines with such parts.
        first_unsaid: the first few of these lines.
        broken_lines: lines with bytes that are no UTF-8.
        first_broken: the places of the first few of these.
        sources: source of a pronunciation → words.
        examples: source → word → how often.
    """

    def __init__(self) -> None:
        self.lines = self.words = self.phonemes = 0
        self.seconds = 0.0
        self.unsaid: Counter[str] = Counter()
        self.unsaid_parts = self.unsaid_lines = self.broken_lines = 0
        self.first_unsaid: list[Unsaid] = []
        self.first_broken: list[str] = []
        self.sources: Counter[str] = Counter()
        self.examples: dict[str, Counter[str]] = {}

    def add(self, lines: Sequence[Line], said: Sequence[Pronunciation], *, seconds: float) -> None:
        """Count some lines and what was said of them."""
        self.lines += len(lines)
        self.seconds += seconds
        for line, pronunciation in zip(lines, said, strict=True):
            if pronunciation.unsaid:
                self._add_unsaid(Unsaid(line.place, pronunciation.unsaid))
            if line.is_broken:
                self.broken_lines += 1
                self.first_broken += [line.place] if len(self.first_broken) < _PLACES else []
        _forget_the_rarest(self.unsaid)
        self._add_words([word for pronunciation in said for word in pronunciation.words])

    def figures(self) -> dict[str, Any]:
        """The main figures, for programs."""
        return {
            "lines": self.lines,
            "words": self.words,
            "phonemes": self.phonemes,
            "unsaid": self.unsaid_parts,
            "unsaid_lines": self.unsaid_lines,
            "undecodable_lines": self.broken_lines,
            "sources": dict(self.sources.most_common()),
            "seconds": round(self.seconds, 3),
            "words_per_second": round(self.words / self.seconds) if self.seconds else 0,
        }

    def _add_unsaid(self, found: Unsaid) -> None:
        self.unsaid_lines += 1
        self.unsaid_parts += len(found.parts)
        self.unsaid.update(found.parts)
        if len(self.first_unsaid) < _PLACES:
            self.first_unsaid.append(found)

    def _add_words(self, words: Sequence[Word]) -> None:
        self.words += len(words)
        self.phonemes += sum(len(word.phonemes) for word in words)
        for (source, text), count in Counter((word.source, word.text) for word in words).items():
            self.sources[source] += count
            self.examples.setdefault(source, Counter())[text] += count
        for counted in self.examples.values():
            _forget_the_rarest(counted)


def _forget_the_rarest(counted: Counter[str]) -> None:
    if len(counted) > _MOST_COUNTED:
        kept = counted.most_common(_MOST_COUNTED // 2)
        counted.clear()
        counted.update(dict(kept))


class Printer:
    """Prints what was said to standard error: few sentences as tables, many in short."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._as_tables: bool | None = None
        self._printed = 0

    def __call__(self, lines: Sequence[Line], said: Sequence[Pronunciation]) -> None:
        """Print some lines; the first call decides how."""
        if self._as_tables is None:
            words = sum(len(pronunciation.words) for pronunciation in said)
            self._as_tables = len(lines) <= _SENTENCES_AS_TABLES and words <= _WORDS_AS_TABLES
        for line, pronunciation in zip(lines, said, strict=True):
            if self._printed == _MOST_SENTENCES:
                rest = "… the other lines are counted; --plain or output=FILE gives the phonemes of all\n"
                self._console.print(Text(rest, style="dim"))
            self._printed += 1
            if self._printed <= _MOST_SENTENCES and line.text.strip():
                self._print(line, pronunciation)

    def _print(self, line: Line, said: Pronunciation) -> None:
        if self._as_tables:
            self._console.print(Text(f"{line.place}: {visible(line.text)}", style="bold"), soft_wrap=True)
            if said.words:
                self._console.print(_table(said.words))
        else:
            read = " ".join(visible(word.text) for word in said.words) or _short(line.text)
            self._console.print(Text.assemble((f"{line.place}: ", "dim"), (read, "bold")), soft_wrap=True)
            if said.words:
                spoken = " | ".join(" ".join(word.phonemes) for word in said.words)
                self._console.print(Text(f"  {spoken}"), soft_wrap=True)
        if said.unsaid:
            self._console.print(Text(f"  not said: {_listed(said.unsaid)}", style="yellow"), soft_wrap=True)
        if self._as_tables:
            self._console.print()


def _table(words: Iterable[Word]) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=(0, 2, 0, 0), show_edge=False)
    table.add_column("word", min_width=16, overflow="fold")
    table.add_column("phonemes", min_width=28, overflow="fold")
    table.add_column("decided by", overflow="fold")
    for word in words:
        # Text, not str: in a str, rich would take [b] for a style.
        decided = ", ".join([word.source, *word.rules])
        table.add_row(Text(visible(word.text)), Text(" ".join(word.phonemes)), Text(decided))
        for variant in word.variants:
            table.add_row("", Text(" ".join(variant), style="dim"), Text("or", style="dim"))
    return table


def show_summary(summary: Summary) -> None:
    """Print counts, and who decided about how many words, to standard error."""
    console = Console(stderr=True, highlight=False)
    if summary.lines > 1:
        table = Table(box=SIMPLE_HEAD, padding=(0, 2, 0, 0), show_edge=False)
        table.add_column("decided by", min_width=16)
        table.add_column("words", justify="right")
        table.add_column("share %", justify="right")
        table.add_column("for example", overflow="fold")
        for source, count in summary.sources.most_common():
            examples = [_short(word) for word, _ in summary.examples[source].most_common(_EXAMPLES)]
            share = f"{100 * count / summary.words:.1f}"
            table.add_row(Text(source), f"{count:,}", share, Text(", ".join(examples)))
        console.print(table)
    counts = f"{_count(summary.lines, 'line')}, {_count(summary.words, 'word')}"
    speed = f"; {summary.figures()['words_per_second']:,} words a second" if summary.words >= 1000 else ""
    console.print(Text(f"{counts}, {_count(summary.phonemes, 'phoneme')}{speed}"))


def tell_problems(summary: Summary) -> None:
    """Say which lines have parts that could not be said, or bytes that are no text."""
    if summary.unsaid_lines:
        logger.warning("\nnot said in %d of %s:", summary.unsaid_lines, _count(summary.lines, "line"))
        for place, parts in summary.first_unsaid:
            logger.warning("  %s: %s", place, _listed(parts))
        more = summary.unsaid_lines - len(summary.first_unsaid)
        if more:
            logger.warning("  and %s more", _count(more, "line"))
            commonest = [f"{_short(part)} ({n:,})" for part, n in summary.unsaid.most_common(_PARTS)]
            logger.warning(
                "%s; the commonest: %s", _count(summary.unsaid_parts, "part"), ", ".join(commonest)
            )
    if summary.broken_lines:
        logger.warning(
            "%s not UTF-8 through and through; broken characters were not said: %s",
            "1 line is" if summary.broken_lines == 1 else f"{summary.broken_lines:,} lines are",
            shorten(summary.first_broken, _PLACES),
        )


def visible(text: str) -> str:
    """A text as a terminal can show it: what has no shape, or would steer it, is named by its number."""
    if text.isprintable():
        return text
    return "".join(
        f"<U+{ord(sign):04X}>" if unicodedata.category(sign) in _SHAPELESS else sign for sign in text
    )


def _listed(parts: Sequence[str]) -> str:
    return shorten([_short(part) for part in parts])


def _short(text: str) -> str:
    shown = visible(text)
    return shown if len(shown) <= _LONGEST_PART else f"{shown[:_LONGEST_PART]}…"


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
