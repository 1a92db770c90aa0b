"""What every source of Common Voice says of a clip, and how that becomes a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from phoneme_recognition.audio.file import AudioFile
from phoneme_recognition.data.utterance import UtteranceSource
from phoneme_recognition.errors import DataError


class Clip(NamedTuple):
    """One row of a table.

    Attributes:
        path: the clip's file as the table spells it, ``""`` where it names none.
        sentence: what was read out.
        speaker: ``client_id``, a hash of who reads, or ``""``.
        locale: its language, or ``""``.
        problem: why the row itself cannot be used, or None.
    """

    path: str
    sentence: str
    speaker: str
    locale: str
    problem: str | None = None

    @property
    def name(self) -> str:
        """The file's name without its folders: tables of the hub put some before it."""
        return self.path.rpartition("/")[2]


class Splits(NamedTuple):
    """The rows of the three splits."""

    train: list[UtteranceSource]
    val: list[UtteranceSource]
    test: list[UtteranceSource]


def make_row(clip: Clip, utterance_id: str, audio: AudioFile, problem: str | None) -> UtteranceSource:
    """A clip as a row; what is wrong with it stands in ``problem``.

    Args:
        clip: what the table says.
        utterance_id: names the row in reports.
        audio: where the sound lies.
        problem: what is wrong with the sound, or None.
    """
    text = clip.sentence.strip()
    problem = clip.problem or ("empty sentence" if not text else None) or problem
    return UtteranceSource(
        utterance_id, audio, text=text or None, speaker=clip.speaker or None, problem=problem
    )


def same_language(one: str, other: str) -> bool:
    """Whether two names of a locale differ in spelling at most: ``zh-CN``, ``zh_cn``."""
    return one.lower().replace("_", "-") == other.lower().replace("_", "-")


def check_language(place: str, clips: Sequence[Clip], language: str) -> None:
    """Look whether these clips are in the wanted language.

    Args:
        place: where they come from.
        clips: rows; a row that names no locale is taken as it is.
        language: the wanted locale.

    Raises:
        DataError: some are in another one.
    """
    others = {clip.locale for clip in clips if clip.locale and not same_language(clip.locale, language)}
    if others:
        raise DataError(
            f"{place} holds another language",
            expected=language,
            got=", ".join(sorted(others)),
            remedy="Set language in the dataset's init_args to the corpus's own name of the language",
        )
