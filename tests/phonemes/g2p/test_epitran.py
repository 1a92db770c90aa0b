"""Texts said by epitran: segments as this project writes them, nothing let through, and a second opinion."""

from __future__ import annotations

import importlib.util
import logging

import pytest

from phoneme_recognition.errors import MissingExtraError, UserError
from phoneme_recognition.phonemes.g2p.backend import G2P, Pronunciation
from phoneme_recognition.phonemes.g2p.epitran import EpitranG2P

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("epitran") is None, reason="the extra epitran is not installed"
)
MADE: dict[str, EpitranG2P] = {}


def say(language: str, text: str) -> Pronunciation:
    if language not in MADE:  # a table takes a second or two to load
        MADE[language] = EpitranG2P(language)
    return MADE[language].pronounce([text])[0]


def spell(said: Pronunciation) -> str:
    return " ".join(said.phonemes())


@pytest.mark.parametrize(
    ("language", "text", "phonemes"),
    [
        ("cs", "Dobrý den, čtvrtek", "d o b r iː | d e n | t͡ʃ t v r t e k"),
        ("cs", "dub, leckdo", "d u p | l e t͡z ɡ d o"),
        ("nl", "schaap, zo'n 'huis'", "s x aː p | z ɔ n | h œ ɥ s"),
        ("nl", "zee-egel", "z eː eː eː ɣ ɛ l"),
        ("es", "¿Qué mucho perro?", "k e | m u t͡ʃ o | p e r o"),
    ],
)
def test_phonemes_of_real_words(language: str, text: str, phonemes: str) -> None:
    said = say(language, text)
    assert spell(said) == phonemes
    assert said.unsaid == ()
    assert {word.source for word in said.words} == {"epitran"}


@pytest.mark.parametrize(
    ("language", "text", "unsaid"),
    [
        ("cs", "hello привет 漢字 nic", ("привет", "漢字")),
        ("cs", "15 lidí, 3.5 % 20-ti", ("15", "3.5", "%", "20-ti")),
        ("cs", "ano 😀 'ňüf' \ud800", ("😀", "ňüf", "\ud800")),
        ("nl", "één café", ("één", "café")),
        ("cs", "", ()),
        ("cs", "\x00 ... — \n", ()),
        ("cs", "ab" * 200, ("ab" * 200,)),
    ],
)
def test_what_it_cannot_say(language: str, text: str, unsaid: tuple[str, ...]) -> None:
    assert say(language, text).unsaid == unsaid


def test_it_agrees_with_espeak_where_both_must() -> None:
    """Words whose spelling leaves no choice; stress and e/ɪ aside, which the two write differently."""
    if importlib.util.find_spec("phonemizer") is None or importlib.util.find_spec("espeakng_loader") is None:
        pytest.skip("the extra espeak is not installed")
    from phoneme_recognition.phonemes.g2p.espeak import EspeakG2P

    words = {
        "cs": "dobrá káva máma loď čas ruka zub kost šaty žába noc růže",
        "nl": "man kat vis maan boot",
        "es": "perro mucho niña queso casa mesa",
    }
    same_sound = str.maketrans({"ɪ": "i", "ɾ": "r", "ɑ": "a"})
    for language, text in words.items():
        espeak: G2P = EspeakG2P(language, keep_stress=False)
        one = spell(espeak.pronounce([text])[0]).translate(same_sound)
        assert spell(say(language, text)).translate(same_sound) == one


def test_a_long_line() -> None:
    said = say("cs", "slovo " * 833)
    assert [word.text for word in said.words] == ["slovo"] * 833


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("phoneme_recognition.phonemes.g2p.epitran._MOST_REMEMBERED", 3)
    say("cs", "a")
    for word in ("jeden", "dva", "pět", "šest", "osm", "deset"):
        assert say("cs", word).unsaid == ()
    assert len(MADE["cs"]._said) <= 4


@pytest.mark.parametrize(
    ("language", "table"),
    [
        ("cs", "ces-Latn"),
        ("de_DE", "deu-Latn"),
        ("deu", "deu-Latn"),
        ("swe", "swe-Latn"),
        ("spa-Latn-eu", "spa-Latn-eu"),
        ("kk", "kaz-Cyrl"),
    ],
)
def test_tables_of_languages(language: str, table: str) -> None:
    assert EpitranG2P(language).fingerprint().endswith(f" {table}")


def test_tables_that_are_not_there() -> None:
    with pytest.raises(
        UserError, match=r"no table for the language 'sk'; expected one of: aar-Latn, .*Near are"
    ):
        EpitranG2P("sk")
    with pytest.raises(UserError, match=r"no table 'ces-latn'.*Near are: ces-Latn"):
        EpitranG2P("cs", code="ces-latn")
    with pytest.raises(UserError, match=r"several tables .*'got'.*got-Goth, got-Latn"):
        EpitranG2P("got")
    with pytest.raises(UserError, match=r"English.*flite.*espeak"):
        EpitranG2P("en")


def test_every_usual_table_is_there() -> None:
    from phoneme_recognition.phonemes.g2p.epitran import _CODES, _tables

    assert set(_CODES.values()) <= set(_tables())


def test_logging_goes_on() -> None:
    """Importing epitran sets the level of all logging to critical."""
    from phoneme_recognition.phonemes.g2p.epitran import _logging_untouched

    root = logging.getLogger()
    before = root.level, root.handlers[:]
    with _logging_untouched():
        root.setLevel(logging.CRITICAL)
        root.addHandler(logging.NullHandler())
    assert (root.level, root.handlers) == before


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"backend epitran .*phoneme-recognition\[epitran\]"):
        EpitranG2P("cs")
