"""A phrase of stressed words → the phonemes of each."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from phoneme_recognition.phonemes.g2p.russian.sounds.letters import ALWAYS_HARD, PAIRED, to_sounds
from phoneme_recognition.phonemes.g2p.russian.sounds.respelling import respell
from phoneme_recognition.phonemes.g2p.russian.sounds.seams import join_seams
from phoneme_recognition.phonemes.g2p.russian.sounds.softness import soften
from phoneme_recognition.phonemes.g2p.russian.sounds.voicing import assimilate, begins_voiced
from phoneme_recognition.phonemes.g2p.russian.sounds.vowels import reduce_vowels
from phoneme_recognition.phonemes.g2p.russian.token import Stressed

_MEMORY = 32_768  # phonological words

Group = tuple[tuple[str, str], ...]
"""A phonological word: (word with stressed vowels as capitals, sign before it) of each of its tokens."""


def pronounce_phrase(
    words: Sequence[Stressed], hyphens: Sequence[bool], *, softness: bool = False
) -> list[tuple[str, ...]]:
    """Say the words between two pauses.

    Args:
        words: of the phrase, in order.
        hyphens: which of them a hyphen joins to the one before.
        softness: dentals are soft before soft dentals.

    Returns:
        The phonemes of each word.
    """
    spoken: list[tuple[tuple[str, ...], ...]] = []
    voiced_after = False
    for group in reversed(_groups(words, hyphens)):
        sounds, voiced = _pronounce_group(group, voiced_after, softness)
        spoken.append(sounds)
        voiced_after = voiced
    return [phonemes for group in reversed(spoken) for phonemes in group]


def _groups(words: Sequence[Stressed], hyphens: Sequence[bool]) -> list[Group]:
    """Clitics together with the word that they lean on, and the parts of a word with hyphens."""
    groups: list[list[tuple[str, str]]] = []
    leaning = False
    for word, hyphen in zip(words, hyphens, strict=True):
        spelling = mark_capitals(word)
        if leaning:
            groups[-1].append((spelling, "_"))
        elif groups and (hyphen or word.clitic < 0):
            groups[-1].append((spelling, "="))
        else:
            groups.append([(spelling, "")])
        leaning = word.clitic > 0
    return [tuple(group) for group in groups]


@lru_cache(_MEMORY)
def mark_capitals(word: Stressed) -> str:
    """A word with capitals for its stressed vowels, as ``respelling`` takes it."""
    letters = word.word
    for at in word.stresses:
        letters = letters[:at] + letters[at].upper() + letters[at + 1 :]
    return letters


@lru_cache(_MEMORY)
def _pronounce_group(
    group: Group, voiced_after: bool, softness: bool
) -> tuple[tuple[tuple[str, ...], ...], bool]:
    """The phonemes of each token, and whether the first of them voices what stands before."""
    spelling = join_seams("".join(sign + respell(word).heard for word, sign in group))
    sounds = assimilate(to_sounds(_harden_i(spelling)), voiced_after=voiced_after)
    voiced = begins_voiced(sounds)
    sounds = soften(sounds) if softness else sounds
    tokens: list[list[str]] = [[]]
    for sound in reduce_vowels(sounds):
        if sound in ("_", "="):
            tokens.append([])
        else:
            tokens[-1].append(sound)
    return tuple(map(tuple, tokens)), voiced


def _harden_i(spelling: str) -> str:
    """и after the hard consonant of a proclitic is ы (Avanesov 1984: в институт, с Ириной)."""
    for at in range(len(spelling) - 2):
        hard = spelling[at] in PAIRED or spelling[at] in ALWAYS_HARD
        if hard and spelling[at + 1] == "_" and spelling[at + 2] in "иИ":
            changed = "ы" if spelling[at + 2] == "и" else "Ы"
            spelling = spelling[: at + 2] + changed + spelling[at + 3 :]
    return spelling
