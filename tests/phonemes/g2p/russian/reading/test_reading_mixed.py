"""Sentences thrown together from all that people's files hold: nothing raises, nothing is lost."""

import random

import pytest

from phoneme_recognition.phonemes.g2p.russian.reading import Reading, read
from phoneme_recognition.phonemes.g2p.russian.reading.reader import _expand
from phoneme_recognition.phonemes.g2p.russian.reading.words import say
from phoneme_recognition.phonemes.g2p.russian.token import LETTERS, VOWELS

PLAIN = [
    "мама", "окно", "город", "берёза", "северный", "читала", "быстро", "из-за", "кто-нибудь", "молоко",
    "подъезд", "съёмка",
]  # fmt: skip
ODD = [
    "5", "25", "1-й", "90-х", "5-летний", "12.04.1961", "05/03/2021", "14:30", "2,5", "1/2", "1/2/3/4",
    "15%", "№ 5", "№№", "++", "+5", "-5 °C", "36,6°", "10 км/ч", "20 м²", "XIX век", "Пётр I", "и т. д.",
    "т.е.", "г. Москва", "ул. Ленина, д. 5", "А. С. Пушкин", "5 млн руб.", "$100", "100500€", "США",
    "МГУ", "iPhone", "COVID-19", "a@b.ru", "https://a.ru/x?b=1&c=2", "😀", "👨\u200d👩\u200d👧",
    "漢字", "שלום",
    "їжак", "зам+ок", "замо́к", "зáмок", "cлово", "м\u00adир", "\u200b", "\ufeff", "\x00", "\x07\x1b[0m",
    "\ud800", "\U0010fffd", "\ue000", "", "   ", "\n", "\n\n", "\u2028", "—", "…", "«", "»", '"', "(",
    ")", "[1]", "*", "**", "___", "@user", "#тег", "&", "~5", "©", "1" * 100, "1 000 000", "007", "2²",
    "½", "x²+y²", "С++", "Ъ", "ъъъ", "ь", "́", "+", "'", "О'Коннор", "в", "К", "8 (916) 123-45-67", "1:0",
    "10–15", "II", "IIII", "MMXXV", "ВНИМАНИЕ", "стр. 5", "п. 1 ст. 2", "к.т.н.", "1941–1945 гг.", "<b>",
    "\\n", "%", "§ 5",
]  # fmt: skip
FOREIGN = {"😀", "漢", "字", "ש", "ו", "ם", "їжак", "COVID", "iPhone", "©", "&", "\ud800", "\U0010fffd"}


def sentence(draw: random.Random) -> str:
    parts = [draw.choice(PLAIN if draw.random() < 0.4 else ODD) for _ in range(draw.randint(0, 12))]
    return draw.choice(["", " ", " ", " ", ", ", ". "]).join(parts)


def check(text: str, reading: Reading) -> None:
    for token in reading.tokens:
        assert token.word
        assert set(token.word) <= LETTERS, (text, token)
        assert all(token.word[mark] in VOWELS for mark in token.marks), (text, token)
    if reading.tokens:
        assert reading.tokens[0].pause
        assert not reading.tokens[0].hyphen
    assert all(run and not run.isspace() for run in reading.unsaid), (text, reading.unsaid)
    left = "".join(reading.unsaid)
    for run in FOREIGN:
        assert left.count(run) >= text.count(run), (text, run, reading.unsaid)


def is_inside(words: list[str], said: list[str]) -> bool:
    rest = iter(said)
    return all(word in rest for word in words)


@pytest.mark.parametrize("seed", range(4))
def test_random_sentences_go_through(seed: int) -> None:
    draw = random.Random(seed)
    texts = [sentence(draw) for _ in range(100)]
    for text, reading in zip(texts, read(texts), strict=True):
        check(text, reading)


def test_ordinary_words_survive_in_order() -> None:
    draw = random.Random(5)
    words = [word for word in PLAIN if "-" not in word]
    for _ in range(150):
        parts = [draw.choice(words if draw.random() < 0.5 else ODD) for _ in range(10)]
        said = [token.word for token in read([" , ".join(parts)])[0].tokens]
        assert is_inside([part for part in parts if part in words], said), parts


def test_long_texts_go_through() -> None:
    draw = random.Random(6)
    texts = [
        "слово " * 900, "5 " * 2500, "1" * 5000, "А. " * 1700, "😀" * 5000, "a" * 5000, "+" * 5000,
        "(" * 5000,
        "и т. д. " * 600, "-".join("аб" * 2500), "т" * 5000, "МГУ" * 1700,
        " ".join(sentence(draw) for _ in range(90))[:5000],
    ]  # fmt: skip
    for text in texts:
        check(text, read([text])[0])


def test_what_is_remembered_is_bounded() -> None:
    for remembered in (say, _expand):
        assert 0 < (remembered.cache_parameters()["maxsize"] or 0) <= 1 << 16
