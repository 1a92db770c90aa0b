"""Phonemes become ids and come back, and what is no vocabulary is refused."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest

from phoneme_recognition.errors import VocabularyError
from phoneme_recognition.phonemes.vocabulary import Vocabulary

IPA = ["t", "tʲ", "t͡s", "t͡ɕ", "s", "a", "ˈa", "ɕː", "ç", "|"]


@pytest.fixture
def vocabulary() -> Vocabulary:
    return Vocabulary.from_phonemes(IPA)


def test_blank_and_unknown_come_first_and_every_phoneme_is_one_symbol(vocabulary: Vocabulary) -> None:
    assert vocabulary.blank_id == 0
    assert vocabulary.unknown_id == 1
    assert len(vocabulary) == 12
    assert sorted(vocabulary.to_dict().values()) == list(range(12))
    assert "|" not in vocabulary.phonemes
    assert len(vocabulary.phonemes) == 9


def test_there_and_back(vocabulary: Vocabulary) -> None:
    label = ["t͡ɕ", "ˈa", "|", "tʲ", "t", "s", "a"]
    ids = vocabulary.encode(label)
    assert len(ids) == len(label)
    assert vocabulary.decode([0, *ids, 0]) == label


def test_two_spellings_are_one_symbol(vocabulary: Vocabulary) -> None:
    one, two = unicodedata.normalize("NFC", "ç"), unicodedata.normalize("NFD", "ç")
    assert one != two
    assert vocabulary.encode([one]) == vocabulary.encode([two])
    assert one in vocabulary
    assert two in vocabulary


def test_word_boundaries_without_a_symbol_for_them_are_left_out() -> None:
    vocabulary = Vocabulary.from_phonemes("ab")
    assert vocabulary.encode(["a", "|", "b"]) == vocabulary.encode(["a", "b"])
    assert vocabulary.word_boundary_id is None


def test_unknown_symbols_are_all_named(vocabulary: Vocabulary) -> None:
    with pytest.raises(VocabularyError) as caught:
        vocabulary.encode(["a", "x", "q", "x"])
    assert caught.value.thing == "unknown phoneme: q x"
    with pytest.raises(VocabularyError, match=r"\[PAD\]"):
        vocabulary.encode(["a", "[PAD]"])
    assert vocabulary.encode(["[UNK]"]) == [1]


def test_text_is_cut_into_the_longest_symbols(vocabulary: Vocabulary) -> None:
    assert vocabulary.split("tʲˈat͡s  t͡ɕats\n") == ["tʲ", "ˈa", "t͡s", "|", "t͡ɕ", "a", "t", "s"]
    assert vocabulary.split("a | a|t") == ["a", "|", "a", "|", "t"]
    assert vocabulary.split(" \n") == []
    with pytest.raises(VocabularyError, match="unknown phoneme: x in axa"):
        vocabulary.split("a axa")
    with pytest.raises(VocabularyError, match=r"unknown phoneme: \["):
        vocabulary.split("a[UNK]")


def test_files_keep_their_ids(tmp_path: Path) -> None:
    path = tmp_path / "v.json"
    path.write_text('{"b": 1, "<pad>": 2, "a": 0}', encoding="utf-8")
    vocabulary = Vocabulary.from_file(path)
    assert vocabulary.blank_id == 2
    assert vocabulary.unknown_id is None
    assert vocabulary.to_dict() == {"a": 0, "b": 1, "<pad>": 2}
    assert Vocabulary(vocabulary.to_dict()) == vocabulary
    assert hash(Vocabulary(vocabulary.to_dict())) == hash(vocabulary)
    assert vocabulary != Vocabulary.from_phonemes("ab")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "cannot be read"),
        ("[1]", "a JSON object"),
        ("{}", "exactly one of"),
        ('{"a": 0}', "exactly one of"),
        ('{"[PAD]": 0, "<pad>": 1}', "exactly one of"),
        ('{"[PAD]": 0, "a": 2}', "0 to 1"),
        ('{"[PAD]": 0, "a": 0}', "0 to 1"),
        ('{"[PAD]": 0, "a": 1, "a": 2}', "'a' stands twice"),
        ('{"[PAD]": 0, "a": true}', "an integer"),
        ('{"[PAD]": 0, "a": 1.0}', "an integer"),
        ('{"[PAD]": 0, "a b": 1}', "without white space"),
        ('{"[PAD]": 0, "": 1}', "without white space"),
        (json.dumps({"[PAD]": 0, "\u00e7": 1, "c\u0327": 2}), "the same after Unicode normalisation"),
    ],
)
def test_what_is_no_vocabulary(tmp_path: Path, content: str, expected: str) -> None:
    path = tmp_path / "v.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(VocabularyError, match=expected):
        Vocabulary.from_file(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(VocabularyError, match=r"does not exist.*model\.vocab_file"):
        Vocabulary.from_file(tmp_path / "v.json")
    with pytest.raises(VocabularyError, match="cannot be read"):
        Vocabulary.from_file(tmp_path)
