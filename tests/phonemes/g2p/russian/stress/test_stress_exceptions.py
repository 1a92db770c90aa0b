"""The user's file of stresses."""

from __future__ import annotations

from pathlib import Path

import pytest

from phoneme_recognition.errors import DataError
from phoneme_recognition.phonemes.g2p.russian.stress.dictionary import DATA
from phoneme_recognition.phonemes.g2p.russian.stress.exceptions import Exceptions
from phoneme_recognition.phonemes.g2p.russian.stress.spelling import Marked
from phoneme_recognition.phonemes.g2p.russian.token import Token


def _read(tmp_path: Path, text: str) -> Exceptions:
    path = tmp_path / "stresses.txt"
    path.write_text(text, encoding="utf-8")
    return Exceptions.read(path)


def _tokens(text: str) -> list[Token]:
    return [Token(word.strip(","), pause=index == 0) for index, word in enumerate(text.split())]


def test_words_in_every_notation(tmp_path: Path) -> None:
    exceptions = _read(
        tmp_path, "\ufeff# mine\nзам+ок\nмука\N{COMBINING ACUTE ACCENT}  # flour\n\nвсе\tвсё\nтв+орог\n"
    )
    assert exceptions.word("замок") == Marked("замок", (3,))
    assert exceptions.word("мука") == Marked("мука", (3,))
    assert exceptions.word("все") == Marked("всё", (2,))
    assert exceptions.word("творог") == Marked("творог", (2,))
    assert exceptions.word("дом") is None


def test_a_word_with_yo_is_found_by_both_spellings_but_not_beside_a_tab(tmp_path: Path) -> None:
    one = _read(tmp_path, "берёза")
    assert one.word("береза") == one.word("берёза") == Marked("берёза", (3,))
    two = _read(tmp_path, "берёза\tберёза")
    assert two.word("береза") is None


def test_the_last_line_of_a_spelling_holds(tmp_path: Path) -> None:
    assert _read(tmp_path, "з+амок\nзам+ок").word("замок") == Marked("замок", (3,))


def test_the_longest_phrase_is_taken(tmp_path: Path) -> None:
    exceptions = _read(tmp_path, "зам+ок\nз+амок на гор+е")
    found = exceptions.find(_tokens("замок и замок на горе"))
    assert found == {0: Marked("замок", (3,)), 2: Marked("замок", (1,)), 4: Marked("горе", (3,))}


def test_phrases_do_not_go_over_pauses_nor_over_the_users_marks(tmp_path: Path) -> None:
    exceptions = _read(tmp_path, "н+а пол")
    assert exceptions.find(_tokens("на пол")) == {0: Marked("на", (1,))}
    assert not exceptions.find([Token("на"), Token("пол", pause=True)])
    assert not exceptions.find([Token("на"), Token("пол", (1,))])


def test_a_hyphen_parts_words(tmp_path: Path) -> None:
    exceptions = _read(tmp_path, "к+иево-печ+ерская")
    found = exceptions.find([Token("киево"), Token("печерская", hyphen=True)])
    assert found == {0: Marked("киево", (1,)), 1: Marked("печерская", (3,))}


def test_bad_lines_are_named_all_at_once(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        _read(tmp_path, "зам+ок\nзамок\nза+мок\nlock\nдом\tд+ым\n")
    message = str(caught.value)
    assert message.startswith("4 lines")
    for line in (2, 3, 4, 5):
        assert f"stresses.txt:{line}:" in message
    assert "stresses.txt:1:" not in message


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_file_that_cannot_be_read(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "stresses.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=r"stresses\.txt cannot be read.*UTF-8"):
        Exceptions.read(path)


@pytest.mark.parametrize("name", ["phrases.txt", "usual.txt"])
def test_our_own_files_are_right(name: str) -> None:
    Exceptions.read(DATA / name)
