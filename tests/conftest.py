"""What several tests share: real clips, a tiny network and a config that trains it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

CLIPS = Path(__file__).parent / "data" / "festvox_ru"


@pytest.fixture(scope="session")
def clips() -> Path:
    """Twelve real sentences with labels, laid out as the corpus they come from."""
    return CLIPS


@pytest.fixture(scope="session")
def make_quick_config() -> Callable[[Path], Path]:
    """Writes into a folder a config that trains a very small network on the twelve sentences."""

    def make(folder: Path) -> Path:
        path = folder / "quick.yaml"
        path.write_text(QUICK.format(cache=folder / "cache", clips=CLIPS, root=folder), encoding="utf-8")
        return path

    return make


QUICK = """
audio_params: &audio_params
  sampling_rate: 16000
model:
  network_name: CompactCTC
  pretrained_name: null
  network_config: {{channels: 16, layers: 2}}
  freeze_feature_extractor: false
  freeze_transformer: false
  lr: 0.002
data:
  <<: *audio_params
  num_workers: 0
  batch_size: 3
  num_proc: 1
  dataset_classes:
    - class_path: dataset_modules.festvox_ru.FestvoxRuDataset
      init_args:
        data_dir: {clips}
        cache_dir: {cache}
trainer:
  accelerator: cpu
  max_epochs: 2
  default_root_dir: {root}
  enable_progress_bar: false
  enable_model_summary: false
  num_sanity_val_steps: 0
"""
