"""Freed buffers are kept by the process, and only where nobody has chosen otherwise."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

SCRIPT = """
import resource, numpy
from phoneme_recognition.allocator import keep_freed_memory
changed = keep_freed_memory()
def fill():
    numpy.empty(100 * 2**20, dtype=numpy.uint8)[:] = 1
fill()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
fill()
print(changed, resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""

glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="a setting of glibc")


def run(**environment: str) -> tuple[bool, int]:
    """Whether anything was changed, and the page faults of filling 100 MiB a second time."""
    names = ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "GLIBC_TUNABLES", "LD_PRELOAD")
    kept = {name: value for name, value in os.environ.items() if name not in names}
    command = [sys.executable, "-c", SCRIPT]
    result = subprocess.run(
        command, env={**kept, **environment}, capture_output=True, text=True, check=True
    ).stdout.split()
    return result[0] == "True", int(result[1])


@glibc
def test_a_freed_buffer_is_used_again() -> None:
    changed, faults = run()
    assert changed
    assert faults < 50


@glibc
def test_the_environment_comes_first() -> None:
    changed, faults = run(MALLOC_MMAP_THRESHOLD_="131072")
    assert not changed
    assert faults >= 50  # the kernel gave the pages anew, and so the test above can fail


def test_other_systems_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    from phoneme_recognition.allocator import keep_freed_memory

    monkeypatch.setattr(sys, "platform", "darwin")
    assert not keep_freed_memory()
