"""How fast Russian text becomes phonemes, and how much memory that takes over a long corpus.

usage: python -m benchmarks.russian.speed TEXT [--sentences N] [--mixed N] [--output FILE]

TEXT has a sentence a line. Three things are measured, all through the mode ``phonemize`` as a user calls it:

- speed on TEXT itself, with the stress model and without: the first time (every word form is new), and once
  more, when they are remembered, as most of them are in a long corpus;
- N sentences without the model, made from TEXT's by mixing their words, some forms invented and a few numbers
  among them: the resident memory after 10 %, 50 % and 100 %;
- N lines of all that is met in texts (numbers, dates, abbreviations, Latin, emoji, nothing at all, 5,000
  characters, control characters), with the model and without: one line comes out for each that goes in.

A table goes to standard error, one JSON object to standard output (and to FILE).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from phoneme_recognition.files import write_text
from phoneme_recognition.phonemes.g2p.names import make_backend
from phoneme_recognition.phonemes.inventory import Inventory
from phoneme_recognition.runs.phonemize.input import in_chunks, read_lines
from phoneme_recognition.runs.phonemize.mode import Speaker, phonemize
from phoneme_recognition.runs.phonemize.options import read_request

MODELS = ("none", "silero")
SYLLABLES = ("ба", "ве", "ги", "до", "жу", "зы", "кля", "мне", "прё", "ству", "тель", "щик", "ннос", "вших")
ODD = (
    "в 1812 году, 5 мая 2024 г., в 15:30",
    "г-н Иванов А. Б. и др., т. е. 3 кг за 99,5 руб.",
    "файл report_v2.docx на https://example.com/путь?x=1",
    "ok 👩‍💻 ❤️ ☺",
    "\x00\x07\x1b[31m \x7f\x85\u2028\u202e\ufeff",
    "½ x² H₂O −5 °C №7 §3 $100 1/2 2×2=4",
    "日本語 العربية zażółć",
    "XIX век, Пётр I, СССР, ООН, НИИ",
    "",
)


def main() -> None:
    """Measure all three, and say it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("text", type=Path)
    parser.add_argument("--sentences", type=int, default=1_000_000)
    parser.add_argument("--mixed", type=int, default=10_000)
    parser.add_argument("--output", type=Path)
    given = parser.parse_args()
    sentences = [line for line in given.text.read_text(encoding="utf-8").splitlines() if line.strip()]
    found: dict[str, Any] = {"cores": len(os.sched_getaffinity(0)), "sentences_of_text": len(sentences)}
    # The model last: torch would be part of the memory of what comes after it.
    with tempfile.TemporaryDirectory() as folder:
        found["memory"] = _memory(Path(folder), sentences, given.sentences)
        found["mixed"] = {model: _mixed(Path(folder), sentences, given.mixed, model) for model in MODELS}
    found["speed"] = {model: _speed(given.text, model) for model in MODELS}
    _show(found)
    line = json.dumps(found, ensure_ascii=False)
    if given.output:
        write_text(given.output, f"{line}\n")
    print(line)


def _speed(text: Path, model: str) -> dict[str, float]:
    """Words a second of the backend with its inventory, model loaded, nothing and then all remembered."""
    speaker = Speaker(make_backend("russian", {"stress_model": model}), Inventory())
    speaker.pronounce(["мама", "5"])
    speeds = {}
    for name in ("first", "again"):
        words, started = 0, time.perf_counter()
        for chunk in in_chunks(read_lines([str(text)])):
            words += sum(len(said.words) for said in speaker.pronounce([line.text for line in chunk]))
        speeds[name] = round(words / (time.perf_counter() - started))
    return {"words": words, **speeds}


def _memory(folder: Path, sentences: Sequence[str], number: int) -> dict[str, Any]:
    path = _write(folder / "long.txt", _shuffled(sentences, number))
    marks = {number * share // 100: f"{share} %" for share in (10, 50, 100)}
    resident: dict[str, int] = {}
    lines = 0

    def take(text: str) -> None:
        nonlocal lines
        lines += text.count("\n") + 1
        for mark in [mark for mark in marks if mark <= lines]:
            resident[marks.pop(mark)] = _resident_mib()

    figures = phonemize(read_request([str(path), "--plain", "stress_model=none"]), take)
    if lines != number:
        raise RuntimeError(f"{number} lines went in and {lines} came out")
    return {"resident_mib": resident} | _main_figures(figures)


def _mixed(folder: Path, sentences: Sequence[str], number: int, model: str) -> dict[str, Any]:
    path = _write(folder / "mixed.txt", _odd(sentences, number))
    target = folder / "phonemes.txt"
    figures = phonemize(read_request([str(path), f"stress_model={model}", f"output={target}"]), print)
    said = target.read_text(encoding="utf-8").split("\n")[:-1]
    if len(said) != number:
        raise RuntimeError(f"{number} lines went in and {len(said)} came out")
    return _main_figures(figures)


def _main_figures(figures: dict[str, Any]) -> dict[str, Any]:
    names = ("lines", "words", "unsaid", "unsaid_lines", "seconds", "words_per_second")
    return {name: figures[name] for name in names}


def _shuffled(sentences: Sequence[str], number: int) -> Iterator[str]:
    """Sentences of the text's words; of 100 words three are invented, of 100 sentences one counts."""
    draw = random.Random(1)
    words = [word for sentence in sentences for word in sentence.split()]
    for _ in range(number):
        chosen = draw.choices(words, k=draw.randint(4, 16))
        chosen = [_invented(draw) if draw.random() < 0.03 else word for word in chosen]
        if draw.random() < 0.01:
            chosen.append(str(draw.randint(1, 3000)))
        yield f"{' '.join(chosen)}."


def _odd(sentences: Sequence[str], number: int) -> Iterator[str]:
    """Three of four lines with something odd in them, one of a hundred very long."""
    draw = random.Random(2)
    for at in range(number):
        line = draw.choice(sentences)
        if at % 100 == 0:
            line = (f"{line} " * 5000)[:5000]
        odd = ODD[at % len(ODD)]
        yield line if at % 4 == 0 else f"{line} {odd}" if odd else ""


def _invented(draw: random.Random) -> str:
    return "".join(draw.choices(SYLLABLES, k=draw.randint(2, 5)))


def _write(path: Path, lines: Iterable[str]) -> Path:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in lines)
    return path


def _resident_mib() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 2**20


def _show(found: dict[str, Any]) -> None:
    rows = ["| what | without the model | with it |", "|---|---|---|"]
    speed, mixed, memory = found["speed"], found["mixed"], found["memory"]
    for name, text in (("first", "words a second, all new"), ("again", "words a second, all known")):
        rows.append(f"| {text} | " + " | ".join(f"{speed[model][name]:,}" for model in MODELS) + " |")
    for name in ("words_per_second", "unsaid_lines"):
        values = " | ".join(f"{mixed[model][name]:,}" for model in MODELS)
        rows.append(f"| {mixed['none']['lines']:,} mixed lines: {name.replace('_', ' ')} | {values} |")
    resident = ", ".join(f"{share}: {size} MiB" for share, size in memory["resident_mib"].items())
    rows.append(f"| {memory['lines']:,} sentences: resident memory | {resident} | |")
    rows.append(f"| {memory['lines']:,} sentences: words a second | {memory['words_per_second']:,} | |")
    print("\n".join(rows), file=sys.stderr)


if __name__ == "__main__":
    main()
