"""The example of an augmentation of your own: copy it, change ``randomize_parameters`` and ``apply``."""

from __future__ import annotations

import random

import librosa
import numpy as np
from audiomentations.core.transforms_interface import BaseWaveformTransform
from numpy.typing import NDArray

# s; in librosa's own window, 128 ms at 16 kHz, stops and transitions are smeared out. 32 ms still resolve the
# harmonics of a low voice.
_WINDOW = 0.032


class CustomPitchShift(BaseWaveformTransform):  # type: ignore[misc]  # audiomentations has no types
    """Raises or lowers the voice without changing its speed.

    Args:
        min_semitones: the lowest shift; negative lowers.
        max_semitones: the highest shift.
        p: probability with which a recording is changed at all.

    Raises:
        ValueError: the lowest shift is above the highest.
    """

    supports_multichannel = False

    def __init__(self, min_semitones: float = -4.0, max_semitones: float = 4.0, p: float = 0.5) -> None:
        super().__init__(p)
        if min_semitones > max_semitones:
            raise ValueError(f"min_semitones {min_semitones} is above max_semitones {max_semitones}")
        self.min_semitones = min_semitones
        self.max_semitones = max_semitones

    def randomize_parameters(self, samples: NDArray[np.float32], sample_rate: int) -> None:
        """Draw for one recording whether it is changed and by how much."""
        super().randomize_parameters(samples, sample_rate)
        if self.parameters["should_apply"]:
            self.parameters["semitones"] = random.uniform(self.min_semitones, self.max_semitones)

    def apply(self, samples: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
        """Change (num_samples,) samples by what was drawn; the length stays."""
        shifted: NDArray[np.float32] = librosa.effects.pitch_shift(
            samples,
            sr=sample_rate,
            n_steps=self.parameters["semitones"],
            n_fft=round(_WINDOW * sample_rate),
        )
        return shifted
