"""Load a trained model, give it sound, get phonemes."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from phoneme_recognition.audio.reading import read_audio
from phoneme_recognition.data.collate import normalise_waveform, pad_waveforms
from phoneme_recognition.errors import AudioError
from phoneme_recognition.models.checkpoint import read_checkpoint, rebuild, rebuild_decoder

logger = logging.getLogger(__name__)

BATCH_SECONDS = 120.0
# So many batches are read and sorted by length at a time.
BATCHES_AHEAD = 8


@dataclass(frozen=True)
class Transcription:
    """What was recognised in one recording.

    Attributes:
        path: the recording.
        duration: in seconds.
        phonemes: in order; empty where nothing was heard.
        problem: why the recording could not be used, or None.
    """

    path: str
    duration: float
    phonemes: list[str]
    problem: str | None = None


class Recognizer:
    """A trained phoneme recogniser, from its checkpoint and nothing else.

    Args:
        checkpoint: a checkpoint of ``train``.
        device: a torch device; null means a GPU where there is one.

    Raises:
        CheckpointError: it is missing, damaged or not of this program.

    Example:
        >>> recognizer = Recognizer("runs/mine/last.ckpt")  # doctest: +SKIP
        >>> recognizer.transcribe("hello.mp3").phonemes  # doctest: +SKIP
        ['p', 'rʲ', 'ɪ', 'vʲ', 'ˈe', 't']
    """

    def __init__(self, checkpoint: str | Path, *, device: str | torch.device | None = None) -> None:
        loaded = read_checkpoint(checkpoint)
        network, self.vocabulary, self._audio_params = rebuild(loaded)
        self._decoder = rebuild_decoder(loaded)
        self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self._network = network.to(self.device).eval()

    @property
    def sampling_rate(self) -> int:
        """In Hz: what the network listens at; recordings of any other rate are resampled."""
        return int(self._audio_params["sampling_rate"])

    def transcribe(self, recording: str | Path) -> Transcription:
        """Recognise one file, of any format and rate.

        Raises:
            AudioError: it cannot be used.
        """
        (found,) = self.transcribe_all([recording])
        if found.problem:
            raise AudioError(f"{recording}: {found.problem}")
        return found

    def transcribe_all(
        self, recordings: Iterable[str | Path], *, batch_seconds: float = BATCH_SECONDS
    ) -> Iterator[Transcription]:
        """Recognise many files, batched by length; they come in the order given.

        A recording that cannot be used comes with its ``problem`` and without phonemes.
        """
        waiting: list[tuple[str, NDArray[np.float32] | str]] = []
        seconds = 0.0
        for recording in recordings:
            waiting.append((str(recording), self._read(recording)))
            seconds += len(waiting[-1][1]) / self.sampling_rate
            if seconds > BATCHES_AHEAD * batch_seconds:
                yield from self._recognise(waiting, batch_seconds)
                waiting, seconds = [], 0.0
        yield from self._recognise(waiting, batch_seconds)

    def recognise_waveforms(self, waveforms: Sequence[NDArray[np.float32]]) -> list[list[str]]:
        """Phonemes of (num_samples,) float32 waveforms at :attr:`sampling_rate`, as one batch."""
        if self._audio_params["do_normalize"]:
            waveforms = [normalise_waveform(waveform) for waveform in waveforms]
        padded, lengths = pad_waveforms(waveforms, float(self._audio_params["padding_value"]))
        with torch.inference_mode():
            output = self._network(padded.to(self.device), lengths.to(self.device))
        return [self.vocabulary.decode(row) for row in self._decoder(output.logits, output.lengths)]

    def _read(self, recording: str | Path) -> NDArray[np.float32] | str:
        """The samples, or why there are none."""
        try:
            return read_audio(recording, self.sampling_rate)
        except AudioError as error:
            return str(error)

    def _recognise(
        self, waiting: Sequence[tuple[str, NDArray[np.float32] | str]], batch_seconds: float
    ) -> Iterator[Transcription]:
        found: dict[int, list[str]] = {}
        for batch in self._by_length([content for _, content in waiting], batch_seconds):
            waveforms = [waiting[place][1] for place in batch]
            phonemes = self.recognise_waveforms([w for w in waveforms if not isinstance(w, str)])
            found |= dict(zip(batch, phonemes, strict=True))
        for place, (path, content) in enumerate(waiting):
            if isinstance(content, str):
                yield Transcription(path, 0.0, [], problem=content)
            else:
                yield Transcription(path, len(content) / self.sampling_rate, found[place])

    def _by_length(
        self, contents: Sequence[NDArray[np.float32] | str], batch_seconds: float
    ) -> Iterator[list[int]]:
        """Places of usable recordings in batches of like length, padding counted."""
        usable = [place for place, content in enumerate(contents) if not isinstance(content, str)]
        batch: list[int] = []
        for place in sorted(usable, key=lambda place: len(contents[place])):
            if batch and (len(batch) + 1) * len(contents[place]) > batch_seconds * self.sampling_rate:
                yield batch
                batch = []
            batch.append(place)
        if batch:
            yield batch
