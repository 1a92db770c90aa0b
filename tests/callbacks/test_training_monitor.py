"""The monitor on scripted runs: each way to fail is named once, with its remedy, and kept."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import LightningModule, Trainer
from torch import Tensor, nn
from torch.utils.data import DataLoader

from phoneme_recognition.callbacks import TrainingMonitor
from phoneme_recognition.callbacks.looks import gradient_norm, longer_than_frames, main_symbol
from phoneme_recognition.callbacks.training_monitor import MONITOR_FILE
from phoneme_recognition.data.collate import Batch
from phoneme_recognition.errors import UserError
from phoneme_recognition.models.output import CTCOutput
from phoneme_recognition.phonemes.vocabulary import Vocabulary

torch.set_num_threads(1)

FRAMES, SYMBOLS = 10, 4


def batch_of(labels: Sequence[Sequence[int]]) -> Batch:
    lengths = torch.tensor([len(label) for label in labels])
    padded = nn.utils.rnn.pad_sequence([torch.tensor(label) for label in labels], batch_first=True)
    count = len(labels)
    rest = torch.zeros(count, 1, dtype=torch.int64)
    names = [f"utterance {number}" for number in range(count)]
    return Batch(names, torch.ones(count, FRAMES), lengths, padded, lengths, rest[:, 0], rest, rest[:, 0])


class Network(nn.Module):
    """Says the blank, or a different symbol at every frame."""

    def __init__(self, talks: bool) -> None:
        super().__init__()
        self.head = nn.Linear(1, SYMBOLS)
        self.talks = talks

    def forward(self, waveforms: Tensor) -> CTCOutput:
        said = torch.arange(FRAMES) % SYMBOLS if self.talks else torch.zeros(FRAMES, dtype=torch.int64)
        logits = torch.eye(SYMBOLS)[said].expand(len(waveforms), -1, -1) + 0 * self.head(torch.ones(1))
        return CTCOutput(logits, torch.full((len(waveforms),), FRAMES), logits)


class Scripted(LightningModule):
    """Gives the losses of a script."""

    def __init__(
        self, losses: Sequence[float], *, talks: bool = True, rate: float = 1e-3, dead: bool = False
    ):
        super().__init__()
        self.network = Network(talks)
        self.vocabulary = Vocabulary.from_phonemes(["a", "b"])
        self.script, self.rate, self.dead, self.step = list(losses), rate, dead, 0

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        logits = self.network(batch.waveforms).logits
        self.step += 1
        # The gradient of the head's bias is one, unless the head is dead.
        bias = self.network.head.bias.sum()
        loss: Tensor = (
            logits.sum() * 0 + (0 if self.dead else bias - bias.detach()) + self.script[self.step - 1]
        )
        return loss

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.AdamW(self.parameters(), lr=self.rate)


def run(
    module: Scripted, folder: Path, monitor: TrainingMonitor | None = None, label: Sequence[int] = (1, 2, 1)
) -> TrainingMonitor:
    monitor = monitor or TrainingMonitor(every_n_steps=5)
    batches = [batch_of([label, label])] * len(module.script)
    Trainer(
        accelerator="cpu",
        max_epochs=1,
        default_root_dir=folder,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[monitor],
    ).fit(module, DataLoader(batches, batch_size=None))  # type: ignore[arg-type]
    return monitor


def told(monitor: TrainingMonitor) -> list[tuple[str, str]]:
    return [(one.level, one.path) for one in monitor.findings]


def test_a_healthy_run_is_left_alone(tmp_path: Path) -> None:
    assert run(Scripted([9 / (1 + step / 20) for step in range(200)]), tmp_path).findings == []
    assert not (tmp_path / MONITOR_FILE).exists()


def test_nan_is_named_with_its_batch_and_ends_the_run(tmp_path: Path) -> None:
    monitor = TrainingMonitor(nan_steps=8)
    with pytest.raises(UserError, match="training has broken down: the loss is NaN since step 11") as caught:
        run(Scripted([3.0] * 10 + [math.nan] * 50, rate=0.5), tmp_path, monitor)
    assert monitor._step == 18
    assert told(monitor) == [("error", "model.lr")]
    assert "on the batch of utterance 0, utterance 1 (learning rate 0.5)" in monitor.findings[0].reason
    assert "gradient_clip_val to 1.0" in str(caught.value)


def test_a_single_nan_is_said_and_may_be_survived(tmp_path: Path) -> None:
    script = [3.0] * 10 + [math.nan] * 30
    assert told(run(Scripted(script), tmp_path, TrainingMonitor(nan_steps=0))) == [("error", "model.lr")]


def test_divergence_is_told_at_the_step_and_kept_in_the_runs_folder(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monitor = run(Scripted([9.0] * 10 + [60.0] * 60, rate=0.5), tmp_path)
    assert told(monitor) == [("error", "model.lr")]
    assert "the loss has run away" in monitor.findings[0].reason
    assert "Set model.lr between 0.0001 and 0.002" in monitor.findings[0].remedy
    (record,) = map(json.loads, (tmp_path / MONITOR_FILE).read_text(encoding="utf-8").splitlines())
    assert record["topic"] == "divergence"
    assert record["step"] in range(20, 30)
    assert record["finding"] == monitor.findings[0].to_dict()
    assert caplog.text.count("the loss has run away") == 1


def test_blanks_without_progress_are_told_after_the_patience(tmp_path: Path) -> None:
    monitor = run(
        Scripted([3.5] * 200, talks=False), tmp_path, TrainingMonitor(every_n_steps=5, blank_steps=60)
    )
    assert told(monitor) == [("warning", "model.lr")]
    assert monitor.findings[0].reason.startswith("for 60 steps the network has said nothing but blanks")


def test_blanks_with_progress_are_the_normal_beginning(tmp_path: Path) -> None:
    falling = [9.0 * 0.99**step for step in range(200)]
    monitor = run(Scripted(falling, talks=False), tmp_path, TrainingMonitor(every_n_steps=5, blank_steps=60))
    assert told(monitor) == [("advice", "trainer.max_epochs")]  # the run ended before a word was said
    assert run(Scripted(falling[:80], talks=False), tmp_path).findings == []


def test_blanks_at_a_rate_far_too_high_are_blamed_on_it(tmp_path: Path) -> None:
    falling = [9.0 * 0.99**step for step in range(100)]
    monitor = run(Scripted(falling, talks=False, rate=0.5), tmp_path)
    assert told(monitor) == [("warning", "model.lr")]
    assert "the learning rate 0.5 is too high to learn anything" in monitor.findings[0].reason


def test_blanks_over_a_frozen_encoder_are_blamed_on_it(tmp_path: Path) -> None:
    module = Scripted([3.5] * 100, talks=False)
    encoder = nn.Linear(100, 100).requires_grad_(False)
    encoder.frozen_front_end = encoder.frozen_transformer = True  # type: ignore[assignment]
    module.network.encoder = encoder
    monitor = run(module, tmp_path, TrainingMonitor(every_n_steps=5, blank_steps=60))
    assert told(monitor) == [("warning", "model.freeze_transformer")]
    assert "only the head learns (0.08% of the weights)" in monitor.findings[0].reason


def test_a_head_without_gradient_is_told(tmp_path: Path) -> None:
    monitor = run(Scripted([3.0] * 40, dead=True), tmp_path)
    assert told(monitor) == [("error", "model")]
    assert "a gradient of zero" in monitor.findings[0].reason


def test_labels_longer_than_their_frames_are_told(tmp_path: Path) -> None:
    # Eleven frames are needed for six times the same symbol; ten are there.
    monitor = run(Scripted([3.0] * 60), tmp_path, label=[1] * 6)
    assert told(monitor) == [("warning", "data.augmentations")]
    assert "100% of the utterances" in monitor.findings[0].reason


def test_a_loader_that_starves_the_device_is_told(tmp_path: Path) -> None:
    monitor = TrainingMonitor()
    times = iter(range(10_000_000))
    monitor.clock = lambda: next(times) * 0.5  # half a second between any two looks at the clock
    run(Scripted([3.0] * 60), tmp_path, monitor)
    assert [one.path for one in monitor.findings] in (["data.num_workers"], ["data.augmentations"])
    assert "of the time passes in waiting for batches" in monitor.findings[0].reason


def test_a_resumed_monitor_says_nothing_twice(tmp_path: Path) -> None:
    first = run(Scripted([9.0] * 10 + [60.0] * 60), tmp_path)
    state: dict[str, Any] = json.loads(json.dumps(first.state_dict()))
    second = TrainingMonitor(every_n_steps=5)
    second.load_state_dict(state)
    assert second.findings == first.findings
    assert second.symptoms == first.symptoms
    assert told(run(Scripted([60.0] * 60), tmp_path, second)) == [("error", "model.lr")]


def test_what_is_read_from_the_network() -> None:
    logits = torch.eye(SYMBOLS)[torch.tensor([[0, 0, 0, 2, 2, 2, 2, 2, 2, 2]])]
    assert main_symbol(CTCOutput(logits, torch.tensor([4]), logits)) == (0, 0.75)
    output = CTCOutput(logits, torch.tensor([3, 3, 2]), logits)
    assert longer_than_frames(output, batch_of([[1, 2, 1], [1, 1], [1, 1]])) == ["utterance 2"]
    head = nn.Linear(2, 1)
    assert gradient_norm(head) is None
    head.weight.grad, head.bias.grad = torch.tensor([[3.0, 0.0]]), torch.tensor([4.0])
    assert gradient_norm(head) == 5.0
