"""Words without a stress of their own, which lean on a neighbour.

Sources: R. I. Avanesov, "Russkoe literaturnoe proiznoshenie" (1984), on weakly stressed words; A. A.
Zaliznyak, "Grammaticheskij slovar' russkogo jazyka", on particles without stress; "Russkaja grammatika"
(1980), on clitics. Prepositions that were made of adverbs and nouns (около, после, кроме, между, ради,
вокруг, сквозь, вдоль, ...) keep a stress, and so do here the words that carry a weak one (что, как, чтобы,
ведь, вот, если, или, уж), and но, whose о is not reduced.
"""

from __future__ import annotations

from collections.abc import Container, Sequence

from phoneme_recognition.phonemes.g2p.russian.token import VOWELS, Stressed, Token

_SIMPLE = "в во к ко с со о об обо у на за по до от ото из изо без безо под подо над пред предо при про для"
_OTHERS = "перед передо через чрез меж"
PREPOSITIONS = frozenset(f"{_SIMPLE} {_OTHERS}".split())
PARTICLES = frozenset({"не", "ни"})
CONJUNCTIONS = frozenset({"и", "а", "да"})
ENCLITICS = frozenset({"же", "ж", "ли", "ль", "бы", "б"})
AFTER_HYPHEN = frozenset({"то", "либо", "нибудь", "ка", "таки", "с", "де", "тка", "же", "ж", "ли", "ль"})
BEFORE_HYPHEN = frozenset({"кое", "кой"})  # кое-кто, кой-какой

_DENIED = frozenset(["кого", "кому", "кем", "ком", "чего", "чему", "чем", "что"])

_PROCLITICS = PREPOSITIONS | PARTICLES | CONJUNCTIONS
_BEFORE_PAUSES = PARTICLES | {"и", "а"}  # и, конечно, ...: a comma in writing that no voice makes
_ALL = _PROCLITICS | ENCLITICS | {"надо"}

# надо is a preposition before these alone; elsewhere it is the predicative на́до.
_AFTER_NADO = frozenset({"мной", "мною", "лбом", "льдом", "рвом", "ртом", "всеми"})


def find_clitics(sentence: Sequence[Token], stressed: Container[int]) -> dict[int, int]:
    """Which words lean on another.

    Args:
        sentence: its words.
        stressed: indices of words that have a stress for sure, because somebody marked it.

    Returns:
        For the index of each clitic, -1 where it leans on the word before, 1 for the word after. At the
        end, and for prepositions and да before a pause, nothing is there to lean on: such a one is a word
        by itself.
    """
    found: dict[int, int] = {}
    for index in range(len(sentence) - 1, -1, -1):
        token = sentence[index]
        if (token.word in _ALL or token.hyphen or token.word in BEFORE_HYPHEN) and index not in stressed:
            side = _side(sentence, index, found)
            if side:
                found[index] = side
    return found


def _side(sentence: Sequence[Token], index: int, found: dict[int, int]) -> int:
    token = sentence[index]
    following = sentence[index + 1] if index + 1 < len(sentence) else None
    if index and token.hyphen and token.word in AFTER_HYPHEN:
        return -1
    if index and token.word in ENCLITICS and not token.pause and not token.hyphen:
        return -1
    if (
        following is None
        or found.get(index + 1) == -1
        or (following.pause and token.word not in _BEFORE_PAUSES)
    ):
        return 0
    if token.word in BEFORE_HYPHEN and following.hyphen:
        return 1
    if token.word == "надо":
        return int(following.word in _AFTER_NADO)
    return int(token.word in _PROCLITICS)


def find_denials(sentence: Sequence[Token]) -> dict[int, Stressed]:
    """Negative pronouns that a preposition parts: не́ с кем, не́ за что. Their stress is on не alone."""
    found: dict[int, Stressed] = {}
    for index in range(len(sentence) - 2):
        no, preposition, pronoun = sentence[index : index + 3]
        if no.word != "не" or preposition.word not in PREPOSITIONS or pronoun.word not in _DENIED:
            continue
        after = sentence[index + 3] if index + 3 < len(sentence) else None
        if preposition.pause or pronoun.pause or (after is not None and after.hyphen):
            continue  # не с кем-то, не о ком-нибудь
        found[index] = Stressed(no.word, (1,), 0, "dictionary")
        found[index + 1] = Stressed(preposition.word, (), -1, "clitic")
        found[index + 2] = Stressed(pronoun.word, (), -1, "clitic")
    return found


def takes_the_stress(token: Token) -> bool:
    """Whether a marked stress on this word leaves the next one without: на́ пол, не́ был."""
    return (token.word in PREPOSITIONS or token.word == "не") and any(
        letter in VOWELS for letter in token.word
    )
