"""Sibilants that meet: in a word, between a proclitic and its word (``_``), before an enclitic (``=``)."""

from __future__ import annotations

from phoneme_recognition.phonemes.g2p.russian.sounds.rule import Rule

_SOURCE = "Avanesov 1984, consonants that meet at a seam"

RULES: tuple[Rule, ...] = (
    Rule(
        "сч, зч, жч, стч, здч as щ",
        "(ст|зд|[сзжш])([_=]?)ч",
        r"\2щ",
        _SOURCE,
        {
            "сч+астье": "ɕː ˈa s tʲ j e",
            "мужч+ина": "m u ɕː ˈi n ə",
            "изв+озчик": "i z v ˈo ɕː ɪ k",
            "ж+ёстче": "ʐ ˈo ɕː e",
        },
    ),
    Rule("сщ, зщ as щ", "[сз]([_=]?)щ", r"\1щ", _SOURCE, {"расщ+елина": "r ɐ ɕː ˈe lʲ ɪ n ə"}),
    Rule(
        "с, з before ш, ж",
        "[сз](?=[_=]?([шж]))",
        r"\1",
        _SOURCE,
        {
            "сшить": "ʂ ʂ ˈɨ tʲ",
            "бесш+умный": "bʲ i ʂ ʂ ˈu m n ə j",
            "п+озже": "p ˈo ʐ ʐ ə",
            "сжать": "ʐ ʐ ˈa tʲ",
        },
    ),
)


def join_seams(words: str) -> str:
    """Words with ``_`` and ``=`` between them, as they are heard where two sibilants meet."""
    for rule in RULES:
        words = rule.apply(words)
    return words
