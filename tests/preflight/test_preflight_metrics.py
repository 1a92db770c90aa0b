"""Metrics that are asked for against those that are logged."""

from __future__ import annotations

from typing import Any

import pytest

from phoneme_recognition.config import ClassEntry, Config
from phoneme_recognition.config.sections import DecodingSection, ModelSection, OptunaSection, SearchSpace
from phoneme_recognition.diagnosis import Diagnosis
from phoneme_recognition.phonemes.vocabulary import Vocabulary
from phoneme_recognition.preflight.metrics import check_metrics, logged_metrics

VOCABULARY = Vocabulary.from_phonemes(["a"])
WITH_WORDS = Vocabulary.from_phonemes(["a", "|"])


def stopping(**arguments: Any) -> ClassEntry:
    return ClassEntry("lightning.pytorch.callbacks.EarlyStopping", arguments)


def judge(*callbacks: ClassEntry, vocabulary: Vocabulary = VOCABULARY, **sections: Any) -> list[Diagnosis]:
    trainer = {"callbacks": list(callbacks), "max_epochs": 200} | sections.pop("trainer", {})
    return check_metrics(Config(trainer=trainer, **sections), vocabulary)


def places(found: list[Diagnosis]) -> list[tuple[str, str]]:
    return [(one.level, one.path) for one in found]


MONITOR = "trainer.callbacks[0].init_args.monitor"


@pytest.mark.parametrize("metric", ["val_loss", "val_per", "val_cer", "train_loss"])
def test_metrics_that_are_logged(metric: str) -> None:
    assert judge(stopping(monitor=metric)) == []


def test_a_metric_that_nothing_logs_is_an_error_that_lists_what_is() -> None:
    (found,) = judge(stopping(monitor="val_acc"))
    assert (found.level, found.path) == ("error", MONITOR)
    assert found.reason == "nothing logs 'val_acc'"
    assert found.remedy == "Choose one of train_cer, train_loss, train_per, val_cer, val_loss, val_per."


def test_a_callback_of_ones_own_may_log_anything() -> None:
    assert places(judge(stopping(monitor="val_acc"), ClassEntry("mine.Accuracy"))) == [("warning", MONITOR)]


def test_word_errors_need_a_word_boundary() -> None:
    (found,) = judge(stopping(monitor="val_wer"))
    assert "the vocabulary has no word boundary" in found.reason
    assert judge(stopping(monitor="val_wer"), vocabulary=WITH_WORDS) == []
    history = ClassEntry("phoneme_recognition.callbacks.LogMetricsCallback", {"metric_names": ["per", "wer"]})
    assert places(judge(history)) == [("advice", "trainer.callbacks[0].init_args.metric_names")]
    assert judge(history, vocabulary=WITH_WORDS) == []


def test_without_validation_nothing_of_it_is_logged() -> None:
    assert places(judge(stopping(monitor="val_per"), trainer={"limit_val_batches": 0})) == [
        ("error", MONITOR)
    ]
    checkpoint = ClassEntry("phoneme_recognition.callbacks.CustomModelCheckpoint")
    assert places(judge(checkpoint, trainer={"limit_val_batches": 0})) == [("error", MONITOR)]


def test_the_greedy_rate_is_there_beside_a_search() -> None:
    decoding = DecodingSection(method="beam")
    assert judge(stopping(monitor="val_greedy_per"), decoding=decoding) == []
    assert places(judge(stopping(monitor="val_greedy_per"))) == [("error", MONITOR)]
    assert "val_greedy_per" in logged_metrics(VOCABULARY, {}, searched=True)


def test_more_errors_are_not_better() -> None:
    assert places(judge(stopping(monitor="val_per", mode="max"))) == [("warning", MONITOR)]
    spaces = {"model.lr": SearchSpace("loguniform", 1e-5, 1e-2)}
    search = OptunaSection(direction="maximize", metric="val_per", search_spaces=spaces)
    assert places(judge(optuna=search)) == [("warning", "optuna.metric")]


def test_the_schedules_metric_counts_only_where_it_is_used() -> None:
    plateau = ModelSection(scheduler="ReduceLROnPlateau", metric_scheduler="val_acc")
    assert places(judge(model=plateau)) == [("error", "model.metric_scheduler")]
    assert judge(model=ModelSection(metric_scheduler="val_acc")) == []


def test_patience_beyond_the_end_and_masks_without_a_compact_network() -> None:
    patient = stopping(monitor="val_loss", patience=10)
    assert judge(patient, trainer={"max_epochs": 11}) == []
    assert places(judge(patient, trainer={"max_epochs": 10})) == [("advice", "trainer.callbacks[0]")]
    fading = ClassEntry("phoneme_recognition.callbacks.FadeMasks")
    assert places(judge(fading)) == [("warning", "trainer.callbacks[0]")]
    assert judge(fading, model=ModelSection(network_name="CompactCTC")) == []
