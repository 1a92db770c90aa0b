"""IPA in any spelling becomes one spelling, and what is spelt well stays as it is."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from phoneme_recognition.errors import VocabularyError
from phoneme_recognition.phonemes.notations import from_ipa, normalise_ipa, split, to_ipa, to_spans
from phoneme_recognition.phonemes.vocabulary import normalise

TOKENS = Path(__file__).parents[3] / "dataset_modules" / "tokens"


@pytest.mark.parametrize(
    ("typed", "ipa"),
    [
        ("g", "ɡ"),
        ("a:", "aː"),
        ("ʦ ʧ ʨ ʣ ʤ ʥ", "t͡s t͡ʃ t͡ɕ d͡z d͡ʒ d͡ʑ"),
        ("t͜s ts tʃː kp t̠ʃ d̠͡ʒ tʃʼ t̪s̪", "t͡s t͡s t͡ʃː k͡p t͡ʃ d͡ʒ t͡ʃʼ t̪͡s̪"),
        ("'a ’a ʹa 'ts", "ˈa ˈa ˈa ˈt͡s"),
        ("p' p’ pʼ tʹ", "pʼ pʼ pʼ tʲ"),
        ("ə˞ ɜ˞ ɚ", "ɚ ɝ ɚ"),
        ("l̴ ɫ", "ɫ ɫ"),
        ("\u00e3 \u00e7 \u1ebd", "a\u0303 c\u0327 e\u0303"),
        ("ŋ̊ n̍ i̯", "ŋ̥ n̩ i̯"),
        ("n̰̪ n̩̰̪ aː̃ tːʲ tʰʷ kʼʷ", "n̪̰ n̪̰̩ ãː tʲː tʷʰ kʷʼ"),
        ("tːʰʷ kˠʷʲ n̩̤̪", "tʷʰː kʲʷˠ n̪̤̩"),  # PHOIBLE's own examples, shuffled
        ("ƫ ᶅ tˁ kʻ", "tʲ lʲ tˤ kʰ"),
        ("ǝ ∫ φ ! ʇ", "ə ʃ ɸ ǃ ǀ"),
        ("ʰt ⁿd ˀb", "ʰt ⁿd ˀb"),
        ("th tj tw | а ж й : '", "th tj tw | а ж й : '"),  # no superscripts, no Latin for Cyrillic
        ("tʲs aɪ st", "tʲs aɪ st"),
    ],
)
def test_by_hand(typed: str, ipa: str) -> None:
    symbols = [normalise_ipa(symbol) for symbol in typed.split()]
    assert symbols == [normalise(symbol) for symbol in ipa.split()]
    assert [normalise_ipa(symbol) for symbol in symbols] == symbols


@pytest.mark.parametrize("path", sorted(TOKENS.glob("*.json")), ids=lambda path: path.stem)
def test_the_vocabularies_that_come_with_the_project_stay_as_they_are(path: Path) -> None:
    symbols = list(json.loads(path.read_text(encoding="utf-8")))
    assert [normalise_ipa(symbol) for symbol in symbols] == [normalise(symbol) for symbol in symbols]
    assert len({normalise_ipa(symbol) for symbol in symbols}) == len(symbols)


def test_two_orders_of_the_same_marks_become_one() -> None:
    """Panphon lists many segments in two orders; nothing else of them falls together."""
    folder = Path(pytest.importorskip("panphon").__file__).parent / "data"
    rows = csv.DictReader((folder / "ipa_all.csv").read_text(encoding="utf-8").splitlines())
    spellings: dict[str, list[str]] = {}
    for row in rows:
        spellings.setdefault(normalise_ipa(row["ipa"]), []).append(row["ipa"])
    for same in spellings.values():
        assert len({"".join(sorted(normalise(symbol))) for symbol in same} - {"l\u0334", "ɫ"}) <= 1
    assert "tʲː" in spellings
    assert "tːʲ" not in spellings


def test_stress_goes_to_the_vowel() -> None:
    assert to_ipa(["ˈs", "t", "a", "ˌt", "ɪ", "|", "ˈa", "ˈ", "n", "o"], "ipa") == (
        "s",
        "t",
        "ˈa",
        "t",
        "ˌɪ",
        "|",
        "ˈa",
        "n",
        "ˈo",
    )
    assert to_ipa(["ˈp", "s", "t", "|", "a"], "ipa") == ("p", "s", "t", "|", "a")
    assert to_spans(["ˈ", "n", "o"], "ipa") == [("n", 1, 2), ("ˈo", 2, 3)]


def test_known_symbols_keep_their_spelling() -> None:
    spans = to_spans(["g", "ʦ", "ˈt", "a"], "ipa", known={"g", "ˈt"})
    assert [span.phoneme for span in spans] == ["g", "t͡s", "ˈt", "a"]


def test_running_text() -> None:
    assert split("ˈt͡ɕaːtʰ | ʰtɔ̃", "ipa") == [
        "ˈt͡ɕ",
        "aː",
        "tʰ",
        "|",
        "ʰt",
        "ɔ̃",
    ]
    assert split("a.t‿a", "ipa") == ["a", "t", "a"]
    assert to_ipa(["a", ".", "t", "‖"], "ipa") == ("a", "t")
    assert split("mɐlɐˈko", "ipa") == ["m", "ɐ", "l", "ɐ", "ˈk", "o"]
    assert to_ipa(split("a: tʃ", "ipa"), "ipa") == ("aː", "|", "t", "ʃ")
    with pytest.raises(VocabularyError, match="no symbol begins at"):
        split("\u0303a", "ipa")


def test_back_is_the_chart() -> None:
    assert from_ipa(["g", "ʧ", "|"], "ipa") == ("ɡ", "t͡ʃ", "|")
