"""Processes against cores."""

from __future__ import annotations

import os

from phoneme_recognition.diagnosis import Diagnosis

# benchmarks/input_pipeline/compare.py: 1,000 (a busy core) to 1,900 s of audio a second with
# the default augmentations.
_ONE = "one makes batches faster than a network on a CPU uses them up"


def available_cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0))


def check_workers(
    num_workers: int | str, num_proc: int, *, cores: int, augmentations: int, gpu: bool
) -> list[Diagnosis]:
    """Judge ``num_workers`` and ``num_proc``.

    Args:
        num_workers: loader processes, or ``auto``.
        num_proc: processes that decode.
        cores: that may be used.
        augmentations: how many transforms each training recording goes through.
        gpu: the network is trained on a GPU.
    """
    found = []
    if isinstance(num_workers, int) and num_workers > cores:
        reason = f"{num_workers} loader processes share {cores} cores, and take them from each other"
        reason += "" if gpu else f"; {_ONE}"
        remedy = f"Set it to auto, or to {cores} at most." if gpu else "Set it to 1."
        found.append(_about("warning", "num_workers", reason, remedy))
    elif isinstance(num_workers, int) and num_workers > 1 and not gpu:
        reason = f"{num_workers} loader processes take cores from the training; {_ONE}"
        found.append(_about("advice", "num_workers", reason, "Set it to 1."))
    if num_workers == 0 and cores > 1 and (gpu or augmentations > 2):
        load = f"{augmentations} augmentations" if augmentations > 2 else "reading"
        reason = f"{load} and training take turns in one process, with {cores} cores at hand"
        remedy = "Set it to auto." if gpu else "Set it to 1."
        found.append(_about("warning" if gpu else "advice", "num_workers", reason, remedy))
    if num_proc > cores:
        reason = f"{num_proc} processes decode on {cores} cores: no faster, and each needs memory"
        found.append(_about("advice", "num_proc", reason, f"Set it to {cores}."))
    return found


def _about(level: str, name: str, reason: str, remedy: str) -> Diagnosis:
    return Diagnosis("warning" if level == "warning" else "advice", f"data.{name}", reason, remedy)
