"""Values against types."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ForwardRef, Literal, Union

import pytest

from phoneme_recognition.config.entries import ClassEntry, to_plain
from phoneme_recognition.config.hints import Mismatch, convert, describe, json_schema
from phoneme_recognition.config.rules import Rule

CALLBACK = ForwardRef("lib.Callback")


def is_a(entry: ClassEntry, wanted: str) -> bool:
    return entry.class_path == wanted


FITTING: list[tuple[object, Any, object]] = [
    (1, int, 1),
    (1, float, 1.0),
    (0.5, float, 0.5),
    (True, bool, True),
    ("x", str, "x"),
    (None, None, None),
    (None, int | None, None),
    (3, int | None, 3),
    (1, float | int, 1),  # what needs no conversion comes first
    (1.0, int | float, 1.0),
    (1, float | None, 1.0),
    (True, int | bool, True),
    ("a", Literal["a", "b"], "a"),
    (16, Literal[16, "16"], 16),
    ([1, 2], list[int], [1, 2]),
    ([], list[int], []),
    ([1, "x"], list, [1, "x"]),
    ([0.9, 1], tuple[float, float], (0.9, 1.0)),
    (["a", "b", "c"], tuple[str, ...], ("a", "b", "c")),
    ({"a": 1}, dict[str, float], {"a": 1.0}),
    ({"a": [1]}, dict[str, Any], {"a": [1]}),
    ("x/y", ForwardRef("pathlib.Path"), Path("x/y")),
    ("x/y", Union[str, ForwardRef("pathlib.Path")], "x/y"),  # noqa: UP007
    ("x/y", Path, Path("x/y")),
    (ClassEntry("lib.Callback"), CALLBACK, ClassEntry("lib.Callback")),
    ([ClassEntry("lib.Callback")], Union[list[CALLBACK], CALLBACK, None], [ClassEntry("lib.Callback")]),  # type: ignore[valid-type]  # noqa: UP007
    (object, Any, object),
]

WRONG: list[tuple[object, Any]] = [
    (True, int),
    (True, float),
    (True, int | float),
    (1, bool),
    (1, str),
    ("1", int),
    ("0.5", float),
    (1.0, int),
    (None, int),
    (0, None),
    ("c", Literal["a", "b"]),
    ("16", Literal[16]),
    (True, Literal[1]),
    (1, list[int]),
    ([1, "x"], list[int]),
    ("abc", list[str]),
    ([1.0], tuple[float, float]),
    ([1], dict[str, int]),
    ({1: 1}, dict[str, int]),
    (1, ForwardRef("pathlib.Path")),
    ("lib.Callback", CALLBACK),
    (ClassEntry("lib.Logger"), CALLBACK),
    (ClassEntry("lib.Callback"), int | None),
]


@pytest.mark.parametrize(("value", "hint", "converted"), FITTING)
def test_values_that_fit(value: object, hint: Any, converted: object) -> None:
    found = convert(value, hint, is_a)
    assert found == converted
    assert type(found) is type(converted)


@pytest.mark.parametrize(("value", "hint", "converted"), FITTING)
def test_a_second_conversion_changes_nothing(value: object, hint: Any, converted: object) -> None:
    """What is saved in plain form reads back as the same value."""
    plain = to_plain(converted) if not isinstance(converted, ClassEntry) else converted
    if isinstance(plain, list) and any(isinstance(item, dict) for item in plain):
        plain = converted
    assert convert(plain, hint, is_a) == converted


@pytest.mark.parametrize(("value", "hint"), WRONG)
def test_values_that_do_not_fit(value: object, hint: Any) -> None:
    with pytest.raises(Mismatch):
        convert(value, hint, is_a)


@pytest.mark.parametrize(
    ("hint", "words", "schema"),
    [
        (int, "an integer", {"type": "integer"}),
        (bool, "true or false", {"type": "boolean"}),
        (
            float | None,
            "a number or null",
            {"anyOf": [{"type": "number"}, {"enum": [None, "None"]}]},
        ),
        (int | float, "a number", {"anyOf": [{"type": "integer"}, {"type": "number"}]}),
        (Literal["a", "16"], "a or '16'", {"enum": ["a", "16"]}),
        (list[int], "a list, each an integer", {"type": "array", "items": {"type": "integer"}}),
        (
            tuple[float, str],
            "a list, each a number, text",
            {"type": "array", "items": {"anyOf": [{"type": "number"}, {"type": "string"}]}},
        ),
        (list, "a list", {"type": "array"}),
        (dict[str, int], "a mapping", {"type": "object"}),
        (ForwardRef("pathlib.Path"), "a path", {"type": "string"}),
        (CALLBACK, "class_path and init_args of a Callback", {"$ref": "#/$defs/class_entry"}),
        (Any, "any value", {}),
    ],
)
def test_types_in_words_and_as_schema(hint: Any, words: str, schema: dict[str, Any]) -> None:
    assert describe(hint) == words
    assert json_schema(hint) == schema


@pytest.mark.parametrize(
    ("rule", "good", "bad", "words"),
    [
        (Rule(above=0), [1e-9, 1], [0, -1, float("nan"), float("inf")], "more than 0"),
        (Rule(at_least=1), [1, 5], [0, 0.5], "at least 1"),
        (Rule(at_least=0, at_most=1), [0, 0.5, 1, True, "x", None], [-0.1, 1.1], "at least 0, at most 1"),
        (Rule(at_least=0, share=True), [0, 0.2, 1.0, 5], [1.5, -1], "a share of at most 1.0"),
        (Rule(choices=("a", "b")), ["a", None, 3], ["c", "A"], "one of a, b"),
        (Rule(at_least=1), [[1, 2], []], [[1, 0]], "at least 1"),
        (Rule(), [0, -1e300], [float("inf")], "a finite number"),
    ],
)
def test_rules(rule: Rule, good: list[object], bad: list[object], words: str) -> None:
    assert [rule.expects(value) for value in good] == [""] * len(good)
    assert all(words in rule.expects(value) for value in bad)


def test_plain_data() -> None:
    nested = {"a": (1, Path("x")), "b": [ClassEntry("c.D", {"e": ClassEntry("f.G")})]}
    assert to_plain(nested) == {
        "a": [1, "x"],
        "b": [{"class_path": "c.D", "init_args": {"e": {"class_path": "f.G", "init_args": {}}}}],
    }
