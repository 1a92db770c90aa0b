"""Dotted paths with indices."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from phoneme_recognition.config.paths import PathError, format_path, get_path, parse_path, set_path


def tree() -> dict[str, Any]:
    return {
        "model": {"lr": 0.1, "args": None},
        "data": {"augmentations": [{"init_args": {"p": 0.5}}, {"init_args": {"p": 0.6}}], "empty": []},
        "grid": [[1, 2], [3, 4]],
        "optuna": {"search_spaces": {"model.lr": {"low": 1}}},
    }


PATHS = {
    "model": ("model",),
    "model.lr": ("model", "lr"),
    "data.augmentations[1].init_args.p": ("data", "augmentations", 1, "init_args", "p"),
    "grid[0][1]": ("grid", 0, 1),
    'optuna.search_spaces["model.lr"].low': ("optuna", "search_spaces", "model.lr", "low"),
    "x-y.z_1": ("x-y", "z_1"),
}


@pytest.mark.parametrize(("path", "steps"), PATHS.items())
def test_taken_apart_and_put_together_again(path: str, steps: tuple[str | int, ...]) -> None:
    assert parse_path(path) == steps
    assert format_path(steps) == path


@pytest.mark.parametrize(
    "path", ["", ".", "a.", ".a", "a..b", "a[", "a]", "a[]", "a[x]", "a[1", "[0]", "a[0]b", "a[1.5]", 'a["b]']
)
def test_what_is_no_path(path: str) -> None:
    with pytest.raises(PathError, match="not a path") as caught:
        parse_path(path)
    assert "trainer.callbacks[0]" in caught.value.expected


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("model.lr", 0.1),
        ("data.augmentations[1].init_args.p", 0.6),
        ("grid[1][0]", 3),
        ('optuna.search_spaces["model.lr"].low', 1),
    ],
)
def test_get_and_set_meet(path: str, value: object) -> None:
    data = tree()
    assert get_path(data, path) == value
    set_path(data, path, "new")
    assert get_path(data, path) == "new"
    set_path(data, path, value)
    assert data == tree()


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("model.new", 1, {"lr": 0.1, "args": None, "new": 1}),
        ("model.args.weight_decay", 2, {"lr": 0.1, "args": {"weight_decay": 2}}),
        ("model.a.b.c", 3, {"lr": 0.1, "args": None, "a": {"b": {"c": 3}}}),
    ],
)
def test_new_keys_are_made_also_below_null(path: str, value: object, expected: object) -> None:
    data = tree()
    set_path(data, path, value)
    assert data["model"] == expected


def test_a_whole_entry_can_be_replaced() -> None:
    data = tree()
    set_path(data, "data.augmentations[0]", {"class_path": "x"})
    assert data["data"]["augmentations"][0] == {"class_path": "x"}


@pytest.mark.parametrize(
    ("path", "message", "expected"),
    [
        ("data.augmentations[2].p", "data.augmentations has no entry 2", "an index from 0 to 1"),
        ("data.augmentations[2]", "data.augmentations has no entry 2", "an index from 0 to 1"),
        ("data.augmentations[-1]", "data.augmentations has no entry -1", "an index from 0 to 1"),
        ("data.empty[0]", "data.empty has no entry 0", "an entry in the list, which is empty"),
        ("data.augmentations.p", "data.augmentations is a list", "an index such as data.augmentations[0]"),
        ("model[0]", "model has no key 0", ""),
        ("model.lr.x", "model.lr is a plain value (0.1) with nothing below it", ""),
        ("grid[0][1][2]", "grid[0][1] is a plain value (2) with nothing below it", ""),
        ("model.new[0].p", "there is no list at model.new", "an index into a list"),
        ("model.args[0]", "there is no list at model.args", "an index into a list"),
    ],
)
def test_paths_that_lead_nowhere_change_nothing(path: str, message: str, expected: str) -> None:
    data = tree()
    with pytest.raises(PathError) as caught:
        set_path(data, path, 1)
    assert str(caught.value) == message
    assert caught.value.expected == expected
    assert data == tree()


@pytest.mark.parametrize("path", ["model.new", "nothing", "data.augmentations[5]", "model.lr.deep"])
def test_there_is_nothing_to_get(path: str) -> None:
    with pytest.raises(PathError):
        get_path(tree(), path)


def test_setting_leaves_other_trees_alone() -> None:
    original = tree()
    changed = copy.deepcopy(original)
    set_path(changed, "grid[0][0]", 9)
    assert original["grid"][0][0] == 1
