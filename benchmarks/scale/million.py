"""A million utterances: tables, batches, memory, and the making of the cache.

usage: python -m benchmarks.scale.million [DATA_DIR] [--rows 1000000] [--built 300000] [--json FILE]

DATA_DIR is the corpus of the quickstart (fetched where it is not there). Measured are:

- tables of ROWS utterances, of three tenths and of a tenth (pieces of real speech and real labels, written by
  the cache's own code): making, opening, reading 10,000 rows at random, memory of a main process and workers;
- plans of an epoch for as many, and for the corpus: time, padding, utterances that meet again in the next
  epoch (beside transformers' group_by_length), and the time that processes wait for each other;
- the making of the cache: memory for up to BUILT recordings of 0.1 s; speed beside datasets.Dataset.map with
  soundfile and soxr in two processes, by turns on the same files.

A table goes to standard error, one JSON object to standard output (and to FILE). A million rows take three
gigabytes in the temporary folder.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

CLIPS = Path("tests/data/festvox_ru")
COMPARED = 400  # recordings of the corpus that both sides decode
REPEATS = 3


def main() -> None:
    """Measure all of it, and say it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data_dir", nargs="?")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--built", type=int, default=300_000)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    recordings = _recordings(arguments.data_dir)
    results: dict[str, list[dict[str, Any]]] = {}
    for title, rows in (
        ("planning an epoch", _planning(arguments.rows)),
        ("padding", _padding(recordings)),
        ("waiting for other ranks", _idleness(recordings)),
        ("cache building", _building(recordings)),
        ("memory of cache building", _building_memory(arguments.built)),
        ("tables", _tables(arguments.rows)),
    ):
        results[title] = rows
        _show(title, rows)
    text = json.dumps(results)
    print(text)
    if arguments.json:
        arguments.json.write_text(text, encoding="utf-8")


# What measures is imported late: the processes that decode import this module anew.


def _recordings(data_dir: str | None) -> list[Path]:
    from dataset_modules.festvox_ru import FestvoxRuDataset

    corpus = FestvoxRuDataset(data_dir=data_dir) if data_dir else FestvoxRuDataset()
    corpus.load_data()
    return [Path(source.audio.path) for source in corpus.get_train_data()]


def _steps(most: int) -> list[int]:
    return [max(1, most // 10), max(1, 3 * most // 10), most]


def _planning(rows: int) -> list[dict[str, Any]]:
    from benchmarks.scale.batches import planning

    return [row for number in _steps(rows) for row in planning(number)]


def _padding(recordings: Sequence[Path]) -> list[dict[str, Any]]:
    from benchmarks.scale.batches import mixed, padding

    sets = {
        "festvox-ru": _durations(recordings),
        "3-18 s, 2,000": mixed(2000),
        "3-18 s, 50,000": mixed(50_000),
    }
    return [row for name, durations in sets.items() for row in padding(name, durations)]


def _idleness(recordings: Sequence[Path]) -> list[dict[str, Any]]:
    from benchmarks.scale.batches import idleness, mixed

    sets = {"festvox-ru": _durations(recordings), "3-18 s, 2,000": mixed(2000)}
    return [row for name, durations in sets.items() for row in idleness(name, durations)]


def _durations(recordings: Sequence[Path]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([soundfile.info(path).duration for path in recordings])


def _building(recordings: Sequence[Path]) -> list[dict[str, Any]]:
    from benchmarks.scale.building import compare_building

    return compare_building(recordings[:COMPARED], REPEATS)


def _building_memory(built: int) -> list[dict[str, Any]]:
    from benchmarks.scale.building import built_memory
    from benchmarks.scale.table import apart

    results = []
    for rows in _steps(built):
        with tempfile.TemporaryDirectory() as folder:
            results.append(apart(built_memory, CLIPS, Path(folder), rows))
    return results


def _tables(most: int) -> list[dict[str, Any]]:
    from benchmarks.scale.table import apart, made_table, read_table

    results = []
    for rows in _steps(most):
        with tempfile.TemporaryDirectory() as folder:
            made = apart(made_table, CLIPS, Path(folder), rows)
            results.append({**apart(read_table, Path(made.pop("folder"))), **made})
    return results


def _show(title: str, rows: Sequence[Mapping[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(*rows[0], title=title)
    for row in rows:
        table.add_row(*map(_said, row.values()))
    Console(file=sys.stderr, width=150).print(table)


def _said(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 100 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


if __name__ == "__main__":
    main()
