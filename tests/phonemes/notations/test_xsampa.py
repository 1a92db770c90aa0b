"""X-SAMPA and SAMPA: by hand, against panphon's table, and there and back over panphon's 6,000 segments."""

from __future__ import annotations

import csv
import unicodedata
from pathlib import Path

import pytest

from phoneme_recognition.errors import VocabularyError
from phoneme_recognition.phonemes.notations import from_ipa, normalise_ipa, split, to_ipa, xsampa
from phoneme_recognition.phonemes.vocabulary import normalise


@pytest.mark.parametrize(
    ("symbols", "ipa"),
    [
        ("t_S tS t_s\\ ts\\ t`s` k_p", "t͡ʃ t͡ʃ t͡ɕ t͡ɕ ʈ͡ʂ k͡p"),
        ("t_h t_j t' d_t n_0 n= m_=", "tʰ tʲ tʲ d̤ n̥ n̩ m̩"),
        ("a~ a_~ a: a:\\ a_X e_^", "ã ã aː aˑ ă e̯"),
        ("aI OY @U 9y a:i", "aɪ ɔʏ əʊ œy aːi"),
        ('"a %a "aI', "ˈa ˌa ˈaɪ"),
        ('"k a " t a', "k ˈa t ˈa"),
        ('"s t r i | "m "m=', "s t r ˈi | m ˈm̩"),
        ("a_T a_H a_M a_L a_B a_R a_F", "a̋ á ā à ȁ ǎ â"),
        ("b_< G\\_< p_> 3` @` E` l_e 5", "ɓ ʛ pʼ ɝ ɚ ɛ˞ ɫ ɫ"),
        ("O\\ |\\ |\\|\\ =\\ !\\", "ʘ ǀ ǁ ǂ ǃ"),
        ("t_d_h t_h_d", "t̪ʰ t̪ʰ"),
        ("a . b - || a", "a b a"),
    ],
)
def test_by_hand(symbols: str, ipa: str) -> None:
    assert to_ipa(symbols.split(), "xsampa") == tuple(map(normalise, ipa.split()))


@pytest.mark.parametrize("symbol", ["", "ж", "ab", "str", "aba", "_h", "t_", "_S", "aIkS", "$"])
def test_no_symbols(symbol: str) -> None:
    with pytest.raises(VocabularyError, match="xsampa has no symbol for"):
        to_ipa(["a", symbol], "xsampa")


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ('t_Sa"a_j', 't_S a "a_j'),
        ('h@"l@U w3`ld', 'h @ "l @ U | w 3` l d'),
        ('"tSEtS', '"tS E tS'),
        ("at-Sa", "a t S a"),
        ("k_pat_h", "k_p a t_h"),
        ("a | b|c", "a | b | c"),
        ("a||b a || b", "a b | a | b"),
        ("|\\a|\\|\\a", "|\\ a |\\|\\ a"),
        ("r\\`a s\\:a", "r\\` a | s\\: a"),
        ("st'\"ena.", "s t' \"e n a"),
    ],
)
def test_running_text(text: str, symbols: str) -> None:
    assert split(text, "xsampa") == symbols.split()


def test_running_text_that_is_none() -> None:
    with pytest.raises(VocabularyError, match="no symbol begins at 'ж' in 'aж'"):
        split("a aж", "xsampa")


def test_against_panphon() -> None:
    """Every symbol that both know means the same, but for what stands here."""
    theirs = pytest.importorskip("panphon.xsampa").XSampa().xs2ipa
    different = {}
    for symbol, ipa in theirs.items():
        ours = xsampa.LETTERS.get(symbol) or xsampa.MARKS.get(symbol) or xsampa.NOTATION.read(symbol)
        if normalise(ours or "") != normalise(ipa):
            different[symbol] = (ipa.strip("\b"), ours)
    assert different == {
        # Tones: letters after the syllable there, marks on the vowel here, so that a vowel is one token.
        "_T": ("˥", "\u030b"),
        "_H": ("˦", "\u0301"),
        "_M": ("˧", "\u0304"),
        "_L": ("˨", "\u0300"),
        "_B": ("˩", "\u030f"),
        ".": (".", ""),  # the syllable break is no phoneme
        "gb": ("g͡b", "ɡ͡b"),  # ASCII g there
        "ts`": ("ʈ͡ʂ", "t͡ʂ"),  # not homorganic as it is typed; t`s` is
        "tz`": ("ɖ͡ʐ", "t͡ʐ"),  # a slip there
        "'=\\": ("ǂ", None),  # a slip there: the click is =\
        "X-SAMPA": ("IPA", None),  # the head of their table
    }
    assert len(theirs) == 169


def test_panphons_segments_come_back() -> None:
    folder = Path(pytest.importorskip("panphon").__file__).parent / "data"
    rows = csv.DictReader((folder / "ipa_all.csv").read_text(encoding="utf-8").splitlines())
    segments = [row["ipa"] for row in rows]
    # X-SAMPA has no tone letters, no glottalisation and no labial palatalisation.
    sayable = [segment for segment in segments if set(segment).isdisjoint("˩˨˧˦˥ˀᶣ")]
    symbols = from_ipa(sayable, "xsampa")
    assert len(symbols) > 5800
    assert all(map(str.isascii, symbols))
    assert to_ipa(symbols, "xsampa") == tuple(map(normalise_ipa, sayable))


def test_all_of_the_table_comes_back() -> None:
    letters = [normalise_ipa(letter) for letter in xsampa.LETTERS.values()]
    assert to_ipa(from_ipa(letters, "xsampa"), "xsampa") == tuple(letters)
    assert all(mark == unicodedata.normalize("NFD", mark) for mark in xsampa.MARKS.values())
    with pytest.raises(VocabularyError, match="xsampa has no symbol for ʘʰж"):
        from_ipa(["ʘʰж"], "xsampa")


def test_sampa_writes_softness_in_its_own_way() -> None:
    assert from_ipa(["tʲ", "ˈa", "t͡s"], "sampa") == ("t'", '"a', "ts")
    assert to_ipa(["t'", "tS", "2:"], "sampa") == ("tʲ", "t͡ʃ", "øː")


@pytest.mark.parametrize(
    ("word", "ipa"),
    [  # of the chart, by hand: мир, мышь, парта, целый, чай, день, щука, хлеб, гибкий
        ("m'\"ir", "mʲ ˈi r"),
        ('m"1S', "m ˈɨ ʂ"),
        ('p"arta', "p ˈa r t a"),
        ('ts"el1j', "t͡s ˈe l ɨ j"),
        ("tS'\"aj", "t͡ɕ ˈa j"),
        ("d'\"en'", "dʲ ˈe nʲ"),
        ("S':\"uka", "ɕː ˈu k a"),
        ("xl'\"ep", "x lʲ ˈe p"),
        ("d'\"et-sk'ij", "dʲ ˈe t s kʲ i j"),
    ],
)
def test_the_russian_chart(word: str, ipa: str) -> None:
    symbols = split(word, "sampa_ru")
    assert to_ipa(symbols, "sampa_ru") == tuple(ipa.split())
    assert from_ipa(ipa.split(), "sampa_ru") == tuple(symbol for symbol in symbols if symbol != "-")
