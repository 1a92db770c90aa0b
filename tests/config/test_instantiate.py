"""Making what a config names, and what a user reads when that fails."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from phoneme_recognition.config import ClassEntry, instantiate
from phoneme_recognition.errors import DataError, MissingExtraError, UserError

MODULE = """
from phoneme_recognition.errors import DataError, MissingExtraError


class Keeps:
    def __init__(self, **arguments):
        self.arguments = arguments


class Fussy:
    def __init__(self, low=0, high=1, kind="plain"):
        assert low <= high
        assert (
            kind
            in ("plain", "fancy")
        )
        if kind == "fancy":
            raise MissingExtraError("Fussy", "fancy")
        if high > 10:
            raise DataError("folder is empty", remedy="Put files into it.")
        if high > 5:
            raise ValueError("high must be\\nat most 5")
        if low < 0:
            raise ImportError("No module named 'depths'")
        if low == high:
            raise RuntimeError
"""


@pytest.fixture(autouse=True)
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "made_for_tests.py").write_text(dedent(MODULE))
    (tmp_path / "needs_extra.py").write_text(
        "from phoneme_recognition.errors import MissingExtraError\nraise MissingExtraError('x', 'y')"
    )
    monkeypatch.syspath_prepend(str(tmp_path))


def test_entries_are_made_wherever_they_stand() -> None:
    leaf = ClassEntry("fractions.Fraction", {"numerator": 1, "denominator": 2})
    made = instantiate(
        ClassEntry(
            "made_for_tests.Keeps", {"one": leaf, "many": [leaf, 3], "named": {"x": (leaf,)}, "plain": "p"}
        )
    ).arguments
    assert made["one"] == made["many"][0] == made["named"]["x"][0] == 0.5
    assert isinstance(made["named"]["x"], tuple)
    assert (made["many"][1], made["plain"]) == (3, "p")


def test_the_config_wins_over_the_programs_arguments() -> None:
    made = instantiate(ClassEntry("made_for_tests.Keeps", {"a": 1}), a=2, b=3)
    assert made.arguments == {"a": 1, "b": 3}


def test_an_entry_can_be_made_twice() -> None:
    entry = ClassEntry("made_for_tests.Keeps", {"a": [1]})
    first, second = instantiate(entry), instantiate(entry)
    first.arguments["a"].append(2)
    assert second.arguments["a"] == [1]


@pytest.mark.parametrize(
    ("arguments", "thing", "got"),
    [
        (
            {"low": 3, "high": 2},
            "made_for_tests.Fussy cannot be made with low=3, high=2",
            "a condition that does not hold: low <= high",
        ),
        (
            {"kind": "odd"},
            "made_for_tests.Fussy cannot be made with kind='odd'",
            'a condition that does not hold: kind in ("plain", "fancy")',
        ),
        (
            {"high": 7},
            "made_for_tests.Fussy cannot be made with high=7",
            "ValueError: high must be at most 5",
        ),
        ({"low": 1}, "made_for_tests.Fussy cannot be made", "RuntimeError"),
        ({"lo": 1}, "made_for_tests.Fussy cannot be made with lo=1", "TypeError: "),
        ({"low": -1}, "made_for_tests.Fussy cannot be made", "ImportError: No module named 'depths'"),
    ],
)
def test_a_constructor_that_fails(arguments: dict[str, object], thing: str, got: str) -> None:
    with pytest.raises(UserError) as caught:
        instantiate(ClassEntry("made_for_tests.Fussy", arguments))
    assert caught.value.thing == thing
    assert caught.value.got.startswith(got)
    assert caught.value.remedy


def test_the_projects_own_errors_keep_their_type() -> None:
    with pytest.raises(DataError) as caught:
        instantiate(ClassEntry("made_for_tests.Fussy", {"high": 11}))
    assert str(caught.value) == "made_for_tests.Fussy: folder is empty. Put files into it."
    with pytest.raises(MissingExtraError, match=r"made_for_tests\.Fussy: Fussy needs"):
        instantiate(ClassEntry("made_for_tests.Fussy", {"kind": "fancy"}))
    with pytest.raises(MissingExtraError):
        instantiate(ClassEntry("needs_extra.Anything"))


def test_a_failure_inside_an_entry_names_the_inner_class() -> None:
    inner = ClassEntry("made_for_tests.Fussy", {"high": 7})
    with pytest.raises(UserError, match=r"made_for_tests\.Fussy cannot be made with high=7"):
        instantiate(ClassEntry("made_for_tests.Keeps", {"inner": [inner]}))


@pytest.mark.parametrize("path", ["no_such_module.Thing", "made_for_tests.Thing", "json.decoder.nothing.X"])
def test_a_class_that_is_not_there(path: str) -> None:
    with pytest.raises(UserError, match=f"class {path} cannot be imported"):
        instantiate(ClassEntry(path))


def test_audiomentations_bare_asserts_get_a_message() -> None:
    entry = ClassEntry("audiomentations.AddGaussianNoise", {"min_amplitude": 0.5, "max_amplitude": 0.1})
    with pytest.raises(UserError) as caught:
        instantiate(entry)
    assert str(caught.value) == (
        "audiomentations.AddGaussianNoise cannot be made with min_amplitude=0.5, max_amplitude=0.1; "
        "got a condition that does not hold: max_amplitude >= min_amplitude. "
        "Correct its init_args in the config."
    )


def test_audiomentations_is_made() -> None:
    made = instantiate(ClassEntry("audiomentations.Aliasing", {"min_sample_rate": 4495, "p": 1.0}))
    assert (type(made).__name__, made.p, made.min_sample_rate) == ("Aliasing", 1.0, 4495)
