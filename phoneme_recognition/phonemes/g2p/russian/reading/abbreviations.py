"""Initials, and shortened words that always stand for the same thing: no library is needed for them."""

from __future__ import annotations

import re

from phoneme_recognition.phonemes.g2p.russian.reading.acronyms import say_capitals, spell
from phoneme_recognition.phonemes.g2p.russian.reading.clean import ACUTE

# (how it is written, what is said); a point that ends the sentence as well is kept by the code below.
_ROWS = (
    (r"и\s?т\.?\s?д\.", "и так далее"),
    (r"и\s?т\.?\s?п\.", "и тому подобное"),
    (r"и\s?др\.", "и другие"),
    (r"и\s?пр\.(?!\s?[А-ЯЁ][а-яё]+,)", "и прочее"),
    (r"т\.\s?-?е\.", "то есть"),
    (r"т\.\s?к\.", "так как"),
    (r"т\.\s?о\.", "таким образом"),
    (r"в\s?т\.\s?ч\.", "в том числе"),
    (r"и\.\s?о\.", "исполняющий обязанности"),
    (r"до\s?н\.\s?э\.", "до нашей эры"),
    (r"н\.\s?э\.", "нашей эры"),
    (r"напр\.", "например"),
    (r"им\.(?=\s?[А-ЯЁ]\.)", "имени"),
    (r"см\.(?=\s[а-яё\d\"(])(?<!\d см\.)(?<!\dсм\.)", "смотри"),
    (r"ср\.(?=\s[а-яё\d\"(])", "сравни"),
    (r"тел\.(?=:|\s?[\d+(])", "телефон"),
    (r"зам\.(?=\s?[а-яё])", "заместитель"),
    (r"пр\.(?=\s?[А-ЯЁ])", "проспект"),
    (r"наб\.(?=\s?[А-ЯЁа-яё])", "набережная"),
    (r"ст\.(?=\s?(?:метро|м\.))", "станция"),
    (r"под\.(?=\s?\d)", "подъезд"),
    (r"т\.(?=\s?\d)", "том"),
    (r"ч\.(?=\s?\d)(?<!\d ч\.)", "часть"),
    (r"кн\.(?=\s?\d)", "книга"),
    (r"вып\.(?=\s?\d)", "выпуск"),
    (r"изд\.(?=\s?\d)", "издание"),
    (r"илл?\.(?=\s?\d)", "иллюстрация"),
    (r"ок\.(?=\s?[а-яё])", "около"),
    (r"проф\.(?!\s?[А-ЯЁ][а-яё])", "профессор"),
    (r"доц\.(?!\s?[А-ЯЁ][а-яё])", "доцент"),
    (r"акад\.(?!\s?[А-ЯЁ][а-яё])", "академик"),
    (r"яз\.", "язык"),
    (r"б/у", "бэ у"),
    (r"и/о", "исполняющий обязанности"),
    *(
        (rf"{degree}\.\s?{letter}\.\s?н\.", f"{title} {field} наук")
        for degree, title in (("к", "кандидат"), ("д", "доктор"))
        for letter, field in (
            ("т", "технических"), ("м", "медицинских"), ("ф", "филологических"), ("х", "химических"),
            ("э", "экономических"), ("ю", "юридических"), ("п", "педагогических"), ("и", "исторических"),
            ("б", "биологических"), ("г", "географических"), (r"ф\.?-м", "физико-математических"),
        )
    ),
)  # fmt: skip
# What is left out of the middle; the ending is written: д-ра, мин-ву.
_STEMS = {
    "д-р": "доктор", "м-р": "мистер", "г-н": "господин", "г-ж": "госпож", "р-н": "район", "о-в": "остров",
    "пр-т": "проспект", "б-р": "бульвар", "ин-т": "институт", "ун-т": "университет", "мин-в": "министерств",
    "изд-в": "издательств", "гос-в": "государств", "об-в": "обществ", "кол-в": "количеств", "з-д": "завод",
}  # fmt: skip
_MIDDLE = re.compile(rf"(?<![\w.-])({'|'.join(_STEMS)})([а-я]{{0,3}})(?![\w-])", re.IGNORECASE)
_ANY = re.compile(
    "|".join(f"(?P<_{n}>[{row[0]}{row[0].upper()}]{row[1:]})" for n, (row, _) in enumerate(_ROWS)).join(
        (r"(?<![\w.-])(?:", r")(?!\w)")
    )
)
# The pronoun ends sentences: «я отдал им. Потом»; so what bears the name has to stand before.
_NAMED_AFTER = re.compile(
    r"((?:^|[\"\d]|\b(?:[А-ЯЁ]{2,}|(?:школ|театр|завод|музе|университет|институт|академи|библиотек|парк|площад|"
    r"улиц|фабрик|колхоз|совхоз|стадион|двор|центр|больниц|училищ|консерватори|лице|гимнази|клуб|фонд|преми|орден|"
    r"медал|станци|комбинат|госпитал|аэропорт|канал|метро|объединени|обществ|турнир|мемориал|хор|оркестр)[а-я]*))"
    r" ?)им\.\s?(?=[А-ЯЁ])"
)
_SEVERAL_INITIALS = re.compile(r"(?<![\w.])(?:[А-ЯЁ]\.[ -]?){2,}")
_ONE_INITIAL = re.compile(r"(?<![\w.])([А-ЯЁ])\.\s?(?=[А-ЯЁ][а-яё])")


def expand_abbreviations(line: str) -> str:
    """Write out initials (А. С. Пушкин: а эс Пушкин) and shortened words that need no grammar (и т. д.)."""
    if "." in line or "-" in line or "/" in line:
        line = _ANY.sub(_write_out, line)
        line = _NAMED_AFTER.sub(r"\1имени ", line)
        line = _MIDDLE.sub(lambda match: _STEMS[match[1].lower()] + match[2], line)
        line = _SEVERAL_INITIALS.sub(_name_initials, line)
        line = _ONE_INITIAL.sub(lambda match: _name(match[1]) + " ", line)
    return line


def _write_out(match: re.Match[str]) -> str:
    said = _ROWS[int((match.lastgroup or "_0")[1:])][1]
    rest = match.string[match.end() :]
    ends = match[0].endswith(".") and (not rest.strip() or re.match(r"\s+[А-ЯЁ]", rest) is not None)
    may_end = said.startswith("и ") or said.endswith(("эры", "наук"))
    glued = " " if rest[:1].isalnum() else ""
    return said + ("." if ends and may_end else "") + glued


def _name_initials(match: re.Match[str]) -> str:
    letters = re.findall("[А-ЯЁ]", match[0])
    if len(letters) > 2 and " " not in match[0][:-1]:
        names = [_accented(say_capitals("".join(letters), shouted=False))]
    else:
        names = [_name(letter) for letter in letters]
    rest = match.string[match.end() :]
    return " ".join(names) + (" " if rest[:1].isalpha() else "" if rest[:1] in ",;:)!?" and rest else ". ")


def _name(letter: str) -> str:
    return _accented(spell(letter.lower()))


def _accented(said: str) -> str:
    """The same in regular text, where a stress mark follows its vowel."""
    return re.sub(r"\+(.)", rf"\1{ACUTE}", said)
