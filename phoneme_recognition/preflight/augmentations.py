"""The folders that augmentations take sounds from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from phoneme_recognition.config import ClassEntry
from phoneme_recognition.diagnosis import Diagnosis


def check_augmentations(entries: Sequence[ClassEntry]) -> list[Diagnosis]:
    """Name the files and folders of ``data.augmentations`` that are not there.

    Like recordings that are yet to come they are a warning: the config may be right all the same.

    Args:
        entries: the augmentations; arguments that end in ``_path`` are a place or several.
    """
    found = []
    for number, entry in enumerate(entries):
        for name, value in entry.init_args.items():
            places = value if isinstance(value, list | tuple) else [value]
            missing = [str(one) for one in places if isinstance(one, str | Path) and not Path(one).exists()]
            if name.endswith("_path") and missing:
                path = f"data.augmentations[{number}].init_args.{name}"
                reason = f"{', '.join(missing)} does not exist"
                remedy = "Put the sounds there, mend the path, or take the augmentation out. "
                found.append(Diagnosis("warning", path, reason, f"{remedy}Training cannot begin before."))
    return found
