"""``auto``: numbers are found, said, kept, and a run with them is the same run."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from numpy.random import default_rng

from phoneme_recognition.config import load_config, save_config
from phoneme_recognition.errors import CheckpointError, UserError
from phoneme_recognition.preflight.learning_rate import Span
from phoneme_recognition.runs import auto
from phoneme_recognition.runs.auto import largest_fitting, settle_rate, steady_rate
from phoneme_recognition.runs.train import prepare

torch.set_num_threads(1)
MakeConfig = Callable[[Path], Path]
QUIET = ["trainer.logger=false", "trainer.enable_checkpointing=false"]


@pytest.mark.parametrize(
    ("limit", "most", "expected"), [(100, 512, 64), (10, 512, 8), (2, 512, 1), (999, 16, 16)]
)
def test_the_largest_power_of_two_with_a_quarter_to_spare(limit: int, most: int, expected: int) -> None:
    tried: list[int] = []

    def fits(size: int) -> bool:
        tried.append(size)
        return size <= limit

    assert largest_fitting(fits, most) == expected
    assert math.ceil(1.25 * expected) in tried


def test_where_nothing_fits_the_user_is_told() -> None:
    with pytest.raises(UserError, match="not even the longest utterance alone fits"):
        largest_fitting(lambda size: False, 8)


def test_the_rate_is_a_tenth_of_where_the_loss_is_lowest() -> None:
    rates = [1e-5 * 10 ** (step / 20) for step in range(100)]
    noise = default_rng(0).normal(0, 0.1, 100)
    losses = [abs(step - 70) / 10 + 3 + float(noise[step]) for step in range(100)]
    found = steady_rate(rates, losses)
    assert found is not None
    assert found == pytest.approx(rates[70] / 10, rel=0.5)
    blown_up = [*losses[:80], *[math.nan] * 20]
    assert steady_rate(rates, blown_up) == pytest.approx(found)
    assert steady_rate(rates[:3], losses[:3]) is None


def test_what_does_not_suit_is_not_taken(caplog: pytest.LogCaptureFixture) -> None:
    span = Span(1e-3, 1e-2)
    assert settle_rate(0.004321, span) == 0.0043
    assert settle_rate(0.5, span) == 0.01
    assert settle_rate(1e-5, span) == 0.001
    with caplog.at_level("WARNING"):
        assert settle_rate(None, span) == 0.0032
    assert "auto found nothing" in caplog.text


def test_a_run_with_auto_is_the_run_with_what_was_found(
    make_quick_config: MakeConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auto, "FINDER_STEPS", 12)
    path = make_quick_config(tmp_path)
    overrides = [*QUIET, "model.lr=auto", "data.batch_size=auto", "model.frame_loss=0.5"]
    found = prepare(load_config(path, overrides), 42)
    assert 1e-3 <= float(found.config.model.lr) <= 1e-2
    assert found.config.data.batch_size == 4
    again = prepare(load_config(found.run_dir / "config.yaml"), 42)
    assert again.config == found.config
    for name, value in found.module.state_dict().items():
        assert torch.equal(value, again.module.state_dict()[name]), name
    first, second = (next(iter(one.datamodule.train_dataloader())) for one in (found, again))
    assert first.utterance_ids == second.utterance_ids
    assert len(first.utterance_ids) == 4


def test_a_resumed_run_takes_the_numbers_of_the_first(make_quick_config: MakeConfig, tmp_path: Path) -> None:
    path = make_quick_config(tmp_path)
    config = load_config(path, [*QUIET, "model.lr=auto", "data.batch_size=auto"])
    checkpoint = tmp_path / "last.ckpt"
    resumed = replace(config, ckpt_path=str(checkpoint))
    nothing: Any = None
    with pytest.raises(CheckpointError, match=r"no config.yaml beside"):
        auto.settle_auto(auto.Trial(resumed, nothing, nothing, nothing, 1))
    numbers = load_config(path, ["model.lr=0.004", "data.batch_size=7"])
    save_config(numbers, tmp_path / "config.yaml")
    assert auto._settle(auto.Trial(resumed, nothing, nothing, nothing, 1), True, True) == (0.004, 7)
    given = replace(resumed, model=replace(resumed.model, lr=0.5))
    assert auto._settle(auto.Trial(given, nothing, nothing, nothing, 1), False, True) == (0.5, 7)


def test_a_batch_that_does_not_fit_is_found_out_and_the_network_stays(
    make_quick_config: MakeConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = prepare(load_config(make_quick_config(tmp_path), [*QUIET, "data.frozen_cache=false"]), 42)
    module, datamodule = found.module, found.datamodule
    trial = auto.Trial(found.config, module.network, module.vocabulary, datamodule, 42)
    before = {name: value.clone() for name, value in module.network.state_dict().items()}
    assert auto._fits(trial, 3)
    longest = datamodule.longest_batch(3)
    assert longest.lengths.tolist() == sorted(datamodule.table("train").num_samples.tolist())[:-4:-1]
    assert len(datamodule.longest_batch(25).utterance_ids) == 25

    def step(self: object, batch: object, batch_idx: int) -> None:
        raise torch.OutOfMemoryError("out of memory")

    monkeypatch.setattr(auto._Tried, "training_step", step)
    assert not auto._fits(trial, 3)
    assert all(torch.equal(value, before[name]) for name, value in module.network.state_dict().items())


def test_muon_and_a_head_of_its_own_have_no_single_rate(
    make_quick_config: MakeConfig, tmp_path: Path
) -> None:
    config = load_config(make_quick_config(tmp_path), [*QUIET, "model.lr=auto", "model.optimizer=Muon"])
    with pytest.raises(UserError, match="Muon has two"):
        prepare(config, 42)
