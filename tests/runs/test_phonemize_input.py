"""Lines of ``phonemize``: nothing is lost, whatever the file looks like."""

from __future__ import annotations

import codecs
import io
from pathlib import Path

import pytest

from phoneme_recognition.errors import DataError, UserError
from phoneme_recognition.runs.phonemize.input import (
    Line,
    in_chunks,
    is_there,
    read_lines,
    refuse_other_encodings,
    size_of,
)


def texts(*inputs: str | Path) -> list[str]:
    return [line.text for line in read_lines([str(one) for one in inputs])]


def file_of(folder: Path, content: bytes, name: str = "text.txt") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", []),
        (b"\n", [""]),
        (b"a\nb", ["a", "b"]),
        (b"a\n\nb\n", ["a", "", "b"]),
        (b"a\r\nb\r\n", ["a", "b"]),
        (codecs.BOM_UTF8 + "ё\n".encode(), ["ё"]),
        # Only a line feed ends a line: the others are part of it, as for wc -l.
        ("a\rb\x0bc\x0cd\x1ce\x85f\u2028g\u2029h\n".encode(), ["a\rb\x0bc\x0cd\x1ce\x85f\u2028g\u2029h"]),
        (b"a\x00b\n\x1b[31m\n", ["a\x00b", "\x1b[31m"]),
    ],
)
def test_one_line_for_each_line_of_the_file(tmp_path: Path, content: bytes, expected: list[str]) -> None:
    assert texts(file_of(tmp_path, content)) == expected


def test_bytes_that_are_no_utf8_are_replaced_and_known_by_line(tmp_path: Path) -> None:
    path = file_of(tmp_path, "да\n".encode() + b"\xff\xfe \xd0\n" + "нет\n".encode())
    lines = list(read_lines([str(path)]))
    assert [line.is_broken for line in lines] == [False, True, False]
    assert lines[1].text == "\ufffd\ufffd \ufffd"
    assert [line.place for line in lines] == ["line 1", "line 2", "line 3"]
    assert sum(line.size for line in lines) == size_of([str(path)]) == path.stat().st_size
    refuse_other_encodings(lines, [str(path)])


def test_a_file_in_another_encoding_is_refused_with_the_remedy(tmp_path: Path) -> None:
    old = file_of(tmp_path, "мама\nплюс ASCII\nabc\n".encode("cp1251"))
    with pytest.raises(DataError, match=r"old.*iconv -f WINDOWS-1251"):
        refuse_other_encodings(list(read_lines([str(old)])), ["old"])
    for encoding in ("utf-16", "utf-32", "utf-16-be"):
        mark = codecs.BOM_UTF16_BE if encoding == "utf-16-be" else b""
        with pytest.raises(DataError, match="iconv -f UTF-16"):
            texts(file_of(tmp_path, mark + "мама\n".encode(encoding)))


def test_words_are_one_text_and_line_breaks_in_it_are_lines() -> None:
    assert texts("мама", "мыла", "раму") == ["мама мыла раму"]
    assert texts("мама\nмыла\r\n") == ["мама", "мыла", ""]
    assert texts("") == [""]
    assert texts("x" * 10_000) == ["x" * 10_000]  # longer than a file's name may be


def test_bytes_of_an_argument_that_are_no_text_are_replaced() -> None:
    (line,) = read_lines([b"\xd0\xb0\xff".decode("utf-8", "surrogateescape")])
    assert (line.text, line.is_broken) == ("а\ufffd", True)


def test_several_files_follow_each_other_with_their_names(tmp_path: Path) -> None:
    one, two = file_of(tmp_path, b"a\n", "one"), file_of(tmp_path, codecs.BOM_UTF8 + b"b\nc", "two")
    lines = list(read_lines([str(one), str(two)]))
    assert [line.text for line in lines] == ["a", "b", "c"]
    assert [line.place for line in lines] == [f"{one}, line 1", f"{two}, line 1", f"{two}, line 2"]


def test_a_file_beside_words_and_a_folder_are_mistakes(tmp_path: Path) -> None:
    path = file_of(tmp_path, b"a\n")
    with pytest.raises(UserError, match=r"text\.txt is a file and 'words' is none"):
        texts(path, "words")
    with pytest.raises(DataError, match="cannot be read"):
        texts(tmp_path)


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO("\ufeffмама\r\n\nраму".encode()))
    monkeypatch.setattr("sys.stdin", stream)
    assert texts("-") == ["мама", "", "раму"]
    assert size_of(["-"]) is None
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(DataError, match="standard input is closed"):
        texts("-")


def test_a_name_that_looks_like_a_file_is_wondered_at(caplog: pytest.LogCaptureFixture) -> None:
    for text in ("corpsu.txt", "texts/one"):
        assert texts(text) == [text]
        assert f"there is no file {text}" in caplog.text
    caplog.clear()
    texts("Он ушёл. Она тоже.")
    texts("3.14")
    assert not caplog.text


def test_nothing_is_no_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert not is_there("")
    assert not is_there("a\0b")
    assert is_there(".")


def test_chunks_keep_order_and_are_bounded_by_lines_and_by_letters() -> None:
    lines = [Line(f"line {number}", "x") for number in range(10)]
    assert [len(chunk) for chunk in in_chunks(lines, most=4)] == [4, 4, 2]
    assert [line for chunk in in_chunks(lines, most=4) for line in chunk] == lines
    long = [Line("", "x" * 300_000)] * 4
    assert [len(chunk) for chunk in in_chunks(long)] == [2, 2]
    assert list(in_chunks([])) == []
