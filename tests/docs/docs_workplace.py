"""The folder in which the examples of the documentation run: what a user would have there by then."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path

import numpy as np
import soundfile
from docs_blocks import ROOT, blocks_of
from small_checkpoint import save_small

from dataset_modules.festvox_ru import FestvoxRuDataset

MY_CONFIG = "my_config.yaml"
# A config that trains in seconds, on data/custom.
TINY = """\
model:
  network_name: CompactCTC
  pretrained_name: null
  network_config: {channels: 16, layers: 2}
  freeze_feature_extractor: false
  freeze_transformer: false
data:
  num_workers: 0
  num_proc: 1
  dataset_classes:
    - class_path: dataset_modules.custom_audio.CustomAudioDataset
      init_args: {train_val_dir: data/custom, test_dir: data/custom_test}
  augmentations:
    - class_path: audiomentations.AddGaussianNoise
trainer: {accelerator: cpu, max_epochs: 1}
"""


def make_workplace(folder: Path, clips: Path) -> None:
    """Fill a folder with real recordings and labels, a model, and the files that come with the project."""
    (folder / MY_CONFIG).write_text(TINY, encoding="utf-8")
    for shipped in ("config", "dataset_modules/tokens"):
        shutil.copytree(ROOT / shipped, folder / shipped)
    checkpoint = save_small(folder / "model.ckpt")
    for place in ("runs/mine/last.ckpt", "runs/…/epoch=….ckpt"):
        (folder / place).parent.mkdir(parents=True)
        shutil.copy(checkpoint, folder / place)
    _recordings(folder, clips)


def make_page_folder(folder: Path, workplace: Path, page: str) -> None:
    """Copy the workplace for one page and write the files that its titled blocks show."""
    shutil.copytree(workplace, folder, dirs_exist_ok=True)
    for block in blocks_of(ROOT / page):
        if block.title and not block.exempt:
            target = folder / block.title
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.text, encoding="utf-8")


@contextmanager
def inside(folder: Path) -> Iterator[None]:
    """Work in a folder whose modules can be imported; afterwards they are unknown again."""
    path, modules = list(sys.path), set(sys.modules)
    sys.path.append(str(folder))
    try:
        with chdir(folder):
            yield
    finally:
        sys.path[:] = path
        for name in set(sys.modules) - modules:
            if str(folder) in (getattr(sys.modules[name], "__file__", None) or ""):
                del sys.modules[name]


def _recordings(folder: Path, clips: Path) -> None:
    corpus = FestvoxRuDataset(data_dir=clips)
    train, test = corpus.get_train_data(), corpus.get_test_data()
    for place, sources in {"data/custom/ru": train, "data/custom_test/ru": test}.items():
        (folder / place).mkdir(parents=True)
        for source in sources:
            wav = folder / place / f"{source.utterance_id}.wav"
            soundfile.write(wav, *soundfile.read(source.audio.path))
            wav.with_suffix(".txt").write_text(source.text or "", encoding="utf-8")
    samples, rate = soundfile.read(train[0].audio.path)
    for name in ("recording.wav", "recording.flac", "recording.ogg", "recording.mp3", "folder/one.wav"):
        (folder / name).parent.mkdir(exist_ok=True)
        soundfile.write(folder / name, samples, rate)
    soundfile.write(folder / "folder/two.wav", *soundfile.read(train[1].audio.path))
    draw = np.random.default_rng(1)
    for place in ("noise", "data/ESC-50/audio"):
        (folder / place).mkdir(parents=True)
        for name in ("rain.wav", "street.wav"):
            soundfile.write(folder / place / name, draw.normal(0, 0.1, 2 * rate), rate)
