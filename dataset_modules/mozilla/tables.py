"""The tables of a release: tab-separated, a header line, quotation marks that are just that.

Columns are found by their names, since releases differ in which they have and in what order: 13 has
``client_id path sentence up_votes down_votes age gender accents variant locale segment``, later ones put
``sentence_id`` and ``sentence_domain`` in between, earlier ones have ``accent``.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from pathlib import Path

from dataset_modules.mozilla.clips import Clip
from phoneme_recognition.errors import DataError

OFFICIAL = ("train.tsv", "dev.tsv", "test.tsv")
VALIDATED = "validated.tsv"
TABLES = (*OFFICIAL, VALIDATED)
_NEEDED = ("path", "sentence")


def read_table(path: Path) -> list[Clip]:
    """All rows of a table; a row whose cells cannot be told apart says so in ``problem``.

    Raises:
        DataError: it cannot be read, or lacks a column that is needed.
    """
    try:
        # A letter that is not UTF-8 spoils its own row, not the table.
        text = path.read_bytes().decode("utf-8-sig", errors="replace")
    except OSError as error:
        raise DataError(f"{path} cannot be read", got=error.strerror or str(error)) from None
    # Only these end a line: a sentence may hold what else Unicode calls a line end.
    header, *lines = (line.removesuffix("\r") for line in text.split("\n"))
    columns = header.split("\t")
    missing = [name for name in _NEEDED if name not in columns]
    if missing:
        raise DataError(
            f"{path}: the first line",
            expected=f"columns separated by tabs, {' and '.join(_NEEDED)} among them",
            got=", ".join(columns) if header.strip() else "nothing",
            remedy="Take the table from the release as it was packed",
        )
    read = _reader(path.name, columns)
    return [read(line, number) for number, line in enumerate(lines, start=2) if line.strip()]


def _reader(table: str, columns: list[str]) -> Callable[[str, int], Clip]:
    """How a line of this table is read."""
    at = {name: number for number, name in enumerate(columns)}
    width, needed = len(columns), 1 + max(at[name] for name in _NEEDED)
    # An empty cell is put behind the others, for the columns that the table does not have.
    pick = itemgetter(*(at.get(name, width) for name in ("path", "sentence", "client_id", "locale")))

    def read(line: str, number: int) -> Clip:
        cells = line.split("\t")
        problem, count = None, len(cells)
        if not needed <= count <= width:
            # A tab inside of a sentence would shift what comes after it.
            problem = f"unreadable row: line {number} of {table} has {count} of {width} cells"
        cells += [""] * (1 + width - count)
        path, sentence, speaker, locale = pick(cells)
        if not path:
            problem = problem or f"unreadable row: line {number} of {table} names no clip"
        if "\ufffd" in sentence:
            problem = problem or f"unreadable row: line {number} of {table} is not UTF-8"
        return Clip(path, sentence, speaker, locale, problem)

    return read


def read_tables(folder: Path) -> dict[str, list[Clip]]:
    """The tables that decide the splits of a language.

    Returns:
        The three official tables; or the validated clips alone, where the official ones leave nothing to
        train on or nothing to validate with, as they do in small languages.

    Raises:
        DataError: a table cannot be read, or none has a row.
    """
    official = {name: read_table(folder / name) for name in OFFICIAL if (folder / name).is_file()}
    if official.get("train.tsv") and official.get("dev.tsv"):
        return official
    validated = read_table(folder / VALIDATED) if (folder / VALIDATED).is_file() else []
    if not validated:
        found = ", ".join(f"{name} with {len(rows)} rows" for name, rows in official.items())
        raise DataError(
            f"{folder}: no clips to train and to validate with",
            expected="rows in train.tsv and dev.tsv, or in validated.tsv",
            got=found or "none of these tables",
            remedy="Take a release in which the language has validated clips",
        )
    return {VALIDATED: validated}
