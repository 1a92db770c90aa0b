"""TIMIT's symbols: a sentence folded by hand, the foldings of Lee and Hon, closures and bursts."""

from __future__ import annotations

import pytest

from phoneme_recognition.errors import VocabularyError
from phoneme_recognition.phonemes.notations import fold, from_ipa, timit61, to_ipa, to_spans

# She had your dark suit in greasy wash water all year: sa1, folded and transcribed by hand.
SA1 = (
    "h# sh iy hv ae dcl jh axr dcl d aa r kcl s ux tcl q en gcl g r iy s iy w ao sh epi w ao dx axr "
    "q ao l y ih axr h#"
)
SA1_48 = (
    "sil sh iy hh ae vcl jh er vcl d aa r cl s uw cl en vcl g r iy s iy w ao sh epi w ao dx er "
    "ao l y ih er sil"
)
SA1_39 = (
    "sil sh iy hh ae sil jh er sil d aa r sil s uw sil n sil g r iy s iy w aa sh sil w aa dx er "
    "aa l y ih er sil"
)
SA1_IPA = "ʃ i ɦ æ d͡ʒ ɚ d ɑ ɹ k̚ s ʉ t̚ ʔ n̩ ɡ ɹ i s i w ɔ ʃ w ɔ ɾ ɚ ʔ ɔ l j ɪ ɚ"
SA1_IPA_48 = "ʃ i h æ d͡ʒ ɝ d ɑ ɹ s u n̩ ɡ ɹ i s i w ɔ ʃ w ɔ ɾ ɝ ɔ l j ɪ ɝ"
SA1_IPA_39 = "ʃ i h æ d͡ʒ ɝ d ɑ ɹ s u n ɡ ɹ i s i w ɑ ʃ w ɑ ɾ ɝ ɑ l j ɪ ɝ"

# Lee and Hon 1989, Table I: what is one of the 39; every other symbol but q is one by itself.
CLASSES = {
    "aa": "aa ao",
    "ah": "ah ax ax-h",
    "er": "er axr",
    "hh": "hh hv",
    "ih": "ih ix",
    "l": "l el",
    "m": "m em",
    "n": "n en nx",
    "ng": "ng eng",
    "sh": "sh zh",
    "uw": "uw ux",
    "sil": "pcl tcl kcl bcl dcl gcl h# pau epi",
}
SINGLES = "iy eh ae uh ey ay oy aw ow r w y b d g p t k dx jh ch dh z v f th s"


def test_a_sentence_folded_by_hand() -> None:
    assert fold(SA1.split(), "timit61", "timit48") == tuple(SA1_48.split())
    assert fold(SA1.split(), "timit61", "timit39") == tuple(SA1_39.split())
    assert fold(SA1_48.split(), "timit48", "timit39") == tuple(SA1_39.split())


def test_a_sentence_in_ipa() -> None:
    assert to_ipa(SA1.split(), "timit61") == tuple(SA1_IPA.split())
    for symbols in (SA1, SA1_48):
        assert to_ipa(symbols.split(), "timit48") == tuple(SA1_IPA_48.split())
    for symbols in (SA1, SA1_48, SA1_39):
        assert to_ipa(symbols.split(), "timit39") == tuple(SA1_IPA_39.split())


def test_the_classes_of_the_paper() -> None:
    expected = {symbol: one for one, symbols in CLASSES.items() for symbol in symbols.split()}
    expected |= {symbol: symbol for symbol in SINGLES.split()}
    every = {*timit61.PHONES, *timit61.SILENCES}
    assert len(every) == 61
    assert len(set(expected.values())) == 39
    assert {symbol: fold([symbol], "timit61", "timit39") for symbol in every} == {
        symbol: (expected[symbol],) if symbol != "q" else () for symbol in every
    }
    assert len({one for symbol in every for one in fold([symbol], "timit61", "timit48")}) == 48


def test_a_closure_is_a_part_of_its_burst_alone() -> None:
    assert to_ipa(["tcl", "t"], "timit61") == ("t",)
    assert to_ipa(["tcl", "ch", "dcl", "jh"], "timit61") == ("t͡ʃ", "d͡ʒ")
    assert to_ipa(["tcl", "d"], "timit61") == ("t̚", "d")
    assert to_ipa(["kcl", "tcl", "t"], "timit61") == ("k̚", "t")
    assert to_ipa(["gcl"], "timit61") == ("ɡ̚",)
    assert to_spans(["h#", "tcl", "t", "ih", "pcl"], "timit61") == [("t", 1, 3), ("ɪ", 3, 4), ("p̚", 4, 5)]


def test_back_from_ipa() -> None:
    bursts = [symbol for symbol in timit61.PHONES if symbol not in timit61.BURSTS]
    assert from_ipa(to_ipa(bursts, "timit61"), "timit61") == tuple(bursts)
    assert from_ipa(["ɔ", "ə", "ʒ", "ɡ", "ʉ"], "timit39") == ("aa", "ah", "sh", "g", "uw")
    assert from_ipa(["ɔ", "ə", "ʒ", "ɡ", "ʉ"], "timit48") == ("ao", "ax", "zh", "g", "uw")
    with pytest.raises(VocabularyError, match="timit61 has no symbol for ʂ y"):
        from_ipa(["ʂ", "t", "y", "ʂ"], "timit61")
    with pytest.raises(VocabularyError, match="timit39 has no symbol for ʔ"):
        from_ipa(["ʔ"], "timit39")


def test_what_is_no_symbol_is_named() -> None:
    with pytest.raises(VocabularyError, match=r"timit61 has no symbol qq ww$"):
        fold(["aa", "qq", "ww", "qq"], "timit61", "timit39")
    with pytest.raises(VocabularyError, match="timit48 has no symbol ux"):
        fold(["ux"], "timit48", "timit39")
    with pytest.raises(VocabularyError, match=r"no folding from timit39 to timit61.*timit61 to timit48"):
        fold(["aa"], "timit39", "timit61")
    with pytest.raises(VocabularyError, match="timit61 has no symbol for sil"):
        to_ipa(["sil", "aa"], "timit61")
