"""Room on the disk and in memory."""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from phoneme_recognition.diagnosis import Diagnosis
from phoneme_recognition.preflight.survey import Survey

_GB = 1e9
_PCM_BYTES, _FLOAT_BYTES = 2, 4
# Of a GPU or a machine with other work, so much should stay free.
_COMFORTABLE = 0.8


def check_disk(
    surveys: Sequence[Survey],
    run_root: Path,
    *,
    sampling_rate: int,
    checkpoint_bytes: float,
    checkpoints: int,
) -> list[Diagnosis]:
    """Judge the space for the cache and for the checkpoints.

    Args:
        surveys: of all splits and corpora.
        run_root: where runs are kept.
        sampling_rate: of the cache, in Hz; it holds 16-bit samples.
        checkpoint_bytes: size of one checkpoint.
        checkpoints: how many are there at a time.
    """
    needs: dict[Path, float] = defaultdict(float)
    for survey in surveys:
        if not survey.cached:
            needs[survey.cache_dir] += survey.total_seconds * sampling_rate * _PCM_BYTES
    found = [
        one
        for folder, need in needs.items()
        for one in _judge_disk("data.dataset_classes", "cache", folder, need)
    ]
    return [
        *found,
        *_judge_disk("trainer.default_root_dir", "checkpoints", run_root, checkpoint_bytes * checkpoints),
    ]


def _judge_disk(path: str, what: str, folder: Path, need: float) -> Iterator[Diagnosis]:
    free = shutil.disk_usage(_existing(folder)).free
    if need > _COMFORTABLE * free:
        verb = "need" if what == "checkpoints" else "needs"
        reason = f"the {what} in {folder} {verb} about {need / _GB:.1f} GB, and {free / _GB:.1f} GB are free"
        remedy = "Make room, or choose a folder on another disk."
        yield Diagnosis("error" if need > free else "warning", path, reason, remedy)


def _existing(folder: Path) -> Path:
    """The nearest folder above that is there."""
    return next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())


def training_bytes(parameters: int, trained: int, *, optimizer_states: int) -> float:
    """Bytes of weights, gradients and the optimizer's state, in float32."""
    return _FLOAT_BYTES * (parameters + trained * (1 + optimizer_states))


def check_memory(fixed: float, activations: float, available: float, *, where: str) -> list[Diagnosis]:
    """Judge the memory of a training step.

    Args:
        fixed: bytes of weights, gradients and optimizer state.
        activations: bytes that the longest batch keeps for the backward pass, a rough estimate.
        available: bytes that can be had.
        where: ``the GPU`` or ``the machine``.
    """
    need = fixed + activations
    if need <= _COMFORTABLE * available:
        return []
    reason = (
        f"a step with the longest recordings takes about {need / _GB:.1f} GB "
        f"({fixed / _GB:.1f} for the network), and {where} has {available / _GB:.1f} GB"
    )
    remedy = (
        "Lower data.batch_size (and raise trainer.accumulate_grad_batches), leave out long recordings, or "
        "set model.network_config.gradient_checkpointing."
    )
    return [Diagnosis("warning", "data.batch_size", reason, remedy)]


def available_memory() -> float:
    """Bytes of main memory that programs may still take."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return 1024.0 * next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration, ValueError):  # no Linux
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
