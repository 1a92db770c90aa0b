"""The section ``optuna``: what is wrong with a search is said before its first trial."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from config_writing import CORPUS, findings_of, write_config

from phoneme_recognition.config import check_tree, load_config
from phoneme_recognition.config.checks import set_value
from phoneme_recognition.config.paths import get_path, parse_path
from phoneme_recognition.config.search import draws_integers, examples
from phoneme_recognition.config.sections import SearchSpace
from phoneme_recognition.errors import ConfigError

AUGMENTED = """\
audio_params: &audio_params {sampling_rate: 16000}
data:
  dataset_classes:
    - class_path: corpora_for_tests.Corpus
      init_args: {folder: here, audio_params: {<<: *audio_params}}
  augmentations:
    - {class_path: audiomentations.AddGaussianNoise, init_args: {p: 0.4}}
optuna:
"""


@pytest.fixture(autouse=True)
def corpora(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "corpora_for_tests.py").write_text(CORPUS, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)


def search_findings(folder: Path, text: str) -> list[str]:
    config = write_config(folder, AUGMENTED + text, dataset=False)
    return [f"{finding.path}: {finding.message}" for finding in findings_of(config)]


def space_findings(folder: Path, *spaces: str) -> list[str]:
    lines = "".join(f"    {space}\n" for space in spaces)
    return [found.partition(": ")[2] for found in search_findings(folder, f"  search_spaces:\n{lines}")]


PASTED = """\
  tune: True
  n_trials: 50
  direction: minimize
  metric: val_cer
  search_spaces:
    data.augmentations[0].init_args.min_amplitude:
      distribution: uniform
      low: 0.0008
      high: 0.005
    data.augmentations[0].init_args.max_amplitude:
      distribution: uniform
      low: 0.006
      high: 0.1
    data.augmentations[0].init_args.p:
      distribution: uniform
      low: 0.98
      high: 1.0
"""


def test_the_block_that_users_paste_is_right(tmp_path: Path) -> None:
    assert search_findings(tmp_path, PASTED) == []
    optuna = load_config(tmp_path / "config.yaml").optuna
    assert optuna is not None
    assert (optuna.tune, optuna.n_trials, optuna.direction, optuna.metric) == (
        True,
        50,
        "minimize",
        "val_cer",
    )
    space = optuna.search_spaces["data.augmentations[0].init_args.max_amplitude"]
    assert space == SearchSpace("uniform", 0.006, 0.1)


@pytest.mark.parametrize(
    "space",
    [
        "data.augmentations[0].init_args.min_amplitude: {distribution: uniform, low: 0.0008, high: 0.005}",
        "model.lr: {distribution: loguniform, low: 1e-5, high: 1e-2}",
        "trainer.max_epochs: {distribution: int, low: 1, high: 5}",
        "trainer.max_epochs: {distribution: int, low: 1, high: 9, step: 4}",
        "data.batch_size: {distribution: int, low: 1, high: 64, log: true}",
        "data.batch_size: {distribution: discrete, low: 2, high: 16, step: 2}",
        "model.lr: {distribution: discrete, low: 0.001, high: 0.009, step: 0.002}",
        "model.optimizer: {distribution: categorical, choices: [AdamW, SGD]}",
        "model.scheduler: {distribution: categorical, choices: [null, StepLR]}",
        "model.optimizer_args.betas: {distribution: categorical, choices: [[0.9, 0.98], [0.9, 0.999]]}",
        "seed_everything: {distribution: int, low: 0, high: 9}",
        "audio_params.do_normalize: {distribution: categorical, choices: [true, false]}",
        "data.augmentations: {distribution: categorical, choices: [[], "
        "[{class_path: audiomentations.Gain, init_args: {p: 0.5}}]]}",
    ],
)
def test_any_path_can_be_searched(tmp_path: Path, space: str) -> None:
    assert space_findings(tmp_path, space) == []


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ("model.lr: {low: 1, high: 2, step: 0.1}", "step does not go with uniform"),
        (
            "model.lr: {distribution: discrete, low: 0.1, high: 0.2, step: 0.3}",
            "step 0.3 is wider than the range from 0.1 to 0.2",
        ),
        ("model.lr: {low: small, high: 1}", "got 'small'"),
        ("model.lr: {low: 0.1, high: .inf}", "got inf"),
        ("model.lr: {low: 0.1, high: 1, log: true}", "log does not go with uniform"),
        (
            "data.batch_size: {distribution: int, low: 2, high: 8, step: 2, log: true}",
            "log does not go with int",
        ),
        ("data.batch_size: {distribution: int, low: 0, high: 8, log: true}", "low 0 has no logarithm"),
        (
            "model.optimizer: {distribution: categorical, choices: [SGD, SGD]}",
            "the choice SGD is written twice",
        ),
        (
            "model.optimizer: {distribution: categorical, choices: [SGD], low: 1}",
            "low does not go with categorical",
        ),
        ("optuna.n_trials: {distribution: int, low: 1, high: 2}", "the search cannot change itself"),
        ("trainer.max_epochs: {low: 1, high: 4}", "2.0000000000000004 would not do: trainer.max_epochs"),
        (
            "data.augmentations[1].init_args.p: {low: 0, high: 1}",
            "leads nowhere: data.augmentations has no entry 1",
        ),
        ("data.augmentations[0].init_args.p: {low: 0, high: 1.5}", "1.5 would not do"),
        ("data.augmentations[0].init_args.q: {low: 0, high: 1}", "0 would not do"),
    ],
)
def test_spaces_that_would_not_do(tmp_path: Path, space: str, message: str) -> None:
    (found,) = space_findings(tmp_path, space)
    assert found.startswith(message)


def test_numbers_between_integers_point_to_int(tmp_path: Path) -> None:
    config = write_config(tmp_path, "optuna: {search_spaces: {data.batch_size: {low: 1, high: 4}}}\n")
    (finding,) = findings_of(config)
    assert finding.expected.endswith("distribution: int")


def test_a_path_inside_of_another_is_found(tmp_path: Path) -> None:
    spaces = (
        "data.augmentations: {distribution: categorical, choices: [[]]}",
        "data.augmentations[0].init_args.p: {low: 0, high: 1}",
    )
    for order in (spaces, spaces[::-1]):
        (found,) = space_findings(tmp_path, *order)
        assert found == (
            "data.augmentations[0].init_args.p lies in data.augmentations, which is searched too"
        )


@pytest.mark.parametrize("metric", ["val_loss", "val_per", "val_cer", "val_wer", "val_greedy_per"])
def test_metrics_of_a_validation(tmp_path: Path, metric: str) -> None:
    assert search_findings(tmp_path, f"  metric: {metric}\n") == []


@pytest.mark.parametrize(
    ("metric", "near"),
    [("test_per", "val_per"), ("train_loss", "val_loss"), ("per", "val_per"), ("val_per2", "")],
)
def test_metrics_that_a_search_cannot_have(tmp_path: Path, metric: str, near: str) -> None:
    (finding,) = findings_of(write_config(tmp_path, f"optuna: {{metric: {metric}}}\n"))
    assert finding.path == "optuna.metric"
    assert finding.nearest == near
    assert "val_cer" in finding.expected


def test_a_callback_of_the_users_may_log_more(tmp_path: Path) -> None:
    trainer = "trainer: {callbacks: [{class_path: %s}]}\noptuna: {metric: val_f1}\n"
    own = write_config(tmp_path, trainer % "collections.Counter")
    assert "optuna.metric" not in [finding.path for finding in findings_of(own)]
    ours = write_config(tmp_path, trainer % "phoneme_recognition.callbacks.LogMetricsCallback")
    assert "optuna.metric" in [finding.path for finding in findings_of(ours)]


def test_tune_without_spaces_is_found(tmp_path: Path) -> None:
    assert search_findings(tmp_path, "  tune: true\n") == ["optuna.search_spaces: nothing to search"]
    assert search_findings(tmp_path, "  tune: false\n") == []


@pytest.mark.parametrize(
    ("space", "wanted"),
    [
        (SearchSpace("int", 1, 9), [1, 9]),
        (SearchSpace("discrete", 2, 8, 2), [2, 8]),
        (SearchSpace("uniform", -1.0, 2.0), [-1.0, 2.0, 0.5]),
        (SearchSpace("categorical", choices=(None, 1)), [None, 1]),
    ],
)
def test_examples_of_a_space(space: SearchSpace, wanted: list[Any]) -> None:
    assert list(examples(space)) == wanted


def test_a_range_of_floats_is_tried_between_whole_numbers() -> None:
    for ends in ((1, 4), (0, 2), (-3, 5), (1, 100)):
        *_, between = examples(SearchSpace("uniform", *ends))
        assert ends[0] < between < ends[1]
        assert not float(between).is_integer()


def test_what_draws_integers() -> None:
    assert draws_integers(SearchSpace("int", 1, 2))
    assert draws_integers(SearchSpace("discrete", 1, 3, 1))
    assert not draws_integers(SearchSpace("discrete", 1, 3, 0.5))
    assert not draws_integers(SearchSpace("uniform", 1, 3))


def test_a_trials_tree_is_checked_and_keeps_audio_parameters_in_step(tmp_path: Path) -> None:
    config = load_config(write_config(tmp_path, AUGMENTED.replace("optuna:\n", ""), dataset=False))
    tree = config.resolved()
    path = "audio_params.sampling_rate"
    assert set_value(tree, parse_path(path), 8000)[0] == parse_path(path)
    made = check_tree(tree)
    assert made.audio_params.sampling_rate == 8000
    assert made.data.dataset_classes[0].init_args["audio_params"]["sampling_rate"] == 8000
    assert made == replace(
        config,
        audio_params=made.audio_params,
        data=replace(config.data, dataset_classes=made.data.dataset_classes),
    )
    set_value(tree, parse_path("model.lr"), -1.0)
    with pytest.raises(ConfigError, match=r"model\.lr: got -1\.0"):
        check_tree(tree)
    assert get_path(tree, "model.lr") == -1.0
