"""Shortened words and initials that need no library, and the words that agree with the next one."""

import pytest

from phoneme_recognition.phonemes.g2p.russian.reading.abbreviations import expand_abbreviations
from phoneme_recognition.phonemes.g2p.russian.reading.agreement import agree, roman_value


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("яблоки, груши и т. д.", "яблоки, груши и так далее."),
        ("и т.п. вещи", "и тому подобное вещи"),
        ("и др. Потом", "и другие. Потом"),
        ("т.е. так, т. к. иначе", "то есть так, так как иначе"),
        ("в т. ч. он", "в том числе он"),
        ("к.т.н. Иванов", "кандидат технических наук. Иванов"),
        ("д. ф.-м. н.", "доктор физико-математических наук."),
        ("МГУ им. Ломоносова", "МГУ имени Ломоносова"),
        ("отдал им. Потом", "отдал им. Потом"),
        ("много тел. Потом", "много тел. Потом"),
        ("см. ниже", "смотри ниже"),
        ("к д-ру и г-же", "к доктору и госпоже"),
        ("зам. директора", "заместитель директора"),
        ("т. 5, ч. 2", "том 5, часть 2"),
    ],
)
def test_fixed_expansions(written: str, said: str) -> None:
    assert expand_abbreviations(written) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("А. С. Пушкин", "а\u0301 э\u0301с Пушкин"),
        ("А.С.Пушкин", "а\u0301 э\u0301с Пушкин"),
        ("Ж.-П. Бельмондо", "жэ\u0301 пэ\u0301 Бельмондо"),
        ("О. Генри", "о\u0301 Генри"),
        ("Иванов И. И., да", "Иванов и\u0301 и\u0301, да"),
        ("в СССР. Он", "в СССР. Он"),
    ],
)
def test_initials(written: str, said: str) -> None:
    assert expand_abbreviations(written) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("к проф. Иванову", "к профессору Иванову"),
        ("с акад. Сахаровым", "с академиком Сахаровым"),
        ("ген. директор", "генеральный директор"),
        ("в обл. больнице", "в областной больнице"),
        ("по т. н. закону", "по так называемому закону"),
        ("на р. Волге", "на реке Волге"),
        ("в дер. Петровка", "в деревне Петровка"),
        ("о. Сахалин", "остров Сахалин"),
        ("сказал о. Потом", "сказал о. Потом"),
        ("II степень", "2-я степень"),
        ("на XX съезде", "на 20-м съезде"),
        ("III Рим", "3-й Рим"),
        ("II мировая война", "2-я мировая война"),
        ("Пётр I построил", "Пётр I построил"),
        ("том III книги", "том III книги"),
        ("XIX век", "XIX век"),  # the library's
    ],
)
def test_agreement(written: str, said: str) -> None:
    pytest.importorskip("pymorphy3")
    assert agree(written) == said


@pytest.mark.parametrize(("roman", "value"), [("I", 1), ("IV", 4), ("XIX", 19), ("MCMXCIV", 1994)])
def test_roman_numerals(roman: str, value: int) -> None:
    assert roman_value(roman) == value
