"""A release as Mozilla packs it: ``cv-corpus-*/LANG/`` with tables and ``clips/*.mp3``."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from dataset_modules.mozilla.clips import Clip, Splits, check_language, make_row, same_language
from dataset_modules.mozilla.tables import OFFICIAL, TABLES, VALIDATED, read_tables
from dataset_modules.splitting import split_in_three
from phoneme_recognition.audio.file import AudioFile
from phoneme_recognition.data.utterance import UtteranceSource
from phoneme_recognition.errors import DataError

_logger = logging.getLogger(__name__)
CLIPS = "clips"
PACKED = (".tar.gz", ".tgz")
_DEPTH = 3  # a folder made while unpacking, cv-corpus-*, LANG


def find_release(data_dir: Path, language: str) -> Path:
    """Find the folder of a language, or the archive that holds it.

    Args:
        data_dir: an archive; the folder of the language; or a folder above it, or with an archive in it.
        language: the locale, as the corpus spells it.

    Returns:
        A folder with tables, or an archive.

    Raises:
        DataError: there is none, or more than one.
    """
    if data_dir.is_file():
        return data_dir
    try:
        folders = list(_language_folders(data_dir, _DEPTH))
    except OSError as error:
        raise DataError(
            f"{error.filename or data_dir} cannot be read", got=error.strerror or str(error)
        ) from None
    if folders == [data_dir]:
        return data_dir
    mine = [folder for folder in folders if same_language(folder.name, language)]
    archives = find_archives(data_dir)
    named = [path for path in archives if _is_named(path.name, language)]
    found = mine or named or (archives if len(archives) == 1 else [])
    if len(found) == 1:
        return found[0]
    raise _not_one(data_dir, language, found, folders or archives)


def find_archives(folder: Path) -> list[Path]:
    """The packed releases in a folder."""
    return sorted(path for path in folder.glob("*") if path.name.endswith(PACKED) and path.is_file())


def read_release(folder: Path, language: str, *, validation: float, test: float) -> Splits:
    """The splits of an unpacked language.

    Args:
        folder: holds the tables and ``clips``.
        language: the locale that it should be of.
        validation: share of the speakers held out for validation, where there is no official split.
        test: the same for the test.

    Raises:
        DataError: there are no tables, rows or clips, or they are of another language.
    """
    tables = read_tables(folder)
    for clips in tables.values():
        check_language(str(folder), clips, language)
    files = _clip_files(folder / CLIPS)
    if VALIDATED in tables:
        _logger.info("%s: no official split; its validated clips are split by speaker", folder)
        return Splits(*split_in_three(_rows(folder, tables[VALIDATED], files), validation, test))
    return Splits(*(_rows(folder, tables.get(name, ()), files) for name in OFFICIAL))


def _language_folders(folder: Path, depth: int) -> Iterator[Path]:
    if any((folder / table).is_file() for table in TABLES):
        yield folder
    elif depth and folder.is_dir():
        for path in sorted(folder.iterdir()):
            if path.name[0] != "." and path.is_dir():
                yield from _language_folders(path, depth - 1)


def _is_named(name: str, language: str) -> bool:
    """Whether the language stands in an archive's name, e.g. ``cv-corpus-24.0-2025-12-05-ru.tar.gz``."""
    signs, wanted = (re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") for text in (name, language))
    return f"-{wanted}-" in f"-{signs}-"


def _not_one(data_dir: Path, language: str, found: Sequence[Path], others: Sequence[Path]) -> DataError:
    if found:
        return DataError(
            f"{data_dir} holds more than one release for {language}",
            got=", ".join(str(path.relative_to(data_dir)) for path in found),
            remedy="Set data_dir to one of them",
        )
    there = ", ".join(sorted({path.name for path in others}))
    return DataError(
        f"no release of Common Voice for {language} in {data_dir}",
        expected=f"cv-corpus-*/{language} with {', '.join(TABLES)}, or its archive (.tar.gz)",
        got=there or ("a folder without tables" if data_dir.is_dir() else "nothing at that path"),
        remedy="Mend data_dir, or set language to the corpus's own name of the language",
    )


def _clip_files(folder: Path) -> dict[str, str]:
    """Name without extension → name of each file: one look at the folder instead of one for each row."""
    try:
        return {os.path.splitext(entry.name)[0]: entry.name for entry in os.scandir(folder)}  # noqa: PTH122
    except OSError as error:
        raise DataError(
            f"no clips in {folder}", got=error.strerror or "", remedy="Unpack the whole release"
        ) from None


def _rows(folder: Path, clips: Sequence[Clip], files: dict[str, str]) -> list[UtteranceSource]:
    """Rows in the order of the table, which may leave out ``.mp3``; the user may have changed the format."""
    rows, prefix = [], f"{folder / CLIPS}{os.sep}"
    for number, clip in enumerate(clips, start=2):
        name = clip.name or f"line {number}"
        file = files.get(stem(name))
        problem = None if file else f"missing clip: {name}"
        rows.append(make_row(clip, name, AudioFile(prefix + (file or name)), problem))
    return rows


def stem(name: str) -> str:
    """The name of a clip's file without its extension."""
    return name.removesuffix(".mp3")
