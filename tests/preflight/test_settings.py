"""Freezes, schedules, limits and processes: what the config alone shows."""

from __future__ import annotations

from typing import Any

import pytest

from phoneme_recognition.config.sections import ModelSection
from phoneme_recognition.diagnosis import Diagnosis
from phoneme_recognition.preflight.freezing import check_freezing
from phoneme_recognition.preflight.limits import check_limits
from phoneme_recognition.preflight.schedule import check_schedule
from phoneme_recognition.preflight.workers import check_workers


def levels(found: list[Diagnosis]) -> list[tuple[str, str]]:
    return [(one.level, one.path) for one in found]


def frozen(front: bool, transformer: bool, **keys: Any) -> ModelSection:
    return ModelSection(freeze_feature_extractor=front, freeze_transformer=transformer, **keys)


def test_a_frozen_random_encoder_is_named_with_both_remedies() -> None:
    (found,) = check_freezing(frozen(True, True, pretrained_name=None), from_scratch=True)
    assert (found.level, found.path) == ("warning", "model.freeze_feature_extractor")
    assert "the whole encoder is frozen: it stays random" in found.reason
    assert "model.freeze_feature_extractor and model.freeze_transformer to false" in found.remedy
    assert "pretrained" in found.remedy


def test_freezes_that_suit() -> None:
    assert check_freezing(frozen(False, False), from_scratch=True) == []
    for both in (True, False):
        assert check_freezing(frozen(True, both), from_scratch=False) == []


def test_freezes_that_do_not_suit() -> None:
    compact = check_freezing(frozen(False, True, network_name="CompactCTC"), from_scratch=True)
    assert levels(compact) == [("error", "model.freeze_transformer")]
    front_alone = check_freezing(frozen(False, True), from_scratch=False)
    assert levels(front_alone) == [("warning", "model.freeze_feature_extractor")]


@pytest.mark.parametrize(
    ("keys", "unused"),
    [
        ({}, []),
        ({"gamma": 0.5}, ["gamma"]),
        ({"scheduler": "StepLR", "gamma": 0.5, "step_size": 3}, []),
        ({"scheduler": "StepLR", "milestones": [3], "min_lr": 1e-7}, ["milestones", "min_lr"]),
        ({"scheduler": "MultiStepLR", "milestones": [3], "step_size": 3}, ["step_size"]),
        ({"scheduler": "ReduceLROnPlateau", "metric_patience": 3, "warmup_steps": 9}, ["warmup_steps"]),
        ({"scheduler": "warmup_cosine", "warmup_steps": 9, "gamma": 0.5}, ["gamma"]),
    ],
)
def test_parameters_that_the_schedule_does_not_use_are_named(keys: dict[str, Any], unused: list[str]) -> None:
    found = check_schedule(ModelSection(**keys))
    assert sorted(one.path for one in found) == sorted(f"model.{name}" for name in unused)
    assert all("so it has no effect" in one.reason for one in found)


def test_the_remedy_names_the_schedules_that_use_a_parameter() -> None:
    (found,) = check_schedule(ModelSection(milestones=[3]))
    assert found.reason.startswith("no scheduler is chosen")
    assert found.remedy == "Remove it, or set model.scheduler to MultiStepLR."


def test_schedules_that_do_not_fit_the_run() -> None:
    warm = ModelSection(scheduler="warmup_linear", warmup_steps=100)
    assert check_schedule(warm, steps=1000) == []
    assert levels(check_schedule(warm, steps=90)) == [("warning", "model.warmup_steps")]
    cold = ModelSection(scheduler="warmup_linear")
    assert levels(check_schedule(cold)) == [("advice", "model.warmup_steps")]
    flat = ModelSection(scheduler="ReduceLROnPlateau", lr=1e-6)
    assert levels(check_schedule(flat)) == [("warning", "model.min_lr")]
    late = ModelSection(scheduler="MultiStepLR", milestones=[5, 10])
    assert check_schedule(late, epochs=11) == []
    assert levels(check_schedule(late, epochs=10)) == [("warning", "model.milestones")]


def test_limits_are_said_in_per_cent_and_in_batches() -> None:
    found = check_limits({"limit_train_batches": 0.2, "limit_val_batches": 7, "limit_test_batches": 1.0})
    assert levels(found) == [
        ("advice", "trainer.limit_train_batches"),
        ("advice", "trainer.limit_val_batches"),
    ]
    assert "20%" in found[0].reason
    assert "7 batches" in found[1].reason
    assert check_limits({"max_epochs": 3}) == []


def test_a_trial_and_a_run_without_end_are_named() -> None:
    assert levels(check_limits({"fast_dev_run": True})) == [("advice", "trainer.fast_dev_run")]
    assert levels(check_limits({"overfit_batches": 2})) == [("advice", "trainer.overfit_batches")]
    assert levels(check_limits({"max_epochs": -1})) == [("advice", "trainer.max_epochs")]
    assert check_limits({"max_epochs": -1, "max_steps": 100}) == []


@pytest.mark.parametrize(
    ("workers", "proc", "augmentations", "gpu", "expected"),
    [
        (0, 2, 0, False, []),
        ("auto", 2, 7, True, []),
        (4, 2, 7, True, []),
        (1, 2, 7, False, []),
        (2, 2, 7, False, [("advice", "data.num_workers")]),
        (5, 2, 0, False, [("warning", "data.num_workers")]),
        (0, 2, 7, False, [("advice", "data.num_workers")]),
        (0, 2, 0, True, [("warning", "data.num_workers")]),
        (0, 5, 0, False, [("advice", "data.num_proc")]),
    ],
)
def test_processes_against_four_cores(
    workers: int | str, proc: int, augmentations: int, gpu: bool, expected: list[tuple[str, str]]
) -> None:
    assert levels(check_workers(workers, proc, cores=4, augmentations=augmentations, gpu=gpu)) == expected


def test_what_to_set_goes_by_what_is_fed() -> None:
    def remedy(workers: int, *, gpu: bool) -> str:
        (found,) = check_workers(workers, 2, cores=4, augmentations=7, gpu=gpu)
        return found.remedy

    assert remedy(8, gpu=True) == "Set it to auto, or to 4 at most."
    assert remedy(8, gpu=False) == remedy(2, gpu=False) == remedy(0, gpu=False) == "Set it to 1."
    assert remedy(0, gpu=True) == "Set it to auto."
