"""How fast recordings become phonemes, beside the pipeline of transformers with the same weights.

usage: python -m benchmarks.inference.compare CHECKPOINT FILE|FOLDER ... [--json FILE] [--repeats N]
           [--batch-sizes 1,2,4,8] [--batch-seconds 10,20,40,80] [--long SECONDS,...]

CHECKPOINT is one of ``train`` with network_name Wav2Vec2 and greedy decoding. Three things are measured, each
after a round that does not count, both sides in turn, each a process of its own, medians of the repeats:

- one recording, the one of middle length;
- all of them, shuffled: the pipeline at each batch size (its best one counts), given waveforms that our own
  reader has read, and, at the first size, given file names, as in the examples of its documentation (where
  FFmpeg is installed); `Recognizer` as it comes, and with other seconds a batch as ``--batch-seconds`` has
  them;
- long recordings, made of the others with pauses between them: the pipeline in chunks of 30 s with 5 s of
  context on both sides; each side once, in a fresh process, with the most memory that it and its children
  held (``--long ''`` leaves it out).

With each stand the recordings whose phonemes differ from the first side's, and their edit distance. A table
goes to standard error, one JSON object to standard output (and to FILE).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from benchmarks.inference.sides import Phonemes, Side
from phoneme_recognition.audio.reading import EXTENSIONS, find_audio, read_audio
from phoneme_recognition.files import write_text
from phoneme_recognition.metrics.error_rates import NOTHING, edit_counts

RATE = 16000


def main() -> None:
    """Measure, and say it."""
    given = _arguments()
    files = _files(given.recordings)
    seconds = sum(_seconds(file) for file in files)
    sizes = [int(size) for size in given.batch_sizes.split(",")]
    middle = sorted(files, key=_seconds)[len(files) // 2]
    found: dict[str, Any] = {
        "cores": len(os.sched_getaffinity(0)),
        "recordings": len(files),
        "seconds": round(seconds, 1),
    }
    with Side("pipeline", given.checkpoint) as pipeline, Side("ours", given.checkpoint) as ours:
        one = {"pipeline": partial(pipeline.hear, [middle]), "ours": partial(ours.hear, [middle])}
        found["one"] = _compare(one, _seconds(middle), given.repeats)
        sides: dict[str, Callable[[], Any]] = {
            f"pipeline, batch size {size}": partial(pipeline.hear, files, size) for size in sizes
        }
        if shutil.which("ffmpeg"):
            sides["pipeline, from files"] = partial(pipeline.hear, files, sizes[0], how="files")
        sides["ours"] = partial(ours.hear, files)
        for batch in filter(None, given.batch_seconds.split(",")):
            sides[f"ours, batches of {batch} s"] = partial(ours.hear, files, float(batch))
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


def _compare(
    sides: Mapping[str, Callable[[], Any]], seconds: float, repeats: int
) -> dict[str, dict[str, Any]]:
    """Run all sides in turn; phonemes are compared with the first side's."""
    said = {name: side()["said"] for name, side in sides.items()}
    times: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(repeats):
        for name, side in sides.items():
            times[name].append(side()["seconds"])
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
    """Both sides on one long recording, each in a fresh process: memory is a process's."""
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "long.wav")
        _in_a_row(files, seconds, path)
        for name, batch in (("pipeline", batch_size), ("ours", None)):
            with Side(name, checkpoint) as side:
                answer, before, most = side.watched(partial(side.hear, [path], batch, how="long"))
            found[name] = answer | {"mib_before": before, "mib": most}
    expected = found["pipeline"]["said"]
    for side in found.values():
        side |= _difference(expected, side.pop("said"))
        side["audio_s_per_s"] = round(seconds / side["seconds"], 2)
    return found


def _in_a_row(files: Sequence[Path], seconds: float, path: Path) -> None:
    draw, left = random.Random(2), round(seconds * RATE)
    with soundfile.SoundFile(path, "w", RATE, 1, "PCM_16") as out:
        while left > 0:
            pause = np.zeros(round(draw.uniform(0.1, 1.2) * RATE), np.float32)
            samples = np.concatenate([read_audio(draw.choice(files), RATE), pause])[:left]
            out.write(samples)
            left -= len(samples)


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
