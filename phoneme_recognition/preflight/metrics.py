"""The metrics that callbacks, schedules and the search ask for, against those that a run logs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from phoneme_recognition.config import ClassEntry, Config
from phoneme_recognition.diagnosis import Diagnosis
from phoneme_recognition.models import COMPACT
from phoneme_recognition.phonemes.vocabulary import Vocabulary

# Callbacks that log nothing of their own: beside these, what is logged is known.
_SILENT = ("lightning.pytorch.callbacks.", "phoneme_recognition.callbacks.", "optuna.")
_RATES = ("per", "cer", "wer", "loss")


class Wish(NamedTuple):
    """A metric that something asks for: where that stands, its name, and what is taken for better."""

    path: str
    metric: str
    mode: str


def logged_metrics(vocabulary: Vocabulary, trainer: Mapping[str, Any], *, searched: bool) -> set[str]:
    """What a training run logs by itself.

    Args:
        vocabulary: words can be scored only where it has a word boundary.
        trainer: the section.
        searched: decoding is a search, so that the greedy rate is logged beside it.
    """
    units = ["loss", "per", "cer", *(["wer"] if vocabulary.word_boundary_id is not None else [])]
    validated = trainer.get("limit_val_batches", 1.0) != 0
    stages = ("train", "val") if validated else ("train",)
    names = {f"{stage}_{unit}" for stage in stages for unit in units} | {"train_loss_step"}
    return names | ({"val_greedy_per"} if searched and validated else set())


def check_metrics(config: Config, vocabulary: Vocabulary) -> list[Diagnosis]:
    """Judge every metric that is asked for, and what callbacks cannot do in this run."""
    known = logged_metrics(vocabulary, config.trainer, searched=config.decoding.method != "greedy")
    callbacks = _callbacks(config.trainer)
    foreign = any(not entry.class_path.startswith(_SILENT) for entry in callbacks)
    found = []
    for wish in _wishes(config, callbacks):
        if wish.metric not in known:
            found.append(_unknown(wish, known, certain=not foreign))
        elif wish.mode == "max" and wish.metric.endswith(_RATES):
            reason = f"less {wish.metric} is better, and more is asked for here"
            found.append(Diagnosis("warning", wish.path, reason, "Set it to min (minimize)."))
    for index, entry in enumerate(callbacks):
        found += _check_callback(f"trainer.callbacks[{index}]", entry, config, vocabulary)
    return found


def _unknown(wish: Wish, known: set[str], *, certain: bool) -> Diagnosis:
    reason = f"nothing logs {wish.metric!r}"
    if wish.metric.endswith("_wer") and f"{wish.metric[:-4]}_per" in known:
        reason += ": the vocabulary has no word boundary '|', so words cannot be scored"
    remedy = f"Choose one of {', '.join(sorted(known - {'train_loss_step'}))}."
    return Diagnosis("error" if certain else "warning", wish.path, reason, remedy)


def _wishes(config: Config, callbacks: list[ClassEntry]) -> Iterator[Wish]:
    for index, entry in enumerate(callbacks):
        default = "val_per" if entry.class_path.endswith(".CustomModelCheckpoint") else None
        monitor = entry.init_args.get("monitor", default)
        if isinstance(monitor, str) and entry.class_path.startswith(_SILENT):
            place = f"trainer.callbacks[{index}].init_args.monitor"
            yield Wish(place, monitor, entry.init_args.get("mode", "min"))
    if config.model.scheduler == "ReduceLROnPlateau":
        yield Wish("model.metric_scheduler", config.model.metric_scheduler, "min")
    if config.optuna is not None and config.optuna.search_spaces:
        mode = "max" if config.optuna.direction == "maximize" else "min"
        yield Wish("optuna.metric", config.optuna.metric, mode)


def _check_callback(
    path: str, entry: ClassEntry, config: Config, vocabulary: Vocabulary
) -> Iterator[Diagnosis]:
    name = entry.class_path.rpartition(".")[2]
    epochs = config.trainer.get("max_epochs")
    if name == "EarlyStopping" and isinstance(epochs, int) and epochs > 0:
        patience = entry.init_args.get("patience", 3)
        if patience * (config.trainer.get("check_val_every_n_epoch") or 1) >= epochs:
            reason = f"its patience of {patience} validations is not over before the run's {epochs} epochs"
            yield Diagnosis("advice", path, reason, "Lower patience, or leave early stopping out.")
    names = entry.init_args.get("metric_names", ()) if name == "LogMetricsCallback" else ()
    if "wer" in names and vocabulary.word_boundary_id is None:
        reason = "wer is left out: the vocabulary has no word boundary '|'"
        remedy = "Take wer out of metric_names, or add '|' to the labels and to the vocabulary."
        yield Diagnosis("advice", f"{path}.init_args.metric_names", reason, remedy)
    if name == "FadeMasks" and config.model.network_name != COMPACT:
        reason = f"FadeMasks acts on {COMPACT} alone and does nothing for {config.model.network_name}"
        yield Diagnosis("warning", path, reason, "Remove it.")


def _callbacks(trainer: Mapping[str, Any]) -> list[ClassEntry]:
    given = trainer.get("callbacks") or []
    return [
        entry for entry in (given if isinstance(given, list) else [given]) if isinstance(entry, ClassEntry)
    ]
