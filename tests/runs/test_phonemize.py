"""Saying lines: what goes where, whatever the backend is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from phoneme_recognition.errors import DataError, UserError
from phoneme_recognition.phonemes.g2p.backend import Pronunciation, Word
from phoneme_recognition.phonemes.inventory import Inventory
from phoneme_recognition.phonemes.vocabulary import Vocabulary
from phoneme_recognition.runs.phonemize.input import LINES_AT_ONCE
from phoneme_recognition.runs.phonemize.mode import Speaker, phonemize, spell
from phoneme_recognition.runs.phonemize.options import read_request


class Spelling:
    """A backend that says letters by their names and cannot say digits; counts what it is asked at once."""

    asked: list[int] = []  # noqa: RUF012 (of all instances, for the test to see)

    def fingerprint(self) -> str:
        return "spelling"

    def pronounce(self, texts: Sequence[str]) -> list[Pronunciation]:
        self.asked.append(len(texts))
        return [
            Pronunciation(
                tuple(Word(word, tuple(word), "letters") for word in text.split() if not word.isdigit()),
                tuple(word for word in text.split() if word.isdigit()),
            )
            for text in texts
        ]


class Breaking(Spelling):
    """Fails in the second chunk."""

    def pronounce(self, texts: Sequence[str]) -> list[Pronunciation]:
        if "stop" in texts:
            raise KeyboardInterrupt
        return super().pronounce(texts)


HERE = f"{__name__}."


@pytest.fixture
def said(tmp_path: Path) -> Any:
    """Says lines of a file with a backend of this module; gives figures and what standard output got."""

    def say(lines: Sequence[str], *options: str, backend: str = "Spelling") -> tuple[dict[str, Any], str]:
        path = tmp_path / "text.txt"
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        Spelling.asked.clear()
        written: list[str] = []
        request = read_request([str(path), f"g2p={HERE}{backend}", *options])
        figures = phonemize(request, lambda text: written.append(f"{text}\n"))
        return figures, "".join(written)

    return say


def test_spelling_of_a_line() -> None:
    words = (Word("a", ("a",), ""), Word("-", (), ""), Word("ты", ("t", "ˈɨ"), ""))
    assert spell(Pronunciation(words, ("5",))) == "a | t ˈɨ"
    assert spell(Pronunciation(())) == ""


def test_the_inventory_goes_over_words_and_variants() -> None:
    class Backend(Spelling):
        def pronounce(self, texts: Sequence[str]) -> list[Pronunciation]:
            return [Pronunciation((Word("w", ("k", "ˈo", "ə"), "x", (("k", "ˈa"),)),), ("?",))] * len(texts)

    speaker = Speaker(Backend(), Inventory(keep_stress=False, keep_reduction=False))
    (spoken,) = speaker.pronounce(["w"])
    assert spoken == Pronunciation((Word("w", ("k", "o", "a"), "x", (("k", "a"),)),), ("?",))


def test_the_vocabulary_keeps_its_spelling() -> None:
    class Backend(Spelling):
        def pronounce(self, texts: Sequence[str]) -> list[Pronunciation]:
            return [Pronunciation((Word("g", ("g",), "x"),))]

    known = Vocabulary.from_phonemes(["g"])  # not the letter of the IPA
    assert Speaker(Backend(), Inventory()).pronounce([""])[0].words[0].phonemes == ("ɡ",)
    assert Speaker(Backend(), Inventory(), known).pronounce([""])[0].words[0].phonemes == ("g",)


def test_plain_is_one_line_for_each_line(said: Any) -> None:
    figures, written = said(["ab c", "", "12", "d 3 e"], "--plain")
    assert written == "a b | c\n\n\nd | e\n"
    assert {name: figures[name] for name in ("mode", "lines", "words", "phonemes")} == {
        "mode": "phonemize",
        "lines": 4,
        "words": 4,
        "phonemes": 5,
    }
    assert (figures["unsaid"], figures["unsaid_lines"]) == (2, 2)
    assert figures["sources"] == {"letters": 4}


def test_a_corpus_goes_in_chunks_and_in_order(said: Any) -> None:
    lines = [f"w{'x' * (number % 7)} {number}" for number in range(2 * LINES_AT_ONCE + 5)]
    figures, written = said(lines, "--plain")
    assert Spelling.asked[1:] == [LINES_AT_ONCE, LINES_AT_ONCE, 5]  # before them one line wakes the backend
    assert written.splitlines() == [" ".join(line.split()[0]) for line in lines]
    assert figures["lines"] == figures["unsaid_lines"] == len(lines)


def test_an_empty_file_has_no_line(said: Any) -> None:
    figures, written = said([], "--plain")
    assert (figures["lines"], written) == (0, "")


def test_lines_with_unsaid_parts_are_named(said: Any, caplog: pytest.LogCaptureFixture) -> None:
    said(["a", "1 b 22", *["1"] * 14], "--plain")
    assert "not said in 15 of 16 lines" in caplog.text
    assert "line 2: 1, 22" in caplog.text
    assert "line 11: 1\n" in caplog.text
    assert "line 12" not in caplog.text
    assert "and 5 lines more" in caplog.text
    assert "16 parts; the commonest: 1 (15), 22 (1)" in caplog.text


def test_nothing_unsaid_nothing_told(said: Any, caplog: pytest.LogCaptureFixture) -> None:
    said(["a", "b"], "--plain")
    assert not caplog.text


def test_people_see_tables_and_standard_output_stays_free(
    said: Any, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    figures, written = said(["ab c", "", "5 d"])
    shown = capsys.readouterr().err
    assert written == ""
    assert "line 1: ab c" in shown
    assert "line 3: 5 d" in shown
    assert "not said: 5" in shown
    assert "3 lines, 3 words, 4 phonemes" in shown
    assert "line 3: 5" in caplog.text
    assert figures["words"] == 3


def test_output_takes_the_lines_whole(said: Any, tmp_path: Path) -> None:
    target = tmp_path / "new" / "phonemes.txt"
    figures, written = said(["ab c", "", "d"], f"output={target}")
    assert (target.read_text(encoding="utf-8"), written) == ("a b | c\n\nd\n", "")
    assert figures["output"] == str(target)


def test_an_interrupted_run_leaves_nothing_half_written(said: Any, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    target = folder / "phonemes.txt"
    target.write_text("from before", encoding="utf-8")
    lines = [*["a"] * LINES_AT_ONCE, "stop"]
    with pytest.raises(KeyboardInterrupt):
        said(lines, f"output={target}", backend="Breaking")
    assert target.read_text(encoding="utf-8") == "from before"
    assert list(folder.iterdir()) == [target]


def test_a_place_that_cannot_be_written_is_named(said: Any, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"file/below.*cannot be written"):
        said(["a"], f"output={tmp_path}/file/below")


def test_a_file_in_another_encoding_is_refused_before_anything_is_said(tmp_path: Path) -> None:
    path = tmp_path / "old.txt"
    path.write_bytes("мама\n".encode("cp1251"))
    Spelling.asked.clear()
    with pytest.raises(DataError, match="is not UTF-8"):
        phonemize(read_request([str(path), f"g2p={HERE}Spelling"]), print)
    assert not Spelling.asked


def test_broken_lines_are_said_as_far_as_they_go_and_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes("да\n".encode() + b"a \xff\n")
    written: list[str] = []
    request = read_request([str(path), f"g2p={HERE}Spelling", "--plain"])
    figures = phonemize(request, written.append)
    assert written == ["д а\na | \ufffd"]
    assert figures["undecodable_lines"] == 1
    assert "1 line is not UTF-8" in caplog.text and "line 2" in caplog.text
