"""The Russian backend as a whole: words, sources, phrases, and what it cannot say."""

from __future__ import annotations

from pathlib import Path

import pytest

from phoneme_recognition.phonemes.g2p.russian import g2p as module
from phoneme_recognition.phonemes.g2p.russian.g2p import RussianG2P
from phoneme_recognition.phonemes.g2p.russian.reading import library

PLAIN = RussianG2P(stress_model="none")


def said(text: str, backend: RussianG2P = PLAIN) -> str:
    return " ".join(backend.pronounce([text])[0].phonemes())


def test_each_word_says_what_decided_about_it() -> None:
    (found,) = PLAIN.pronounce(["Старый зам+ок, ёлка и дом."])
    assert [(word.text, word.source) for word in found.words] == [
        ("ст+арый", "dictionary"),
        ("зам+ок", "user mark"),
        ("+ёлка", "ё"),
        ("и", "clitic"),
        ("д+ом", "one vowel"),
    ]


def test_parts_with_a_hyphen_are_one_word() -> None:
    (found,) = PLAIN.pronounce(["кто-то из-за дома"])
    assert [word.text for word in found.words] == ["кт+о-то", "из-за", "д+ома"]
    assert said("кто-то из-за дома") == "k t ˈo t ə | i z z ɐ | d ˈo m ə"


def test_a_pause_parts_what_words_in_a_phrase_do_to_each_other() -> None:
    assert said("наш дом") == "n ˈa ʐ | d ˈo m"
    assert said("наш, дом") == "n ˈa ʂ | d ˈo m"


@pytest.mark.parametrize("text", ["", "   ", "…", "\n"])
def test_nothing_is_said_of_nothing(text: str) -> None:
    (found,) = PLAIN.pronounce([text])
    assert found.phonemes() == []
    assert (found.words, found.unsaid) == ((), ())


def test_what_is_not_russian_is_unsaid_and_the_rest_is_said() -> None:
    (found,) = PLAIN.pronounce(["у меня iPhone 😀 и дом"])
    assert found.unsaid == ("iPhone", "😀")
    assert [word.text for word in found.words] == ["у", "мен+я", "и", "д+ом"]


def test_the_users_file_decides_before_the_dictionary(tmp_path: Path) -> None:
    file = tmp_path / "stresses.txt"
    file.write_text("творог\tтвор+ог\nд+оговор\n", encoding="utf-8")
    backend = RussianG2P(stress_model="none", exceptions=file)
    assert said("творог договор", backend) == "t v ɐ r ˈo ɡ | d ˈo ɡ ə v ə r"
    assert backend.pronounce(["договор"])[0].words[0].source == "exceptions"
    assert backend.fingerprint() != PLAIN.fingerprint()


def test_softness_is_an_option_and_part_of_the_fingerprint() -> None:
    soft = RussianG2P(stress_model="none", assimilative_softness=True)
    assert said("кость", soft) == "k ˈo sʲ tʲ"
    assert said("кость") == "k ˈo s tʲ"
    assert soft.fingerprint() != PLAIN.fingerprint()


def test_a_text_is_said_alike_in_any_company() -> None:
    texts = ["Мама мыла раму.", "в саду у дома", "Наш брат", ""]
    assert PLAIN.pronounce(texts) == [PLAIN.pronounce([text])[0] for text in texts]


def test_without_the_library_numbers_are_unsaid_and_this_is_said_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    library._normalizer.cache_clear()
    monkeypatch.setattr(library, "_normalizer", lambda: None)
    monkeypatch.setattr(module, "missing_extra", lambda: True)
    backend = RussianG2P(stress_model="none")
    assert backend.pronounce(["у нас 8734 дома"])[0].unsaid == ("8734",)
    backend.pronounce(["и 9123 сада"])
    assert len(caplog.records) == 1
    assert "phoneme-recognition[russian]" in caplog.text
