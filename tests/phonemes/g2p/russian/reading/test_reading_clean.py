"""One spelling of each letter, dash and stress mark."""

import unicodedata

import pytest

from phoneme_recognition.phonemes.g2p.russian.reading.clean import clean


@pytest.mark.parametrize(
    ("typed", "regular"),
    [
        ("зам+ок", "замо\u0301к"),
        ("+Окна", "О\u0301кна"),
        ("замо\u0301к", "замо\u0301к"),
        ("замо\u0300к", "замо\u0301к"),
        ("ѐсли", "е\u0301сли"),
        ("зáмок", "за\u0301мок"),  # the Latin á
        ("кóт", "ко\u0301т"),
        ("ры\u0301ба рýка", "ры\u0301ба ру\u0301ка"),
        ("за\u0301\u0301мок", "за\u0301мок"),
        ("к\u0301от", "кот"),
        ("\u0301кот", "кот"),
        ("2+2", "2+2"),
        ("С++", "С++"),
        ("2+а", "2+а"),
    ],
)
def test_stress_marks_become_an_acute_after_the_vowel(typed: str, regular: str) -> None:
    assert clean(typed) == regular


@pytest.mark.parametrize("word", ["ёлка", "йод", "Ёж и ёрш", "чужой", "нё\u0301бо"])
def test_letters_may_arrive_decomposed(word: str) -> None:
    assert clean(unicodedata.normalize("NFD", word)) == word


def test_a_mark_inside_a_decomposed_letter() -> None:
    assert clean("е\u0301\u0308лка") == "ё\u0301лка"


@pytest.mark.parametrize("silent", ["\u00ad", "\u200b", "\u200d", "\ufeff", "\u2060", "\u200e", "\ufe0f"])
def test_what_has_no_sound_and_no_look_goes(silent: str) -> None:
    assert clean(f"ма{silent}ма{silent}") == "мама"


def test_joiners_stay_inside_emoji() -> None:
    assert clean("👩\u200d👧 ❤\ufe0f") == "👩\u200d👧 ❤\ufe0f"


@pytest.mark.parametrize("blank", ["\u00a0", "\u2009", "\u3000", "\t", "\x00", "\x1b", "_"])
def test_blanks_are_spaces(blank: str) -> None:
    assert clean(f"мы{blank}вы") == "мы вы"


@pytest.mark.parametrize("line_break", ["\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029"])
def test_line_breaks_are_line_feeds(line_break: str) -> None:
    assert clean(f"мы{line_break}вы") == "мы\nвы"


def test_quotes_and_hyphens_are_plain() -> None:
    assert clean("«мы» „вы“ кто\u2011то д’Артаньян") == '"мы" "вы" кто-то д\'Артаньян'


@pytest.mark.parametrize(
    ("typed", "regular"),
    [
        ("cлово", "слово"),
        ("мoре", "море"),
        ("Xорошо", "Хорошо"),
        ("HAТО", "НАТО"),
        ("eë", "eë"),  # Latin alone is left alone
        ("cat", "cat"),
        ("SMSка", "SMSка"),
        ("iPhoneом", "iPhoneом"),
    ],
)
def test_look_alikes_are_mended_where_the_word_becomes_russian(typed: str, regular: str) -> None:
    assert clean(typed) == regular


@pytest.mark.parametrize(
    ("typed", "regular"),
    [
        ("лѣсъ", "лесъ"),
        ("Ѳома", "Фома"),
        ("исторія", "история"),
        ("міръ", "миръ"),
        ("привіт", "привіт"),  # Ukrainian
        ("їжак", "їжак"),
    ],
)
def test_letters_from_before_1918(typed: str, regular: str) -> None:
    assert clean(typed) == regular


def test_nothing_else_changes() -> None:
    text = 'Он сказал: "Да!" (и ушёл) - в 5 ч. 😀 @user <b> 漢字 50 % №5 …'
    assert clean(text) == text
    assert clean("") == ""
