"""Capitals: spelled out, said as a word, or shouted."""

import pytest

from phoneme_recognition.phonemes.g2p.russian.reading import read


def said(text: str) -> str:
    parts = []
    for token in read([text])[0].tokens:
        word = token.word
        for mark in reversed(token.marks):
            word = f"{word[:mark]}+{word[mark:]}"
        parts.append(word)
    return " ".join(parts)


@pytest.mark.parametrize(
    ("acronym", "spelled"),
    [
        ("США", "сэшэ+а"), ("РФ", "эр+эф"), ("МГУ", "эмгэ+у"), ("СССР", "эсэсэс+эр"), ("ФСБ", "эфэсб+э"),
        ("МВД", "эмвэд+э"), ("ГИБДД", "гэибэдэд+э"), ("ЦСКА", "цээск+а"), ("ЧП", "чеп+э"), ("ЕС", "е+эс"),
        ("ООО", "оо+о"), ("ВТО", "вэтэ+о"), ("ПТУ", "пэтэ+у"), ("ОРТ", "оэрт+э"), ("ИП", "ип+э"),
        ("ДНК", "дээнк+а"), ("РСФСР", "эрэсэфэс+эр"), ("НХЛ", "энха+эл"), ("ФРГ", "фээрг+э"),
        ("ЭВМ", "эвэ+эм"), ("С.Ш.А.", "сэшэ+а"),
    ],
)  # fmt: skip
def test_letters_with_the_stress_on_the_last_name(acronym: str, spelled: str) -> None:
    assert said(f"наш {acronym} там") == f"наш {spelled} там"


@pytest.mark.parametrize(
    ("acronym", "word"),
    [
        ("НАТО", "н+ато"), ("МИД", "мид"), ("ООН", "о+он"), ("ВУЗ", "вуз"), ("ГАИ", "га+и"),
        ("ТАСС", "т+асс"), ("МХАТ", "мх+ат"), ("ЮНЕСКО", "юн+еско"), ("НИИ", "ни+и"), ("ЗАГС", "загс"),
        ("ТЭЦ", "тэц"), ("ЖЭК", "жэк"), ("СМИ", "см+и"), ("ЕГЭ", "ег+э"), ("ОМОН", "ом+он"),
        ("МАГАТЭ", "магат+э"), ("ГОСТ", "гост"), ("НЭП", "нэп"),
    ],
)  # fmt: skip
def test_said_as_words(acronym: str, word: str) -> None:
    assert said(f"наш {acronym} там") == f"наш {word} там"


@pytest.mark.parametrize(
    ("word", "result"),
    [
        ("МИДа", "мида"), ("вУЗ", "вуз"), ("ДТПшник", "дэтэп+эшник"), ("УрФУ", "урэф+у"),
        ("СПбГУ", "эспэбэгэ+у"), ("МиГ", "миг"), ("МакДональд", "макдональд"), ("США-то", "сэшэ+а то"),
        ("СПб", "санкт петерб+ург"),
    ],
)  # fmt: skip
def test_capitals_and_small_letters(word: str, result: str) -> None:
    assert said(f"наш {word} там") == f"наш {result} там"


@pytest.mark.parametrize(
    "text",
    ["МАМА МЫЛА РАМУ", "МЫ ВСЕ ТУТ", "ВНИМАНИЕ", "Я ОЧЕНЬ хочу", "это НЕ так", "КТО это", "ЧТО ты",
     "он СРОЧНО едет", "В ГОРОДЕ", "ГДЕ он", "МИР ТРУД МАЙ", "Я ВСЁ сказал", "ПОДЪЕЗД", "МОЯ жизнь"],
)  # fmt: skip
def test_shouting(text: str) -> None:
    assert said(text) == text.lower()


def test_acronyms_in_a_shouted_line() -> None:
    assert said("США И РФ НАЧАЛИ ВОЙНУ") == "сэшэ+а и эр+эф начали войну"
