"""Making the cache: memory by the number of recordings, and speed beside ``datasets.Dataset.map``.

The peer gets what a user would write: soundfile and soxr, called for each row in two processes.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from benchmarks.scale.table import RATE, Figures, PeakMemory, frames, memory
from phoneme_recognition.audio.file import AudioFile
from phoneme_recognition.data.cache import open_table
from phoneme_recognition.data.clips import Clips, build_clips
from phoneme_recognition.data.labels import Labels
from phoneme_recognition.data.utterance import UtteranceSource
from phoneme_recognition.phonemes.vocabulary import Vocabulary

PROCESSES = 2
OTHER_RATE = 22_050
SHORT = RATE // 10


def built_memory(clips: Path, cache: Path, rows: int) -> Figures:
    """Decode so many recordings of 0.1 s, the members of one archive, and see how the process grows."""
    archive = cache / "members.bin"
    members = _write_archive(clips, archive)
    empty = memory()["own"]
    sources = [
        UtteranceSource(f"u{number:07}", _member(archive, members, number), ("a",)) for number in range(rows)
    ]
    held = memory()["own"] - empty
    start = time.perf_counter()
    with PeakMemory() as peak:
        open_table(
            *("short", sources, cache),
            labels=Labels(Vocabulary.from_phonemes("a")),
            sampling_rate=RATE,
            count_frames=frames,
            num_proc=PROCESSES,
            progress=False,
        )
    seconds = time.perf_counter() - start
    return {"rows": rows, "sources_mib": held, "growth_mib": peak.growth, "utterances_per_s": rows / seconds}


def _member(archive: Path, members: Sequence[tuple[int, int]], number: int) -> AudioFile:
    """A recording of the archive; the next time round of a link to it, as another one."""
    turn, place = divmod(number, len(members))
    link = archive.with_name(f"archive{turn}.bin")
    if not place:
        link.hardlink_to(archive)
    return AudioFile(str(link), *members[place])


def _write_archive(clips: Path, archive: Path) -> list[tuple[int, int]]:
    """Pieces of the real clips as WAV files in one file: (offset, length) of each."""
    members: list[tuple[int, int]] = []
    with archive.open("wb") as file, tempfile.TemporaryDirectory() as folder:
        piece = Path(folder) / "piece.wav"
        for recording in sorted(clips.glob("*.flac")):
            speech, _ = soundfile.read(recording, dtype="int16")
            for at in range(RATE // 2, len(speech) - RATE, SHORT):
                soundfile.write(piece, speech[at : at + SHORT], RATE)
                members.append((file.tell(), piece.stat().st_size))
                file.write(piece.read_bytes())
    return members


def compare_building(recordings: Sequence[Path], repeats: int) -> list[Figures]:
    """Ours and the peer's by turns, on the same files at another rate, decoded to 16 kHz."""
    import datasets  # not above: our processes import this module anew, and need no peer

    datasets.disable_progress_bars()
    results: list[Figures] = []
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("wav", "ogg"):
            files = [_converted(path, Path(folder) / f"{path.stem}.{kind}") for path in recordings]
            ours: list[float] = []
            peers: list[float] = []
            for _ in range(repeats):
                seconds, audio = _timed(_build_ours, files)
                ours.append(seconds)
                peers.append(_timed(_build_peer, files)[0])
            results.append(
                {
                    "format": f"{kind} {OTHER_RATE} Hz",
                    "files": len(files),
                    "audio_s_per_s_and_process": audio / statistics.median(ours) / PROCESSES,
                    "utterances_per_s": len(files) / statistics.median(ours),
                    "ratio": statistics.median(b / a for a, b in zip(ours, peers, strict=True)),
                }
            )
    return results


def _converted(path: Path, target: Path) -> Path:
    samples, rate = soundfile.read(path, dtype="float32")
    soundfile.write(target, np.clip(soxr.resample(samples, rate, OTHER_RATE), -1, 1), OTHER_RATE)
    return target


def _timed(build: Callable[[Sequence[Path], Path], float], files: Sequence[Path]) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        audio = build(files, Path(folder))
        return time.perf_counter() - start, audio


def _build_ours(files: Sequence[Path], folder: Path) -> float:
    audio = [AudioFile(str(path)) for path in files]
    build_clips(folder, audio, sampling_rate=RATE, num_proc=PROCESSES, title=None)
    return float(Clips(folder).num_samples.sum()) / RATE


def _build_peer(files: Sequence[Path], folder: Path) -> float:
    import datasets

    rows = datasets.Dataset.from_dict({"path": [str(path) for path in files]})
    made = rows.map(
        _decode, num_proc=PROCESSES, remove_columns=["path"], cache_file_name=str(folder / "peer.arrow")
    )
    return float(len(made))


def _decode(row: dict[str, str]) -> dict[str, NDArray[np.float32]]:
    samples, rate = soundfile.read(row["path"], dtype="float32", always_2d=True)
    return {"input_values": soxr.resample(samples.mean(axis=1), rate, RATE)}
