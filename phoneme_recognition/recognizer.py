"""Load a trained model, give it sound, get phonemes."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from phoneme_recognition.errors import AudioError
from phoneme_recognition.inference.hearing import Ear
from phoneme_recognition.inference.order import Hall
from phoneme_recognition.inference.sounds import Sound, read_ahead
from phoneme_recognition.models.checkpoint import read_checkpoint, rebuild, rebuild_decoder

# Seconds of audio in a batch, padding included. On two cores 5, 20 and 40 were slower than 10 or as fast; for
# a GPU nobody has measured it yet.
CPU_SECONDS = 10.0
GPU_SECONDS = 240.0


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
        network, self.vocabulary, audio_params = rebuild(loaded)
        self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self._ear = Ear(
            network.to(self.device).eval(),
            rebuild_decoder(loaded),
            device=self.device,
            sampling_rate=int(audio_params["sampling_rate"]),
            normalise=bool(audio_params["do_normalize"]),
            padding_value=float(audio_params["padding_value"]),
        )

    @property
    def sampling_rate(self) -> int:
        """In Hz: what the network listens at; recordings of any other rate are resampled."""
        return self._ear.sampling_rate

    def transcribe(self, recording: str | Path) -> Transcription:
        """Recognise one file, of any format, rate and length.

        Raises:
            AudioError: it cannot be used.
        """
        (found,) = self.transcribe_all([recording])
        if found.problem:
            raise AudioError(f"{recording}: {found.problem}")
        return found

    def transcribe_all(
        self, recordings: Iterable[str | Path], *, batch_seconds: float | None = None
    ) -> Generator[Transcription]:
        """Recognise any number of files of any length; they come in the order given.

        Recordings of like length are heard together, long ones in windows. A recording that cannot be used
        comes with its ``problem`` and without phonemes.

        Args:
            recordings: asked for one by one, some minutes of sound ahead of the results.
            batch_seconds: audio in a batch, padding included; None for what suits the device.
        """
        with closing(read_ahead(recordings, self.sampling_rate, self._ear.longest)) as sounds:
            for found in self._hall(sounds, batch_seconds):
                phonemes = self.vocabulary.decode(found.ids() or [])
                yield Transcription(found.name, found.samples / self.sampling_rate, phonemes, found.problem)

    def recognise_waveforms(self, waveforms: Sequence[NDArray[np.float32]]) -> list[list[str]]:
        """Phonemes of (num_samples,) float32 waveforms of any length at :attr:`sampling_rate`."""
        sounds = (("", Sound(waveform)) for waveform in waveforms)
        return [self.vocabulary.decode(found.ids() or []) for found in self._hall(sounds, None)]

    def _hall(self, sounds: Iterator[tuple[str, Sound | str]], batch_seconds: float | None) -> Hall:
        suits = CPU_SECONDS if self.device.type == "cpu" else GPU_SECONDS
        return Hall(sounds, self._ear, batch_seconds or suits)
