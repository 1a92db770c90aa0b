"""Tables of all generations are read as they stand: by column name, quotation marks and all."""

from __future__ import annotations

from pathlib import Path

import pytest
from common_voice_release import RELEASE_13, RELEASE_17, official, rows, table_text

from dataset_modules.mozilla.tables import read_table, read_tables
from phoneme_recognition.errors import DataError

OLD = [
    "client_id",
    "path",
    "sentence",
    "up_votes",
    "down_votes",
    "age",
    "gender",
    "accent",
]  # up to release 4: no locale


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("header", [OLD, RELEASE_13, RELEASE_17, RELEASE_17[::-1]])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_columns_are_found_by_name(tmp_path: Path, header: list[str], mark: str, line_end: str) -> None:
    text = mark + table_text(rows(range(3)), header).replace("\n", line_end)
    clips = read_table(write(tmp_path / "train.tsv", text))
    locale = "ru" if "locale" in header else ""
    assert clips[2] == ("common_voice_ru_2.mp3", "Да, 2.", "speaker2", locale, None)
    assert len(clips) == 3


def test_quotation_marks_and_strange_line_ends_are_part_of_the_sentence(tmp_path: Path) -> None:
    sentences = ['"Да', 'Нет", - сказал', '"Он"', "a\u2028b", "c\x0bd", "e\x85f", "g\rh"]
    table = [("s", f"{number}.mp3", sentence) for number, sentence in enumerate(sentences)]
    clips = read_table(write(tmp_path / "train.tsv", table_text(table, RELEASE_13)))
    assert [clip.sentence for clip in clips] == sentences
    assert {clip.problem for clip in clips} == {None}


def test_rows_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    lines = ["client_id\tpath\tsentence\tlocale"]
    lines += ["s\ta.mp3\tда\tru", "s\ta.mp3", "s\ta.mp3\tда\tда\tru", "s\t\tда\tru", "", "s\tb.mp3\tда"]
    path = write(tmp_path / "dev.tsv", "\n".join(lines))
    assert [clip.problem for clip in read_table(path)] == [
        None,
        "unreadable row: line 3 of dev.tsv has 2 of 4 cells",
        "unreadable row: line 4 of dev.tsv has 5 of 4 cells",
        "unreadable row: line 5 of dev.tsv names no clip",
        None,  # an editor cut off the empty cells at the end
    ]
    write(path, "path\tsentence\na.mp3\tда\nb.mp3\tok\n", "cp1251")
    assert [clip.problem for clip in read_table(path)] == [
        "unreadable row: line 2 of dev.tsv is not UTF-8",
        None,
    ]


@pytest.mark.parametrize(
    ("text", "got"),
    [("", "got nothing"), ("path,sentence\na,b\n", "got path,sentence"), ("path\ttext\n", "got path, text")],
)
def test_a_table_without_the_columns(tmp_path: Path, text: str, got: str) -> None:
    with pytest.raises(DataError, match=f"path and sentence among them; {got}"):
        read_table(write(tmp_path / "train.tsv", text))


def test_a_table_that_is_a_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read; got Is a directory"):
        read_table(tmp_path)


def test_the_official_split_where_there_is_one_else_the_validated_clips(tmp_path: Path) -> None:
    tables = official() | {"validated.tsv": rows(range(12))}
    for name, table in tables.items():
        write(tmp_path / name, table_text(table, RELEASE_17))
    assert {name: len(clips) for name, clips in read_tables(tmp_path).items()} == {
        "train.tsv": 8,
        "dev.tsv": 2,
        "test.tsv": 2,
    }
    (tmp_path / "test.tsv").unlink()
    assert set(read_tables(tmp_path)) == {"train.tsv", "dev.tsv"}
    write(tmp_path / "dev.tsv", table_text([], RELEASE_17))  # as small languages have it
    assert {name: len(clips) for name, clips in read_tables(tmp_path).items()} == {"validated.tsv": 12}
    write(tmp_path / "validated.tsv", table_text([], RELEASE_17))
    with pytest.raises(DataError, match=r"got train\.tsv with 8 rows, dev\.tsv with 0 rows"):
        read_tables(tmp_path)
