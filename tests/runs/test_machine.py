"""What a machine cannot give is one sentence with a remedy; what it can give is not refused."""

from __future__ import annotations

import logging
from typing import Any

import pytest
import torch
from original_trainer import ORIGINAL_TRAINER

from phoneme_recognition.config import ClassEntry
from phoneme_recognition.config.loader import read_text
from phoneme_recognition.errors import UserError
from phoneme_recognition.runs.machine import refuse_what_the_machine_lacks

CPU = {"accelerator": "cpu"}


@pytest.fixture(autouse=True)
def nobody_launched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lightning leaves such variables behind in a process that has trained with ddp."""
    for name in ("NODE_RANK", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)


def said(section: dict[str, Any]) -> str:
    with pytest.raises(UserError) as caught:
        refuse_what_the_machine_lacks(section)
    return str(caught.value)


@pytest.mark.usefixtures("no_gpu")
@pytest.mark.parametrize(
    ("section", "sentence"),
    [
        (
            {"accelerator": "gpu", "devices": [0], "precision": 16},
            "trainer.accelerator is 'gpu', but PyTorch sees no GPU on this machine. "
            "Set trainer.accelerator=auto (or cpu).",
        ),
        (
            {"accelerator": "cuda"},
            "trainer.accelerator is 'cuda', but PyTorch sees no GPU on this machine. "
            "Set trainer.accelerator=auto (or cpu).",
        ),
        (
            {"accelerator": "tpu"},
            "trainer.accelerator is 'tpu', but this machine has no TPU (package torch_xla). "
            "Set trainer.accelerator=auto (or cpu).",
        ),
        (
            {"accelerator": "cpus"},
            "trainer.accelerator is 'cpus'; expected one of auto, cpu, gpu, cuda, mps, tpu. "
            "Did you mean 'cpu'?",
        ),
        (
            {"devices": [3]},
            "trainer.devices is [3], but these are numbers of GPUs and this run is on a CPU. "
            "Set trainer.devices to a number of processes, e.g. 1.",
        ),
        (
            {"devices": "many"},
            "trainer.devices is 'many'; expected a number of processes (on a CPU), or auto. "
            "Set trainer.devices=auto.",
        ),
        (
            {"devices": 0},
            "trainer.devices is 0; expected a number of processes (on a CPU), or auto. "
            "Set trainer.devices=auto.",
        ),
        (
            {"strategy": "dpp"},
            "trainer.strategy is 'dpp'; expected one of auto, ddp, ddp_find_unused_parameters_true, "
            "ddp_find_unused_parameters_false, fsdp, fsdp_cpu_offload, .... Did you mean 'ddp'?",
        ),
        (
            {"strategy": "ddp_notebook"},
            "trainer.strategy is 'ddp_notebook', which is for notebooks: it copies the running process. "
            "Set trainer.strategy=ddp.",
        ),
        (
            {"strategy": "fsdp"},
            "trainer.strategy is 'fsdp', which shares a network out among GPUs, and there is none. "
            "Set trainer.strategy=auto (or ddp).",
        ),
        (
            {"strategy": ClassEntry("lightning.pytorch.strategies.FSDPStrategy", {})},
            "trainer.strategy is 'fsdp', which shares a network out among GPUs, and there is none. "
            "Set trainer.strategy=auto (or ddp).",
        ),
        (
            {"strategy": "xla"},
            "trainer.strategy is 'xla', but this machine has no TPU (package torch_xla). "
            "Set trainer.strategy=auto.",
        ),
        (
            {"num_nodes": 2},
            "trainer.num_nodes is 2, but nothing says where the other machines are. Start with torchrun or "
            "srun on each of them (docs/guides/many_processes.md), or set the variables NODE_RANK, "
            "MASTER_ADDR, MASTER_PORT.",
        ),
        (
            {"sync_batchnorm": True, "devices": 2},
            "trainer.sync_batchnorm is true, and PyTorch has it for GPUs only. "
            "Set trainer.sync_batchnorm=false.",
        ),
    ],
)
def test_what_a_machine_without_a_gpu_lacks(section: dict[str, Any], sentence: str) -> None:
    assert said(section) == sentence


@pytest.mark.parametrize("precision", [16, "16", "16-mixed", "16-true"])
@pytest.mark.parametrize("accelerator", ["cpu", "auto", None])
@pytest.mark.usefixtures("no_gpu")
def test_sixteen_bits_on_a_cpu(accelerator: str | None, precision: int | str) -> None:
    section = {"precision": precision} | ({"accelerator": accelerator} if accelerator else {})
    assert said(section) == (
        f"trainer.precision is {precision!r}, but 16-bit floats need a GPU. "
        "Set trainer.precision=auto (or 32)."
    )


@pytest.mark.usefixtures("no_gpu")
@pytest.mark.parametrize("devices", [1, 2, "2", "auto", -1, "-1"])
@pytest.mark.parametrize("strategy", ["auto", "ddp", None])
@pytest.mark.parametrize("precision", [None, "auto", 32, "32-true", 64])
def test_what_a_cpu_can_do(devices: Any, strategy: Any, precision: Any) -> None:
    refuse_what_the_machine_lacks(CPU | {"devices": devices, "strategy": strategy, "precision": precision})
    refuse_what_the_machine_lacks({})


@pytest.mark.usefixtures("no_gpu")
@pytest.mark.parametrize("precision", ["bf16", "bf16-mixed", "bf16-true"])
def test_what_a_cpu_does_slowly_is_said(precision: str, caplog: pytest.LogCaptureFixture) -> None:
    refuse_what_the_machine_lacks(CPU | {"precision": precision})
    assert f"trainer.precision is {precision}: on most CPUs this is slower than 32" in caplog.text


def test_more_processes_than_cores_are_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1})
    refuse_what_the_machine_lacks(CPU | {"devices": 2})
    assert not caplog.text
    refuse_what_the_machine_lacks(CPU | {"devices": 3})
    assert "trainer.devices is 3 processes on 2 cores" in caplog.text


@pytest.mark.usefixtures("two_gpus")
@pytest.mark.parametrize(
    ("section", "sentence"),
    [
        ({"devices": 3}, "trainer.devices is 3, but PyTorch sees 2 GPUs. Set trainer.devices=2 (or auto)."),
        (
            {"devices": [3]},
            "trainer.devices is [3], but the GPUs of this machine are 0, 1. "
            "Set trainer.devices=auto, or name some of these.",
        ),
        (
            {"devices": "1,2"},
            "trainer.devices is '1,2', but the GPUs of this machine are 0, 1. "
            "Set trainer.devices=auto, or name some of these.",
        ),
        (
            {"strategy": "fsdp", "gradient_clip_val": 1.0},
            "trainer.gradient_clip_algorithm is norm, and with strategy fsdp no process knows the whole "
            "norm. Set trainer.gradient_clip_algorithm=value, or trainer.strategy=ddp.",
        ),
        (
            {"accelerator": "cpu", "precision": 16},
            "trainer.precision is 16, but 16-bit floats need a GPU. Set trainer.precision=auto (or 32).",
        ),
    ],
)
def test_what_a_machine_with_two_gpus_lacks(section: dict[str, Any], sentence: str) -> None:
    assert said({"accelerator": "gpu"} | section) == sentence


@pytest.mark.usefixtures("two_gpus")
@pytest.mark.parametrize(
    "section",
    [
        {"accelerator": "gpu", "devices": [0, 1], "strategy": "ddp", "precision": 16},
        {"accelerator": "auto", "devices": 2, "strategy": "fsdp", "sync_batchnorm": True},
        {"strategy": "fsdp", "gradient_clip_val": 1.0, "gradient_clip_algorithm": "value"},
        {"accelerator": "cuda", "devices": "0,1"},
    ],
)
def test_what_two_gpus_can_do(section: dict[str, Any]) -> None:
    refuse_what_the_machine_lacks(section)


@pytest.mark.usefixtures("two_gpus")
def test_the_originals_values_are_right_where_a_gpu_is() -> None:
    refuse_what_the_machine_lacks(read_text(ORIGINAL_TRAINER, "original").data["trainer"])


@pytest.mark.parametrize(
    ("section", "sentence"),
    [
        (
            {"devices": 1},
            "trainer.devices is 1, but 2 processes were started on this machine. "
            "Set trainer.devices=auto (or 2).",
        ),
        (
            {"num_nodes": 3},
            "trainer.num_nodes is 3, but processes were started on 2 machines. Set trainer.num_nodes=2.",
        ),
    ],
)
@pytest.mark.usefixtures("no_gpu")
def test_what_was_started_has_to_be_what_the_config_says(
    monkeypatch: pytest.MonkeyPatch, section: dict[str, Any], sentence: str
) -> None:
    for name, value in {"RANK": 0, "WORLD_SIZE": 4, "LOCAL_RANK": 0, "LOCAL_WORLD_SIZE": 2}.items():
        monkeypatch.setenv(name, str(value))
    refuse_what_the_machine_lacks(CPU | {"devices": 2, "num_nodes": 2})
    refuse_what_the_machine_lacks(CPU)
    assert said(CPU | section) == sentence


def test_a_switch_without_effect_is_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    for name, value in {"RANK": 0, "WORLD_SIZE": 2}.items():
        monkeypatch.setenv(name, str(value))
    refuse_what_the_machine_lacks(CPU | {"use_distributed_sampler": False})
    assert "use_distributed_sampler=false has no effect" in caplog.text
