"""Every argument of Lightning's Trainer does in a run of ours what its name says.

Ten sentences in batches of three are four steps an epoch; two epochs where nothing else is said. What needs
a GPU or several processes is in test_machine and test_two_processes.
"""

from __future__ import annotations

import csv
import inspect
import io
import json
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from lightning.pytorch import Trainer
from probes import Probe

from phoneme_recognition.cli import main
from phoneme_recognition.data.collate import Batch
from phoneme_recognition.data.datamodule import SpeechDataModule
from phoneme_recognition.data.loader import ResumableLoader
from phoneme_recognition.models.module import PhonemeRecogniser

STOPPING = (
    "{class_path: lightning.pytorch.callbacks.EarlyStopping, "
    "init_args: {monitor: val_loss, mode: max, patience: 1}}"
)
# Threads cost more than they bring in a network this small.
torch.set_num_threads(1)
PROBE = "{class_path: probes.Probe}"
CSV = "{class_path: lightning.pytorch.loggers.CSVLogger, init_args: {save_dir: SAVE, name: csv}}"


@pytest.fixture(scope="module")
def config(make_quick_config: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = make_quick_config(tmp_path_factory.mktemp("config"))
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("dataset_modules.festvox_ru.FestvoxRuDataset", "probes.LearntClips"))
    return path


def train(config: Path, root: Path, *overrides: str, callbacks: str = PROBE) -> dict[str, Any]:
    """Figures of a run, and what the probe saw."""
    results = io.StringIO()
    arguments = [f"trainer.default_root_dir={root}", f"trainer.callbacks=[{callbacks}]"]
    assert main(["train", str(config), *arguments, *(f"trainer.{one}" for one in overrides)], results) == 0
    figures: dict[str, Any] = json.loads(results.getvalue().splitlines()[-1])
    return figures | Probe.seen


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ((), {"train": 8, "val": 8, "steps": 8, "epochs": 2, "sanity": 0, "val_at": [4, 8]}),
        (("max_epochs=3",), {"epochs": 3, "steps": 12}),
        (("max_steps=3",), {"steps": 3, "train": 3}),
        (("max_time=00:00:00:00",), {"steps": 0}),
        (("limit_train_batches=2",), {"train": 4, "steps": 4}),
        (("limit_train_batches=0.5",), {"train": 4, "steps": 4}),
        # Less than a batch is a batch: a tenth of a small corpus still trains, and is measured.
        (("limit_train_batches=0.1", "limit_val_batches=0.1"), {"train": 2, "val": 2}),
        (("limit_val_batches=2",), {"val": 4}),
        (("limit_test_batches=1",), {"utterances": 1}),
        (("overfit_batches=1",), {"train": 2, "val": 2}),
        (("val_check_interval=0.5",), {"val_at": [2, 4, 6, 8]}),
        (("val_check_interval=3", "check_val_every_n_epoch=null"), {"val_at": [3, 6]}),
        (("check_val_every_n_epoch=2",), {"val_at": [8]}),
        (("num_sanity_val_steps=2",), {"sanity": 2, "val": 8}),
        (("num_sanity_val_steps=-1",), {"sanity": 4, "val": 8}),
        (("accumulate_grad_batches=2",), {"train": 8, "steps": 4}),
        (("fast_dev_run=2",), {"train": 2, "val": 2, "checkpoint": None}),
        (("deterministic=true",), {"deterministic": True}),
        (("benchmark=true",), {"benchmark": True}),
        (("benchmark=false", "deterministic=false"), {"benchmark": False, "deterministic": False}),
        (("detect_anomaly=true",), {"anomaly": True}),
        (("detect_anomaly=false",), {"anomaly": False}),
        (("precision=64",), {"precision": "64-true"}),
        (("precision=bf16-mixed", "max_steps=1"), {"precision": "bf16-mixed"}),
        (
            ("plugins=[{class_path: lightning.pytorch.plugins.DoublePrecision}]", "precision=null"),
            {"precision": "64-true"},
        ),
        # Nothing to see on one CPU, but nothing breaks.
        (
            ("sync_batchnorm=true", "use_distributed_sampler=false", "num_nodes=1", "model_registry=mine"),
            {"steps": 8},
        ),
    ],
)
def test_effects(config: Path, tmp_path: Path, overrides: tuple[str, ...], expected: dict[str, Any]) -> None:
    seen = train(config, tmp_path, *overrides)
    assert {name: seen[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [((), 2), (("min_epochs=4",), 4), (("min_steps=11",), 3)],
)
def test_early_stopping_waits_for_the_least(
    config: Path, tmp_path: Path, overrides: tuple[str, ...], expected: int
) -> None:
    seen = train(config, tmp_path, "max_epochs=6", *overrides, callbacks=f"{PROBE}, {STOPPING}")
    assert seen["epochs"] == expected


def test_overfitting_sees_the_same_batches_in_every_epoch(config: Path, tmp_path: Path) -> None:
    rows = train(config, tmp_path, "overfit_batches=2", "max_epochs=3")["rows"]
    assert rows[:2] == rows[2:4] == rows[4:]
    usual = train(config, tmp_path, "limit_train_batches=2", "max_epochs=3")["rows"]
    assert not usual[:2] == usual[2:4] == usual[4:]


def test_gradients_are_clipped(config: Path, tmp_path: Path) -> None:
    assert train(config, tmp_path)["norm"] > 0.1
    assert train(config, tmp_path, "gradient_clip_val=0.1")["norm"] <= 0.1001
    by_value = train(config, tmp_path, "gradient_clip_val=0.001", "gradient_clip_algorithm=value")
    assert by_value["largest"] <= 0.001001
    assert by_value["norm"] > 0.0011


@pytest.mark.parametrize(("every", "entries"), [(1, 8), (3, 2)])
def test_how_often_the_log_is_written(config: Path, tmp_path: Path, every: int, entries: int) -> None:
    logger = CSV.replace("SAVE", str(tmp_path))
    train(config, tmp_path, f"log_every_n_steps={every}", f"logger=[{logger}]")
    (file,) = tmp_path.glob("csv/*/metrics.csv")
    with file.open(encoding="utf-8") as opened:
        assert sum(bool(row["train_loss_step"]) for row in csv.DictReader(opened)) == entries
    # The config's logger takes the place of the usual one.
    assert not list(tmp_path.glob("runs/*/tensorboard"))


def test_loggers(config: Path, tmp_path: Path) -> None:
    folder = Path(train(config, tmp_path, "logger=true", "max_steps=1")["run_dir"])
    logged = yaml.safe_load((folder / "tensorboard" / "hparams.yaml").read_text(encoding="utf-8"))
    assert logged["model"]["lr"] == 0.002
    folder = Path(train(config, tmp_path, "enable_autolog_hparams=false", "max_steps=1")["run_dir"])
    assert (folder / "tensorboard" / "hparams.yaml").read_text(encoding="utf-8") == "{}\n"
    folder = Path(train(config, tmp_path, "logger=false", "max_steps=1")["run_dir"])
    assert not (folder / "tensorboard").exists()


def test_checkpoints_can_be_switched_off(config: Path, tmp_path: Path) -> None:
    assert train(config, tmp_path)["checkpoint"]
    off = train(config, tmp_path, "enable_checkpointing=false")
    assert off["checkpoint"] is None
    assert not list(Path(off["run_dir"]).glob("*.ckpt"))
    assert off["test_phonemes"] == 38


def test_a_run_without_validation_ends_with_its_last_checkpoint(config: Path, tmp_path: Path) -> None:
    assert Path(train(config, tmp_path, "max_steps=2")["checkpoint"]).name == "last.ckpt"


def test_nothing_but_training(config: Path, tmp_path: Path) -> None:
    bare = train(config, tmp_path, "barebones=true", callbacks="")
    assert bare["checkpoint"] is None
    assert bare["test_phonemes"] == 38
    assert not list(Path(bare["run_dir"]).glob("tensorboard"))


@pytest.mark.parametrize("name", ["simple", "advanced"])
def test_a_profilers_report_lies_in_the_runs_folder(config: Path, tmp_path: Path, name: str) -> None:
    folder = Path(train(config, tmp_path, f"profiler={name}", "max_steps=2")["run_dir"])
    assert "run_training_batch" in (folder / "fit-profile.txt").read_text(encoding="utf-8")


def test_what_a_person_sees(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train(config, tmp_path, "max_steps=1")
    quiet = capsys.readouterr().err
    train(config, tmp_path, "max_steps=1", "enable_model_summary=true", "enable_progress_bar=true")
    shown = capsys.readouterr().err
    assert "Trainable params" in shown
    assert "Trainable params" not in quiet
    assert "Epoch 0" in shown
    assert "Epoch 0" not in quiet


def test_a_strategy_for_several_with_one_device(config: Path, tmp_path: Path) -> None:
    try:
        seen = train(config, tmp_path, "strategy=ddp", "devices=1", "accelerator=cpu")
    finally:
        torch.distributed.destroy_process_group()
    assert (seen["steps"], seen["val"], seen["test_phonemes"]) == (8, 8, 38)


def test_time_ends_a_run_without_other_end(config: Path, tmp_path: Path) -> None:
    seen = train(config, tmp_path, "max_epochs=-1", "max_time=00:00:00:02")
    assert seen["steps"] > 0
    assert seen["test_phonemes"] == 38


@pytest.mark.parametrize("mode", [True, False])
def test_how_measuring_switches_gradients_off(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: bool
) -> None:
    seen: list[tuple[bool, bool]] = []
    original = PhonemeRecogniser.test_step

    def looked_at(self: PhonemeRecogniser, batch: Batch, batch_idx: int) -> None:
        seen.append((torch.is_inference_mode_enabled(), torch.is_grad_enabled()))
        original(self, batch, batch_idx)

    monkeypatch.setattr(PhonemeRecogniser, "test_step", looked_at)
    train(config, tmp_path, "max_steps=1", f"inference_mode={str(mode).lower()}")
    assert seen == [(mode, False)]


def test_loaders_are_made_anew(config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    original = SpeechDataModule.train_dataloader

    def counted(self: SpeechDataModule) -> ResumableLoader:
        made.append("train")
        return original(self)

    monkeypatch.setattr(SpeechDataModule, "train_dataloader", counted)
    usual = train(config, tmp_path, "max_epochs=4")["rows"]
    assert len(made) == 1
    again = train(config, tmp_path, "max_epochs=4", "reload_dataloaders_every_n_epochs=2")["rows"]
    assert len(made) == 3
    assert again == usual


def test_the_root_folder(config: Path, tmp_path: Path) -> None:
    seen = train(config, tmp_path / "elsewhere", "max_steps=1")
    assert Path(seen["run_dir"]).parent == tmp_path / "elsewhere" / "runs"
    assert seen["root"] == Path(seen["run_dir"])


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        (
            "val_check_interval=9",
            "trainer.val_check_interval is 9 batches, and an epoch has 4. Set it to at most 4",
        ),
        ("devices=[0]", "trainer.devices is [0], but these are numbers of GPUs"),
        ("strategy=ddp_spawn", "Set trainer.strategy=ddp."),
    ],
)
def test_what_cannot_be_is_said(
    config: Path, tmp_path: Path, override: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    root = f"trainer.default_root_dir={tmp_path}"
    assert main(["train", str(config), root, f"trainer.{override}"], io.StringIO()) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert "Traceback" not in said


def test_no_argument_is_forgotten() -> None:
    """A new version of Lightning with a new argument asks for a test of it here."""
    tested = Path(__file__).read_text(encoding="utf-8")
    elsewhere = {"self", "callbacks", "limit_predict_batches"}
    for name in inspect.signature(Trainer).parameters:
        assert name in elsewhere or name in tested, name
