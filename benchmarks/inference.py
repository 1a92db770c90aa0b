"""How fast recordings become phonemes, beside the pipeline of transformers with the same weights.

usage: PYTHONPATH=. python benchmarks/inference.py CHECKPOINT FILE|FOLDER ... [--json FILE] [--repeats N]
           [--batch-sizes 1,2,4,8] [--batch-seconds 10,20,40,80] [--long SECONDS,...]

CHECKPOINT is one of ``train`` with network_name Wav2Vec2 and greedy decoding. Three things are measured, each
after a round that does not count, both sides in turn in the same process, medians of the repeats:

- one recording, the one of middle length;
- all of them, shuffled: the pipeline at each batch size (its best one counts), `Recognizer` as it comes, and
  with other seconds a batch where ``--batch-seconds`` asks for them;
- long recordings, made of the others with pauses between them: the pipeline in chunks of 30 s with 5 s of
  context on both sides; each side once, in a process of its own, with the most memory it held (``--long ''``
  leaves it out).

With each stand the recordings whose phonemes differ from the first side's, and their edit distance. A table
goes to standard error, one JSON object to standard output (and to FILE).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from phoneme_recognition import Recognizer
from phoneme_recognition.audio.reading import EXTENSIONS, find_audio, read_audio
from phoneme_recognition.files import write_text
from phoneme_recognition.metrics.error_rates import NOTHING, edit_counts

RATE = 16000
Phonemes = list[list[str]]


def main() -> None:
    """Measure, and say it."""
    given = _arguments()
    if given.one_side:
        _one_side(given.one_side, given.checkpoint, Path(given.recordings[0]), given.batch_size)
        return
    from benchmarks.inference_peer import Pipeline

    files = _files(given.recordings)
    seconds = sum(_seconds(file) for file in files)
    pipeline, recognizer = Pipeline(given.checkpoint), Recognizer(given.checkpoint, device="cpu")
    sizes = [int(size) for size in given.batch_sizes.split(",")]
    middle = sorted(files, key=_seconds)[len(files) // 2]
    found: dict[str, Any] = {
        "cores": len(os.sched_getaffinity(0)),
        "recordings": len(files),
        "seconds": round(seconds, 1),
        "one": _compare(
            {
                "pipeline": partial(pipeline.short, [middle], 1),
                "ours": partial(_ours, recognizer, [middle]),
            },
            _seconds(middle),
            given.repeats,
        ),
    }
    sides: dict[str, Callable[[], Phonemes]] = {
        f"pipeline, batch size {size}": partial(pipeline.short, files, size) for size in sizes
    }
    sides["ours"] = partial(_ours, recognizer, files)
    for batch in filter(None, given.batch_seconds.split(",")):
        sides[f"ours, batches of {batch} s"] = partial(_ours, recognizer, files, float(batch))
    found["folder"] = _compare(sides, seconds, given.repeats)
    best = max(sizes, key=lambda size: found["folder"][f"pipeline, batch size {size}"]["audio_s_per_s"])
    lengths = [float(length) for length in given.long.split(",") if length]
    found["long"] = {str(round(one)): _long(given.checkpoint, files, one, best) for one in lengths}
    _show(found)
    line = json.dumps(found, ensure_ascii=False)
    if given.json:
        write_text(given.json, f"{line}\n")
    print(line)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkpoint")
    parser.add_argument("recordings", nargs="+")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--batch-sizes", default="1,2,4,8")
    parser.add_argument("--batch-seconds", default="")
    parser.add_argument("--long", default="3600")
    parser.add_argument("--one-side", choices=("pipeline", "ours"), help=argparse.SUPPRESS)
    parser.add_argument("--batch-size", type=int, default=1, help=argparse.SUPPRESS)
    return parser.parse_args()


def _files(names: Sequence[str]) -> list[Path]:
    files = [
        file
        for path in map(Path, names)
        for file in (find_audio(path, EXTENSIONS) if path.is_dir() else [path])
    ]
    random.Random(1).shuffle(files)
    return files


def _seconds(file: Path) -> float:
    return float(soundfile.info(file).duration)


def _ours(recognizer: Recognizer, files: Sequence[Path], batch_seconds: float | None = None) -> Phonemes:
    return [one.phonemes for one in recognizer.transcribe_all(files, batch_seconds=batch_seconds)]


def _compare(
    sides: Mapping[str, Callable[[], Phonemes]], seconds: float, repeats: int
) -> dict[str, dict[str, Any]]:
    """Run all sides in turn; phonemes are compared with the first side's."""
    said = {name: side() for name, side in sides.items()}
    times: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(repeats):
        for name, side in sides.items():
            started = time.perf_counter()
            side()
            times[name].append(time.perf_counter() - started)
    first = next(iter(said.values()))
    return {
        name: {
            "audio_s_per_s": round(seconds / statistics.median(times[name]), 2),
            "seconds": [round(one, 3) for one in times[name]],
            **_difference(first, said[name]),
        }
        for name in sides
    }


def _difference(expected: Phonemes, found: Phonemes) -> dict[str, float]:
    counts = NOTHING
    for one, other in zip(expected, found, strict=True):
        counts = counts.plus(edit_counts(one, other))
    differing = sum(one != other for one, other in zip(expected, found, strict=True))
    return {"phonemes": sum(map(len, found)), "differing": differing, "per_to_first": round(counts.rate, 6)}


def _long(checkpoint: str, files: Sequence[Path], seconds: float, batch_size: int) -> dict[str, Any]:
    """Both sides on one long recording, each in a process of its own: memory is a process's."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "long.wav")
        _in_a_row(files, seconds, path)
        sides = {side: _in_process(side, checkpoint, path, batch_size) for side in ("pipeline", "ours")}
    expected = [sides["pipeline"].pop("said")]
    for name, side in sides.items():
        side |= _difference(expected, [side.pop("said")] if name == "ours" else expected)
        side["audio_s_per_s"] = round(seconds / side["seconds"], 2)
    return sides


def _in_a_row(files: Sequence[Path], seconds: float, path: Path) -> None:
    draw, left = random.Random(2), round(seconds * RATE)
    with soundfile.SoundFile(path, "w", RATE, 1, "PCM_16") as out:
        while left > 0:
            pause = np.zeros(round(draw.uniform(0.1, 1.2) * RATE), np.float32)
            samples = np.concatenate([read_audio(draw.choice(files), RATE), pause])[:left]
            out.write(samples)
            left -= len(samples)


def _in_process(side: str, checkpoint: str, path: Path, batch_size: int) -> dict[str, Any]:
    options = ["--one-side", side, "--batch-size", str(batch_size)]
    command = [sys.executable, __file__, checkpoint, str(path), *options]
    ended = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    found: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return found


def _one_side(side: str, checkpoint: str, path: Path, batch_size: int) -> None:
    """Hear one recording and print what was found, with the seconds and the most memory."""
    if side == "pipeline":
        # Not above: what it imports would count as our memory too.
        from benchmarks.inference_peer import Pipeline

        pipeline = Pipeline(checkpoint)
        before, started = _most_memory(), time.perf_counter()
        said = pipeline.long(path, batch_size)
    else:
        recognizer = Recognizer(checkpoint, device="cpu")
        before, started = _most_memory(), time.perf_counter()
        said = recognizer.transcribe(path).phonemes
    taken = time.perf_counter() - started
    memory = {"mib_before": before, "mib": _most_memory()}
    print(json.dumps({"seconds": round(taken, 3), **memory, "said": said}))


def _most_memory() -> int:
    """MiB; not by `resource`, which takes the parent's for the child's too."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


def _show(found: Mapping[str, Any]) -> None:
    head = f"{found['recordings']} recordings, {found['seconds']} s, {found['cores']} cores"
    rows = [f"| {head} | audio-s/s | ratio | recordings that differ | edits |", "|---|---|---|---|---|"]
    tables = {"one recording": found["one"], "all": found["folder"]}
    tables |= {f"{length} s in one": sides for length, sides in found["long"].items()}
    for title, sides in tables.items():
        base = max(one["audio_s_per_s"] for name, one in sides.items() if name.startswith("pipeline"))
        for name, one in sides.items():
            speed = one["audio_s_per_s"]
            memory = f", {one['mib']:,} MiB at most" if "mib" in one else ""
            cells = (
                f"{speed:.1f} | {speed / base:.2f} | {one['differing']} | {100 * one['per_to_first']:.3f} %"
            )
            rows.append(f"| {title}: {name}{memory} | {cells} |")
    print("\n".join(rows), file=sys.stderr)


if __name__ == "__main__":
    main()
