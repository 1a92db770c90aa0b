"""The distributions of the config, drawn by Optuna."""

from __future__ import annotations

import math
from typing import Any

import optuna
import pytest

from phoneme_recognition.config.sections import SearchSpace
from phoneme_recognition.search.spaces import as_categories, short_names, suggest


def draw(space: SearchSpace, number: int = 200) -> list[Any]:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=3))
    return [suggest(study.ask(), {"a.b": space})["a.b"] for _ in range(number)]


def test_uniform() -> None:
    drawn = draw(SearchSpace("uniform", 0.5, 2))
    assert all(isinstance(value, float) and 0.5 <= value <= 2 for value in drawn)
    assert sum(drawn) / len(drawn) == pytest.approx(1.25, abs=0.1)


def test_loguniform() -> None:
    drawn = draw(SearchSpace("loguniform", 1e-6, 1e-2))
    assert all(1e-6 <= value <= 1e-2 for value in drawn)
    # Half of them below the geometric mean of the ends.
    assert sum(value < 1e-4 for value in drawn) / len(drawn) == pytest.approx(0.5, abs=0.1)


def test_int() -> None:
    drawn = draw(SearchSpace("int", 1, 4))
    assert all(type(value) is int for value in drawn)
    assert set(drawn) == {1, 2, 3, 4}
    assert set(draw(SearchSpace("int", 1, 9, 4))) == {1, 5, 9}


def test_int_on_a_logarithmic_scale() -> None:
    drawn = draw(SearchSpace("int", 1, 1024, log=True))
    assert all(type(value) is int and 1 <= value <= 1024 for value in drawn)
    assert sum(value <= math.sqrt(1024) for value in drawn) / len(drawn) == pytest.approx(0.5, abs=0.1)


def test_discrete() -> None:
    drawn = draw(SearchSpace("discrete", 0.25, 1.0, 0.25))
    assert set(drawn) == {0.25, 0.5, 0.75, 1.0}
    whole = draw(SearchSpace("discrete", 2, 8, 2))
    assert set(whole) == {2, 4, 6, 8}
    assert all(type(value) is int for value in whole)


@pytest.mark.parametrize(
    "choices",
    [
        ("AdamW", "SGD"),
        (None, "StepLR", 3, 0.5),
        (1, True, 0, False),
        ([0.9, 0.98], [0.9, 0.999]),
        ({"class_path": "audiomentations.Gain", "init_args": {"p": 0.5}}, None),
    ],
)
def test_categorical(choices: tuple[Any, ...]) -> None:
    drawn = draw(SearchSpace("categorical", choices=choices), 100)
    for choice in choices:
        assert any(type(value) is type(choice) and value == choice for value in drawn)
    assert all(value in choices for value in drawn)


def test_what_is_kept_of_choices_reads_back() -> None:
    assert as_categories(("AdamW", None)) == {"AdamW": "AdamW", None: None}
    assert as_categories(([1, 2], "ё")) == {"[1, 2]": [1, 2], '"ё"': "ё"}


def test_known_parameters_give_the_same_values() -> None:
    spaces = {
        "model.lr": SearchSpace("loguniform", 1e-5, 1e-2),
        "data.batch_size": SearchSpace("discrete", 2, 8, 2),
        "model.optimizer_args.betas": SearchSpace("categorical", choices=([0.9, 0.98], [0.9, 0.999])),
    }
    trial = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=5)).ask()
    values = suggest(trial, spaces)
    assert suggest(optuna.trial.FixedTrial(trial.params), spaces) == values


def test_names_are_as_short_as_tells_them_apart() -> None:
    first, second = (f"data.augmentations[{index}].init_args.p" for index in (0, 1))
    assert short_names(["model.lr", first]) == {"model.lr": "lr", first: "p"}
    assert short_names([first, second]) == {
        first: "augmentations[0].init_args.p",
        second: "augmentations[1].init_args.p",
    }
    assert short_names(["lr", "model.lr"])["model.lr"] == "model.lr"
    assert len(set(short_names(["lr", "model.lr", "x.model.lr"]).values())) == 3
