"""From stored samples to the waveform that a network hears: scaled, augmented, normalised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phoneme_recognition.audio.augmentation import WaveformTransform, augment
from phoneme_recognition.data.collate import normalise_waveform

PCM_SCALE = 1 / 32768


@dataclass(frozen=True)
class Listener:
    """Makes waveforms.

    Attributes:
        sampling_rate: of the samples, in Hz.
        normalise: zero mean and unit variance for each utterance, over its own samples.
        padding_value: what shorter waveforms of a batch are filled with.
        transforms: waveform augmentation, before the normalisation; none for measuring.
    """

    sampling_rate: int
    normalise: bool = True
    padding_value: float = 0.0
    transforms: Sequence[WaveformTransform] = ()

    def __call__(self, pcm: NDArray[np.int16], seed: int) -> NDArray[np.float32]:
        """(num_samples,) int16 → float32, of another length where a transform changes it.

        Args:
            pcm: as the cache holds it.
            seed: decides every draw of the transforms.
        """
        samples = pcm.astype(np.float32)
        samples *= np.float32(PCM_SCALE)
        if self.transforms:
            samples = augment(samples, self.transforms, sampling_rate=self.sampling_rate, seed=seed)
        if not self.normalise:
            return samples
        # In place, but for what a transform gave back: that may be an array of its own.
        return normalise_waveform(samples, out=None if self.transforms else samples)
