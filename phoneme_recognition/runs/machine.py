"""What a ``trainer`` section asks for and this machine cannot give, each said in one sentence.

Lightning would say it too, later, and in the words of a library.
"""

from __future__ import annotations

import importlib.util
import logging
import os
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from phoneme_recognition.config import ClassEntry
from phoneme_recognition.errors import UserError
from phoneme_recognition.processes import place

logger = logging.getLogger(__name__)

ACCELERATORS = ("auto", "cpu", "gpu", "cuda", "mps", "tpu")
STRATEGIES = (
    *("auto", "ddp", "ddp_find_unused_parameters_true", "ddp_find_unused_parameters_false"),
    *("fsdp", "fsdp_cpu_offload", "deepspeed", "deepspeed_stage_1", "deepspeed_stage_2", "deepspeed_stage_3"),
    *("deepspeed_stage_2_offload", "deepspeed_stage_3_offload", "deepspeed_stage_3_offload_nvme"),
    *("single_device", "single_xla", "single_tpu", "xla", "xla_debug"),
)
# They copy the running process, as a notebook needs it; a command is started once for each device instead.
_COPYING = ("spawn", "fork", "notebook")
_SIXTEEN_BITS = ("16", "16-true", "16-mixed")
_ALL = ("auto", "-1", "None")


def has_gpu(section: Mapping[str, Any]) -> bool:
    """Whether the section lets the run use a GPU that PyTorch sees."""
    if (section.get("accelerator") or "auto") not in ("auto", "gpu", "cuda"):
        return False
    import torch

    return torch.cuda.is_available()


def precision_of(section: Mapping[str, Any]) -> Any:
    """The section's precision, ``auto`` decided: 16-mixed on a GPU, 32-true elsewhere."""
    precision = section.get("precision")
    if precision in (None, "auto"):
        return "16-mixed" if precision and has_gpu(section) else "32-true"
    known = {"16": "16-mixed", "bf16": "bf16-mixed", "32": "32-true", "64": "64-true"}
    return known.get(str(precision), str(precision))


def refuse_what_the_machine_lacks(section: Mapping[str, Any]) -> None:
    """Say in one sentence what the ``trainer`` section asks for and this machine cannot give.

    Raises:
        UserError: an accelerator that is not there, 16-bit floats on a CPU, more devices than there are, a
            strategy that is unknown or needs GPUs, several machines that nobody has started.
    """
    _check_accelerator(section)
    gpu = has_gpu(section)
    _check_precision(section, gpu)
    _check_devices(section.get("devices", "auto"), gpu)
    _check_strategy(section, gpu)
    _check_launch(section)


def _check_accelerator(section: Mapping[str, Any]) -> None:
    accelerator = section.get("accelerator") or "auto"
    if not isinstance(accelerator, str):
        return
    if accelerator not in ACCELERATORS:
        raise UserError(
            f"trainer.accelerator is {accelerator!r}",
            expected=f"one of {', '.join(ACCELERATORS)}",
            remedy=_did_you_mean(accelerator, ACCELERATORS),
        )
    if accelerator in ("gpu", "cuda") and not has_gpu(section):
        lacking = "PyTorch sees no GPU on this machine"
    elif accelerator == "tpu" and importlib.util.find_spec("torch_xla") is None:
        lacking = "this machine has no TPU (package torch_xla)"
    elif accelerator == "mps" and not _has_mps():
        lacking = "this machine has no Apple GPU"
    else:
        return
    raise UserError(
        f"trainer.accelerator is {accelerator!r}, but {lacking}",
        remedy="Set trainer.accelerator=auto (or cpu).",
    )


def _has_mps() -> bool:
    import torch

    return torch.backends.mps.is_available()


def _check_precision(section: Mapping[str, Any], gpu: bool) -> None:
    precision = str(section.get("precision"))
    if precision in _SIXTEEN_BITS and not gpu:
        raise UserError(
            f"trainer.precision is {section['precision']!r}, but 16-bit floats need a GPU",
            remedy="Set trainer.precision=auto (or 32).",
        )
    if precision.startswith("bf16") and not gpu:
        logger.warning(
            "trainer.precision is %s: on most CPUs this is slower than 32, and no more exact", precision
        )


def _check_devices(devices: Any, gpu: bool) -> None:
    if str(devices) in _ALL:
        return
    if not gpu:
        _check_processes(devices)
        return
    import torch

    number = torch.cuda.device_count()
    known = ", ".join(map(str, range(number)))
    parts = _listed(devices)
    if parts is None:
        if not _is_count(devices):
            raise _bad_devices(devices, "a number of GPUs, a list of their indices, or auto")
        if int(devices) > number:
            raise UserError(
                f"trainer.devices is {devices}, but PyTorch sees {number} GPU{'s' * (number != 1)}",
                remedy=f"Set trainer.devices={number} (or auto).",
            )
        return
    missing = [str(part) for part in parts if not str(part).strip().isdigit() or int(part) >= number]
    if missing or not parts:
        raise UserError(
            f"trainer.devices is {devices!r}, but the GPUs of this machine are {known}",
            remedy="Set trainer.devices=auto, or name some of these.",
        )


def _check_processes(devices: Any) -> None:
    """On a CPU, ``devices`` is a number of processes."""
    if _listed(devices) is not None:
        raise UserError(
            f"trainer.devices is {devices!r}, but these are numbers of GPUs and this run is on a CPU",
            remedy="Set trainer.devices to a number of processes, e.g. 1.",
        )
    if not _is_count(devices):
        raise _bad_devices(devices, "a number of processes (on a CPU), or auto")
    cores = len(os.sched_getaffinity(0))
    if int(devices) > cores:
        logger.warning("trainer.devices is %s processes on %d cores: so many are slower", devices, cores)


def _bad_devices(devices: Any, expected: str) -> UserError:
    return UserError(f"trainer.devices is {devices!r}", expected=expected, remedy="Set trainer.devices=auto.")


def _listed(devices: Any) -> list[Any] | None:
    """The indices of a list or of a text like ``0,1``; None for a number."""
    if isinstance(devices, list | tuple):
        return list(devices)
    return devices.split(",") if isinstance(devices, str) and "," in devices else None


def _is_count(devices: Any) -> bool:
    return str(devices).isdigit() and int(devices) > 0


def _check_strategy(section: Mapping[str, Any], gpu: bool) -> None:
    strategy = section.get("strategy") or "auto"
    name = strategy_name(strategy)
    if any(kind in name for kind in _COPYING):
        raise UserError(
            f"trainer.strategy is {name!r}, which is for notebooks: it copies the running process",
            remedy="Set trainer.strategy=ddp.",
        )
    if isinstance(strategy, str) and name not in STRATEGIES:
        raise UserError(
            f"trainer.strategy is {strategy!r}",
            expected=f"one of {', '.join(STRATEGIES[:6])}, ...",
            remedy=_did_you_mean(name, STRATEGIES),
        )
    if name.startswith(("fsdp", "deepspeed")) and not gpu:
        raise UserError(
            f"trainer.strategy is {name!r}, which shares a network out among GPUs, and there is none",
            remedy="Set trainer.strategy=auto (or ddp).",
        )
    if name.startswith("deepspeed") and importlib.util.find_spec("deepspeed") is None:
        raise UserError(
            f"trainer.strategy is {name!r}, and the package deepspeed is not installed",
            remedy="Install it with: pip install deepspeed; or set trainer.strategy=fsdp.",
        )
    if "xla" in name or "tpu" in name:
        if importlib.util.find_spec("torch_xla") is None:
            raise UserError(
                f"trainer.strategy is {name!r}, but this machine has no TPU (package torch_xla)",
                remedy="Set trainer.strategy=auto.",
            )
        return
    _check_what_strategies_lack(section, name, gpu)


def _check_what_strategies_lack(section: Mapping[str, Any], name: str, gpu: bool) -> None:
    clips = section.get("gradient_clip_val") and section.get("gradient_clip_algorithm") in (None, "norm")
    if name.startswith("fsdp") and clips:
        raise UserError(
            "trainer.gradient_clip_algorithm is norm, and with strategy fsdp no process knows the whole norm",
            remedy="Set trainer.gradient_clip_algorithm=value, or trainer.strategy=ddp.",
        )
    if section.get("sync_batchnorm") and not gpu and str(section.get("devices", 1)) not in (*_ALL, "1"):
        raise UserError(
            "trainer.sync_batchnorm is true, and PyTorch has it for GPUs only",
            remedy="Set trainer.sync_batchnorm=false.",
        )
    if section.get("use_distributed_sampler") is False and place().world_size > 1:
        logger.info("trainer.use_distributed_sampler=false has no effect: our batches are shared out anyway")


def strategy_name(strategy: Any) -> str:
    """The strategy's name in lower case; that of a class is ``fsdp`` for ``FSDPStrategy``."""
    if isinstance(strategy, ClassEntry):
        return strategy.class_path.rpartition(".")[2].lower().removesuffix("strategy")
    return str(strategy).lower()


def _check_launch(section: Mapping[str, Any]) -> None:
    """Compare what was started with what the config says."""
    here, devices, nodes = place(), section.get("devices", "auto"), int(section.get("num_nodes") or 1)
    if here.world_size == 1:
        needed = ("NODE_RANK", "MASTER_ADDR", "MASTER_PORT")
        missing = [name for name in needed if name not in os.environ]
        if nodes > 1 and missing:
            raise UserError(
                f"trainer.num_nodes is {nodes}, but nothing says where the other machines are",
                remedy="Start with torchrun or srun on each of them (docs/guides/many_processes.md), or set "
                f"the variables {', '.join(missing)}.",
            )
        return
    listed = _listed(devices)
    wanted = here.local_size if str(devices) in _ALL else len(listed) if listed else int(devices)
    if wanted != here.local_size:
        raise UserError(
            f"trainer.devices is {devices}, but {here.local_size} processes were started on this machine",
            remedy=f"Set trainer.devices=auto (or {here.local_size}).",
        )
    if nodes not in (1, here.num_nodes):
        raise UserError(
            f"trainer.num_nodes is {nodes}, but processes were started on {here.num_nodes} machines",
            remedy=f"Set trainer.num_nodes={here.num_nodes}.",
        )


def _did_you_mean(name: str, known: tuple[str, ...]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"Did you mean {near[0]!r}?" if near else ""
