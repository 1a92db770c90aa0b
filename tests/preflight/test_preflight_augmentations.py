"""Sounds that are not there are found before anything is made of them."""

from __future__ import annotations

from pathlib import Path

from phoneme_recognition.config import ClassEntry
from phoneme_recognition.preflight.augmentations import check_augmentations

NOISE = "custom_augmentations.AddBackgroundNoiseWrapper"


def test_missing_folders_are_named_with_their_key(tmp_path: Path) -> None:
    there, gone = str(tmp_path), str(tmp_path / "ESC-50")
    entries = [
        ClassEntry("audiomentations.AddGaussianNoise", {"p": 0.5}),
        ClassEntry(NOISE, {"sounds_path": [there, gone], "p": 0.5}),
        ClassEntry("audiomentations.ApplyImpulseResponse", {"ir_path": None}),
    ]
    (found,) = check_augmentations(entries)
    assert (found.level, found.path) == ("warning", "data.augmentations[1].init_args.sounds_path")
    assert found.reason == f"{gone} does not exist"
    assert check_augmentations([ClassEntry(NOISE, {"sounds_path": there})]) == []
