"""From the command to the first training step, beside ``transformers.Trainer``; and the short commands.

    pip install accelerate datasets
    python -m benchmarks.training.start_up [--repeats R] [--json FILE]

Four sentences, one step, both freezes, the small Wav2Vec2. "imports" is from the start of the process until
everything is imported, "data" makes four sentences ready, "first step" builds the network and the engine and
takes the step. The two sides take turns, as in `training`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.training.compare import SIDES, VOCABULARY
from benchmarks.training.corpus import write_corpus
from benchmarks.training.model import fresh_head, random_weights
from benchmarks.training.report import NAMES
from benchmarks.training.turns import Job, Player
from phoneme_recognition.phonemes.vocabulary import Vocabulary

COMMANDS = {"--help": ["--help"], "check": ["check", "config/quickstart.yaml"]}
SEED = 42


def main() -> None:
    """Measure, print the tables."""
    options = _options()
    runs: dict[str, list[dict[str, float]]] = {side: [] for side in SIDES}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(options.repeats):
            for side in SIDES if number % 2 else reversed(SIDES):
                own = folder / f"{side}{number}"
                own.mkdir()
                runs[side].append(first_step(side, own, options.data_dir))
    found = {side: medians(rows) for side, rows in runs.items()}
    commands = {name: _seconds(arguments, options.repeats) for name, arguments in COMMANDS.items()}
    _show(found, commands)
    if options.json:
        options.json.write_text(json.dumps({"first_step": found, "commands": commands}, indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data-dir", type=Path, help="the unpacked Debian package festvox-ru; else it is fetched"
    )
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def first_step(side: str, folder: Path, data_dir: Path | None) -> dict[str, float]:
    """Seconds of each stage, and the process's peak memory in MB."""
    symbols = len(Vocabulary.from_file(VOCABULARY))
    weights = random_weights(folder, symbols, SEED)
    job = Job(
        case="frozen",
        model="wav2vec2",
        pretrained=str(weights),
        head=str(fresh_head(folder, weights, symbols, SEED)),
        data=str(write_corpus(folder, data_dir, minutes=0.4, mixed=False, seed=SEED)),
        work=str(folder),
        vocab_file=VOCABULARY,
        epochs=1,
        batch_size=4,
        lr=0.001,
        workers=0,
        seed=SEED,
        defaults=False,
        score_epochs=False,
        optimizer="adamw_torch_fused",
    )
    player = Player(SIDES[side], job, folder / "log")
    data = player.turn()
    step = player.turn()
    player.end()
    stages = {
        "imports": data["ready"] - player.started,
        "data": data["seconds"],
        "first step": step["seconds"],
    }
    return stages | {"together": sum(stages.values()), "peak_mb": step["peak_mb"]}


def medians(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    """Of each stage over the repeats."""
    return {name: statistics.median(row[name] for row in rows) for name in rows[0]}


def _seconds(arguments: list[str], repeats: int) -> float:
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        command = [sys.executable, "-m", "phoneme_recognition", *arguments]
        subprocess.run(command, check=True, capture_output=True)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def _show(found: dict[str, dict[str, float]], commands: dict[str, float]) -> None:
    table = Table(title="from the command to the first training step")
    for title in ("", *(NAMES[side] for side in found)):
        table.add_column(title, justify="right" if title else "left")
    for name in next(iter(found.values())):
        unit = "" if name == "peak_mb" else " s"
        table.add_row(name, *(f"{figures[name]:.2f}{unit}" for figures in found.values()))
    console = Console()
    console.print(table)
    for name, seconds in commands.items():
        console.print(f"python -m phoneme_recognition {name}: {seconds:.2f} s")


if __name__ == "__main__":
    main()
