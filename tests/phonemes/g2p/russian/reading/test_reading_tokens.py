"""Words, pauses, hyphens, stress marks, and what cannot be said."""

import pytest

from phoneme_recognition.phonemes.g2p.russian.reading import Reading, read
from phoneme_recognition.phonemes.g2p.russian.token import Token


def words(text: str) -> list[str]:
    return [token.word for token in read([text])[0].tokens]


def unsaid(text: str) -> tuple[str, ...]:
    return read([text])[0].unsaid


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\t\u00a0\ufeff", "...", '— «»!? "', "* * *", "(…)"])
def test_nothing_to_say(text: str) -> None:
    assert read([text]) == [Reading((), ())]


def test_no_texts() -> None:
    assert read([]) == []


def test_one_reading_for_each_text_in_order() -> None:
    assert [reading.tokens[0].word for reading in read(["да", "нет", "да"])] == ["да", "нет", "да"]


def test_a_sentence() -> None:
    assert read(["Мама мыла раму."])[0].tokens == (
        Token("мама", (), True),
        Token("мыла"),
        Token("раму"),
    )


@pytest.mark.parametrize(
    "text",
    ["мы, вы", "мы. Вы", "мы; вы", "мы: вы", "мы! Вы", "мы? Вы", "мы… вы", "мы - вы", "мы — вы", "мы – вы",
     "мы (вы)", "мы [вы]", "мы\nвы", "мы\u2028вы", "мы... вы", "мы», - вы", "мы -вы", "мы- вы"],
)  # fmt: skip
def test_punctuation_parts_phrases(text: str) -> None:
    assert [token.pause for token in read([text])[0].tokens] == [True, True]


@pytest.mark.parametrize("text", ["мы вы", "мы «вы»", '"мы" вы', "мы/вы", "мы *вы*", "мы • вы"])
def test_quotation_marks_alone_do_not(text: str) -> None:
    assert [token.pause for token in read([text])[0].tokens] == [True, False]


@pytest.mark.parametrize(
    "text", ["кто-то", "из-за", "северо-западный", "по-русски", "кто\u2011то", "в-третьих"]
)
def test_hyphens_join(text: str) -> None:
    first, second = read([text])[0].tokens
    assert (first.hyphen, second.hyphen) == (False, True)
    assert not second.pause


def test_a_hyphen_to_nothing_joins_nothing() -> None:
    assert not any(token.hyphen for token in read(["IT-отдел -то"])[0].tokens)


@pytest.mark.parametrize(
    ("text", "token"),
    [
        ("зам+ок", Token("замок", (3,), True)),
        ("замо\u0301к", Token("замок", (3,), True)),
        ("З\u0430\u0301МОК", Token("замок", (1,), True)),
        ("+окна", Token("окна", (0,), True)),
        ("в+одосн+абжение", Token("водоснабжение", (1, 6), True)),
        ("кóт", Token("кот", (1,), True)),
        ("ё\u0301лка", Token("ёлка", (0,), True)),
    ],
)
def test_marks_of_the_user(text: str, token: Token) -> None:
    assert read([text])[0] == Reading((token,), ())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("В лесу к нему с ним.", "в лесу к нему с ним"),
        ("Он. К вечеру с ней ж б", "он к вечеру с ней ж б"),
        ("витамин С, план К.", "витамин эс план ка"),
        ("группа «Б»", "группа бэ"),
        ("точка м", "точка эм"),
        ("«В лесу»", "в лесу"),
        ("роман «С утра»", "роман с утра"),
        ("н-нет, С-святой", "н нет с святой"),
        ("гм, тсс, хм, бр-р, пфф, шшш", "гм тсс хм бр р пфф шшш"),
        ("смс и дтп", "эсэмэс и дэтэпэ"),
        ("д'Артаньян и О’Коннор", "дартаньян и оконнор"),
        ("об'явление", "объявление"),
        ("въ домъ", "в дом"),
        ("Ъ и ь", "ер и ерь"),
    ],
)
def test_letters_and_odd_words(text: str, said: str) -> None:
    assert " ".join(words(text)) == said
    assert unsaid(text) == ()


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("купил iPhone", ("iPhone",)),
        ("привет 😀", ("😀",)),
        ("привет😀😀 да", ("😀😀",)),
        ("漢字 и שלום", ("漢字", "שלום")),
        ("почта a@b.ru", ("a@b.ru",)),
        ("сайт https://a.ru/b?c=d", ("https://a.ru/b?c=d",)),
        ("@ и #", ("@", "#")),
        ("SMSка", ("SMSка",)),
        ("IT-отдел", ("IT",)),
        ("привіт, друже", ("привіт",)),
        ("стр и млрд", ("стр", "млрд")),
        ("ъъ", ("ъъ",)),
        ("С ++ +", ("++", "+")),
        ("\ud800", ("\ud800",)),
        ("\ue000", ("\ue000",)),
        ("один < два", ("<",)),
    ],
)
def test_what_cannot_be_said_is_reported_as_it_stands(text: str, runs: tuple[str, ...]) -> None:
    assert unsaid(text) == runs


def test_words_around_foreign_ones_are_said() -> None:
    assert words("новый iPhone и IT-отдел 😀 вот") == ["новый", "и", "отдел", "вот"]
