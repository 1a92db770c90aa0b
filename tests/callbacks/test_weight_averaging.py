"""The moving average of the weights: against a hand-computed recursion, and who sees which weights when."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import LightningModule, Trainer
from torch import Tensor
from torch.utils.data import DataLoader

from phoneme_recognition.callbacks import CustomModelCheckpoint, MovingAverage
from phoneme_recognition.cli import main
from phoneme_recognition.models.checkpoint import read_checkpoint


class Falling(LightningModule):
    """One weight that falls by 1 with every step, and a counter that rises by 1."""

    counter: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor(100.0))
        self.register_buffer("counter", torch.tensor(0))
        self.before_steps: list[float] = []
        self.validated: list[float] = []

    def training_step(self, batch: Tensor, batch_idx: int) -> Tensor:
        self.before_steps.append(float(self.weight.detach()))
        self.counter += 1
        return 1.0 * self.weight

    def validation_step(self, batch: Tensor, batch_idx: int) -> None:
        self.validated.append(float(self.weight))
        self.log("val_per", self.weight)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=1.0)

    def train_dataloader(self) -> DataLoader[Tensor]:
        return DataLoader(torch.ones(4, 1))  # type: ignore[arg-type]

    def val_dataloader(self) -> DataLoader[Tensor]:
        return DataLoader(torch.ones(1, 1))  # type: ignore[arg-type]


def averages(decay: float, steps: int) -> list[float]:
    """The average after each step: first the weight itself, then each n-th keeps (1 + n) / (10 + n)."""
    average, found = 99.0, [99.0]
    for number in range(1, steps):
        kept = min(decay, (1 + number) / (10 + number))
        average = kept * average + (1 - kept) * (99.0 - number)
        found.append(average)
    return found


def train(folder: Path, *, decay: float = 0.995, epochs: int = 2) -> Falling:
    module = Falling()
    engine = Trainer(
        accelerator="cpu",
        max_epochs=epochs,
        default_root_dir=folder,
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=1,
        callbacks=[MovingAverage(decay), CustomModelCheckpoint()],
    )
    engine.fit(module)
    return module


@pytest.mark.parametrize("decay", [0.995, 0.3, 0.0])
def test_validation_sees_the_average_of_the_formula(tmp_path: Path, decay: float) -> None:
    expected = averages(decay, 12)
    # The first is the sanity check before the first step.
    assert train(tmp_path, decay=decay, epochs=3).validated == pytest.approx(
        [100.0, expected[3], expected[7], expected[11]]
    )


def test_training_goes_on_with_its_own_weights_after_validation(tmp_path: Path) -> None:
    assert train(tmp_path).before_steps == [100.0 - step for step in range(8)]


def test_the_checkpoint_holds_the_average_and_what_training_needs(tmp_path: Path) -> None:
    train(tmp_path)
    checkpoint = torch.load(tmp_path / "last.ckpt", weights_only=True)
    assert float(checkpoint["state_dict"]["weight"]) == pytest.approx(averages(0.995, 8)[-1])
    assert float(checkpoint["current_model_state"]["weight"]) == 92.0
    assert int(checkpoint["averaging_state"]["n_averaged"]) == 8
    # Whole numbers are counts: half a batch means nothing.
    assert int(checkpoint["state_dict"]["counter"]) == 8


def test_after_training_the_module_holds_the_average(tmp_path: Path) -> None:
    assert float(train(tmp_path).weight.detach()) == pytest.approx(averages(0.995, 8)[-1])


AVERAGE = "{class_path: phoneme_recognition.callbacks.MovingAverage, init_args: {decay: 0.9}}"
STOP = "{class_path: stopping.StopAfterTwoEpochs}"


def run(config: Path, *overrides: str) -> dict[str, Any]:
    results = io.StringIO()
    arguments = ["train", str(config), "model.optimizer=Muon", "model.lr=0.02", "trainer.max_epochs=4"]
    assert main([*arguments, *overrides], results) == 0
    figures: dict[str, Any] = json.loads(results.getvalue().splitlines()[-1])
    return figures


def test_a_resumed_run_ends_like_one_that_was_never_stopped(
    make_quick_config: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "integration"))
    config = make_quick_config(tmp_path)
    whole = run(config, f"trainer.callbacks=[{AVERAGE}]")
    stopped = run(config, f"trainer.callbacks=[{AVERAGE}, {STOP}]")
    resumed = run(config, f"trainer.callbacks=[{AVERAGE}]", f"ckpt_path={stopped['run_dir']}/last.ckpt")
    left, right = (read_checkpoint(Path(figures["run_dir"]) / "last.ckpt") for figures in (whole, resumed))
    for part in ("state_dict", "current_model_state", "averaging_state"):
        assert left[part].keys() == right[part].keys()
        for name, value in left[part].items():
            assert torch.equal(value, right[part][name]), (part, name)
    for number, state in left["optimizer_states"][0]["state"].items():
        for name, value in state.items():
            other = right["optimizer_states"][0]["state"][number][name]
            assert torch.equal(torch.as_tensor(value), torch.as_tensor(other))
    assert (whole["val_per"], whole["val_loss"]) == (resumed["val_per"], resumed["val_loss"])
    # The average is not the weights themselves, or all of this would show nothing.
    assert any(
        not torch.equal(value, left["current_model_state"][name])
        for name, value in left["state_dict"].items()
    )
