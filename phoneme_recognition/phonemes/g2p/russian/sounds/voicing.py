"""Voice in consonants: regressive assimilation, and loss at the end of a word.

Avanesov, §§ 56-63: an obstruent takes the voice of the obstruent after it, within a word, between a clitic
and its word, and between the words of a phrase; at the end of a word it is voiceless unless a voiced
obstruent follows. в is an obstruent itself but voices nothing before it when a vowel or a sonorant follows:
then it is passed over as if it were a sonorant.
"""

from __future__ import annotations

_PAIRS = {"b": "p", "v": "f", "ɡ": "k", "d": "t", "z": "s", "ʐ": "ʂ"}
VOICELESS_OF = _PAIRS | {
    f"{voiced}ʲ": f"{voiceless}ʲ" for voiced, voiceless in _PAIRS.items() if voiced != "ʐ"
}
VOICED_OF = {voiceless: voiced for voiced, voiceless in VOICELESS_OF.items()}
OBSTRUENTS = VOICELESS_OF.keys() | VOICED_OF.keys() | {"t͡s", "t͡ɕ", "ɕː", "x", "xʲ"}
_V = frozenset({"v", "vʲ"})


def assimilate(sounds: list[str], *, voiced_after: bool) -> list[str]:
    """Voice or devoice the obstruents of a phonological word.

    Args:
        sounds: with ``_`` between a proclitic and its word, ``=`` where a word ends inside (before an
            enclitic, between parts that a hyphen joins).
        voiced_after: a voiced obstruent follows in the same phrase.

    Returns:
        The sounds in their places.
    """
    result = list(sounds)
    # What comes after: True a voiced obstruent, False a voiceless one, None a vowel or a sonorant.
    after: bool | None = True if voiced_after else None
    ends = True
    for at in range(len(result) - 1, -1, -1):
        sound = result[at]
        if sound == "_":
            continue
        if sound == "=":
            ends = True
            continue
        if sound not in OBSTRUENTS:
            after, ends = None, False
            continue
        voice = after if after is not None else False if ends else None
        result[at] = _with_voice(sound, voice)
        # в before a vowel or a sonorant lets what follows it decide, which is nothing.
        if result[at] not in _V or after is not None:
            after = result[at] in VOICELESS_OF
        ends = False
    return result


def begins_voiced(sounds: list[str]) -> bool:
    """Whether the first sound of a phonological word, in its place, voices the obstruent before it."""
    for sound in sounds:
        if sound in _V:
            continue  # it lets what follows decide
        if sound != "_":
            return sound in VOICELESS_OF
    return False


def _with_voice(sound: str, voiced: bool | None) -> str:
    if voiced is None:
        return sound
    return (VOICED_OF if voiced else VOICELESS_OF).get(sound, sound)
