"""CMUdict's symbols, by hand and against the table of another library."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from phoneme_recognition.errors import VocabularyError
from phoneme_recognition.phonemes.notations import arpabet, from_ipa, split, to_ipa


@pytest.mark.parametrize(
    ("entry", "ipa"),
    [
        ("HH AH0 L OW1", "h ə l ˈoʊ"),  # hello
        ("B ER1 D", "b ˈɝ d"),  # bird
        ("B AH1 T ER0", "b ˈʌ t ɚ"),  # butter
        ("JH AH2 M P IH0 NG", "d͡ʒ ˌʌ m p ɪ ŋ"),
        ("Y UW2 N AH0 V ER1 S AH0 T IY0", "j ˌu n ə v ˈɝ s ə t i"),  # university
        ("TH IH1 NG K | DH IH0 S", "θ ˈɪ ŋ k | ð ɪ s"),
        ("CH OY1 S sil", "t͡ʃ ˈɔɪ s"),
        ("g aa1 r ah0 zh", "ɡ ˈɑ ɹ ə ʒ"),  # garage, in lower case
    ],
)
def test_entries_of_the_dictionary(entry: str, ipa: str) -> None:
    assert to_ipa(entry.split(), "arpabet") == tuple(ipa.split())


def test_without_digits_a_vowel_is_the_full_vowel() -> None:
    assert to_ipa(["B", "AH", "T", "ER"], "arpabet") == ("b", "ʌ", "t", "ɝ")


def test_every_symbol_of_the_dictionary_comes_back() -> None:
    symbols = tuple(arpabet.CMU)
    assert len(symbols) == 3 * 15 + 24
    assert from_ipa(to_ipa(symbols, "arpabet"), "arpabet") == symbols
    assert from_ipa(["ʌ", "ɝ", "ə", "ɪ"], "arpabet") == ("AH", "ER", "AH0", "IH0")
    with pytest.raises(VocabularyError, match="arpabet has no symbol for ˈə tʲ"):
        from_ipa(["ˈə", "t", "tʲ"], "arpabet")


def test_symbols_without_blanks() -> None:
    assert split("HHAH0LOW1 | wer1ld", "arpabet") == ["HH", "AH0", "L", "OW1", "|", "W", "ER1", "L", "D"]


def test_against_epitran() -> None:
    folder = Path(pytest.importorskip("epitran").__file__).parent / "data"
    rows = csv.reader((folder / "arpabet.csv").read_text(encoding="utf-8").splitlines())
    theirs = {symbol.upper(): ipa for symbol, ipa in rows if ipa}
    ours = {symbol: to_ipa([symbol], "arpabet")[0] for symbol in theirs}
    different = {
        symbol: (theirs[symbol], ours[symbol]) for symbol in theirs if theirs[symbol] != ours[symbol]
    }
    # Glides for the ends of diphthongs, and a syllabic consonant for the vowel of bird: a matter of analysis.
    assert different == {
        "EY": ("ej", "eɪ"),
        "AY": ("aj", "aɪ"),
        "OW": ("ow", "oʊ"),
        "AW": ("aw", "aʊ"),
        "OY": ("oj", "ɔɪ"),
        "ER": ("ɹ̩", "ɝ"),
    }
    assert len(theirs) == 44
