"""What a person sees of a vocabulary: a table of its symbols, and what is to be said about them."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from phoneme_recognition.diagnosis import Diagnosis, Level
from phoneme_recognition.preflight.symbols import MISSING, Line, visible

# Of a longer list (letters of Chinese, words in place of phonemes) the middle is left out: what is remarkable
# is at its ends.
_MOST_LINES = 160
_EXAMPLE = 20  # characters of an utterance's id; the end tells it from its neighbours
_COLOURS: dict[Level, str] = {"error": "bold red", "warning": "bold yellow", "advice": "cyan"}


def show_symbols(lines: Sequence[Line]) -> None:
    """Print a table of symbols, the commonest first, to standard error."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column("symbol", no_wrap=True)
    for name in ("train", "val", "test", "share %"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("for example in", no_wrap=True)
    table.add_column("", overflow="fold")
    total = sum(line.total for line in lines) or 1
    half = _MOST_LINES // 2
    short = len(lines) <= _MOST_LINES
    for line in lines if short else lines[:half]:
        table.add_row(*_cells(line, total))
    if not short:
        table.add_row("…", *[""] * 5, Text(f"and {len(lines) - _MOST_LINES} more"))
        for line in lines[-half:]:
            table.add_row(*_cells(line, total))
    Console(stderr=True).print(table, highlight=False)


def show_findings(findings: Sequence[Diagnosis]) -> None:
    """Print what was found, each with its remedy, to standard error."""
    console = Console(stderr=True)
    for finding in findings:
        text = Text(f"\n{finding.level}: ", style=_COLOURS[finding.level])
        text.append(f"{finding.reason}.\n", style="default")
        text.append(f"→ {finding.remedy}", style="default italic")
        console.print(text, highlight=False)


def _cells(line: Line, total: int) -> list[Text]:
    # Text, not str: in a str, rich would take [PAD] for a style.
    example = line.example if len(line.example) <= _EXAMPLE else f"…{line.example[1 - _EXAMPLE :]}"
    style = "bold red" if MISSING in line.marks else "yellow" if line.marks else ""
    counts = [Text(str(count)) for count in line.counts]
    return [
        Text(visible(line.symbol), style="bold"),
        *counts,
        Text(f"{100 * line.total / total:.2f}"),
        Text(example),
        Text(", ".join(line.marks), style=style),
    ]
