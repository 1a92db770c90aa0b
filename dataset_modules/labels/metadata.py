"""Metadata tables: ``metadata.csv``, ``.tsv`` or ``.jsonl`` with a row for each recording."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from dataset_modules.labels.label import Label, LabelError, read_text
from phoneme_recognition.errors import DataError

_NAMES = ("metadata.csv", "metadata.tsv", "metadata.jsonl")
_COLUMNS = "file_name, and text or phonemes (and speaker, if known)"


@dataclass(frozen=True, slots=True)
class MetadataRow:
    """One row: the recording that it names (``""`` where it names none) and its label."""

    line: int
    file_name: str
    label: Label


def find_metadata(folder: Path) -> Path | None:
    """The metadata table of a folder, if it has one.

    Raises:
        DataError: it has more than one.
    """
    found = [folder / name for name in _NAMES if (folder / name).is_file()]
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise DataError(f"{folder}: more than one metadata table", got=names, remedy="Keep one of them")
    return found[0] if found else None


def read_metadata(path: Path) -> list[MetadataRow]:
    """All rows of a metadata table; a broken row has a label that says so in ``problem``.

    Raises:
        DataError: the table as a whole cannot be read, or lacks the columns.
    """
    try:
        text = read_text(path)
    except LabelError as error:
        raise DataError(f"{path} cannot be read", got=str(error), remedy="Save it as UTF-8") from None
    return list(_read_json(text) if path.suffix == ".jsonl" else _read_csv(path, text))


def _read_csv(path: Path, text: str) -> Iterator[MetadataRow]:
    reader = _open_csv(path, text)
    try:
        header = [name.strip() for name in reader.fieldnames or ()]
        if "file_name" not in header or not {"text", "phonemes"} & set(header):
            got = ", ".join(header) or "nothing"
            raise DataError(f"{path}: the first line", expected=f"columns {_COLUMNS}", got=got)
        for row in reader:
            yield _row(reader.line_num, {str(key).strip(): value for key, value in row.items()})
    except csv.Error as error:
        place = f"{path}:{reader.line_num}"
        raise DataError(place, got=str(error), remedy="Mend the quotation marks") from None


def _open_csv(path: Path, text: str) -> csv.DictReader[str]:
    lines = io.StringIO(text)
    if path.suffix == ".tsv":
        # In tables with tabs, a quotation mark is what somebody said.
        return csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
    header = text.partition("\n")[0]
    # Spreadsheets of some countries write semicolons.
    return csv.DictReader(lines, delimiter=max(",;\t", key=header.count), strict=True)


def _read_json(text: str) -> Iterator[MetadataRow]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            row = error
        if isinstance(row, dict):
            yield _row(number, row)
        else:
            problem = f"unreadable metadata: line {number} is no JSON object"
            yield MetadataRow(number, "", Label(problem=problem))


def _row(line: int, row: Mapping[str, object]) -> MetadataRow:
    """A row from its cells; a CSV row with a cell too many has a list in it, with one too few a None."""
    name = row.get("file_name")
    phonemes, text, speaker = row.get("phonemes"), row.get("text"), row.get("speaker")
    if isinstance(phonemes, list) and all(isinstance(symbol, str) for symbol in phonemes):
        phonemes = " ".join(phonemes)
    problem = None
    if not isinstance(name, str) or not name.strip():
        problem = f"unreadable metadata: line {line} names no file"
    elif "None" in row or not all(isinstance(cell, str | None) for cell in (phonemes, text)):
        problem = f"unreadable metadata: line {line} has the wrong number or kind of cells"
    elif not str(phonemes or "").strip() and not str(text or "").strip():
        problem = "empty label"
    label = Label(
        phonemes=tuple(str(phonemes).split()) if phonemes and not problem else None,
        text=str(text).strip() if text and not problem else None,
        speaker=str(speaker).strip() or None if speaker is not None else None,
        problem=problem,
    )
    return MetadataRow(line, name.strip() if isinstance(name, str) else "", label)
