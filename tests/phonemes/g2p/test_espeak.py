"""Texts said by espeak-ng: what comes out is clean, paired with the words, and complete."""

from __future__ import annotations

import importlib.util
import pickle

import pytest

from phoneme_recognition.errors import MissingExtraError, UserError
from phoneme_recognition.phonemes.g2p.backend import Pronunciation
from phoneme_recognition.phonemes.g2p.espeak import EspeakG2P
from phoneme_recognition.phonemes.g2p.espeak_text import clean, core, without_signs

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("phonemizer") is None or importlib.util.find_spec("espeakng_loader") is None,
    reason="the extra espeak is not installed",
)


def say(language: str, text: str, **options: bool) -> Pronunciation:
    return EspeakG2P(language, **options).pronounce([text])[0]  # type: ignore[arg-type]


def spell(said: Pronunciation) -> str:
    return " ".join(said.phonemes())


def names(said: Pronunciation) -> list[str]:
    return [word.text for word in said.words]


@pytest.mark.parametrize(
    ("language", "text", "phonemes"),
    [
        ("cs", "Dobrý den!", "d ˈo b r iː | d ˈe n"),
        ("cs", "čtvrtek, džbán", "t͡ʃ t v ˈr̩ t e k | d͡ʒ b ˈaː n"),
        ("nl", "mooi weer", "m ˈoː j | ʋ ˈɪː r"),
        ("de", "Pfeffer Zeit", "p͡f ˈɛ f ɜ | t͡s ˈaɪ t"),
        ("es", "mucho perro", "m ˈu t͡ʃ o | p ˈe r o"),
        ("it", "pizza", "p ˈi t͡sː a"),
        ("en", "little apple", "l ˈɪ ɾ ə l | ˈæ p ə l"),
        ("ru", "яйцо", "j a j t͡s ˈo"),
        ("fr-FR", "les amis", "l e z | a m ˈi"),
    ],
)
def test_phonemes_of_real_words(language: str, text: str, phonemes: str) -> None:
    assert spell(say(language, text)) == phonemes


def test_marks_of_espeak_are_taken_away() -> None:
    said = say("ru", "теперь у вас принято людей")
    symbols = set("".join(said.phonemes()))
    assert not symbols & set('^"_-:()')
    assert said.unsaid == ()


def test_stress() -> None:
    assert spell(say("en", "USA")) == "j uː ɛ s ˈeɪ"
    assert spell(say("en", "USA", keep_secondary=True)) == "j ˌuː ˌɛ s ˈeɪ"
    assert spell(say("en", "USA", keep_stress=False)) == "j uː ɛ s eɪ"


def test_words_that_are_said_as_one() -> None:
    said = say("en", "I think of the end of the world")
    assert names(said) == ["I", "think", "of the", "end", "of the", "world"]
    assert said.words[2].phonemes == ("ʌ", "v", "ð", "ɪ")  # before a vowel
    assert said.words[4].phonemes == ("ʌ", "v", "ð", "ə")
    assert names(say("ru", "что ли, что ж")) == ["что ли", "что ж"]


def test_where_pairs_do_not_explain_it_nothing_is_paired() -> None:
    said = say("en", "out of the box")
    assert names(said) == ["".join(word.phonemes) for word in said.words]
    assert len(said.words) == 3


def test_punctuation_parts_clauses() -> None:
    """Voicing goes across words, but not across a pause."""
    assert spell(say("cs", "dub byl")) == "d ˈu b | b i l"
    assert spell(say("cs", "dub. Byl")).startswith("d ˈu p |")


def test_numbers_and_signs_are_read() -> None:
    said = say("cs", "asi 20 % v roce 15.")
    assert said.unsaid == ()
    assert "d v ˈa t͡s e t | p r ˈo t͡s e n t" in spell(said)
    assert names(say("en", "1999 cats")) == ["1999", "1999", "1999", "cats"]


@pytest.mark.parametrize(
    ("language", "text", "unsaid"),
    [
        ("cs", "hello привет 漢字 nic", ("привет", "漢字")),
        ("en", "I read «читать», okay", ("читать",)),
        ("ru", "Hello мир", ("Hello",)),
        ("ru", "пять° < два", ("°", "<")),
        ("cs", "ano 😀👨\u200d👩\u200d👧 ❤\ufe0f ne", ("😀👨", "👩", "👧", "❤\ufe0f")),
        ("cs", "a/b c\\d → ~", ("/", "\\", "→", "~")),
        ("fr", "j'aime le football.", ("football",)),
        ("cs", "\ud800 \u0301", ("\ud800", "\u0301")),
        ("ru", "слово" * 30, ("слово" * 30,)),
    ],
)
def test_what_it_cannot_say(language: str, text: str, unsaid: tuple[str, ...]) -> None:
    said = say(language, text)
    assert said.unsaid == unsaid
    assert "(" not in spell(said)


def test_other_voices_on_request() -> None:
    said = say("fr", "le football", other_voices=True)
    assert said.unsaid == ()
    assert spell(said) == "l ə | f ˈʊ t b ɔː l"


def test_no_text_raises_and_none_is_lost() -> None:
    texts = ["", " \n\t", "...", "\x00", "a\x00b", "slovo " * 833, "a" * 5000, "|", "[[k@t]]", "'" * 300]
    said = EspeakG2P("cs").pronounce(texts)
    assert len(said) == len(texts)
    assert [len(one.words) for one in said[:5]] == [0, 0, 0, 0, 2]
    assert names(said[5]) == ["slovo"] * 833
    assert said[6].unsaid == ("a" * 5000,)
    assert said[7].unsaid == ("|",)


def test_one_by_one_and_together_are_the_same() -> None:
    texts = ["Co je to za divnou loď?", "To je vrak.", "", "Němý svědek tragédie... 5 let!"]
    together = EspeakG2P("cs").pronounce(texts)
    assert together == [say("cs", text) for text in texts]


def test_it_goes_to_another_process() -> None:
    backend = EspeakG2P("en", voice="en-gb")
    again = pickle.loads(pickle.dumps(backend))
    assert again.fingerprint() == backend.fingerprint()
    assert again.pronounce(["the car"]) == backend.pronounce(["the car"])


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("phoneme_recognition.phonemes.g2p.espeak._MOST_REMEMBERED", 2)
    backend = EspeakG2P("en")
    for number in range(8):
        assert backend.pronounce([f"the end of the day {number}"])[0].unsaid == ()
    assert len(backend._tokens) <= 9
    assert len(backend._pairs) <= 6
    assert len(backend._phonemes) <= 4


@pytest.mark.parametrize(
    ("language", "voice"),
    [("en", "en-us"), ("pt_BR", "pt-br"), ("sv-SE", "sv"), ("no", "nb"), ("FR", "fr-fr"), ("en-GB", "en-gb")],
)
def test_voices_of_languages(language: str, voice: str) -> None:
    assert f" {voice} " in EspeakG2P(language).fingerprint()


def test_voices_that_are_not_there() -> None:
    with pytest.raises(
        UserError, match=r"no voice for the language 'czech'; expected one of: af, .* Near are: cs"
    ):
        EspeakG2P("czech")
    with pytest.raises(UserError, match=r"no voice 'en-uk'.*Near are: .*en-us"):
        EspeakG2P("en", voice="en-uk")
    with pytest.raises(UserError, match=r"'cmn' writes no IPA.*lexicon"):
        EspeakG2P("zh-CN")


def test_fingerprints() -> None:
    prints = {
        EspeakG2P("en").fingerprint(),
        EspeakG2P("en", voice="en-gb").fingerprint(),
        EspeakG2P("en", keep_stress=False).fingerprint(),
        EspeakG2P("en", keep_secondary=True).fingerprint(),
        EspeakG2P("en", other_voices=True).fingerprint(),
    }
    assert len(prints) == 5
    assert all(one.startswith("espeak 1 1.") for one in prints)


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    there = importlib.util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name: None if name == "espeakng_loader" else there(name)
    )
    monkeypatch.setattr("ctypes.util.find_library", lambda name: None)
    monkeypatch.delenv("PHONEMIZER_ESPEAK_LIBRARY", raising=False)
    with pytest.raises(UserError, match=r"phoneme-recognition\[espeak\].*apt-get install espeak-ng"):
        EspeakG2P("cs")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"backend espeak .*phoneme-recognition\[espeak\]"):
        EspeakG2P("cs")


def test_texts_are_cleaned() -> None:
    assert clean("a\u00adb\ufeff\x00c\u200bd *e*_f_ {g}") == "ab c d  e  f   g "
    assert clean("don´t e\u0301") == "don't \u00e9"
    assert without_signs("a😀b", "%") == ("a b", ("😀",))
    assert without_signs("20%", "%") == ("20%", ())
    assert without_signs("20%", "") == ("20", ("%",))
    assert core("«(slovo)»,") == "slovo"
    assert core("5 %!") == "5 %"
    assert core("...") == ""
