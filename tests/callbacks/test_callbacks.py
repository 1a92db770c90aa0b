"""The history of a run: a file that is whole at any time, and that a resumed run goes on with."""

from __future__ import annotations

import csv
from pathlib import Path

import torch
from lightning.pytorch import LightningModule, Trainer
from torch import Tensor
from torch.utils.data import DataLoader

from phoneme_recognition.callbacks import CustomModelCheckpoint, LogMetricsCallback
from phoneme_recognition.callbacks.log_metrics import HISTORY_FILE, as_csv


class Counts(LightningModule):
    """Logs the epoch's number as every metric."""

    def __init__(self, improving: bool = True) -> None:
        super().__init__()
        self.step = -1 if improving else 1
        self.layer = torch.nn.Linear(1, 1)
        self.rates = {"val_per": None, "train_per": None}

    def training_step(self, batch: Tensor, batch_idx: int) -> Tensor:
        for name in ("train_loss", "train_per"):
            self.log(name, float(self.current_epoch), on_epoch=True, on_step=False)
        return self.layer(batch).mean()  # type: ignore[no-any-return]

    def validation_step(self, batch: Tensor, batch_idx: int) -> None:
        self.log("val_loss", 10.0 + self.current_epoch)
        self.log("val_per", 5.0 + self.step * self.current_epoch)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.25)

    def train_dataloader(self) -> DataLoader[Tensor]:
        return DataLoader(torch.ones(4, 1))  # type: ignore[arg-type]

    def val_dataloader(self) -> DataLoader[Tensor]:
        return self.train_dataloader()


def run(
    folder: Path, epochs: int, checkpoint: str | None = None, *, improving: bool = True, every: int = 1
) -> LogMetricsCallback:
    folder.mkdir(exist_ok=True)
    history = LogMetricsCallback(["per"])
    trainer = Trainer(
        accelerator="cpu",
        max_epochs=epochs,
        default_root_dir=folder,
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        check_val_every_n_epoch=every,
        callbacks=[history, CustomModelCheckpoint()],
    )
    trainer.fit(Counts(improving), ckpt_path=checkpoint)
    return history


def test_every_epoch_is_a_row(tmp_path: Path) -> None:
    run(tmp_path, 3)
    with (tmp_path / HISTORY_FILE).open(encoding="utf-8") as file:
        rows = [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]
    assert rows[2] == {
        "epoch": 2.0,
        "step": 12.0,
        "lr": 0.25,
        "train_loss": 2.0,
        "train_per": 2.0,
        "val_loss": 12.0,
        "val_per": 3.0,
    }
    assert [row["epoch"] for row in rows] == [0.0, 1.0, 2.0]


def test_an_epoch_without_validation_has_no_figures_of_an_earlier_one(tmp_path: Path) -> None:
    history = run(tmp_path, 4, every=2).history
    assert [row.get("val_loss") for row in history] == [None, 11.0, None, 13.0]
    assert [row["train_loss"] for row in history] == [0.0, 1.0, 2.0, 3.0]


def test_a_resumed_run_goes_on_with_the_history(tmp_path: Path) -> None:
    run(tmp_path / "first", 2)
    resumed = run(tmp_path / "second", 4, str(tmp_path / "first" / "last.ckpt"))
    assert [row["epoch"] for row in resumed.history] == [0, 1, 2, 3]


def test_checkpoints_lie_in_the_runs_folder_and_the_best_is_kept(tmp_path: Path) -> None:
    run(tmp_path, 3)
    assert sorted(path.name for path in tmp_path.glob("*.ckpt")) == [
        "epoch=02-val_per=3.0000.ckpt",
        "last.ckpt",
    ]


def test_the_last_checkpoint_is_the_newest_not_only_the_best(tmp_path: Path) -> None:
    run(tmp_path, 3, improving=False)
    names = sorted(path.name for path in tmp_path.glob("*.ckpt"))
    assert names == ["epoch=00-val_per=5.0000.ckpt", "last.ckpt"]
    assert torch.load(tmp_path / "last.ckpt", weights_only=True)["epoch"] == 2


def test_rows_with_different_columns_make_one_table() -> None:
    assert as_csv([{"epoch": 0, "a": 1}, {"epoch": 1, "b": 2}]) == "epoch,a,b\n0,1,\n1,,2\n"
