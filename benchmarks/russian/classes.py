"""The classes of difference between what we say and the labels of festvox-ru, each with its reason.

The labels were made by rules, too: the letter-to-sound rules, the stress lexicon and the reduction rules of
the voice (``festvox/msu_ru_nsh_lexicon.scm`` in the package). A class is found by its place in the spelling
and by the two phones; the first that fits is taken.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from benchmarks.russian.differences import (
    Difference,
    StressDifference,
    Utterance,
    is_vowel,
    stress_differences,
)

_V, _U, _S = "[аеёиоуыэюяАЕЁИОУЫЭЮЯ]", "[аеёиоуыэюя]", "[АЕЁИОУЫЭЮЯ]"
_C, _STARTS, _ENDS = "[бвгджзйклмнпрстфхцчшщьъ]", "(?<![а-яёА-ЯЁ])", "(?![а-яёА-ЯЁ])"
_VOICED, _VOICELESS, _ANY = "[bvɡdzʐ]ʲ?", "[pfktsʂ]ʲ?", ".*"
_EITHER = "[bvɡdzʐpfktsʂ]ʲ?"


class Class(NamedTuple):
    """One class.

    Attributes:
        name: what happens.
        letters: where, a regular expression over the spelling (stressed vowels are capitals, a comma is any
            punctuation); the letter of the difference lies in one of its groups.
        ours: regular expression over the whole of what we say.
        labels: the same over the labels.
        verdict: who is right, and why.
    """

    name: str
    letters: str
    ours: str
    labels: str
    verdict: str


_AVANESOV = "ours (Avanesov 1984)"
_DICTIONARY = "ours (Bolshoi orfoepicheskii slovar 2012)"
_REDUCTION = "norm: a convention of the labels, which reduce syllable by syllable over word boundaries"

CONSONANTS = (
    Class("-ться as tʲ sʲ", f"(ть?с[яЯ]{_ENDS})", _ANY, _ANY, f"{_AVANESOV}, reflexive verbs: t͡s"),
    Class("тск, дск, тств, дств as t s", "([тд]ь?с)(?:к|тв)", _ANY, _ANY, f"{_AVANESOV}: t͡s"),
    Class("с з ж before ч щ kept apart", "([сзж] ?[чщ])", _ANY, _ANY, f"{_AVANESOV}, seams: ɕː"),
    Class("сш зш сж зж kept apart", "([сз] ?[шж])", _ANY, _ANY, f"{_AVANESOV}, seams: ʂ ʂ, ʐ ʐ"),
    Class("счастлив with t", "счас(т)л", "", "t", f"{_AVANESOV}, silent consonants"),
    Class("бездна without d", "бЕз(д)н", "d", "", f"{_DICTIONARY}: not silent in бездна"),
    Class("д of ндш", "н(д)ш", "t", "", "labels: silent (ландшафт)"),
    Class("шестьдесят", "шес(т)ьд", _ANY, _ANY, f"{_DICTIONARY}: z dʲ"),
    Class("тц, дц as one t͡s", "([тд])ц", "t", "", "norm: one long affricate, t t͡s or t͡s in writing"),
    Class("чн as ʂ n", "(ч)н", "t͡ɕ", "ʂ", f"{_DICTIONARY}: t͡ɕ n here (источник, солнечный, уличный)"),
    Class("помощник", "(?i:помо)(щ)ни", _ANY, _ANY, f"{_DICTIONARY}: ʂ nʲ"),
    Class("ничто with t͡ɕ", "ни(ч)т[оО]", "ʂ", "t͡ɕ", f"{_AVANESOV}, чт"),
    Class("soft n in женщина", "(н)щ", "n", "nʲ", "norm: assimilative softness, an option, off"),
    Class("пожалуйста with j", "(?i:пожалу)(й)ста", "", "j", f"{_DICTIONARY}"),
    Class("легче with k", "(г)[кч]", "x", "k", f"{_AVANESOV}, dissimilation"),
    Class("ьи without j", "ь([иИ])", "j", "", f"{_AVANESOV}, iotation: рыбьих, козьим"),
    Class("hard before е, ours alone", f"({_C})[еэЕЭ]", "[^ʲ]+", ".ʲ", f"{_DICTIONARY}"),
    Class("hard before е, labels alone", f"({_C})[еэЕЭ]", ".ʲ", "[^ʲ]+", "norm: names, and words with both"),
    Class("double letter, two in the labels", r"(([бвгдзклмнпрстфхцч])\2)", "", ".+", f"{_AVANESOV}: one"),
    Class("double letter, two of ours", r"(([бвгдзклмнпрстфхцч])\2)", ".+", "", f"{_AVANESOV}: a prefix"),
    Class(
        "preposition before punctuation",
        f"{_STARTS}((?i:в|из|под|без|над|об|перед|от)),",
        _VOICELESS,
        _VOICED,
        "ours: commas of the corpus where no voice pauses; a word before a pause is devoiced",
    ),
    Class(
        "final voiced consonant kept",
        f"({_C}+)(?:[ ,-]|$)",
        _VOICELESS,
        _VOICED,
        f"{_AVANESOV}, final devoicing: вдруг, уж, сквозь",
    ),
    Class(
        "no voicing across words",
        f"({_C}+)[ -]{_C}*[бвгджз]",
        _VOICED,
        _VOICELESS,
        f"{_AVANESOV}, voicing between words of a phrase",
    ),
    Class("voicing inside a word", f"({_C}+)", _EITHER, _EITHER, f"{_AVANESOV}: поездка, жеребца"),
)

VOWELS = (
    Class(
        "я and а after soft, before the stress, as ɐ",
        f"([яа]){_C}*{_S}",
        "i",
        "ɐ",
        f"{_AVANESOV}, vowels after soft consonants: i (часы, пятак)",
    ),
    Class("и after ж ш ц as i", "[жшцЖШЦ] ?(и)", "[ɨə]", "i", f"{_AVANESOV}: always hard, ɨ"),
    Class("stressed и after ж ш ц as i", "[жшц](И)", "ˈɨ", "ˈi", f"{_AVANESOV}: always hard, ˈɨ"),
    Class("и after a preposition as i", f"{_C} ([иИ])", "ˈ?[ɨə]", "ˈ?i", f"{_AVANESOV}: ɨ (под их)"),
    Class("а in лошадей", "лош(а)дЕ", "ɨ", "ɐ", f"{_AVANESOV}: ɨ"),
    Class(
        "э of электр-, экскурсия as i", "(?i:(э))(?:лектр|кскур)", "e", "i", "norm: e is the careful style"
    ),
    Class(
        "after j, full quality",
        f"(?:{_V}[ ]?|[ьъ]|{_STARTS})([еяюёио])",
        "[əɪʊieɨ]",
        "[ɐeiuə]",
        "norm: the labels do not reduce after j (Kasatkin 2003 does: i, ɪ, ə, ʊ)",
    ),
    Class(
        "before a pause, not reduced",
        f"({_U})(?:,|$)",
        _ANY,
        _ANY,
        "norm: the labels give the last vowel of a phrase its first degree (Avanesov 1984: ə)",
    ),
    Class("before the stress of the next word", f"({_U}){_C}*(?:[ ,-]+{_C}*)+{_S}", _ANY, _ANY, _REDUCTION),
    Class("ы before another word", f"(ы){_C}+[ ,]", "ə", "ɨ", _REDUCTION),
    Class("clitic two syllables before a stress", f"{_STARTS}{_C}*(а|о) ", "ə", "ɐ", _REDUCTION),
    Class("beginning of a word reduced", f"{_STARTS}({_U})", "[ɐɪiueɨ]", "[əɪʊ]", _REDUCTION),
    Class("last и ы у е reduced", "([иыуюеэ])[ -]", "[iɨue]", "[ɪəʊ]", _REDUCTION),
    Class("last я after soft", "([ая])[ -]", "ə", "ɪ", "ours (Kasatkin 2003): ə at the end of a word"),
    Class(
        "after a vowel",
        f"{_V}[ -]?({_U})",
        _ANY,
        _ANY,
        "norm: the labels do not reduce a vowel after a vowel",
    ),
    Class("before a vowel", f"({_U})[ -]?{_V}", _ANY, _ANY, _REDUCTION),
    Class("е after a consonant hard on one side", "([еёэ])", "[əɨeɪi]", "[əɨeɪi]", "norm: as the consonant"),
)

STRESS = {
    "ё": "listed: word by word in the README",
    "stress on another syllable": "listed: word by word in the README",
    "unstressed here alone": "norm: clitics (из-за, ни, да), and ё with a second stress",
    "unstressed in the labels alone": "norm: чтобы, short words, prepositions before punctuation",
    "second stress": "norm: a stress more in compounds",
}
UNEXPLAINED = "unexplained"
CLASSES = {one.name: one.verdict for one in (*CONSONANTS, *VOWELS)} | STRESS | {UNEXPLAINED: UNEXPLAINED}
"""Name of a class → its verdict, its first word ours, labels, norm (a convention) or listed."""


class Found(NamedTuple):
    """A difference in its class."""

    name: str
    utterance: Utterance
    difference: Difference

    def shown(self) -> str:
        """Utterance, place, and the two phones."""
        spelling, at = self.utterance.spelling, self.difference.at
        start, end = spelling.rfind(" ", 0, at) + 1, (spelling + " ").find(" ", at + 1)
        word = f"{spelling[start:at]}[{spelling[at : at + 1]}]{spelling[at + 1 : end]}".rstrip(",")
        ours, labels = (phone or "–" for phone in self.difference[1:])
        return f"{self.utterance.name} {word} {ours} / {labels}"


def classify(utterances: Sequence[Utterance], level: Callable[[str], str]) -> list[Found]:
    """All differences at a level of comparison."""
    found: list[Found] = []
    for utterance in utterances:
        stresses = stress_differences(utterance)
        for slot in utterance.slots:
            if level(slot.ours) != level(slot.labels):
                found.append(Found(_name(utterance, slot, stresses), utterance, slot))
    return found


def _name(utterance: Utterance, slot: Difference, stresses: Sequence[StressDifference]) -> str:
    if not is_vowel(slot.ours):
        return _first(CONSONANTS, utterance, slot)
    letter = utterance.spelling[slot.at].lower()
    if letter in "её" and (slot.ours == "ˈo") != (slot.labels == "ˈo"):
        return "ё"
    for word in stresses:
        if word.start <= slot.at < word.end:
            return _kind_of_stress(word)
    return _first(VOWELS, utterance, slot)


def _kind_of_stress(word: StressDifference) -> str:
    if not word.ours:
        return "unstressed here alone"
    if not word.labels:
        return "unstressed in the labels alone"
    one_each = len(word.ours) == len(word.labels) == 1
    return "stress on another syllable" if one_each else "second stress"


def _first(classes: Sequence[Class], utterance: Utterance, slot: Difference) -> str:
    for one in classes:
        fits = re.fullmatch(one.ours, slot.ours) and re.fullmatch(one.labels, slot.labels)
        if fits and _lies_in(one.letters, utterance.spelling, slot.at):
            return one.name
    return UNEXPLAINED


def _lies_in(letters: str, spelling: str, at: int) -> bool:
    """Whether a group of some match holds the letter; matches may overlap."""
    pattern = re.compile(letters)
    for start in range(max(0, at - 12), at + 1):
        match = pattern.match(spelling, start)
        if match and any(
            match.start(group) <= at < match.end(group) for group in range(1, pattern.groups + 1)
        ):
            return True
    return False
