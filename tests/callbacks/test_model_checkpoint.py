"""Which checkpoints a run keeps, and what a resumed run takes over from the one before it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import LightningModule, Trainer
from torch import Tensor
from torch.utils.data import DataLoader

from phoneme_recognition.callbacks import CustomModelCheckpoint


class Scripted(LightningModule):
    """Logs the given rate in each epoch."""

    def __init__(self, rates: list[float]) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)
        self.per_epoch = rates

    def training_step(self, batch: Tensor, batch_idx: int) -> Tensor:
        return self.layer(batch).mean()  # type: ignore[no-any-return]

    def validation_step(self, batch: Tensor, batch_idx: int) -> None:
        self.log("val_per", self.per_epoch[self.current_epoch])

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.1)

    def train_dataloader(self) -> DataLoader[Tensor]:
        return DataLoader(torch.ones(3, 1))  # type: ignore[arg-type]

    def val_dataloader(self) -> DataLoader[Tensor]:
        return self.train_dataloader()


def run(
    folder: Path, rates: list[float], resumed: Path | None = None, trainer: Any = None, **arguments: Any
) -> CustomModelCheckpoint:
    """Train for as many epochs as there are rates; ``arguments`` are the callback's."""
    folder.mkdir(exist_ok=True)
    callback = CustomModelCheckpoint(**arguments)
    engine = Trainer(
        accelerator="cpu",
        max_epochs=len(rates),
        default_root_dir=folder,
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        callbacks=[callback],
        **trainer or {},
    )
    engine.fit(Scripted(rates), ckpt_path=resumed, weights_only=True)
    return callback


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.ckpt"))


def epoch_of(path: Path | str) -> int:
    return int(torch.load(path, weights_only=True)["epoch"])


BEST = "epoch=01-val_per=0.2000.ckpt"


@pytest.fixture
def first(tmp_path: Path) -> Path:
    """A run whose second of three epochs was the best."""
    run(tmp_path / "first", [0.4, 0.2, 0.3])
    assert names(tmp_path / "first") == [BEST, "last.ckpt"]
    return tmp_path / "first"


def test_a_resumed_run_that_gets_no_better_ends_with_a_copy_of_the_old_best(
    first: Path, tmp_path: Path
) -> None:
    callback = run(tmp_path / "second", [0.4, 0.2, 0.3, 0.5], first / "last.ckpt")
    assert names(tmp_path / "second") == [BEST, "last.ckpt"]
    assert (tmp_path / "second" / BEST).read_bytes() == (first / BEST).read_bytes()
    assert callback.best_model_path == str(tmp_path / "second" / BEST)
    assert float(callback.best_model_score or 0) == pytest.approx(0.2)
    assert epoch_of(tmp_path / "second" / "last.ckpt") == 3


def test_a_resumed_run_that_gets_better_replaces_its_copy_and_not_the_original(
    first: Path, tmp_path: Path
) -> None:
    callback = run(tmp_path / "second", [0.4, 0.2, 0.3, 0.1], first / "last.ckpt")
    assert names(tmp_path / "second") == ["epoch=03-val_per=0.1000.ckpt", "last.ckpt"]
    assert epoch_of(callback.best_model_path) == 3
    assert names(first) == [BEST, "last.ckpt"]


def test_where_the_old_best_is_gone_the_next_epoch_is_the_best(first: Path, tmp_path: Path) -> None:
    (first / BEST).unlink()
    callback = run(tmp_path / "second", [0.4, 0.2, 0.3, 0.5], first / "last.ckpt")
    assert names(tmp_path / "second") == ["epoch=03-val_per=0.5000.ckpt", "last.ckpt"]
    assert float(callback.best_model_score or 0) == pytest.approx(0.5)


@pytest.mark.parametrize(("mode", "expected"), [("min", [0.2, 0.3]), ("max", [0.4, 0.3])])
def test_of_several_the_best_that_is_left_counts(tmp_path: Path, mode: str, expected: list[float]) -> None:
    rates = [0.4, 0.2, 0.3]
    before = run(tmp_path / "first", rates, save_top_k=3, mode=mode)
    assert float(before.best_model_score or 0) == pytest.approx(expected[0])
    Path(before.best_model_path).unlink()
    after = run(tmp_path / "second", rates, tmp_path / "first" / "last.ckpt", save_top_k=3, mode=mode)
    assert Path(after.best_model_path).name == f"epoch=02-val_per={expected[1]:.4f}.ckpt"
    assert Path(after.best_model_path).parent == tmp_path / "second"
    assert float(after.best_model_score or 0) == pytest.approx(expected[1])


def test_the_worst_of_the_copies_makes_room_first(tmp_path: Path) -> None:
    run(tmp_path / "first", [0.4, 0.2, 0.3], save_top_k=2)
    run(tmp_path / "second", [0.4, 0.2, 0.3, 0.25], tmp_path / "first" / "last.ckpt", save_top_k=2)
    assert names(tmp_path / "second") == [BEST, "epoch=03-val_per=0.2500.ckpt", "last.ckpt"]


def test_without_a_monitored_value_the_newest_is_kept(tmp_path: Path) -> None:
    callback = run(tmp_path / "first", [0.1, 0.2], monitor=None)
    assert names(tmp_path / "first") == ["epoch=01.ckpt", "last.ckpt"]
    assert Path(callback.best_model_path).name == "epoch=01.ckpt"
    resumed = run(tmp_path / "second", [0.1, 0.2, 0.3], tmp_path / "first" / "last.ckpt", monitor=None)
    assert names(tmp_path / "second") == ["epoch=02.ckpt", "last.ckpt"]
    assert epoch_of(resumed.best_model_path) == 2


def test_a_finished_run_resumed_without_a_monitored_value_still_has_a_checkpoint(tmp_path: Path) -> None:
    run(tmp_path / "first", [0.1, 0.2], monitor=None)
    resumed = run(tmp_path / "second", [0.1, 0.2], tmp_path / "first" / "last.ckpt", monitor=None)
    assert resumed.best_model_path == str(tmp_path / "second" / "epoch=01.ckpt")
    assert epoch_of(resumed.best_model_path) == 1


def test_a_folder_of_ones_own_is_gone_on_with(tmp_path: Path) -> None:
    own = str(tmp_path / "own")
    run(tmp_path / "first", [0.4, 0.2], dirpath=own)
    run(tmp_path / "second", [0.4, 0.2, 0.3], Path(own) / "last.ckpt", dirpath=own)
    # The newest is always last.ckpt, never last-v1.ckpt beside a stale one.
    assert names(Path(own)) == [BEST, "last.ckpt"]
    assert epoch_of(Path(own) / "last.ckpt") == 2
    assert not names(tmp_path / "second")


def test_a_copy_that_breaks_off_leaves_no_checkpoint(
    first: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(source: Path, target: Path) -> None:
        Path(target).write_bytes(Path(source).read_bytes()[:100])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", break_off)
    with pytest.raises(OSError, match="No space"):
        run(tmp_path / "second", [0.4, 0.2, 0.3, 0.5], first / "last.ckpt")
    assert not names(tmp_path / "second")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"save_last": False}, [BEST]),
        ({"save_top_k": 0}, ["last.ckpt"]),
        ({"save_top_k": 0, "save_last": False}, []),
        ({"mode": "max"}, ["epoch=00-val_per=0.4000.ckpt", "last.ckpt"]),
        ({"filename": "mine-{epoch}"}, ["last.ckpt", "mine-epoch=1.ckpt"]),
        ({"every_n_epochs": 3}, ["epoch=02-val_per=0.3000.ckpt", "last.ckpt"]),
    ],
)
def test_its_arguments_decide_what_is_kept(
    tmp_path: Path, arguments: dict[str, Any], expected: list[str]
) -> None:
    run(tmp_path, [0.4, 0.2, 0.3], **arguments)
    assert names(tmp_path) == expected


def test_weights_alone_leave_the_optimizer_out(tmp_path: Path) -> None:
    run(tmp_path, [0.1], save_weights_only=True)
    assert "optimizer_states" not in torch.load(tmp_path / "last.ckpt", weights_only=True)


def test_the_last_is_as_new_as_the_last_validation(tmp_path: Path) -> None:
    run(tmp_path, [0.1, 0.2, 0.3, 0.4], trainer={"check_val_every_n_epoch": 2})
    assert epoch_of(tmp_path / "last.ckpt") == 3
