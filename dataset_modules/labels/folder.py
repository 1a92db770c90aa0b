"""A folder of labelled recordings as rows: every recording in it, and every row of its metadata table."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dataset_modules.labels.label import Label
from dataset_modules.labels.metadata import find_metadata, read_metadata
from dataset_modules.labels.sidecars import find_sidecars, read_sidecar
from phoneme_recognition.audio.file import AudioFile
from phoneme_recognition.audio.reading import find_audio
from phoneme_recognition.data.utterance import UtteranceSource
from phoneme_recognition.errors import DataError


def scan_folder(folder: Path, extensions: Sequence[str]) -> list[UtteranceSource]:
    """Describe all recordings of a folder, sorted by name.

    What cannot be used (no label, a label that cannot be read, a metadata row without a file) becomes a row
    too, with the reason as its ``problem``.

    Args:
        folder: searched with its sub-folders.
        extensions: what counts as a recording.

    Raises:
        DataError: the folder is missing or holds no recordings, or its metadata table cannot be read.
    """
    if not folder.is_dir():
        there = [path.name for path in sorted(folder.parent.glob("*")) if path.is_dir()]
        raise DataError(
            f"no folder {folder}",
            expected="a folder named like the language",
            got=f"folders {', '.join(there)} in {folder.parent}" if there else "",
            remedy="Put the recordings there, or mend the path or the language in the config",
        )
    recordings = find_audio(folder, extensions)
    labels, rows = _read_table(folder, recordings)
    sidecars = find_sidecars(folder)
    for recording in recordings:
        if recording not in labels:
            labels[recording] = read_sidecar(sidecars.get(recording.with_suffix(""), {}))
    rows += [_row(_name(path, folder), path, label) for path, label in labels.items()]
    if not rows:
        raise _no_recordings(folder, extensions)
    return sorted(rows, key=lambda row: row.utterance_id)


def _read_table(folder: Path, recordings: Sequence[Path]) -> tuple[dict[Path, Label], list[UtteranceSource]]:
    """What the metadata table says of each recording, and its rows that name none."""
    table = find_metadata(folder)
    labels: dict[Path, Label] = {}
    nameless: list[UtteranceSource] = []
    known = {_spelling(path.with_suffix("")): path for path in recordings}
    known |= {_spelling(path): path for path in recordings}
    for row in read_metadata(table) if table else ():
        if not row.file_name:
            nameless.append(_row(f"{table.name if table else ''}:{row.line}", Path(str(table)), row.label))
            continue
        # Tables made on Windows have backslashes.
        path = folder / row.file_name.replace("\\", "/")
        path = known.get(_spelling(path), path)
        twice = replace(row.label, problem=f"labelled twice: again in line {row.line} of the metadata")
        labels[path] = twice if path in labels else row.label
    return labels, nameless


def _spelling(path: Path) -> str:
    """File systems and tables spell letters like й in one character or in two; and paths may hold ``..``."""
    return unicodedata.normalize("NFC", os.path.normpath(path))


def _name(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.as_posix()


def _row(name: str, path: Path, label: Label) -> UtteranceSource:
    return UtteranceSource(
        utterance_id=name,
        audio=AudioFile(str(path)),
        phonemes=label.phonemes,
        text=label.text,
        speaker=label.speaker,
        segments=label.segments,
        problem=label.problem,
    )


def _no_recordings(folder: Path, extensions: Sequence[str]) -> DataError:
    others = Counter(path.suffix for path in folder.rglob("*") if path.is_file())
    got = ", ".join(f"{count} {suffix or 'without extension'}" for suffix, count in others.most_common(4))
    return DataError(
        f"no recordings in {folder}",
        expected=f"files ending in {', '.join(extensions)}",
        got=got or "an empty folder",
        remedy="Set allowed_extensions to those of your recordings, or mend the path",
    )
