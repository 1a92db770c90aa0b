"""How fast batches are made, without a network.

usage: python -m benchmarks.input_pipeline.compare [CONFIG] [--recordings 48] [--repeats 3] [--json FILE]

CONFIG (the default: config/config.yaml) says which augmentations there are. Noise of a folder is added where
it has none, with the arguments of the example in config/config.yaml. Measured are

- audio-seconds for each second of a core (of processor time, so that other work on the machine counts
  little): without augmentations, with all of them, with each by itself, always used, and its share;
- the same of the loop that people write (soundfile, soxr, audiomentations, Wav2Vec2FeatureExtractor), by
  turns on the same recordings as FLAC of 16 and of 48 kHz, in the same batches;
- the floor: what has to be read and written, by the measured bandwidth of this machine's memory;
- loader processes: seconds of audio for each second of the clock, the processor time that is left to the
  training process for each second of audio, time to the first batch, and the memory of each worker;
- the headroom: how fast an H100 takes audio at 45 % utilisation, and what 16 workers give.

Tables go to standard error, one JSON object to standard output (and to FILE).
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch

from benchmarks.input_pipeline.sides import (
    OUR_NOISE,
    RATE,
    open_recordings,
    ours,
    plan_of,
    theirs,
    with_probability,
    write_noises,
    write_recordings,
)
from phoneme_recognition.config import ClassEntry, load_config
from phoneme_recognition.data.table import UtteranceTable
from phoneme_recognition.files import write_text

CLIPS = Path("tests/data/festvox_ru")
BATCH_SIZES = (4, 24)  # the default, and one that keeps a large GPU busy
PEAK, UTILISATION, WORKERS = 990e12, 0.45, 16  # dense bf16 of an H100 in FLOP/s


@dataclass(frozen=True)
class Work:
    """What both sides work on."""

    table: UtteranceTable
    files: dict[int, list[Path]]
    entries: list[ClassEntry]
    repeats: int

    @property
    def seconds(self) -> float:
        """Of audio in an epoch."""
        return float(self.table.num_samples.sum()) / RATE


def main() -> None:
    """Measure all of it, and say it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("config", nargs="?", type=Path, default=Path("config/config.yaml"))
    parser.add_argument("--recordings", type=int, default=48)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    torch.set_num_threads(1)  # as in a loader process
    with tempfile.TemporaryDirectory() as folder:
        work = _prepare(Path(folder), given.config, given.recordings, given.repeats)
        rates = _rates(work)
        found: dict[str, Any] = {
            "audio_seconds": round(work.seconds, 1),
            "one_core": rates,
            "each": _each(work),
            "floor": _floor(rates["none"]["ours"]),
            "workers": [_workers(work, size, number) for size in BATCH_SIZES for number in (0, 1, 2)],
            "need": _need(rates["all"]["ours"]),
        }
    _show(found)
    line = json.dumps(found)
    print(line)
    if given.json:
        write_text(given.json, f"{line}\n")


def _prepare(folder: Path, config: Path, number: int, repeats: int) -> Work:
    entries = list(load_config(config).data.augmentations)
    if not any(entry.class_path == OUR_NOISE for entry in entries):
        levels = {"min_snr_db": 8.0, "max_snr_db": 55.0, "p": 0.75}
        entries.insert(1, ClassEntry(OUR_NOISE, {"sounds_path": "", **levels}))
    noises = {"sounds_path": str(write_noises(folder / "noise")), "cache_dir": str(folder / "cache")}
    for at, entry in enumerate(entries):
        if entry.class_path == OUR_NOISE:
            entries[at] = ClassEntry(OUR_NOISE, entry.init_args | noises)
    files = write_recordings(folder, CLIPS, number)
    return Work(open_recordings(files[RATE], folder / "cache"), files, entries, repeats)


def _rates(work: Work) -> dict[str, dict[str, float]]:
    """Audio-seconds for each second of a core, of us and of the others, without and with augmentations."""
    plan, found = plan_of(work.table), {}
    variants: dict[str, list[ClassEntry]] = {"none": [], "all": work.entries}
    for name, entries in variants.items():
        sides: dict[str, Iterable[Any]] = {"ours": ours(work.table, entries)}
        sides |= {f"theirs_{rate}": theirs(paths, plan, entries) for rate, paths in work.files.items()}
        costs = _by_turns(sides, work.repeats)
        found[name] = {side: round(work.seconds / cost, 1) for side, cost in costs.items()}
    return found


def _each(work: Work) -> list[dict[str, Any]]:
    """What each augmentation costs where it is always used, and on average as often as the config says."""
    loaders: dict[str, Iterable[Any]] = {"none": ours(work.table, [])}
    for number, entry in enumerate(work.entries):
        loaders[str(number)] = ours(work.table, [with_probability(entry, 1.0)])
    costs = _by_turns(loaders, work.repeats)
    rows: list[dict[str, Any]] = []
    for number, entry in enumerate(work.entries):
        extra = (costs[str(number)] - costs["none"]) / work.seconds
        p = float(entry.init_args.get("p", 0.5))
        rows.append({"class": entry.class_path, "microseconds": 1e6 * extra, "p": p, "mean": 1e6 * extra * p})
    whole = sum(row["mean"] for row in rows)
    return [{**row, "share": row["mean"] / whole} for row in rows]


def _by_turns(sides: dict[str, Iterable[Any]], repeats: int) -> dict[str, float]:
    """Processor time of an epoch of each, A B C A B C …, medians."""
    costs: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(repeats + 1):
        for name, loader in sides.items():
            started = time.process_time()
            for _ in loader:
                pass
            if turn:  # the first finds files and memory cold
                costs[name].append(time.process_time() - started)
    return {name: median(times) for name, times in costs.items()}


def _floor(rate: float) -> dict[str, float]:
    """Two bytes of each sample are read and four written: how long that takes, beside what we take."""
    source, target = np.ones(2**26, np.float32), np.zeros(2**26, np.float32)
    times = []
    for _ in range(5):
        started = time.perf_counter()
        np.copyto(target, source)
        times.append(time.perf_counter() - started)
    bandwidth = 2 * source.nbytes / min(times)
    return {"bytes_a_second_of_audio": 6 * RATE, "bandwidth": bandwidth, "share": rate * 6 * RATE / bandwidth}


def _workers(work: Work, batch_size: int, number: int) -> dict[str, float]:
    started = time.perf_counter()
    loader = ours(work.table, work.entries, workers=number, batch_size=batch_size)
    next(iter(loader))
    first = time.perf_counter() - started
    _drain(loader)
    clock, cost = [], []
    for _ in range(work.repeats):
        begun, used = time.perf_counter(), time.process_time()
        _drain(loader)
        clock.append(time.perf_counter() - begun)
        cost.append(time.process_time() - used)
    memory = [_private_mib(worker.pid) for worker in multiprocessing.active_children() if worker.pid]
    return {
        "batch_size": batch_size,
        "workers": number,
        "audio_seconds_a_second": work.seconds / median(clock),
        "microseconds_of_the_training_process": 1e6 * median(cost) / work.seconds,
        "first_batch_seconds": first,
        "private_mib_a_worker": max(memory, default=0.0),
    }


def _drain(loader: Iterable[Any]) -> None:
    for _ in loader:
        pass


def _private_mib(pid: int) -> float:
    """Memory that a process shares with no other."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024


def gflop_a_second(seconds: float = 10.0) -> dict[str, float]:
    """What wav2vec2-base (95 M, Baevski et al. 2020) computes for a second of audio, forwards.

    Args:
        seconds: length of the recording; attention grows with it.

    Returns:
        GFLOP of the convolutions, and of the transformer with the two layers before it: two for each
        multiplication with its addition; activations and norms are left out.
    """
    width, inner, layers, frames = 768, 3072, 12, 50
    front, channels, rate = 0.0, 1, float(RATE)
    for kernel, stride in ((10, 5), *[(3, 2)] * 4, *[(2, 2)] * 2):
        rate /= stride
        front += rate * channels * 512 * kernel
        channels = 512
    before = frames * (512 * width + width * (width // 16) * 128)  # projection, positions in 16 groups
    attention = 2 * (frames * seconds) * width
    stack = frames * layers * (4 * width**2 + 2 * width * inner + attention)
    return {"front": 2e-9 * front, "transformer": 2e-9 * (before + stack)}


def _need(rate: float) -> dict[str, float]:
    """How fast the device takes audio, with nothing frozen and with the convolutions frozen."""
    work = gflop_a_second()
    all_trained = 3 * (work["front"] + work["transformer"])  # backwards is twice forwards
    frozen_front = work["front"] + 3 * work["transformer"]
    found: dict[str, float] = dict(work)
    for name, gflop in (("all_trained", all_trained), ("frozen_front", frozen_front)):
        need = UTILISATION * PEAK / (1e9 * gflop)
        found[f"{name}_gflop"] = gflop
        found[f"{name}_audio_seconds_a_second"] = need
        found[f"{name}_headroom"] = WORKERS * rate / need
    return found


def _show(found: dict[str, Any]) -> None:
    for lines in map(_tables(found).__getitem__, ("one_core", "each", "workers", "words")):
        print("\n".join(lines), file=sys.stderr, end="\n\n")


def _tables(found: dict[str, Any]) -> dict[str, list[str]]:
    rates, need, floor = found["one_core"], found["need"], found["floor"]
    sides = [
        f"| {name} | {row['ours']:,.0f} | "
        + " | ".join(f"{row['ours'] / row[f'theirs_{rate}']:.1f}" for rate in (16000, 48000))
        + " |"
        for name, row in rates.items()
    ]
    words = [
        f"floor: {floor['bytes_a_second_of_audio'] / 1e3:.0f} kB a second of audio at "
        f"{floor['bandwidth'] / 1e9:.1f} GB/s; without augmentations {100 * floor['share']:.1f} % of that",
    ]
    words += [
        f"an H100 at 45 %, {what}: {need[f'{name}_gflop']:.1f} GFLOP a second of audio, "
        f"{need[f'{name}_audio_seconds_a_second']:,.0f} audio-s/s; {WORKERS} workers give "
        f"{need[f'{name}_headroom']:.1f} times that"
        for name, what in (("all_trained", "nothing frozen"), ("frozen_front", "convolutions frozen"))
    ]
    each = [
        f"| {row['class'].rpartition('.')[2]} | {row['microseconds']:.0f} | {row['p']} | {row['share']:.0%} |"
        for row in found["each"]
    ]
    columns: list[tuple[str, Callable[[dict[str, float]], str]]] = [
        ("batch", lambda row: f"{row['batch_size']:.0f}"),
        ("workers", lambda row: f"{row['workers']:.0f}"),
        ("audio-s/s by the clock", lambda row: f"{row['audio_seconds_a_second']:,.0f}"),
        ("µs a second of audio in the training process", _taken),
        ("first batch, s", lambda row: f"{row['first_batch_seconds']:.2f}"),
        ("MiB of its own, each", lambda row: f"{row['private_mib_a_worker']:.0f}"),
    ]
    workers = ["| " + " | ".join(show(row) for _, show in columns) + " |" for row in found["workers"]]
    return {
        "one_core": _table(
            ["augmentations", "audio-s/s of a core", "times 16 kHz FLAC", "times 48 kHz"], sides
        ),
        "each": _table(["augmentation", "µs a second of audio", "p", "share"], each),
        "workers": _table([title for title, _ in columns], workers),
        "words": words,
    }


def _taken(row: dict[str, float]) -> str:
    return f"{row['microseconds_of_the_training_process']:.0f}"


def _table(titles: Sequence[str], rows: Sequence[str]) -> list[str]:
    return ["| " + " | ".join(titles) + " |", "|---" * len(titles) + "|", *rows]


if __name__ == "__main__":
    main()
