"""Augmentations of this project: one transform, one file. Yours can stand beside them."""

from custom_augmentations.background_noise import AddBackgroundNoiseWrapper
from custom_augmentations.pitch_shift import CustomPitchShift

__all__ = ["AddBackgroundNoiseWrapper", "CustomPitchShift"]
