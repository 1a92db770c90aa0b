"""festvox-ru: 620 read Russian sentences of one speaker, 99.5 minutes, from the Debian package of that name.

The labels are not a transcription by ear: they are a pronunciation generated from the text and then aligned
with the sound. An error rate on them says how well the dictionary pronunciation is predicted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

from dataset_modules.base_dataset import BaseDataset
from dataset_modules.debian import fetch_package
from dataset_modules.labels.label import LabelError, read_text
from dataset_modules.labels.phones import parse_festival, without_pauses
from phoneme_recognition.audio.file import AudioFile
from phoneme_recognition.audio.reading import find_audio
from phoneme_recognition.data.utterance import PhoneSegment, UtteranceSource
from phoneme_recognition.errors import DataError
from phoneme_recognition.phonemes.notations.festvox_ru import PHONES

__all__ = ["PHONES", "FestvoxRuDataset"]

_PACKAGE = "festvox-ru"
_SPEAKER = "nsh"
_TEXTS = "txt.done.data"
_TEXT_LINE = re.compile(r'\(\s*(\S+)\s+"(.*)"\s*\)')
_SHARE = 0.1  # of the sorted sentences, for validation and for the test: 62 each of the 620


class FestvoxRuDataset(BaseDataset):
    """Russian sentences with phones and their times.

    The split is fixed: sentences sorted by name, the last 62 are the test, the 62 before them the validation.
    Of a part of the corpus it is a tenth each, at least one sentence.

    Args:
        cache_dir: the package is unpacked into ``festvox-ru`` there, if ``data_dir`` is not given.
        data_dir: the unpacked package, or the folder of the voice in it (``wav``, ``lab``, ``etc``), or a
            folder with recordings, labels and ``txt.done.data`` side by side.
        language: has to be Russian.
        audio_params: taken so that the config can hand the same section to every dataset; not needed here.

    Raises:
        DataError: the language is another one.
    """

    def __init__(
        self,
        cache_dir: str | Path = "./data/cache",
        data_dir: str | Path | None = None,
        language: str = "ru",
        audio_params: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(cache_dir)
        if not language.lower().startswith("ru"):
            raise DataError("festvox-ru is a Russian corpus", expected="language ru", got=language)
        self.data_dir = data_dir

    def is_here(self) -> bool:
        """Whether the package need not be fetched."""
        return self.data_dir is not None or _find_voice(Path(self.cache_dir) / _PACKAGE) is not None

    def load_data(self, create_dataset: bool = False) -> None:
        """Fetch the package where it is needed and not there yet.

        Raises:
            DataError: it cannot be fetched, or the folder does not hold the corpus.
        """
        if self.data_dir is None:
            root = Path(self.cache_dir) / _PACKAGE
            if _find_voice(root) is None:
                fetch_package(_PACKAGE, root)
            self.data_dir = root

    def get_train_data(self) -> Sequence[UtteranceSource]:
        """The first 496 sentences."""
        return self._sources[: -2 * self._held_out]

    def get_val_data(self) -> Sequence[UtteranceSource]:
        """The 62 sentences before the last 62."""
        return self._sources[-2 * self._held_out : -self._held_out]

    def get_test_data(self) -> Sequence[UtteranceSource]:
        """The last 62 sentences."""
        return self._sources[-self._held_out :]

    @property
    def _held_out(self) -> int:
        return max(1, round(_SHARE * len(self._sources)))

    @cached_property
    def _sources(self) -> list[UtteranceSource]:
        self.load_data()
        folder = _find_voice(Path(str(self.data_dir)))
        sources = [] if folder is None else _scan(folder)
        if len(sources) < 3:
            raise DataError(
                f"no festvox-ru corpus in {self.data_dir}",
                expected=f"recordings (.wav or .flac), .lab files and {_TEXTS}, of three sentences or more",
                got=f"{len(sources)} sentences",
                remedy="Set data_dir to the unpacked Debian package festvox-ru. Without data_dir the package "
                "is fetched into cache_dir: delete what lies there in its place",
            )
        return sources


def _find_voice(root: Path) -> Path | None:
    """The folder of the voice, wherever the list of its texts is found."""
    start = root.parent if root.name in ("wav", "lab", "etc") else root
    texts = min(start.rglob(_TEXTS), default=None)
    if texts is None:
        return None
    return texts.parent.parent if texts.parent.name == "etc" else texts.parent


def _scan(folder: Path) -> list[UtteranceSource]:
    labels = {path.stem: path for path in _sub_folder(folder, "lab").glob("*.lab")}
    recordings = {path.stem: path for path in find_audio(_sub_folder(folder, "wav"), (".wav", ".flac"))}
    texts = _read_texts(_sub_folder(folder, "etc") / _TEXTS)
    return [
        _source(name, recordings.get(name, folder / f"{name}.wav"), labels.get(name), texts.get(name))
        for name in sorted(labels.keys() | recordings.keys())
    ]


def _sub_folder(folder: Path, name: str) -> Path:
    return folder / name if (folder / name).is_dir() else folder


def _read_texts(path: Path) -> dict[str, str]:
    try:
        return dict(_TEXT_LINE.findall(read_text(path)))
    except LabelError as error:
        raise DataError(f"{path} cannot be used", got=str(error)) from None


def _source(name: str, recording: Path, label: Path | None, text: str | None) -> UtteranceSource:
    segments: tuple[PhoneSegment, ...] = ()
    problem = None
    try:
        segments = _read_phones(label) if label else ()
        problem = None if label else "no label"
    except LabelError as error:
        problem = str(error)
    return UtteranceSource(
        utterance_id=name,
        audio=AudioFile(str(recording)),
        phonemes=tuple(segment.phoneme for segment in segments),
        text=text,
        speaker=_SPEAKER,
        segments=segments,
        problem=problem,
    )


def _read_phones(path: Path) -> tuple[PhoneSegment, ...]:
    segments = without_pauses(parse_festival(read_text(path)))
    unknown = sorted({segment.phoneme for segment in segments} - PHONES.keys())
    if unknown:
        raise LabelError(f"unknown phone in {path.name}: {' '.join(unknown)}")
    return tuple(segment._replace(phoneme=PHONES[segment.phoneme]) for segment in segments)
