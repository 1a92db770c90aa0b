"""Masks that fade: how wide they are at each point of a run, resumed or not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from torch import Tensor
from torch.utils.data import DataLoader

from phoneme_recognition.callbacks import FadeMasks
from phoneme_recognition.errors import UserError
from phoneme_recognition.models.feature_augmentation import FeatureAugmentation


class Masked(LightningModule):
    """Notes how strong its masks are on each step."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(1))
        self.augmentation = FeatureAugmentation(
            stretch=0, warp=0, frequency_masks=1, frequency_width=10, time_masks=0, time_width=0
        )
        self.seen: list[float] = []

    def training_step(self, batch: Tensor, batch_idx: int) -> Tensor:
        self.seen.append(self.augmentation.mask_strength)
        return self.weight.sum()

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.1)

    def train_dataloader(self) -> DataLoader[Tensor]:
        return DataLoader(torch.ones(5, 1))  # type: ignore[arg-type]


def trainer(folder: Path, **arguments: Any) -> Trainer:
    return Trainer(
        **{"max_epochs": 2} | arguments,
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[
            FadeMasks(start=0.2, end=0.7),
            ModelCheckpoint(folder, filename="{epoch}", save_top_k=-1, every_n_epochs=1),
        ],
    )


COURSE = [1.0, 1.0, 1.0, 0.8, 0.6, 0.4, 0.2, 0.0, 0.0, 0.0]


def test_the_masks_fade_in_a_straight_line(tmp_path: Path) -> None:
    module = Masked()
    trainer(tmp_path).fit(module)
    assert module.seen == pytest.approx(COURSE)


def test_a_resumed_run_goes_on_with_the_same(tmp_path: Path) -> None:
    trainer(tmp_path).fit(Masked())
    again = Masked()
    trainer(tmp_path / "again").fit(again, ckpt_path=str(tmp_path / "epoch=0.ckpt"), weights_only=True)
    assert again.seen == pytest.approx(COURSE[5:])


def test_a_run_without_end_is_explained(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="length of the run"):
        trainer(tmp_path, max_epochs=-1).fit(Masked())


@pytest.mark.parametrize(("start", "end"), [(-0.1, 0.5), (0.6, 0.5), (0.5, 1.1)])
def test_points_outside_the_run_are_refused(start: float, end: float) -> None:
    with pytest.raises(ValueError, match="start"):
        FadeMasks(start, end)


def test_at_no_strength_nothing_is_hidden() -> None:
    module = Masked().augmentation
    features, lengths = torch.ones(1, 100, 40), torch.tensor([100])

    def hidden(strength: float) -> list[int]:
        module.mask_strength = strength
        drawn = [[torch.Generator().manual_seed(seed)] for seed in range(30)]
        return [int((module(features, lengths, draw)[0] == 0).sum()) // 100 for draw in drawn]

    assert max(hidden(1.0)) > 5
    assert 0 < max(hidden(0.5)) <= 5
    assert max(hidden(0.0)) == 0
