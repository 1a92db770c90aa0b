"""A config that is saved reads back as the same config."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from config_writing import CORPUS, write_config

from phoneme_recognition.config import load_config, save_config

# Text that a careless writer leaves without quotes, and that then reads as something else.
TRICKY = [
    *("None", "null", "~", "", "true", "False", "yes", "off", "1", "-3", "1e-6", "1E5", ".5", "1.", ".inf"),
    *(
        "0x10",
        "010",
        "1_000",
        "15:30",
        "2024-10-22",
        "<<",
        "=",
        "- a",
        "a: b",
        "# no",
        "*x",
        "&x",
        "!x",
        "@x",
    ),
    *(
        " padded ",
        "two\nlines",
        "ˈa t͡ɕ",
        "'",
        '"',
        "{}",
        "[]",
        "%",
        "`",
        "a #b",
        "nan",
        "\t",
        "путь/к",
        "\x07",
    ),
]


@pytest.fixture(autouse=True)
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "corpora_for_tests.py").write_text(CORPUS)
    monkeypatch.syspath_prepend(str(tmp_path))


FULL = """\
seed_everything: 0
ckpt_path: None
audio_params: &audio {sampling_rate: 8000, padding_value: 1}
experiment: {only_weights_load: true}
model:
  pretrained_name: null
  network_config: {layers: [1, 2], nested: {0: a, 1: [b, null, 1e-6]}, class_path: none}
  optimizer: SGD
  optimizer_args: {momentum: 0.9}
  lr: 1e-3
  scheduler: MultiStepLR
  milestones: [3, 5]
data:
  <<: *audio
  num_workers: auto
  batch_seconds: 40
  dataset_classes:
    - {class_path: corpora_for_tests.Corpus, init_args: {folder: a, audio_params: *audio}}
    - {class_path: corpora_for_tests.Corpus, init_args: {folder: b, limit: 1}}
  augmentations:
    - class_path: audiomentations.OneOf
      init_args:
        transforms:
          - {class_path: audiomentations.Gain, init_args: {min_gain_db: -3}}
          - {class_path: audiomentations.BitCrush}
trainer:
  precision: '16'
  devices: [0]
  limit_val_batches: 1
  limit_test_batches: 1.0
  max_time: {hours: 3}
  callbacks:
    - {class_path: lightning.pytorch.callbacks.EarlyStopping, init_args: {monitor: val_per, min_delta: 1}}
optuna:
  search_spaces:
    model.lr: {distribution: loguniform, low: 1e-5, high: 1}
    model.gamma: {distribution: categorical, choices: [0.1, 1]}
"""


def test_round_trip_of_a_full_config(tmp_path: Path) -> None:
    config = load_config(write_config(tmp_path, FULL, dataset=False))
    save_config(config, tmp_path / "run" / "config.yaml")
    again = load_config(tmp_path / "run" / "config.yaml")
    assert again == config
    assert again.resolved() == config.resolved()
    assert type(again.trainer["limit_val_batches"]) is int
    assert type(again.trainer["limit_test_batches"]) is float
    assert again.trainer["precision"] == "16"


def test_a_saved_config_writes_every_default_out(tmp_path: Path) -> None:
    save_config(load_config(write_config(tmp_path, "")), tmp_path / "saved.yaml")
    text = (tmp_path / "saved.yaml").read_text()
    assert "\n  step_size: 2\n" in text
    assert "&" not in text and "*" not in text  # each value where it belongs, no anchors
    assert yaml.safe_load(text)["model"]["lr"] == 0.0005


def test_overrides_are_saved(tmp_path: Path) -> None:
    path = write_config(tmp_path, "model: {lr: 1e-3}\n")
    config = load_config(path, ["model.lr=1e-6", "data.dataset_classes[0].init_args.limit=0.5"])
    save_config(config, tmp_path / "saved.yaml")
    again = load_config(tmp_path / "saved.yaml")
    assert again.model.lr == 1e-6
    assert again.data.dataset_classes[0].init_args["limit"] == 0.5


def test_a_saved_config_takes_overrides_of_audio_parameters(tmp_path: Path) -> None:
    save_config(load_config(write_config(tmp_path, "")), tmp_path / "saved.yaml")
    config = load_config(tmp_path / "saved.yaml", ["audio_params.sampling_rate=8000"])
    assert config.data.dataset_classes[0].init_args["audio_params"]["sampling_rate"] == 8000


@pytest.mark.parametrize("text", TRICKY)
def test_text_stays_text(tmp_path: Path, text: str) -> None:
    path = write_config(tmp_path, "")
    path.write_text(yaml.safe_dump({"x-unused": 1}) + path.read_text())
    quoted = yaml.dump(text, default_style='"', allow_unicode=False).strip()
    config = load_config(path, [f"data.dataset_classes[0].init_args.folder={quoted}"])
    assert config.data.dataset_classes[0].init_args["folder"] == text
    save_config(config, tmp_path / "saved.yaml")
    assert load_config(tmp_path / "saved.yaml") == config


@pytest.mark.parametrize("value", [1e-6, 1e-300, 0.1, 1e20, 123456789.123, 5e-324, 1.0, 3.0e-05])
def test_floats_stay_exact(tmp_path: Path, value: float) -> None:
    config = load_config(write_config(tmp_path, ""), [f"model.lr={value!r}"])
    save_config(config, tmp_path / "saved.yaml")
    assert load_config(tmp_path / "saved.yaml").model.lr == value


def test_an_interrupted_save_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = load_config(write_config(tmp_path, ""))
    target = tmp_path / "saved.yaml"
    target.write_text("old")

    def fail(self: Path, target: Path) -> Path:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        save_config(config, target)
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir() if "saved" in path.name] == ["saved.yaml"]
