"""Where Russian is spelt otherwise than it is said: the rules within a word, in the order of their trial.

Every rule writes a word the way it is heard, still in letters; what letters say by themselves (softness,
voice, reduction) is not their matter.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from phoneme_recognition.phonemes.g2p.russian.sounds.geminates import shorten_geminates
from phoneme_recognition.phonemes.g2p.russian.sounds.hard_e import hard_before_e
from phoneme_recognition.phonemes.g2p.russian.sounds.rule import Rule

_MEMORY = 32_768  # words
HARD_E = "hard consonant before е"
GEMINATES = "double letter, one consonant"
_AVANESOV = "Avanesov 1984"
_ORFOEPIC = "Bolshoi orfoepicheskii slovar 2012"
# Adverbs, nouns and cries that end in -ого, -его without being genitives.
_NO_GENITIVE = "(много|строго|дорого|полого|отлого|убого|онего|диего)$|^(о|и|э|ого|иго|ле|ло|альтерэ)го$"

SILENT = f"{_AVANESOV}, silent consonants"

RULES: tuple[Rule, ...] = (
    Rule(
        "г in the endings -ого, -его",
        "(?<=[ео])г(?=о(ся)?$)",
        "в",
        f"{_AVANESOV}, endings of adjectives and pronouns in the genitive",
        {
            "н+ового": "n ˈo v ə v ə",
            "ег+о": "j i v ˈo",
            "смотр+ящегося": "s m ɐ t rʲ ˈa ɕː ɪ v ə sʲ ə",
            "мн+ого": "m n ˈo ɡ ə",
            "стр+ого": "s t r ˈo ɡ ə",
            "д+орого": "d ˈo r ə ɡ ə",
        },
        unless=_NO_GENITIVE,
    ),
    Rule(
        "г in сегодня, итого",
        "(?<=^се)г(?=одн)|(?<=^ито)г(?=о$)",
        "в",
        f"{_AVANESOV}, old genitives",
        {"сег+одня": "sʲ i v ˈo d nʲ ə", "итог+о": "i t ɐ v ˈo"},
    ),
    Rule(
        "чт as шт",
        "ч(?=т)",
        "ш",
        f"{_AVANESOV}, чт: что and what is made of it, but not нечто",
        {"что": "ʂ t ˈo", "чт+обы": "ʂ t ˈo b ɨ", "ничт+о": "nʲ i ʂ t ˈo", "н+ечто": "nʲ ˈe t͡ɕ t ə"},
        where="^(ни)?что(бы?)?$",
    ),
    Rule(
        "чн as шн",
        "ч(?=н)",
        "ш",
        f"{_AVANESOV}, чн; {_ORFOEPIC}",
        {
            "кон+ечно": "k ɐ nʲ ˈe ʂ n ə",
            "кон+ечный": "k ɐ nʲ ˈe t͡ɕ n ə j",
            "ск+учный": "s k ˈu ʂ n ə j",
            "сквор+ечник": "s k v ɐ rʲ ˈe ʂ nʲ ɪ k",
            "пр+ачечная": "p r ˈa t͡ɕ ɪ ʂ n ə j ə",
            "ник+итична": "nʲ i kʲ ˈi tʲ ɪ ʂ n ə",
        },
        where="^конечно$|скучн|^нарочно$|яичниц|скворечн|прачечн|пустячн|перечниц|очечник|горчични|двоечни|троечни"
        "|девични|булочн(?!ик)|(ильини|лукини|кузьмини|фомини|никити|савв?и)чн",
    ),
    Rule(
        "щн as шн",
        "щ(?=н)",
        "ш",
        f"{_AVANESOV}, чн",
        {"пом+ощник": "p ɐ m ˈo ʂ nʲ ɪ k", "м+ощный": "m ˈo ɕː n ə j"},
        where="помощни[кц]|всенощн",
    ),
    Rule(
        "г before к and ч",
        "г(?=[кч])",
        "х",
        f"{_AVANESOV}, dissimilation in the roots of мягкий, лёгкий, тягчайший",
        {"м+ягко": "mʲ ˈa x k ə", "л+егче": "lʲ ˈe x t͡ɕ e", "к+огти": "k ˈo k tʲ i"},
        where="мяг[кч]|л[её]г[кч]|тягч",
    ),
    Rule(
        "г in бог",
        "(?<=^бо)г$",
        "х",
        f"{_AVANESOV}: the nominative alone keeps the old fricative",
        {"бог": "b ˈo x", "б+ога": "b ˈo ɡ ə"},
    ),
    Rule(
        "silent в in вств",
        "в(?=ств)",
        "",
        f"{SILENT}: чувство, здравствуй, безмолвствовать and their kin alone",
        {
            "ч+увство": "t͡ɕ ˈu s t v ə",
            "здр+авствуйте": "z d r ˈa s t v ʊ j tʲ e",
            "нр+авственный": "n r ˈa f s t vʲ ɪ n ə j",
        },
        where="чувств|здравств|молвств",
    ),
    Rule(
        "silent т in стн",
        "(?<=с)т(?=ь?н)",
        "",
        SILENT,
        {"ч+естный": "t͡ɕ ˈe s n ə j", "л+естница": "lʲ ˈe s nʲ ɪ t͡s ə"},
    ),
    Rule(
        "silent д in здн",
        "(?<=з)д(?=н)",
        "",
        f"{SILENT}; not in бездна",
        {"п+оздно": "p ˈo z n ə", "пр+аздник": "p r ˈa z nʲ ɪ k", "б+ездна": "bʲ ˈe z d n ə"},
        unless="бездн",
    ),
    Rule(
        "silent т in стл",
        "(?<=с)т(?=л)",
        "",
        f"{SILENT}; not in костлявый, стлать, тлеть and their kin",
        {
            "счастл+ивый": "ɕː i s lʲ ˈi v ə j",
            "костл+явый": "k ɐ s t lʲ ˈa v ə j",
            "стлать": "s t l ˈa tʲ",
        },
        unless="костля|стла|тле[лювтн]|истле|растли|растле",
    ),
    Rule(
        "silent т, д between н and с, ц, ш",
        "(?<=н)[тд](?=ь?ск|ств|ц|ш)",
        "",
        SILENT,
        {
            "голл+андский": "ɡ ɐ l ˈa n s kʲ ɪ j",
            "гиг+антский": "ɡʲ i ɡ ˈa n s kʲ ɪ j",
            "аг+ентство": "ɐ ɡʲ ˈe n s t v ə",
            "ландш+афт": "l ɐ n ʂ ˈa f t",
        },
    ),
    Rule("silent т in стск", "(?<=с)т(?=ск)", "", SILENT, {"тур+истский": "t u rʲ ˈi s kʲ ɪ j"}),
    Rule(
        "з before the suffix -ск-",
        "з(?=ск)",
        "",
        f"{_AVANESOV}, double consonants: one с is heard",
        {"франц+узский": "f r ɐ n t͡s ˈu s kʲ ɪ j"},
    ),
    Rule(
        "silent д before ц, ч and л in лнц",
        "(?<=р)д(?=[цч])|л(?=нц)|(?<=з)д(?=ц)",
        "",
        f"{SILENT}: сердце, солнце, под уздцы",
        {
            "с+ердце": "sʲ ˈe r t͡s ə",
            "с+олнце": "s ˈo n t͡s ə",
            "с+олнечный": "s ˈo l nʲ ɪ t͡ɕ n ə j",
            "уздц+ы": "u s t͡s ˈɨ",
        },
    ),
    Rule(
        "-тся, -ться",
        "ть?ся$",
        "ца",
        f"{_AVANESOV}, reflexive verbs; the imperative is spelt alike and is said as spelt",
        {
            "уч+иться": "u t͡ɕ ˈi t͡s ə",
            "бо+ится": "b ɐ ˈi t͡s ə",
            "встр+еться": "f s t rʲ ˈe tʲ sʲ ə",
            "отм+еться": "ɐ t mʲ ˈe tʲ sʲ ə",
            "им+еться": "i mʲ ˈe t͡s ə",
        },
        unless="встреться$|заботься$|^(по)?пяться$|порться$|трАться$|(^|[^в])(от|за|на|при)мЕться$",
    ),
    Rule(
        "т, д with с before к, тв",
        "[тд]ь?с(?=к|тв)",
        "ц",
        f"{_AVANESOV}: the stop of a root and the с of a suffix are one affricate",
        {
            "д+етский": "dʲ ˈe t͡s kʲ ɪ j",
            "городск+ой": "ɡ ə r ɐ t͡s k ˈo j",
            "бр+атство": "b r ˈa t͡s t v ə",
            "подсказ+ать": "p ə t s k ɐ z ˈa tʲ",
            "отскоч+ить": "ɐ t s k ɐ t͡ɕ ˈi tʲ",
        },
        unless="(^|[аеёиоуыюя])(от|под|над|пред)с(каб|каз|как|кок|коч|акив|креб|крес|кобл|кол|ств)",
    ),
    Rule(
        "дц in the numerals",
        "дц(?=ат)",
        "ц",
        f"{_AVANESOV}, -дцать",
        {"дв+адцать": "d v ˈa t͡s ə tʲ", "од+иннадцать": "ɐ dʲ ˈi n ə t͡s ə tʲ"},
    ),
    Rule(
        "ы for pretonic а after ж, ш, ц",
        "(?<=ц)а(?=тИ|тьЮ)|(?<=^лош)а(?=дЕ|дЯ)|(?<=ж)а(?=лЕ)",
        "э",
        f"{_AVANESOV}, а after ж, ш, ц: двадцати, лошадей, жалеть and their kin alone",
        {
            "двадцат+и": "d v ə t͡s ɨ tʲ ˈi",
            "лошад+ей": "l ə ʂ ɨ dʲ ˈe j",
            "сожал+ение": "s ə ʐ ɨ lʲ ˈe nʲ ɪ j e",
            "жар+а": "ʐ ɐ r ˈa",
        },
        where="цат[иь]|^лошад|жале",
    ),
    Rule("чш as тш", "ч(?=ш)", "т", f"{_AVANESOV}, чш", {"л+учше": "l ˈu t ʂ ə"}),
    Rule(
        "single words",
        "(?<=^пожалу)й(?=ста)|(?<=^бу)х(?=галт)|(?<=^шес)ть(?=[дс][еОо])|д(?=т$)",
        "",
        _ORFOEPIC,
        {
            "пож+алуйста": "p ɐ ʐ ˈa l ʊ s t ə",
            "бухг+алтер": "b u ɡ ˈa l tʲ ɪ r",
            "шестьдес+ят": "ʂ ə z dʲ i sʲ ˈa t",
            "шестьс+от": "ʂ ɨ s ˈo t",
            "кроншт+адт": "k r ɐ n ʂ t ˈa t",
        },
    ),
)


_ANY = re.compile("|".join(rule.where or rule.pattern for rule in RULES), re.IGNORECASE)


class Respelling(NamedTuple):
    """A word as it is heard, in letters, and the names of the rules that it was changed by."""

    heard: str
    rules: tuple[str, ...]


@lru_cache(_MEMORY)
def respell(word: str) -> Respelling:
    """One word as it is heard.

    Args:
        word: lower case, stressed vowels as capitals.
    """
    steps: list[tuple[str, Callable[[str], str]]] = [(HARD_E, hard_before_e)]
    # Most words are in no rule's way: one look spares them all.
    if _ANY.search(word):
        steps += [(rule.name, rule.apply) for rule in RULES]
    applied: list[str] = []
    for name, apply in (*steps, (GEMINATES, shorten_geminates)):
        before, word = word, apply(word)
        if word != before:
            applied.append(name)
    return Respelling(word, tuple(applied))
