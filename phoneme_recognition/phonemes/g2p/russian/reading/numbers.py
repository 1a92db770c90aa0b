"""What is set right in a text before the library writes its numbers out."""

from __future__ import annotations

import re
from collections.abc import Callable

from phoneme_recognition.phonemes.g2p.russian.reading.acronyms import LETTER_NAMES
from phoneme_recognition.phonemes.g2p.russian.reading.agreement import roman_value

_ROMAN_TENS = ("", "X", "XX")
_ROMAN_ONES = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")
_CLASS_ENDINGS = {"": "й", "а": "го", "у": "му", "ом": "м", "е": "м", "ы": "е", "ов": "х", "ах": "х"}
_CURRENCIES = {
    "£": ("фунт", "фунта", "фунтов"),
    "¥": ("иена", "иены", "иен"),
    "₴": ("гривна", "гривны", "гривен"),
}
_MASS_UNITS = {
    "км": "километров", "кг": "килограммов", "мм": "миллиметров", "мг": "миллиграммов", "мл": "миллилитров",
    "км/ч": "километров в час", "кВт": "киловатт", "ГГц": "гигагерц", "млн": "миллионов",
    "млрд": "миллиардов", "трлн": "триллионов",
}  # fmt: skip


_MONTHS = {
    "янв": "января", "фев": "февраля", "мар": "марта", "апр": "апреля", "авг": "августа", "сен": "сентября",
    "окт": "октября", "ноя": "ноября", "дек": "декабря",
}  # fmt: skip
_APART_MASCULINE = {"1": "один-два", "2": "два-три", "3": "три-четыре"}
_APART_FEMININE = {"1": "одну-две", "2": "две-три", "3": "три-четыре"}


def _quarter(number: str) -> int:
    return int(number) if number.isdigit() else roman_value(number)


def _century(match: re.Match[str]) -> str:
    number = int(match[1])
    return f"{_ROMAN_TENS[number // 10]}{_ROMAN_ONES[number % 10]} в."


def _school_class(match: re.Match[str]) -> str:
    ending = _CLASS_ENDINGS.get(match[3], "й")
    return f"{match[1]}-{ending} {LETTER_NAMES[match[2].lower()]} класс{match[3]}"


def _leading_zeros(match: re.Match[str]) -> str:
    return "ноль " * len(match[1])


def _code(match: re.Match[str]) -> str:
    return f"{LETTER_NAMES[match[1].lower()]} {match[2]}"


def _currency(match: re.Match[str]) -> str:
    sign, number = (match[1], match[2]) if match[1] else (match[4], match[3])
    one, few, many = _CURRENCIES[sign]
    last, tens = int(number[-1]), int(number[-2:]) // 10
    return f"{number} {many if tens == 1 or last in (0, 5, 6, 7, 8, 9) else one if last == 1 else few}"


def _lone_unit(match: re.Match[str]) -> str:
    return _MASS_UNITS[match[1]]


_APART = r"(?<![\w.,–—-])(1[–—-]2|2[–—-]3|3[–—-]4)"
_YEAR = r"(1\d{3}|20\d\d)"
_HOUR, _MINUTE = r"([01]?\d|2[0-3])", r"([0-5]\d)"
_SIGNS = "".join(_CURRENCIES)
_UNIT_NAMES = "|".join(sorted(map(re.escape, _MASS_UNITS), key=len, reverse=True))

# (what is found, what is set in its place): each row makes one common way of writing clear to the library.
_ROWS: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    # 19 в., Х век with a Cyrillic letter
    (r"(?<![\w.,])([1-9]|1\d|2[01]) в\.(?!\s?\d)", _century),
    (r"(?<!\w)([IVXLCDM]+)-(?=(?:го|й|м|е|х|я|ю|му|ом|ый|ая|ое|ой)\b)", lambda m: f"{roman_value(m[1])}-"),
    (r"(?<!\w)в нач\.(?= [IVX\d])", "в начале"),
    (r"(?<!\w)в сер\.(?= [IVX\d])", "в середине"),
    (r"(?<!\w)в кон\.(?= [IVX\d])", "в конце"),
    (r"(?<!\w)(?<=гг\. )([IVX]+) в\.", r"\1 века"),
    (r"(?<!\w)([ХIVX]+)(?=(?:\s?[–—-]\s?[ХIVX]+)?\s(?:вв?\.|век|столети))", lambda m: m[1].replace("Х", "X")),
    # 8 916 123-45-67
    (r"(?<![\w+.,-])([78])[ -]?\(?(\d{3})\)?[ -]?(\d{3})[ -]?(\d\d)[ -]?(\d\d)(?![\w.,]\w|\w|-)",
     r"\1, \2, \3, \4, \5"),
    # в 1 кв. 2020, 3-ья, 1-го янв., 12-й км, п. 1 ст. 2
    (r"(?<=[Вв] )([1-4]|IV|I{1,3}) кв\.(?= (?:19|20)\d\d)", lambda m: f"{_quarter(m[1])}-м квартале"),
    (r"(?<![\w.])([1-4]|IV|I{1,3}) кв\.(?= (?:19|20)\d\d)", lambda m: f"{_quarter(m[1])}-й квартал"),
    (r"(?<=\d-)ь(?=(?:я|е|его|ей|ю|ему|им|и|их|ими)\b)", ""),
    (r"(?<=\d-го )(янв|фев|февр|мар|апр|авг|сен|сент|окт|ноя|нояб|дек)\.", lambda m: _MONTHS[m[1][:3]]),
    (r"(?<=\d-й )км\b", "километр"),
    (r"(?<=\d-м )км\b", "километре"),
    (r"(?<!\w)п\. ?(\d+) ст\. ?(?=\d)", r"пункт \1 статьи "),
    (r"(?<!\w)(часть|ч\.) ?(\d+) ст\. ?(?=\d)", r"часть \2 статьи "),
    # 3–4 года would be the years of a date
    (rf"{_APART}(?= (?:года|раза|дня|часа|месяца|метра|километра)\b)", lambda m: _APART_MASCULINE[m[1][0]]),
    (rf"{_APART}(?= (?:минуты|секунды|недели|тысячи|ночи)\b)", lambda m: _APART_FEMININE[m[1][0]]),
    # (1799–1837), (1941), в 1917–1922
    (rf"\({_YEAR}\s?[–—-]\s?{_YEAR}\)", r"(\1–\2 гг.)"),
    (rf"(?<=[вс] ){_YEAR}[–—-]{_YEAR}(?!\s?(?:г|год)\b|\s?гг?\.|\d|-)", r"\1–\2 гг."),
    # в 15-00
    (rf"(?<=[ВвКкСс] ){_HOUR}-(00|15|30|45)(?![\w-])", r"\1:\2"),
    (rf"(?<=до ){_HOUR}-(00|15|30|45)(?![\w-])", r"\1:\2"),
    (r"(?<=с )(\d\d?):00\b|(?<=до )(\d\d?):00\b|(?<=к )(\d\d?):00\b", lambda m: f"{m[1] or m[2] or m[3]} ч."),
    (r"(?<=мин )(\d+) с(?=$|[.,;)])", r"\1 сек"),
    # 5А класс, Т-34, А4
    (r"(?<!\w)(\d{1,2})[ -]?\"?([А-Я])\"? класс([а-я]{0,2})\b", _school_class),
    (r"(?<![\w-])([А-ЯЁ])-?(\d+)(?![\w-])", _code),
    (r"(?<=[A-Za-zА-Яа-яЁё]{2})-(?=\d)", " "),
    (r"(\d)\s?В(?=\s*$|[.,;)]| и \d)", r"\1 вольт"),
    # 1,5 часа, цена 5 рублей
    (r"(?<![\w,.])1,5 (?=(?:года|часа|месяца|дня|метра|километра|литра|раза|миллиона)\b)", "полтора "),
    (r"(?<![\w,.])1,5 (?=(?:минуты|секунды|недели|тысячи|тонны)\b)", "полторы "),
    (r"(?<!\w)([Цц]ена|[Сс]тоимость) (?=\d)", r"\1 — "),
    # 24/7, дом 5/7, 1/2/3
    (r"(?<![\w/])24/7(?![\w/])", "двадцать четыре на семь"),
    (r"(?<=дом )(\d+)/(\d+)|(?<=д\. )(\d+)/(\d+)", lambda m: f"{m[1] or m[3]} дробь {m[2] or m[4]}"),
    (r"(?<![\d/])(\d\d?)/(\d\d?)/(\d{4})(?![\d/])", r"\1.\2.\3"),
    (r"(?<![\d/])\d{1,9}(?:/\d{1,9}){2,}(?![\d/])", lambda m: m[0].replace("/", ", ")),
    (r"(?<![\d/.,])(\d{2,3})/(\d{2,3})(?![\d/])", r"\1 на \2"),
    (r"(?<=\d) ?[xхXХ] ?(?=\d)", " на "),
    (r"(?<=\d)'(?=\d{3}(?!\d))", ""),
    (r"(?<=\d км)/с(?!\w)", " в секунду"),
    (r"(?<=кг)/м³", " на кубический метр"),
    (r"(?<=г)/см³", " на кубический сантиметр"),
    # 007 (not 07:00, 0,5)
    (r"(?<![\w.,:/–—-])(0+)(?=[1-9]\d*(?![\d.,:/–—-]\d))", _leading_zeros),
    # 2², м² without a number, 6:2=3, 5>3, 18+, №№
    (r"(?<![^\W\d])(\d+)²", r"\1 в квадрате"),
    (r"(?<![^\W\d])(\d+)³", r"\1 в кубе"),
    (r"(?<=за )(?:м²|кв\. ?м\b\.?)", "квадратный метр"),
    (r"(?<![\d\w])(?<!\d )м²", "квадратных метров"),
    (r"(?<=\d) ?[:÷] ?(?=\d+ ?=)", " разделить на "),
    (r"(?<=\d)([<>≤≥≈=])(?=\d)", r" \1 "),
    (r"(?<=\d)\+(?=$|[\s.,;)])(?!\s?\d)", " плюс"),
    (r"№ ?№", "номера"),
    (r"долл\.(?= США)", "$"),
    (rf"([{_SIGNS}]) ?(\d+)(?![\d.,]\d|\d)|(?<![.,])(?<!\d)(\d+) ?([{_SIGNS}])", _currency),
    (rf"(?<![\d\w])(?<!\d )(?<!тысяч )({_UNIT_NAMES})(?![\w/])\.?(?=\s[а-яё])", _lone_unit),
)  # fmt: skip
_RULES = tuple((re.compile(pattern), replacement) for pattern, replacement in _ROWS)
_YEARS_OLD = re.compile(r"(?<![\w.,])(\d{1,5})-лети([а-яё]{1,3})\b")


def correct(line: str, write_out: Callable[[str], str]) -> str:
    """Set right what the library would read wrongly.

    Args:
        line: regular text without line breaks.
        write_out: the library; it is asked for the number in words like 25-летие.

    Returns:
        The line for the library.
    """
    for pattern, replacement in _RULES:
        line = pattern.sub(replacement, line)
    # The library knows пятилетний but not пятилетие; both have the number in the genitive.
    return _YEARS_OLD.sub(
        lambda match: write_out(f"{match[1]}-летний").removesuffix("ний") + "и" + match[2], line
    )
