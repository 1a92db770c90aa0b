"""The learning rate is judged by what is trained, with which optimizer and schedule."""

from __future__ import annotations

from typing import Any

import pytest

from phoneme_recognition.config.sections import ModelSection
from phoneme_recognition.diagnosis import Diagnosis
from phoneme_recognition.preflight.learning_rate import check_learning_rate

HEAD = {"freeze_feature_extractor": True, "freeze_transformer": True}
TUNED = {"freeze_feature_extractor": True, "freeze_transformer": False}
COMPACT = {"network_name": "CompactCTC", "freeze_feature_extractor": False, "freeze_transformer": False}


def judge(from_scratch: bool = False, **keys: Any) -> list[Diagnosis]:
    return check_learning_rate(ModelSection(**keys), from_scratch=from_scratch)


def levels(found: list[Diagnosis]) -> list[tuple[str, str]]:
    return [(one.level, one.path) for one in found]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        # The ranges of the field, both ends included.
        ({**HEAD, "lr": 1e-3}, []),
        ({**HEAD, "lr": 1e-2}, []),
        ({**TUNED, "lr": 1e-5}, []),
        ({**TUNED, "lr": 1e-4}, []),
        # The shipped default is careful, not wrong.
        ({}, [("advice", "model.lr")]),
        ({**HEAD, "lr": 1e-4}, [("warning", "model.lr")]),
        # 0.05 only with a schedule and eyes open.
        ({**HEAD, "lr": 0.05}, [("warning", "model.lr")]),
        ({**HEAD, "lr": 0.05, "scheduler": "StepLR"}, [("advice", "model.lr")]),
        ({**HEAD, "lr": 0.06, "scheduler": "StepLR"}, [("warning", "model.lr")]),
        ({**TUNED, "lr": 5e-4}, [("warning", "model.lr")]),
        ({**TUNED, "lr": 3e-4, "scheduler": "warmup_linear"}, [("advice", "model.lr")]),
        ({**TUNED, "lr": 5e-6}, [("advice", "model.lr")]),
        ({**TUNED, "lr": 1e-6}, [("warning", "model.lr")]),
        # The head has its own rate, and nothing else learns.
        ({**HEAD, "lr": 1e-4, "head_lr": 0.01}, []),
        ({**TUNED, "lr": 1e-4, "head_lr": 0.5}, [("warning", "model.head_lr")]),
        # Other optimizers have other scales.
        ({**HEAD, "lr": 0.1, "optimizer": "SGD"}, []),
        ({**TUNED, "lr": 1e-3, "optimizer": "SGD"}, []),
        ({**TUNED, "lr": 0.02, "optimizer": "Muon"}, [("warning", "model.lr")]),
        ({**HEAD, "lr": 0.02, "optimizer": "Muon"}, [("warning", "model.optimizer")]),
    ],
)
def test_with_a_pretrained_network(keys: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert levels(judge(**keys)) == expected


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"lr": 0.002}, []),
        ({"lr": 0.01}, []),
        ({"lr": 0.02, "optimizer": "Muon", "scheduler": "warmup_linear"}, []),
        ({"lr": 0.1, "optimizer": "SGD"}, []),
        ({"lr": 0.5}, [("warning", "model.lr")]),
        ({"lr": 1e-5}, [("warning", "model.lr")]),
        ({"lr": 0.5, "optimizer": "Muon"}, [("warning", "model.lr")]),
    ],
)
def test_from_scratch(keys: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert levels(judge(from_scratch=True, **COMPACT, **keys)) == expected


def test_a_transformer_from_scratch_wants_a_warm_up() -> None:
    unfrozen = {"freeze_feature_extractor": False, "freeze_transformer": False, "lr": 5e-4}
    assert levels(judge(from_scratch=True, **unfrozen)) == [("advice", "model.scheduler")]
    assert judge(from_scratch=True, **unfrozen, scheduler="warmup_cosine", warmup_steps=100) == []


def test_a_frozen_encoder_leaves_a_head_wherever_its_weights_come_from() -> None:
    assert judge(from_scratch=True, **HEAD, lr=0.01) == []
    assert levels(judge(from_scratch=True, **HEAD, lr=0.5)) == [("warning", "model.lr")]


def test_what_is_said_names_the_rate_the_range_and_the_remedy() -> None:
    (found,) = judge(from_scratch=True, **COMPACT, lr=0.5)
    assert str(found) == (
        "model.lr: 0.5 is far too high for a small network from scratch (0.001 to 0.01 with AdamW): the loss "
        "runs away, or the network says only blanks. "
        "Set model.lr between 0.001 and 0.01, or try model.lr=auto."
    )


def test_auto_needs_one_rate_for_all_weights() -> None:
    assert judge(lr="auto") == []
    assert levels(judge(lr="auto", head_lr=0.01)) == [("error", "model.head_lr")]
    assert levels(judge(from_scratch=True, **COMPACT, lr="auto", optimizer="Muon")) == [("error", "model.lr")]
