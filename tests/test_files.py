"""Files that are written whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from phoneme_recognition.files import write_text, written_whole


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_text_is_utf_8_and_nothing_else_is_left(tmp_path: Path) -> None:
    write_text(tmp_path / "phones.txt", "t͡ɕ\n")
    assert (tmp_path / "phones.txt").read_bytes() == "t͡ɕ\n".encode()
    assert names(tmp_path) == ["phones.txt"]


def test_the_old_file_stands_until_the_new_one_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "table.tsv"
    write_text(target, "old")
    with written_whole(target) as partial:
        partial.write_text("new")
        assert target.read_text() == "old"
        assert partial.parent == tmp_path  # a rename must not cross file systems
        assert partial.suffix == ".tsv"  # some writers choose the format by it
        assert partial.name.startswith(".")
    assert target.read_text() == "new"


@pytest.mark.parametrize("problem", [ValueError, KeyboardInterrupt])
def test_what_goes_wrong_leaves_the_old_file_alone(tmp_path: Path, problem: type[BaseException]) -> None:
    target = tmp_path / "table.tsv"
    write_text(target, "old")

    def write() -> None:
        with written_whole(target) as partial:
            partial.write_text("half")
            raise problem

    with pytest.raises(problem):
        write()
    assert target.read_text() == "old"
    assert names(tmp_path) == ["table.tsv"]


def test_text_that_cannot_be_encoded_leaves_the_old_file_alone(tmp_path: Path) -> None:
    write_text(tmp_path / "a", "old")
    with pytest.raises(UnicodeEncodeError):
        write_text(tmp_path / "a", "new \ud800")
    assert (tmp_path / "a").read_text() == "old"
    assert names(tmp_path) == ["a"]


def test_a_block_that_writes_nothing_is_an_error_and_keeps_the_old_file(tmp_path: Path) -> None:
    write_text(tmp_path / "a", "old")
    with pytest.raises(FileNotFoundError), written_whole(tmp_path / "a"):
        pass
    assert (tmp_path / "a").read_text() == "old"
