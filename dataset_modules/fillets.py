"""Fish Fillets NG: a game's dialogue in Czech or Dutch, from the Debian packages ``fillets-ng-data-*``.

Speakers are roles. Two fish speak most of the lines. In Czech the statues, sailors and monsters that they
meet speak too, and seven levels that came later have other voices throughout.
The game is under the GPL: it is fetched, never shipped.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple

from dataset_modules.base_dataset import BaseDataset
from dataset_modules.debian import fetch_package
from dataset_modules.labels.label import LabelError, read_text
from phoneme_recognition.audio.file import AudioFile
from phoneme_recognition.audio.reading import find_audio
from phoneme_recognition.data.utterance import UtteranceSource
from phoneme_recognition.errors import DataError

_SCRIPTS = "fillets-ng-data"
_LANGUAGES = {"cs": "Czech", "nl": "Dutch"}
_SHARE = 0.1  # of the levels, for validation and for the test
_FISH = ("small", "big", "both")
# Added to the game later. The Czech fish have other voices in them: median fundamental frequencies of 202 to
# 238 Hz (small) and 106 to 123 Hz (big), against 278 and 136 Hz in all the others. The Dutch fish have not.
_OTHER_VOICES = {"cs": {"fdto", "hanoi", "hole", "keys", "linux", "nowall", "rush"}, "nl": set[str]()}

_STRING = r'"((?:[^"\\]|\\.)*)"'
_LINE = re.compile(
    rf"^[ \t]*dialogId\(\s*{_STRING}\s*,\s*{_STRING}\s*,\s*{_STRING}\s*\)"
    rf"(?:\s*dialogStr\(\s*{_STRING}\s*\))?",
    re.MULTILINE,
)
_logger = logging.getLogger(__name__)


class _Line(NamedTuple):
    role: str | None
    text: str | None


_UNKNOWN = _Line(None, None)


class _Recording(NamedTuple):
    level: str
    group: str
    path: Path

    @property
    def key(self) -> tuple[str, str]:
        return self.level, self.path.stem

    @property
    def name(self) -> str:
        return f"{self.group}/{self.path.stem}"


class _Row(NamedTuple):
    level: str
    source: UtteranceSource


class FilletsDataset(BaseDataset):
    """Lines of a game with their texts, from which a backend of ``phonemes.g2p`` makes phonemes.

    The split is fixed. Of the levels in which the two fish have their usual voices a tenth is for validation
    and a tenth for the test, chosen by a hash of their names. What the fish meet there is trained on. Where
    the levels with other voices go, ``hold_out`` says. A model that was trained with ``speakers`` has heard
    nothing of either test.

    Args:
        cache_dir: the packages are unpacked into folders of their names there, if ``data_dir`` is not given.
        data_dir: a folder with the game's ``script`` and ``sound`` anywhere in it, e.g. both packages
            unpacked side by side, or ``/usr/share/games/fillets-ng``.
        language: ``cs`` or ``nl``.
        audio_params: taken so that the config can hand the same section to every dataset; not needed here.
        hold_out: what the test consists of. ``levels``: the two fish, in levels that were not trained on.
            ``speakers``: all that is said in the levels with other voices, of which none is trained on.

    Raises:
        DataError: the language is another one, or has no other voices to hold out.
    """

    def __init__(
        self,
        cache_dir: str | Path = "./data/cache",
        data_dir: str | Path | None = None,
        language: str = "cs",
        audio_params: Mapping[str, object] | None = None,
        hold_out: Literal["levels", "speakers"] = "levels",
    ) -> None:
        super().__init__(cache_dir)
        self.language = re.split("[-_]", language.lower())[0]
        if self.language not in _LANGUAGES:
            raise DataError(
                "the dialogue of Fish Fillets", expected="language cs (Czech) or nl (Dutch)", got=language
            )
        if hold_out not in ("levels", "speakers"):
            raise DataError("hold_out of FilletsDataset", expected="levels or speakers", got=str(hold_out))
        if hold_out == "speakers" and not _OTHER_VOICES[self.language]:
            raise DataError(
                f"no speakers to hold out: in {_LANGUAGES[self.language]} only the two fish speak",
                remedy="Set hold_out to levels, or language to cs",
            )
        self.data_dir = data_dir
        self.hold_out = hold_out

    def is_here(self) -> bool:
        """Whether the packages need not be fetched."""
        return self.data_dir is not None or all(map(_is_unpacked, self._folders))

    def load_data(self, create_dataset: bool = False) -> None:
        """Fetch the packages where they are needed and not there yet.

        Raises:
            DataError: one of them cannot be fetched.
        """
        if self.data_dir is None:
            for folder in self._folders:
                if not _is_unpacked(folder):
                    fetch_package(folder.name, folder)

    def get_train_data(self) -> Sequence[UtteranceSource]:
        """The two fish in most levels, whom they meet, and as ``hold_out`` says the other voices."""
        return self._side("train")

    def get_val_data(self) -> Sequence[UtteranceSource]:
        """The two fish in a tenth of the levels."""
        return self._side("validation")

    def get_test_data(self) -> Sequence[UtteranceSource]:
        """The two fish in another tenth of the levels, or the levels with other voices."""
        return self._side("test")

    @property
    def _folders(self) -> list[Path]:
        if self.data_dir is not None:
            return [Path(self.data_dir)]
        return [Path(self.cache_dir) / name for name in (_SCRIPTS, f"{_SCRIPTS}-{self.language}")]

    def _side(self, side: str) -> list[UtteranceSource]:
        return [row.source for row in self._rows if self._side_of(row) == side]

    def _side_of(self, row: _Row) -> str | None:
        """Where a row belongs; with held-out speakers the fish in the levels of the other test go nowhere."""
        if row.level in _OTHER_VOICES[self.language]:
            return "test" if self.hold_out == "speakers" else "train"
        if row.source.speaker not in _FISH:
            return "train"
        draw = _draw(row.level)
        if draw < _SHARE:
            return "validation"
        if draw < 2 * _SHARE:
            return "test" if self.hold_out == "levels" else None
        return "train"

    @cached_property
    def _rows(self) -> list[_Row]:
        self.load_data()
        rows = self._scan()
        if sum(row.source.text is not None for row in rows) < 3:
            raise DataError(
                f"no {_LANGUAGES[self.language]} dialogue in {' and '.join(map(str, self._folders))}",
                expected=f"script/LEVEL/dialogs_{self.language}.lua and sound/LEVEL/{self.language}/*.ogg, "
                "three lines or more",
                got=f"{len(rows)} recordings",
                remedy=f"Set data_dir to a folder with the unpacked Debian packages {_SCRIPTS} and "
                f"{_SCRIPTS}-{self.language}. Without data_dir they are fetched into cache_dir: delete what "
                "lies there in their place",
            )
        return rows

    def _scan(self) -> list[_Row]:
        lines = _read_lines(self._folders, self.language)
        recordings = [one for folder in self._folders for one in _find_recordings(folder, self.language)]
        spoken = [one for one in recordings if not _is_piece(lines.get(one.key, _UNKNOWN).text)]
        # Where levels share a line, each has a copy of the recording.
        copies = {(one.path.stem, one.path.stat().st_size): one for one in reversed(spoken)}
        once = sorted(copies.values(), key=lambda one: one.path)
        _logger.info(
            "left out: %d pieces of sentences, %d copies of recordings, %d lines that nobody speaks",
            len(recordings) - len(spoken),
            len(spoken) - len(once),
            len(lines.keys() - {one.key for one in recordings}),
        )
        return [_Row(one.group, self._source(one, lines.get(one.key, _UNKNOWN))) for one in once]

    def _source(self, recording: _Recording, line: _Line) -> UtteranceSource:
        return UtteranceSource(
            utterance_id=recording.name,
            audio=AudioFile(str(recording.path)),
            text=line.text,
            speaker=self._voice(recording.level, line.role),
            problem="no text" if line.text is None else None,
        )

    def _voice(self, level: str, role: str | None) -> str | None:
        """Who speaks: a fish with its usual voice, or a role in its level."""
        usual = role in _FISH and level not in _OTHER_VOICES[self.language]
        return role if role is None or usual else f"{level}/{role}"


def _is_unpacked(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())


def _find_recordings(folder: Path, language: str) -> list[_Recording]:
    """``sound/LEVEL/LANGUAGE/*.ogg``; lines that levels share are in ``sound/share/GROUP/LANGUAGE``."""
    found = []
    for path in find_audio(folder, (".ogg",)):
        parts = path.relative_to(folder.parent).parts
        if path.parent.name == language and "sound" in parts[:-3]:
            level = parts[parts.index("sound") + 1]
            found.append(_Recording(level, path.parent.parent.name, path))
    return found


def _read_lines(folders: Sequence[Path], language: str) -> dict[tuple[str, str], _Line]:
    """The texts by level and name, from ``script/LEVEL/*dialogs_LANGUAGE.lua``."""
    scripts = [path for folder in folders for path in sorted(folder.rglob(f"*dialogs_{language}.lua"))]
    return {
        (path.parent.name, name): _Line(font.removeprefix("font_"), _plain(text))
        for path in scripts
        for name, font, _english, text in _LINE.findall(_read_script(path))
    }


def _read_script(path: Path) -> str:
    try:
        return read_text(path)
    except LabelError as error:
        raise DataError(f"{path} cannot be used", got=str(error)) from None


def _plain(text: str) -> str:
    """A Lua string without its escapes."""
    return re.sub(r"\\(.)", r"\1", text)


def _is_piece(text: str | None) -> bool:
    """Whether it is a number or the like, of which the game makes sentences: without a text or with a gap."""
    return text is not None and ("%" in text or not text.strip())


def _draw(level: str) -> float:
    """A number in 0 … 1 that depends on the level's name alone."""
    return int.from_bytes(hashlib.sha256(level.encode()).digest()[:8], "big") / 2**64
