"""The one line that a user reads of an exception in code that is not ours."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from phoneme_recognition.failures import place, reason

MODULE = """
import json

def bare(low):
    assert (
        low
        > 3
    )

def said():
    assert False, "not like this"

def deep():
    return json.loads("{")
"""


@pytest.fixture
def failing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., BaseException]:
    (tmp_path / "failing_code.py").write_text(dedent(MODULE))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "failing_code", raising=False)
    module = importlib.import_module("failing_code")

    def call(name: str, *arguments: object) -> BaseException:
        with pytest.raises(Exception) as caught:
            getattr(module, name)(*arguments)
        return caught.value

    return call


def test_a_bare_assert_is_told_by_its_condition(failing: Callable[..., BaseException]) -> None:
    assert reason(failing("bare", 1)) == "a condition that does not hold: low > 3"


def test_a_message_comes_with_its_kind_on_one_line(failing: Callable[..., BaseException]) -> None:
    assert reason(failing("said")).startswith("AssertionError: not like this")
    assert reason(ValueError("two\n lines.")) == "ValueError: two lines"
    assert reason(KeyError()) == "KeyError"


def test_the_line_is_the_users_own(failing: Callable[..., BaseException], tmp_path: Path) -> None:
    error = failing("deep")
    own = {str(tmp_path / "failing_code.py")}
    assert place(error, own) == 'failing_code.py, line 14: return json.loads("{")'
    assert place(error).startswith("decoder.py, line ")
    assert place(error, {"/elsewhere.py"}) == place(error)
