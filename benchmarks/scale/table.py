"""A table of very many utterances: what it takes to make, to open and to read, each in its own process."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import soundfile
from numpy.typing import NDArray

from phoneme_recognition.audio.file import AudioFile
from phoneme_recognition.data.cache import UtteranceTable, open_table
from phoneme_recognition.data.labels import Labels
from phoneme_recognition.data.utterance import UtteranceSource
from phoneme_recognition.phonemes.vocabulary import Vocabulary

RATE = 16_000
SHORTENED = 200  # the table's clips are pieces of speech, so many times shorter than real utterances are
READS = 10_000
Figures = dict[str, Any]


def memory() -> dict[str, float]:
    """MiB of this process: all that is resident, and what is its own (no memory maps)."""
    lines = (line.split() for line in Path("/proc/self/status").read_text().splitlines())
    sizes = {line[0]: int(line[1]) / 1024 for line in lines if line[0] in ("VmRSS:", "RssAnon:")}
    return {"resident": sizes["VmRSS:"], "own": sizes["RssAnon:"]}


def private() -> float:
    """MiB that this process has written itself and shares with no other, not even with its parent."""
    lines = (line.split() for line in Path("/proc/self/smaps_rollup").read_text().splitlines())
    return next(int(line[1]) / 1024 for line in lines if line[0] == "Private_Dirty:")


class PeakMemory:
    """The most of its own memory that a process has in a block, in MiB above what it had before."""

    def __enter__(self) -> PeakMemory:
        self.before = self.most = memory()["own"]
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()
        self.growth = max(self.most, memory()["own"]) - self.before

    def _watch(self) -> None:
        while not self._end.wait(0.02):
            self.most = max(self.most, memory()["own"])


def apart(function: Callable[..., Figures], *arguments: object) -> Figures:
    """The result of a function in a new process."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def frames(num_samples: NDArray[np.int64]) -> NDArray[np.int64]:
    """Enough frames for any label."""
    return np.full(len(num_samples), 1000)


def make_sources(clips: Path, rows: int) -> list[UtteranceSource]:
    """So many utterances, each with one of the clips' labels; what they would be heard in is one file."""
    labels = [
        tuple(line.split()[2] for line in path.read_text().splitlines()[1:])
        for path in sorted(clips.glob("*.lab"))
    ]
    recordings = sorted(str(path) for path in clips.glob("*.flac"))
    return [
        UtteranceSource(
            f"utterance_{number:08}",
            AudioFile(recordings[number % len(recordings)], offset=number),
            labels[number % len(labels)],
            speaker=f"speaker_{number % 1000}",
        )
        for number in range(rows)
    ]


def pieces(clips: Path, rows: int) -> Iterator[NDArray[np.int16]]:
    """Pieces of real speech, 3 to 18 s long at full scale."""
    speech = np.concatenate([soundfile.read(path, dtype="int16")[0] for path in sorted(clips.glob("*.flac"))])
    random = np.random.default_rng(1)
    lengths = random.uniform(3 * RATE / SHORTENED, 18 * RATE / SHORTENED, rows).astype(int)
    starts = random.integers(0, len(speech) - 18 * RATE, rows)
    yield from (
        speech[at : at + length] for at, length in zip(starts.tolist(), lengths.tolist(), strict=True)
    )


def made_table(clips: Path, cache: Path, rows: int) -> Figures:
    """Make the table through the cache's own writers (only the decoding is replaced), and open it again."""
    empty = memory()["own"]
    sources = make_sources(clips, rows)
    held = memory()["own"] - empty
    labels = Labels(
        Vocabulary.from_phonemes({phone for source in sources[:100] for phone in source.phonemes or ()})
    )

    def opened() -> tuple[UtteranceTable, float, float]:
        start = time.process_time()  # one thread works; others may use the machine meanwhile
        with PeakMemory() as peak:
            table = open_table(
                *("scale", sources, cache),
                labels=labels,
                sampling_rate=RATE,
                count_frames=frames,
                progress=False,
            )
        return table, time.process_time() - start, peak.growth

    with mock.patch("phoneme_recognition.data.clips.decode_clips", lambda *_: pieces(clips, rows)):
        table, made, peak = opened()
    _, again, _ = opened()
    return {
        "sources_mib": held,
        "made_s": made,
        "making_mib": peak,
        "with_sources_s": again,
        "folder": str(table.directory),
    }


def read_table(folder: Path) -> Figures:
    """Open it by its folder and read rows, in this process and in workers that are forked and spawned."""
    start, before = time.perf_counter(), memory()["own"]
    table = UtteranceTable([folder])
    lengths = table.num_samples
    figures: Figures = {"rows": len(table), "opened_s": time.perf_counter() - start}
    figures["opened_mib"] = memory()["own"] - before
    figures["main_mib"] = _planned(lengths)
    figures["read_us"] = _read(table)["microseconds"]
    for method in ("fork", "spawn"):
        context = multiprocessing.get_context(method)
        with ProcessPoolExecutor(1, context, initializer=_take, initargs=(table,)) as pool:
            worker = pool.submit(_read_taken).result()
        figures |= {f"{method}_mib": worker["private"], f"{method}_grown": worker["grown"]}
    return figures


def _planned(lengths: NDArray[np.int64]) -> float:
    """MiB that are resident, torch included, with the batches of an epoch in memory."""
    from phoneme_recognition.data.batching import BatchPlan

    batches = BatchPlan(lengths / RATE * SHORTENED).batches(0)
    return memory()["resident"] if batches else 0.0


_taken: list[UtteranceTable] = []


def _take(table: UtteranceTable) -> None:
    _taken.append(table)


def _read_taken() -> Figures:
    return _read(_taken[0])


def _read(table: UtteranceTable) -> Figures:
    """Read rows at random; what is grown from a tenth of them on shows whether memory stays flat."""
    rows: Sequence[int] = np.random.default_rng(2).integers(0, len(table), READS).tolist()
    written = []
    start = time.perf_counter()
    for part in (rows[: READS // 10], rows[READS // 10 :]):
        for row in part:
            table[row].samples.sum()
        written.append(private())
    microseconds = (time.perf_counter() - start) / READS * 1e6
    return {"microseconds": microseconds, "private": written[1], "grown": written[1] - written[0]}
