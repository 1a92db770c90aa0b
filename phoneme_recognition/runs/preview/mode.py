"""The mode ``preview``: what each augmentation does to a recording, as pictures and as sound."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from phoneme_recognition.audio.augmentation import WaveformTransform, augment
from phoneme_recognition.audio.reading import read_audio
from phoneme_recognition.config import ClassEntry, Config, instantiate
from phoneme_recognition.data.folders import build_lock, whole_folder
from phoneme_recognition.data.utterance import UtteranceSource
from phoneme_recognition.errors import AudioError, DataError, UserError
from phoneme_recognition.randomness import draw_seed
from phoneme_recognition.runs.preview.page import PAGE_FILE, write_page
from phoneme_recognition.runs.preview.pictures import draw_change, draw_overview
from phoneme_recognition.runs.preview.sounds import Example, Sound, drawn_values, settings_of

logger = logging.getLogger(__name__)

MARK_FILE = "preview.json"
OVERVIEW_FILE = "overview.png"
CHAIN_DRAWS = 3
_CONSIDERED = 30  # recordings among which a short one is looked for
_SHORT, _LONGEST = 6.0, 12.0  # s: fits a picture; what is longer is cut


def preview(config: Config, output: str | None) -> dict[str, Any]:
    """Show a training recording before and after each augmentation, and after all of them.

    Each augmentation is made to apply; all together apply as configured, with the probability of each,
    several times. Nothing is trained and no cache is built.

    Args:
        config: says which recordings and which augmentations.
        output: the folder to write; null means ``runs/preview``. An earlier preview there is replaced.

    Returns:
        The folder, its page and all its files.

    Raises:
        UserError: there are no augmentations, or the folder holds something else.
        DataError: no recording can be used.
    """
    root = Path(config.trainer.get("default_root_dir") or ".")
    folder = Path(output) if output else root / "runs" / "preview"
    entries = config.data.augmentations
    if not entries:
        raise UserError("there is nothing to show: data.augmentations is empty")
    _check_replaceable(folder)
    example = find_example(config)
    logger.info("%s, %.1f s: %d augmentations", example.path, example.duration, len(entries))
    levelled = config.audio_params.do_normalize
    sounds = make_sounds(entries, example, seed=config.seed_everything or 0, levelled=levelled)
    with build_lock(folder.parent, folder.name), whole_folder(folder, folder.parent, folder.name) as building:
        _write(building, example, sounds, levelled)
    logger.info("open %s in a browser", folder / PAGE_FILE)
    return {"mode": "preview", "folder": str(folder), **_contents(folder)}


def find_example(config: Config) -> Example:
    """A training recording of the config's datasets: the first short one, or else the shortest of the first.

    Raises:
        DataError: none can be read.
    """
    rate = config.audio_params.sampling_rate
    seen = []
    for found in islice(_usable(config.data.dataset_classes, rate), _CONSIDERED):
        seen.append(found)
        if len(found[1]) <= _SHORT * rate:
            break
    if not seen:
        raise DataError(
            "no training recording can be used", remedy="Check the folders in data.dataset_classes."
        )
    source, samples = min(seen, key=lambda found: len(found[1]))
    cut = samples[: round(_LONGEST * rate)]
    return Example(source.audio.path, cut, rate, source.segments, source.text or "")


def _usable(
    datasets: Sequence[ClassEntry], rate: int
) -> Iterator[tuple[UtteranceSource, NDArray[np.float32]]]:
    for entry in datasets:
        corpus = instantiate(entry)
        corpus.load_data()
        for source in corpus.get_train_data():
            if source.problem is None:
                try:
                    yield source, read_audio(source.audio, rate)
                except AudioError as error:
                    logger.warning("%s: %s", source.audio.path, error)


def make_sounds(entries: Sequence[ClassEntry], example: Example, *, seed: int, levelled: bool) -> list[Sound]:
    """The recording after each augmentation alone, then several times after all of them.

    Args:
        entries: the augmentations of the config.
        example: the recording.
        seed: the same gives the same sounds.
        levelled: bring every sound to the recording's loudness (RMS), as the network gets it where
            ``do_normalize`` is on.
    """

    def change(chosen: Sequence[WaveformTransform], *draw: int) -> NDArray[np.float32]:
        changed = augment(
            example.samples, chosen, sampling_rate=example.sampling_rate, seed=draw_seed(seed, *draw)
        )
        return changed * np.float32(_rms(example.samples) / (_rms(changed) or 1.0)) if levelled else changed

    transforms: list[WaveformTransform] = [instantiate(entry) for entry in entries]
    sounds = []
    for number, (entry, transform) in enumerate(zip(entries, transforms, strict=True), 1):
        with _always(transform):
            changed = change([transform], number)
        name = entry.class_path.rpartition(".")[2]
        sounds.append(
            Sound(f"{number:02d}_{name}", name, settings_of(entry), drawn_values([transform]), changed)
        )
    for number in range(1, CHAIN_DRAWS + 1):
        changed = change(transforms, 0, number)
        title = f"All together as in training, draw {number}"
        sounds.append(Sound(f"all_{number}", title, "", drawn_values(transforms, names=True), changed))
    return sounds


def _rms(samples: NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


@contextmanager
def _always(transform: Any) -> Iterator[None]:
    """Make a transform apply, with the transforms inside it; one without probability applies anyway."""
    inner = [transform, *getattr(transform, "transforms", ())]
    before = [(one, one.p) for one in inner if hasattr(one, "p")]
    for one, _ in before:
        one.p = 1.0
    try:
        yield
    finally:
        for one, p in before:
            one.p = p


def _check_replaceable(folder: Path) -> None:
    if folder.exists() and not (
        folder.is_dir() and ((folder / MARK_FILE).exists() or not any(folder.iterdir()))
    ):
        raise UserError(
            f"{folder} is there already and is no preview",
            remedy="Give another folder: ./run.sh preview CONFIG output=FOLDER.",
        )


def _write(folder: Path, example: Example, sounds: Sequence[Sound], levelled: bool) -> None:
    everything = [example.samples, *(sound.samples for sound in sounds)]
    # One factor for all, so that nothing is clipped and loudness can be compared.
    factor = min(1.0, 0.99 / max(float(np.abs(samples).max()) for samples in everything))
    for name, samples in zip(["original", *(sound.name for sound in sounds)], everything, strict=True):
        soundfile.write(folder / f"{name}.wav", samples * factor, example.sampling_rate, subtype="PCM_16")
    for sound in sounds:
        draw_change(example, sound, folder / f"{sound.name}.png")
    draw_overview(example, sounds, folder / OVERVIEW_FILE)
    write_page(folder, example, sounds, overview=OVERVIEW_FILE, levelled=levelled)
    files = sorted(path.name for path in folder.iterdir())
    mark = {"recording": example.path, "page": PAGE_FILE, "files": files}
    (folder / MARK_FILE).write_text(json.dumps(mark, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _contents(folder: Path) -> dict[str, Any]:
    mark: dict[str, Any] = json.loads((folder / MARK_FILE).read_text(encoding="utf-8"))
    return mark | {"page": str(folder / PAGE_FILE), "files": [str(folder / name) for name in mark["files"]]}
