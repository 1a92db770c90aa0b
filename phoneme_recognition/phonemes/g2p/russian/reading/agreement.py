"""Words that take their form from the name or noun after them: II степень, ген. директору, проф. Иванову.

It stands on pymorphy3, which comes with ``ru-normalizr``; without it the text goes through unchanged.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import import_module
from typing import Any

_ADJECTIVES = {
    "ген.": "генеральный",
    "обл.": "областной",
    "т.н.": "так называемый",
    "т. н.": "так называемый",
    "мед.": "медицинский",
    "тех.": "технический",
    "нар.": "народный",
    "засл.": "заслуженный",
    "ж/д": "железнодорожный",
    "с/х": "сельскохозяйственный",
    "гос.": "государственный",
    "муниц.": "муниципальный",
}
_TITLES = {
    "проф.": "профессор",
    "акад.": "академик",
    "доц.": "доцент",
    "ген.": "генерал",
    "полк.": "полковник",
    "кап.": "капитан",
    "лейт.": "лейтенант",
    "инж.": "инженер",
    "тов.": "товарищ",
    "гр.": "гражданин",
    "р.": "река",
    "о.": "остров",
    "оз.": "озеро",
    "дер.": "деревня",
    "с.": "село",
    "г.": "город",
}
# A name of a place and no person has to follow these, so that an initial is none of them.
_PLACES = frozenset({"р.", "о.", "оз.", "дер.", "с.", "г."})

_ADJECTIVE = re.compile(r"(?<![\w.])(" + "|".join(map(re.escape, _ADJECTIVES)) + r")\s?(?=([а-яё]+))")
_TITLE = re.compile(
    r"(?<![\w.])(?:([^\W\d]+) )?(?<!\d )(" + "|".join(map(re.escape, _TITLES)) + r")\s?(?=([А-ЯЁ][а-яё]+))"
)
# глава IV: the number belongs to the noun before.
_NUMBERED = re.compile(
    r"(?:глав|том|част|раздел|книг|стать|пункт|акт|сцен|тип|групп|категори|степен|класс|этап|тур|кварт|курс)"
)
# Numbers of kings and centuries are left to the library.
_ROMAN = re.compile(r"(?<![\w.-])(?:(\w+) )?([IVX]+)[ -](?=([А-ЯЁа-яё]{3,}))(?!век|столет|тысячелет)")

_CASES_AFTER = {
    "к": ("datv",), "ко": ("datv",), "по": ("datv",), "у": ("gent",), "от": ("gent",), "до": ("gent",),
    "из": ("gent",), "без": ("gent",), "для": ("gent",), "с": ("ablt", "gent"), "со": ("ablt", "gent"),
    "в": ("loct", "accs"), "во": ("loct", "accs"), "на": ("loct", "accs"), "о": ("loct",), "об": ("loct",),
    "при": ("loct",), "за": ("ablt", "accs"), "под": ("ablt", "accs"), "над": ("ablt",), "перед": ("ablt",),
    "после": ("gent",), "около": ("gent",),
}  # fmt: skip
_ORDINAL_ENDINGS = {
    "masc": {"nomn": "й", "gent": "го", "datv": "му", "accs": "й", "ablt": "м", "loct": "м"},
    "neut": {"nomn": "е", "gent": "го", "datv": "му", "accs": "е", "ablt": "м", "loct": "м"},
    "femn": {"nomn": "я", "gent": "й", "datv": "й", "accs": "ю", "ablt": "й", "loct": "й"},
    "plur": {"nomn": "е", "gent": "х", "datv": "м", "accs": "е", "ablt": "ми", "loct": "х"},
}
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}


@lru_cache(maxsize=1)
def _analyzer() -> Any:
    try:
        return import_module("pymorphy3").MorphAnalyzer()
    except ImportError:
        return None


def agree(line: str) -> str:
    """Write out what agrees with the next word, where pymorphy3 is installed and knows that word."""
    if _analyzer() is None:
        return line
    line = _ADJECTIVE.sub(_write_adjective, line)
    line = _TITLE.sub(_write_title, line)
    return _ROMAN.sub(_write_ordinal, line)


def _write_adjective(match: re.Match[str]) -> str:
    tag = _tag(match[2], "", ("NOUN", "ADJF"))
    if tag is None:
        return match[0]
    words = _ADJECTIVES[match[1]].split()
    wanted = {tag.case, "plur" if tag.number == "plur" else tag.gender}
    form = _analyzer().parse(words[-1])[0].inflect(wanted - {None})
    return " ".join([*words[:-1], form.word if form else words[-1]]) + " "


def _write_title(match: re.Match[str]) -> str:
    before, short, name = match[1] or "", match[2], match[3]
    tag = _tag(name, before, ("NOUN", "ADJF"))
    wanted = _CASES_AFTER.get(before.lower(), ())
    if short in _PLACES and not _is_place(name) and not (short == "г." and wanted):
        return match[0]
    case = tag.case if tag is not None else "nomn"
    # в дер. Петровка: the name stays as it is on the map, the word before it does not.
    if short in _PLACES and wanted and case not in wanted[:1] and _tag(name, "", ("NOUN",), ("nomn",)):
        case = wanted[0]
    form = _analyzer().parse(_TITLES[short])[0].inflect({case, "sing"})
    return f"{before} " * bool(before) + (form.word if form else _TITLES[short]) + " "


def _is_place(name: str) -> bool:
    """Whether it is on the map, or unknown and then nobody's word either."""
    parses = _analyzer().parse(name)
    return any("Geox" in parse.tag for parse in parses) or not _analyzer().word_is_known(name.lower())


def _write_ordinal(match: re.Match[str]) -> str:
    before, roman, noun = match[1] or "", match[2], match[3]
    tag = _tag(noun, before, ("NOUN", "ADJF"))
    king = before[:1].isupper() and len(before) > 2 and before.lower() not in _CASES_AFTER
    if tag is None or king or _NUMBERED.match(before.lower()):
        return match[0]
    ending = _ORDINAL_ENDINGS["plur" if tag.number == "plur" else tag.gender].get(tag.case, "й")
    return f"{before} " * bool(before) + f"{roman_value(roman)}-{ending} "


def roman_value(roman: str) -> int:
    """The value of a Roman numeral."""
    values = [_ROMAN_VALUES[letter] for letter in roman]
    return sum(
        -value if value < following else value
        for value, following in zip(values, [*values[1:], 0], strict=True)
    )


def _tag(word: str, before: str, kinds: tuple[str, ...], only: tuple[str, ...] = ()) -> Any:
    """The likeliest analysis of a word that fits the preposition before it, or None."""
    tags = [
        parse.tag
        for parse in _analyzer().parse(word)
        if parse.tag.POS in kinds
        and parse.tag.case
        and (not only or parse.tag.case in only)
        and (parse.tag.number == "plur" or parse.tag.gender)
    ]
    wanted = _CASES_AFTER.get(before.lower(), () if before else ("nomn",))
    fitting = [tag for case in wanted for tag in tags if tag.case == case]
    return next(iter([*fitting, *tags]), None)
