"""Fragments as users paste them: anchors, two datasets, augmentations, a search, the trainer's values."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from config_writing import DATASET, findings_of
from original_trainer import ORIGINAL_TRAINER

from phoneme_recognition.config import Config, load_config

COMMON_VOICE = "dataset_modules.common_voice.CommonVoiceDataset"
CUSTOM = "dataset_modules.custom.CustomDataset"

# The values that are put in: what the fragments came with, and others.
DATA_VALUES: list[dict[str, Any]] = [
    {"rate": 16000, "lang": '"ru"', "workers": 8, "batch": 4, "procs": 2, "create": "false", "train": 1.0},
    {"rate": 8000, "lang": "cs", "workers": 0, "batch": 16, "procs": 1, "create": "True", "train": 0.25},
    {"rate": 22050, "lang": "'pt'", "workers": 3, "batch": 1, "procs": 7, "create": "FALSE", "train": 1e-2},
]

DATA_BLOCK = """\
audio_params: &audio_params
  sampling_rate: {rate}
  padding_value: 0.0
  feature_size: 1
  return_attention_mask: False
  do_normalize: True

data:
  language: &lang {lang}
  num_workers: {workers}
  batch_size: {batch}
  num_proc: {procs}
  create_dataset: {create}
  audio_params:
    <<: *audio_params
  dataset_classes:
    - class_path: dataset_modules.common_voice.CommonVoiceDataset
      init_args:
        language: *lang
        limit_train_data: {train}
        limit_val_data: 0.5
        audio_params:
          <<: *audio_params
    - class_path: dataset_modules.custom.CustomDataset
      init_args:
        language: *lang
        data_dir: "./data/mine"
        audio_params:
          <<: *audio_params
"""

DATA_FLOW = """\
audio_params: &audio_params {{sampling_rate: {rate}, padding_value: 0.0, do_normalize: true}}
data: {{language: &lang {lang}, num_workers: {workers}, batch_size: {batch}, num_proc: {procs},
  create_dataset: {create}, audio_params: {{<<: *audio_params}},
  dataset_classes: [
    {{class_path: dataset_modules.common_voice.CommonVoiceDataset, init_args: {{language: *lang,
      limit_train_data: {train}, limit_val_data: 0.5, audio_params: {{<<: *audio_params}}}}}},
    {{class_path: dataset_modules.custom.CustomDataset, init_args: {{language: *lang,
      data_dir: ./data/mine, audio_params: *audio_params}}}}]}}
"""

AUGMENTATIONS_BLOCK = """\
data:
  augmentations:
    - class_path: audiomentations.AddGaussianNoise
      init_args:
        min_amplitude: {low}
        max_amplitude: {high}
        p: {p}
    - class_path: audiomentations.ApplyImpulseResponse
      init_args:
        p: {p}
    - class_path: custom_augmentations.CustomPitchShift
      init_args:
        min_semitones: {down}
        max_semitones: {up}
        p: {p}
"""

AUGMENTATIONS_FLOW = """\
data: {{augmentations: [
  {{class_path: audiomentations.AddGaussianNoise,
    init_args: {{min_amplitude: {low}, max_amplitude: {high}, p: {p}}}}},
  {{class_path: audiomentations.ApplyImpulseResponse, init_args: {{p: {p}}}}},
  {{class_path: custom_augmentations.CustomPitchShift,
    init_args: {{min_semitones: {down}, max_semitones: {up}, p: {p}}}}}]}}
"""

AUGMENTATION_VALUES: list[dict[str, Any]] = [
    {"low": 0.0008, "high": 0.0043, "p": 0.5, "down": -3, "up": 3},
    {"low": "1e-5", "high": 0.1, "p": 1, "down": -0.5, "up": 12},
    {"low": 0.001, "high": "1.5e-2", "p": 0.0, "down": 1, "up": 2},
]

SEARCH_BLOCK = """\
optuna:
  tune: {tune}
  n_trials: {trials}
  direction: {direction}
  metric: {metric}
  search_spaces:
    data.augmentations[0].init_args.min_amplitude:
      distribution: {kind}
      low: {low}
      high: 0.005
    data.augmentations[0].init_args.max_amplitude:
      distribution: {kind}
      low: 0.005
      high: {high}
    data.augmentations[0].init_args.p:
      distribution: uniform
      low: 0.1
      high: 0.9
"""

SEARCH_FLOW = """\
optuna: {{tune: {tune}, n_trials: {trials}, direction: {direction}, metric: {metric}, search_spaces: {{
  "data.augmentations[0].init_args.min_amplitude": {{distribution: {kind}, low: {low}, high: 0.005}},
  "data.augmentations[0].init_args.max_amplitude": {{distribution: {kind}, low: 0.005, high: {high}}},
  "data.augmentations[0].init_args.p": {{distribution: uniform, low: 0.1, high: 0.9}}}}}}
"""

SEARCH_VALUES: list[dict[str, Any]] = [
    {"tune": "True", "trials": 50, "direction": "minimize", "metric": "val_cer"}
    | {"kind": "uniform", "low": 0.0001, "high": 0.02},
    {"tune": "false", "trials": 1, "direction": '"maximize"', "metric": "'val_per'"}
    | {"kind": "loguniform", "low": "1e-6", "high": "5e-2"},
]


def loaded(folder: Path, text: str) -> Config:
    path = folder / "pasted.yaml"
    path.write_text(dedent(text), encoding="utf-8")
    assert findings_of(path) == []
    return load_config(path)


def with_dataset(text: str) -> str:
    """An ``augmentations`` fragment with a dataset beside it."""
    if "data: {augmentations" in text:
        entry = "{class_path: dataset_modules.custom.CustomDataset}"
        return text.replace("data: {", f"data: {{dataset_classes: [{entry}], ", 1)
    return text + "  dataset_classes:\n    - class_path: dataset_modules.custom.CustomDataset\n"


@pytest.mark.parametrize("text", [DATA_BLOCK, DATA_FLOW], ids=["block", "flow"])
@pytest.mark.parametrize("values", DATA_VALUES)
def test_two_datasets_that_share_anchors(tmp_path: Path, text: str, values: dict[str, Any]) -> None:
    data = loaded(tmp_path, text.format(**values)).data
    language = values["lang"].strip("\"'")
    assert (data.language, data.num_workers, data.batch_size) == (
        language,
        values["workers"],
        values["batch"],
    )
    assert (data.num_proc, data.create_dataset) == (values["procs"], values["create"] == "True")
    first, second = data.dataset_classes
    assert (first.class_path, second.class_path) == (COMMON_VOICE, CUSTOM)
    for entry in (first, second):
        assert entry.init_args["language"] == language
        assert entry.init_args["audio_params"]["sampling_rate"] == values["rate"]
    assert (first.init_args["limit_train_data"], first.init_args["limit_val_data"]) == (values["train"], 0.5)
    assert second.init_args["data_dir"] == "./data/mine"


@pytest.mark.parametrize("text", [AUGMENTATIONS_BLOCK, AUGMENTATIONS_FLOW], ids=["block", "flow"])
@pytest.mark.parametrize("values", AUGMENTATION_VALUES)
def test_augmentations_of_all_three_kinds(tmp_path: Path, text: str, values: dict[str, Any]) -> None:
    noise, room, pitch = loaded(tmp_path, with_dataset(text.format(**values))).data.augmentations
    assert noise.init_args == {
        "min_amplitude": float(values["low"]),
        "max_amplitude": float(values["high"]),
        "p": values["p"],
    }
    assert room.init_args["p"] == values["p"]
    assert (pitch.init_args["min_semitones"], pitch.init_args["max_semitones"]) == (
        values["down"],
        values["up"],
    )


@pytest.mark.parametrize("text", [SEARCH_BLOCK, SEARCH_FLOW], ids=["block", "flow"])
@pytest.mark.parametrize("values", SEARCH_VALUES)
def test_a_search_over_an_augmentation(tmp_path: Path, text: str, values: dict[str, Any]) -> None:
    augmentations = AUGMENTATIONS_BLOCK.format(**AUGMENTATION_VALUES[0])
    search = loaded(tmp_path, with_dataset(augmentations) + text.format(**values)).optuna
    assert search is not None
    assert (search.tune, search.n_trials) == (values["tune"] == "True", values["trials"])
    assert (search.direction, search.metric) == (
        values["direction"].strip('"'),
        values["metric"].strip("'"),
    )
    path = "data.augmentations[0].init_args"
    assert set(search.search_spaces) == {f"{path}.{name}" for name in ("min_amplitude", "max_amplitude", "p")}
    space = search.search_spaces[f"{path}.min_amplitude"]
    assert (space.distribution, space.low) == (values["kind"], float(values["low"]))


OTHER_VALUES = {
    "devices: [0]": "devices: [0, 1]",
    "num_nodes: 1": "num_nodes: 2",
    "callbacks: None": "callbacks: ~",
    "max_epochs: 200": "max_epochs: -1",
    "max_time: None": 'max_time: "00:12:00:00"',
    "limit_train_batches: 0.2": "limit_train_batches: 10",
    "gradient_clip_val: None": "gradient_clip_val: 0.5",
    'gradient_clip_algorithm: "norm"': "gradient_clip_algorithm: value",
    "benchmark: None": "benchmark: TRUE",
    "profiler: None": "profiler: simple",
    "precision: 16": "precision: bf16-mixed",
}


@pytest.mark.parametrize("flow", [False, True], ids=["block", "flow"])
@pytest.mark.parametrize("changes", [{}, OTHER_VALUES], ids=["word for word", "other values"])
def test_the_trainer_section(tmp_path: Path, changes: dict[str, str], flow: bool) -> None:
    text = ORIGINAL_TRAINER
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new, 1)
    if flow:
        head, *lines = [line.strip() for line in text.strip().splitlines()]
        text = f"{head} {{{', '.join(lines)}}}\n"
    trainer = loaded(
        tmp_path, text + DATASET.replace("corpora_for_tests.Corpus", CUSTOM).replace("folder", "data_dir")
    ).trainer
    assert trainer["max_epochs"] == (-1 if changes else 200)
    assert trainer["devices"] == ([0, 1] if changes else [0])
    assert trainer["callbacks"] is None
    assert trainer["logger"] is True
    assert trainer["limit_train_batches"] == (10 if changes else 0.2)
    assert trainer["benchmark"] is (True if changes else None)
