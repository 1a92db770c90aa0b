"""The mode ``check``, and the look that ``train`` takes before it begins: what a run would stumble over."""

from __future__ import annotations

import logging
import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from phoneme_recognition.config import Config
from phoneme_recognition.diagnosis import LEVELS, Diagnosis, Level
from phoneme_recognition.errors import UserError
from phoneme_recognition.phonemes.vocabulary import Vocabulary
from phoneme_recognition.preflight.activations import activation_bytes
from phoneme_recognition.preflight.augmentations import check_augmentations
from phoneme_recognition.preflight.checkpoint import check_checkpoint
from phoneme_recognition.preflight.freezing import check_freezing
from phoneme_recognition.preflight.labels import check_labels
from phoneme_recognition.preflight.learning_rate import check_learning_rate
from phoneme_recognition.preflight.limits import check_limits
from phoneme_recognition.preflight.metrics import check_metrics
from phoneme_recognition.preflight.room import available_memory, check_disk, check_memory, training_bytes
from phoneme_recognition.preflight.schedule import check_schedule
from phoneme_recognition.preflight.sketch import Sketch, sketch_network
from phoneme_recognition.preflight.splits import check_splits
from phoneme_recognition.preflight.survey import Survey, survey_corpora
from phoneme_recognition.preflight.workers import available_cores, check_workers
from phoneme_recognition.runs.build import build_corpora, build_labels, fit_batch_size, frame_counter
from phoneme_recognition.runs.machine import has_gpu, refuse_what_the_machine_lacks
from phoneme_recognition.runs.vocabulary import find_vocabulary

logger = logging.getLogger(__name__)

_COLOURS: dict[Level, str] = {"error": "bold red", "warning": "bold yellow", "advice": "cyan"}
# Values that an optimizer keeps for each weight.
_OPTIMIZER_STATES = {"AdamW": 2, "SGD": 1, "Muon": 1}


def check(config: Config) -> dict[str, Any]:
    """Look at a config, its data and this machine for a few seconds, and print what was found.

    Returns:
        How many errors, warnings and pieces of advice there are, and the findings themselves.
    """
    findings = examine(config)
    _show(findings)
    counts = Counter(finding.level for finding in findings)
    return {
        "mode": "check",
        "errors": counts["error"],
        "warnings": counts["warning"],
        "advice": counts["advice"],
        "findings": [finding.to_dict() for finding in findings],
    }


def examine(config: Config) -> list[Diagnosis]:
    """All findings about a config, the gravest first. Nothing is fetched, decoded or trained."""
    findings = _examine_settings(config)
    try:
        vocabulary = find_vocabulary(config.model.vocab_file)
        labels = build_labels(config, vocabulary)
        corpora = build_corpora(config)
    except UserError as error:
        return _sorted([*findings, _refusal("model.vocab_file, phonemes.g2p or data.dataset_classes", error)])
    sketch, broken = _sketch(config, vocabulary)
    rate = config.audio_params.sampling_rate
    surveys, missing = survey_corpora(corpora, rate)
    findings += [*broken, *missing, *check_metrics(config, vocabulary), *check_checkpoint(config, vocabulary)]
    findings += check_splits(surveys, config.data.max_skipped)
    findings += check_labels(
        surveys,
        labels,
        count_frames=None if sketch is None else frame_counter(sketch.network),
        sampling_rate=rate,
        max_skipped=config.data.max_skipped,
    )
    findings += check_schedule(config.model, steps=_steps(config, surveys), epochs=_epochs(config))
    if sketch is not None:
        findings += _examine_room(config, sketch, surveys)
    return _sorted(findings)


def report_before_training(config: Config) -> list[Diagnosis]:
    """Examine a config and say what matters before a run begins.

    Returns:
        The warnings.

    Raises:
        UserError: there are errors; all of them are named.
    """
    findings = examine(config)
    errors = [finding for finding in findings if finding.level == "error"]
    warnings = [finding for finding in findings if finding.level == "warning"]
    for finding in warnings:
        logger.warning("warning: %s", finding)
    if len(errors) == 1:
        raise UserError(f"{errors[0].path}: {errors[0].reason}", remedy=errors[0].remedy)
    if errors:
        lines = "\n".join(f"  {finding}" for finding in errors)
        raise UserError(f"{len(errors)} mistakes that the run would stumble over:\n{lines}")
    advice = len(findings) - len(warnings)
    if advice:
        logger.info("%d piece%s of advice: ./run.sh check CONFIG", advice, "" if advice == 1 else "s")
    return warnings


def _examine_settings(config: Config) -> list[Diagnosis]:
    """What the config alone shows."""
    model, data = config.model, config.data
    scratch = model.pretrained_name is None and config.ckpt_path is None
    findings = [*check_freezing(model, from_scratch=scratch), *check_limits(config.trainer)]
    if config.ckpt_path is None or config.experiment.only_weights_load:
        # A resumed run goes on with the checkpoint's rate.
        findings += check_learning_rate(model, from_scratch=scratch)
    findings += check_augmentations(data.augmentations)
    findings += check_workers(
        data.num_workers,
        data.num_proc,
        cores=available_cores(),
        augmentations=len(data.augmentations),
        gpu=has_gpu(config.trainer),
    )
    try:
        refuse_what_the_machine_lacks(config.trainer)
    except UserError as error:
        findings.append(_refusal("trainer", error))
    return findings


def _sketch(config: Config, vocabulary: Vocabulary) -> tuple[Sketch | None, list[Diagnosis]]:
    try:
        sketch = sketch_network(config.model, vocabulary, config.audio_params.sampling_rate)
    except UserError as error:
        return None, [_refusal("model", error)]
    if sketch.known:
        return sketch, []
    reason = f"{config.model.pretrained_name} is not on this machine: it has not been looked at"
    remedy = "Training fetches it from the hub; where the hub cannot be reached, name a local folder."
    return sketch, [Diagnosis("advice", "model.pretrained_name", reason, remedy)]


def _examine_room(config: Config, sketch: Sketch, surveys: Sequence[Survey]) -> list[Diagnosis]:
    model, rate = config.model, config.audio_params.sampling_rate
    total, trained = sketch.parameters(
        freeze_feature_extractor=model.freeze_feature_extractor, freeze_transformer=model.freeze_transformer
    )
    fixed = training_bytes(total, trained, optimizer_states=_OPTIMIZER_STATES[model.optimizer])
    root = Path(config.trainer.get("default_root_dir") or ".") / "runs"
    # Weights and the optimizer's state; the best, the last, and the one that is being written.
    found = check_disk(surveys, root, sampling_rate=rate, checkpoint_bytes=fixed, checkpoints=3)
    samples = _longest_batch(config, surveys) * rate
    if not samples:
        return found
    activations = activation_bytes(
        sketch.network,
        samples,
        float(frame_counter(sketch.network)(np.array([int(samples)]))[0]),
        train_front_end=not model.freeze_feature_extractor,
        train_transformer=not model.freeze_transformer,
    )
    if model.network_config.get("gradient_checkpointing"):
        return found  # keeps far less, and how much is hard to say
    gpu = has_gpu(config.trainer)
    memory = torch.cuda.get_device_properties(0).total_memory if gpu else available_memory()
    where = "the GPU" if gpu else "the machine"
    return found + check_memory(fixed, activations, float(memory), where=where)


def _longest_batch(config: Config, surveys: Sequence[Survey]) -> float:
    """Seconds of the longest batch, padding included; 0 where no duration is known."""
    longest = max(
        (float(np.nanmax(one.seconds, initial=0.0)) for one in surveys if len(one.rows)), default=0.0
    )
    if config.data.batch_seconds is not None:
        return max(longest, config.data.batch_seconds) if longest else 0.0
    return longest * fit_batch_size(config.data.batch_size)


def _steps(config: Config, surveys: Sequence[Survey]) -> int | None:
    """Optimizer steps of the whole run, roughly; None where nobody knows."""
    trainer, epochs = config.trainer, _epochs(config)
    if trainer.get("max_steps", -1) not in (None, -1):
        return int(trainer["max_steps"])
    train = [one for one in surveys if one.split == "train"]
    seconds, utterances = sum(one.total_seconds for one in train), sum(one.total for one in train)
    if epochs is None or not utterances:
        return None
    if config.data.batch_seconds is None:
        batches = math.ceil(utterances / fit_batch_size(config.data.batch_size))
    else:
        batches = math.ceil(seconds / config.data.batch_seconds)
    limit = trainer.get("limit_train_batches", 1.0)
    batches = min(batches, limit) if isinstance(limit, int) else max(1, int(batches * (limit or 1.0)))
    return epochs * math.ceil(batches / (trainer.get("accumulate_grad_batches") or 1))


def _epochs(config: Config) -> int | None:
    """Epochs of the whole run; Lightning's own default holds where nothing is said."""
    if config.trainer.get("max_epochs") is None:
        limited = config.trainer.get("max_steps", -1) != -1 or config.trainer.get("max_time")
        return None if limited else 1000
    return int(config.trainer["max_epochs"]) if config.trainer["max_epochs"] > 0 else None


def _refusal(path: str, error: UserError) -> Diagnosis:
    """An error that the run itself would end with."""
    reason = error.thing + (f": {error.got}" if error.got else "")
    expected = f"Expected {error.expected}. " if error.expected else ""
    return Diagnosis("error", path, reason, expected + error.remedy)


def _sorted(findings: Sequence[Diagnosis]) -> list[Diagnosis]:
    return sorted(dict.fromkeys(findings), key=lambda finding: LEVELS.index(finding.level))


def _show(findings: Sequence[Diagnosis]) -> None:
    """Print the findings for people, to standard error."""
    console = Console(stderr=True)
    if not findings:
        console.print("nothing to complain about", style="green", highlight=False)
        return
    table = Table(box=SIMPLE_HEAD, padding=(0, 1), show_edge=False, show_lines=False)
    table.add_column("level", no_wrap=True)
    table.add_column("what was found, and what to do", overflow="fold")
    for finding in findings:
        colour = _COLOURS[finding.level]
        table.add_row(f"[{colour}]{finding.level}[/]", _text(finding))
    console.print(table, highlight=False)


def _text(finding: Diagnosis) -> Any:
    from rich.text import Text

    text = Text()
    text.append(f"{finding.path}\n", style="bold")
    text.append(f"{finding.reason}.\n")
    text.append(f"→ {finding.remedy}", style="italic")
    return text
