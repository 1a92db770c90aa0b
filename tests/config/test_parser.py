"""From a file to a config, or to a report of everything that is wrong with it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from config_writing import CORPUS, findings_of, places, write_config
from original_trainer import ORIGINAL_TRAINER

from phoneme_recognition.config import ClassEntry, Config, load_config
from phoneme_recognition.config.sections import AudioParams, SearchSpace
from phoneme_recognition.errors import ConfigError, UserError


@pytest.fixture(autouse=True)
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A corpus class whose module raises when it is imported."""
    (tmp_path / "corpora_for_tests.py").write_text(CORPUS)
    monkeypatch.syspath_prepend(str(tmp_path))


def load(folder: Path, text: str, *overrides: str, dataset: bool = True) -> Config:
    return load_config(write_config(folder, text, dataset=dataset), overrides)


def test_an_almost_empty_config_has_the_defaults(tmp_path: Path) -> None:
    config = load(tmp_path, "")
    assert (config.seed_everything, config.ckpt_path) == (42, None)
    assert config.audio_params == AudioParams(16000, 0.0, 1, False, True)
    assert (config.experiment.custom_folder_name, config.experiment.only_weights_load) == (None, False)
    model = config.model
    assert model.vocab_file == "dataset_modules/tokens/russian_phones.json"
    assert model.network_name == "Wav2Vec2"
    assert model.pretrained_name == "jonatasgrosman/wav2vec2-large-xlsr-53-russian"
    assert (model.freeze_feature_extractor, model.freeze_transformer) == (True, True)
    assert (model.optimizer, model.optimizer_args, model.lr) == ("AdamW", {}, 0.0005)
    assert (model.scheduler, model.step_size, model.gamma, model.milestones) == (None, 2, 0.1, [])
    assert (model.metric_scheduler, model.metric_patience, model.min_lr) == ("val_loss", 10, 1e-6)
    assert model.warmup_steps == 0
    data = config.data
    assert (data.language, data.num_workers, data.batch_size, data.num_proc) == ("ru", 8, 4, 2)
    assert (data.create_dataset, data.augmentations, data.batch_seconds) == (False, [], None)
    assert config.trainer == {}
    assert config.optuna is None


def test_the_originals_trainer_values_load_word_for_word(tmp_path: Path) -> None:
    trainer = load(tmp_path, ORIGINAL_TRAINER).trainer
    assert len(trainer) == 39
    assert (trainer["accelerator"], trainer["devices"], trainer["precision"]) == ("gpu", [0], 16)
    assert [name for name, value in trainer.items() if value is None] == [
        *("callbacks", "min_epochs", "min_steps", "max_time", "gradient_clip_val", "benchmark"),
        *("profiler", "plugins"),
    ]
    assert trainer["logger"] is True
    assert type(trainer["limit_test_batches"]) is float
    assert type(trainer["num_nodes"]) is int


@pytest.mark.parametrize(
    "line",
    [
        *(
            "precision: 16-mixed",
            'precision: "16-mixed"',
            "precision: 32",
            "precision: bf16",
            "precision: auto",
        ),
        *(
            "precision: '32'",
            "precision: null",
            "devices: auto",
            "devices: 2",
            "devices: [0, 1]",
            "devices: -1",
        ),
        *(
            "devices: '0,1'",
            "strategy: fsdp",
            "strategy: auto",
            "logger: false",
            "logger: None",
            "logger: []",
        ),
        *("max_time: 00:12:00:00", "max_time: {hours: 3}", "fast_dev_run: 3", "limit_val_batches: 10"),
        *("overfit_batches: 2", "val_check_interval: 100", "gradient_clip_val: 0.5", "deterministic: warn"),
        *(
            "profiler: simple",
            "max_epochs: None",
            "max_epochs: -1",
            "num_sanity_val_steps: -1",
            "callbacks: []",
        ),
        *("benchmark: TRUE", "gradient_clip_algorithm: value", "default_root_dir: None", "min_epochs: ~"),
    ],
)
def test_other_trainer_values(tmp_path: Path, line: str) -> None:
    assert findings_of(write_config(tmp_path, f"trainer:\n  {line}\n")) == []


def test_class_entries_in_the_trainer(tmp_path: Path) -> None:
    trainer = load(
        tmp_path,
        """\
        trainer:
          strategy: {class_path: lightning.pytorch.strategies.DDPStrategy, init_args: {timeout: null}}
          profiler: {class_path: lightning.pytorch.profilers.SimpleProfiler}
          plugins:
            - class_path: lightning.pytorch.plugins.environments.LightningEnvironment
          logger:
            - class_path: lightning.pytorch.loggers.TensorBoardLogger
              init_args: {save_dir: logs, more: passed on, also: [{class_path: fractions.Fraction}]}
            - class_path: lightning.pytorch.loggers.CSVLogger
              init_args: {save_dir: logs}
          callbacks:
            class_path: lightning.pytorch.callbacks.TQDMProgressBar
            init_args: {refresh_rate: 30}
        """,
    ).trainer
    assert trainer["callbacks"] == ClassEntry(
        "lightning.pytorch.callbacks.TQDMProgressBar", {"refresh_rate": 30}
    )
    assert trainer["profiler"] == ClassEntry("lightning.pytorch.profilers.SimpleProfiler")
    assert trainer["logger"][0].init_args == {
        "save_dir": "logs",
        "more": "passed on",
        "also": [ClassEntry("fractions.Fraction")],
    }
    assert isinstance(trainer["plugins"][0], ClassEntry)
    assert isinstance(trainer["strategy"], ClassEntry)


def test_six_mistakes_are_six_findings(tmp_path: Path) -> None:
    path = write_config(
        tmp_path,
        """\
        seed_everything: many
        model:
          network_nam: HuBERT
          lr: 0
          lr: 0.1
        data:
          dataset_classes:
            - class_path: corpora_for_tests.Corpus
              init_args: {folder: here}
          augmentations:
            - class_path: audiomentations.AddGausianNoise
            - class_path: audiomentations.AddGaussianNoise
              init_args: {p: 1.5}
        """,
        dataset=False,
    )
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert isinstance(caught.value, UserError)
    assert str(caught.value).split("\n") == [
        "6 mistakes in the config:",
        f"  {path}:1: seed_everything: got 'many'; expected an integer or null",
        f"  {path}:3: model.network_nam: unknown key; did you mean 'network_name'?",
        f"  {path}:4: model.lr: got 0; expected more than 0",
        f"  {path}:5: model.lr: written twice, first in line 4",
        f"  {path}:11: data.augmentations[0].class_path: audiomentations.AddGausianNoise: audiomentations "
        "has no class 'AddGausianNoise'; did you mean 'audiomentations.AddGaussianNoise'?",
        f"  {path}:13: data.augmentations[1].init_args.p: got 1.5; expected at least 0, at most 1",
    ]


MISTAKES = [
    # general
    ("seed_everything: -1", "seed_everything", "at least 0, at most 4294967295", ""),
    ("seed_everything: 4294967296", "seed_everything", "at least 0, at most 4294967295", ""),
    ("seed_everything: true", "seed_everything", "an integer or null", ""),
    ("seed_everythin: 1", "seed_everythin", "", "seed_everything"),
    ("ckpt_path: 3", "ckpt_path", "text or null", ""),
    ("model: AdamW", "model", "a mapping of keys and values", ""),
    ("model: []", "model", "a mapping of keys and values", ""),
    ("trainer: 3", "trainer", "arguments of lightning.pytorch.Trainer", ""),
    # sections
    ("audio_params: {sampling_rate: 0}", "audio_params.sampling_rate", "at least 1", ""),
    ("audio_params: {sampling_rate: 16000.0}", "audio_params.sampling_rate", "an integer", ""),
    ("audio_params: {do_normalise: true}", "audio_params.do_normalise", "", "do_normalize"),
    ("audio_params: {padding_value: .nan}", "audio_params.padding_value", "a finite number", ""),
    ("experiment: {only_weights_load: yes}", "experiment.only_weights_load", "true or false", ""),
    ("experiment: {custom_folder_name: 7}", "experiment.custom_folder_name", "text or null", ""),
    ("model: {lr: fast}", "model.lr", "a number or auto", ""),
    ("model: {lr: 1_0.5}", "model.lr", "a number or auto", ""),
    ("model: {lr: -1e-4}", "model.lr", "more than 0", ""),
    ("model: {lr: .inf}", "model.lr", "more than 0", ""),
    ("model: {optimizer: adamw}", "model.optimizer", "one of AdamW, SGD, Muon", "AdamW"),
    ("model: {optimizer: null}", "model.optimizer", "one of AdamW, SGD, Muon", ""),
    (
        "model: {optimizer: Muon, head_lr: 0.1}",
        "model.head_lr",
        "null, and model.optimizer_args.adamw_lr",
        "",
    ),
    ("model: {gamma: 1.5}", "model.gamma", "more than 0, at most 1", ""),
    ("model: {milestones: [5, 0]}", "model.milestones", "at least 1", ""),
    ("model: {milestones: [5, x]}", "model.milestones[1]", "a list, each an integer", ""),
    ("model: {milestones: 5}", "model.milestones", "a list, each an integer", ""),
    ("model: {step_size: 0}", "model.step_size", "at least 1", ""),
    ("model: {network_config: 3}", "model.network_config", "a mapping", ""),
    ("optuna: {direction: down}", "optuna.direction", "one of minimize, maximize", ""),
    ("optuna: {trials: 3}", "optuna.trials", "", "n_trials"),
    # the optimizer's own arguments
    ("model: {optimizer_args: {weight_deca: 1}}", "model.optimizer_args.weight_deca", "", "weight_decay"),
    ("model: {optimizer_args: {weight_decay: x}}", "model.optimizer_args.weight_decay", "a number", ""),
    ("model: {optimizer_args: {lr: 1}}", "model.optimizer_args.lr", "model.lr", ""),
    # keys that contradict each other
    ("model: {network_name: SEW}", "model.pretrained_name", "a pretrained SEW, or null", ""),
    (
        "model: {pretrained_name: null}",
        "model.pretrained_name",
        "a hub id or folder, or model.network_config",
        "",
    ),
    ("model: {scheduler: MultiStepLR}", "model.milestones", "a list of epochs", ""),
    # the Trainer's arguments
    ("trainer: {max_epoch: 3}", "trainer.max_epoch", "", "max_epochs"),
    ("trainer: {max_epochs: 3.5}", "trainer.max_epochs", "an integer or null", ""),
    ("trainer: {max_epochs: -2}", "trainer.max_epochs", "at least -1", ""),
    ("trainer: {benchmark: off}", "trainer.benchmark", "true or false or null", ""),
    ("trainer: {devices: [a]}", "trainer.devices[0]", "a list, each an integer or text or an integer", ""),
    ("trainer: {accumulate_grad_batches: 0}", "trainer.accumulate_grad_batches", "at least 1", ""),
    (
        "trainer: {gradient_clip_algorithm: nrm}",
        "trainer.gradient_clip_algorithm",
        "one of norm, value",
        "norm",
    ),
    (
        "trainer: {limit_val_batches: 1.5}",
        "trainer.limit_val_batches",
        "at least 0, a share of at most 1.0 (or a whole number)",
        "",
    ),
]


@pytest.mark.parametrize(("line", "path", "expected", "near"), MISTAKES)
def test_one_mistake(tmp_path: Path, line: str, path: str, expected: str, near: str) -> None:
    (finding,) = findings_of(write_config(tmp_path, f"# a comment\n{line}\n"))
    assert (finding.path, finding.expected, finding.nearest) == (path, expected, near)
    assert finding.line == 2 or path not in line.replace(": {", ".")  # a key that is missing has no line
    assert finding.source.endswith("config.yaml")


def test_all_of_them_at_once(tmp_path: Path) -> None:
    """No mistake hides another: one of each key, each on its line."""
    sections: dict[str, dict[str, str]] = {}
    for line, path, _, _ in MISTAKES:
        section, brace, inner = line.partition(": {")
        key, _, value = inner.removesuffix("}").partition(": ")
        if brace and path.startswith(f"{section}.{key}"):
            sections.setdefault(section, {}).setdefault(key, value)
    text = "".join(
        f"{section}:\n" + "".join(f"  {key}: {value}\n" for key, value in keys.items())
        for section, keys in sections.items()
    )
    findings = findings_of(write_config(tmp_path, text))
    assert [finding.path.split("[")[0].split(".")[:2] for finding in findings] == [
        [section, key] for section, keys in sections.items() for key in keys
    ]
    assert len(findings) > 20


ENTRY_MISTAKES = [
    (
        "data.augmentations",
        "audiomentations.AddGaussianNoise",
        "{amplitude: 1}",
        "init_args.amplitude",
        "unknown key",
    ),
    ("data.augmentations", "audiomentations.AddGaussianNoise", "{p: -0.1}", "init_args.p", "got -0.1"),
    (
        "data.augmentations",
        "audiomentations.AddGaussianNoise",
        "{max_amplitude: x}",
        "init_args.max_amplitude",
        "got",
    ),
    (
        "data.augmentations",
        "audiomentations.Limiter",
        "{threshold_mode: abs}",
        "init_args.threshold_mode",
        "got",
    ),
    (
        "data.augmentations",
        "audiomentations.AddBackgroundNoise",
        "{p: 1}",
        "init_args.sounds_path",
        "missing",
    ),
    ("data.augmentations", "audiomentations.AddGaussianNoise", "7", "init_args", "got 7"),
    (
        "data.augmentations",
        "lightning.pytorch.callbacks.TQDMProgressBar",
        "{}",
        "class_path",
        "cannot stand here",
    ),
    ("data.augmentations", "no.such", "{}", "class_path", "no.such: no module named 'no'"),
    (
        "trainer.callbacks",
        "audiomentations.AddGaussianNoise",
        "{}",
        "",
        "got audiomentations.AddGaussianNoise",
    ),
    (
        "trainer.callbacks",
        "lightning.pytorch.callbacks.EarlyStopping",
        "{mode: min}",
        "init_args.monitor",
        "missing",
    ),
    (
        "trainer.callbacks",
        "lightning.pytorch.callbacks.EarlyStopping",
        "{monitor: a, patience: x}",
        "init_args.patience",
        "got 'x'",
    ),
    ("trainer.callbacks", "pytorch_lightning.callbacks.TQDMProgressBar", "{}", "", "got pytorch_lightning"),
    ("trainer.logger", "lightning.pytorch.callbacks.TQDMProgressBar", "{}", "", "got lightning"),
]


@pytest.mark.parametrize(("group", "class_path", "arguments", "path", "message"), ENTRY_MISTAKES)
def test_one_mistake_in_an_entry(
    tmp_path: Path, group: str, class_path: str, arguments: str, path: str, message: str
) -> None:
    section, _, name = group.partition(".")
    data = "  dataset_classes: [{class_path: corpora_for_tests.Corpus, init_args: {folder: x}}]\n"
    text = f"{section}:\n  {name}:\n  - class_path: {class_path}\n    init_args: {arguments}\n"
    text += data if section == "data" else f"data:\n{data}"
    (finding,) = findings_of(write_config(tmp_path, text, dataset=False))
    assert finding.path == f"{group}[0]{'.' if path else ''}{path}"
    assert message in finding.message
    assert finding.line in (3, 4)


@pytest.mark.parametrize(
    ("entry", "path", "message"),
    [
        ("{class_path: corpora_for_tests.Corpus}", "[0].init_args.folder", "missing"),
        (
            "{class_path: corpora_for_tests.Corpus, init_args: {folder: a, mode: fas}}",
            "[0].init_args.mode",
            "got 'fas'",
        ),
        ("{class_path: corpora_for_tests.Corpse}", "[0].class_path", "has no class 'Corpse'"),
        ("{class_path: json.JSONDecoder}", "[0].class_path", "cannot stand here"),
        ("{class_path: corpora_for_tests.Corpus, init_arg: {folder: a}}", "[0].init_arg", "unknown key"),
        ("{init_args: {}}", "[0]", "got {'init_args': {}}"),
        ("corpora_for_tests.Corpus", "[0]", "got 'corpora_for_tests.Corpus'"),
        ("{class_path: 3}", "[0]", "got {'class_path': 3}"),
    ],
)
def test_mistakes_in_a_dataset(tmp_path: Path, entry: str, path: str, message: str) -> None:
    text = f"data:\n  dataset_classes:\n    - {entry}\n"
    finding = findings_of(write_config(tmp_path, text, dataset=False))[0]
    assert finding.path == f"data.dataset_classes{path}"
    assert message in finding.message
    assert finding.line == 3


@pytest.mark.parametrize("data", ["", "data:\n", "data: {dataset_classes: []}", "data: {dataset_classes: }"])
def test_a_config_needs_a_dataset(tmp_path: Path, data: str) -> None:
    (finding,) = findings_of(write_config(tmp_path, f"{data}\n", dataset=False))
    assert (finding.path, finding.message) == ("data.dataset_classes", "no dataset to work with")


def test_a_list_with_all_entries_commented_out_is_empty(tmp_path: Path) -> None:
    text = "model:\n  milestones:\n  optimizer_args:\ntrainer:\n  # nothing\n"
    config = load(tmp_path, text)
    assert (config.model.milestones, config.model.optimizer_args, config.trainer) == ([], {}, {})


def test_language_and_audio_are_filled_in_where_a_class_takes_them(tmp_path: Path) -> None:
    text = "audio_params: &a {sampling_rate: 8000}\n"
    (entry,) = load(tmp_path, text).data.dataset_classes
    audio = {"sampling_rate": 8000, "padding_value": 0.0, "feature_size": 1, "return_attention_mask": False}
    assert entry.init_args == {
        "folder": "here",
        "language": "ru",
        "audio_params": {**audio, "do_normalize": True},
    }
    assert (
        load(tmp_path, "", "data.dataset_classes[0].init_args.language=cs")
        .data.dataset_classes[0]
        .init_args["language"]
        == "cs"
    )


MERGED = """\
audio_params: &audio_params
  sampling_rate: 8000
  do_normalize: false
data:
  <<: *audio_params
  batch_size: 2
  dataset_classes:
    - class_path: corpora_for_tests.Corpus
      init_args: {folder: a, audio_params: *audio_params}
    - class_path: corpora_for_tests.Corpus
      init_args:
        folder: b
        audio_params: {<<: *audio_params}
"""


NESTED = MERGED.replace("  <<: *audio_params\n", "  audio_params:\n    <<: *audio_params\n")


@pytest.mark.parametrize("text", [MERGED, NESTED])
def test_audio_parameters_merged_into_data_and_datasets(tmp_path: Path, text: str) -> None:
    config = load(tmp_path, text, dataset=False)
    assert config.audio_params.sampling_rate == 8000
    assert config.data.batch_size == 2
    for entry in config.data.dataset_classes:
        assert entry.init_args["audio_params"]["sampling_rate"] == 8000
        assert entry.init_args["audio_params"]["do_normalize"] is False
    assert not {"sampling_rate", "audio_params"} & set(config.resolved()["data"])


def test_an_override_reaches_the_section_under_data(tmp_path: Path) -> None:
    config = load(tmp_path, NESTED, "audio_params.sampling_rate=22050", dataset=False)
    assert config.audio_params.sampling_rate == 22050


@pytest.mark.parametrize(
    ("copied", "path"),
    [
        ("7", "data.audio_params"),
        ("{sampling_rate: 44100}", "data.audio_params.sampling_rate"),
        ("{rate: 8000}", "data.audio_params.rate"),
    ],
)
def test_a_mistake_in_the_section_under_data_is_found(tmp_path: Path, copied: str, path: str) -> None:
    text = NESTED.replace("audio_params:\n    <<: *audio_params", f"audio_params: {copied}")
    assert [where for _, where in places(findings_of(write_config(tmp_path, text, dataset=False)))] == [path]


@pytest.mark.parametrize(
    "override",
    [
        "audio_params.sampling_rate=22050",
        "audio_params={sampling_rate: 22050, do_normalize: false}",
    ],
)
def test_an_override_of_audio_parameters_reaches_the_copies(tmp_path: Path, override: str) -> None:
    config = load(tmp_path, MERGED, override, dataset=False)
    assert config.audio_params.sampling_rate == 22050
    rates = [entry.init_args["audio_params"]["sampling_rate"] for entry in config.data.dataset_classes]
    assert rates == [22050, 22050]


def test_a_mistake_in_an_anchor_is_one_finding(tmp_path: Path) -> None:
    path = write_config(tmp_path, MERGED.replace("8000", "fast"), dataset=False)
    assert places(findings_of(path)) == [(2, "audio_params.sampling_rate")]
    assert places(findings_of(path, "audio_params.sampling_rate=16000")) == []
    assert places(findings_of(path, "audio_params.sampling_rate=x")) == [(None, "audio_params.sampling_rate")]


@pytest.mark.parametrize(
    ("old", "new", "line", "where"),
    [
        ("batch_size: 2", "do_normalize: true", 6, "data.do_normalize"),
        ("{<<: *audio_params}", "{<<: *audio_params, sampling_rate: 1}", 13, None),
        ("{<<: *audio_params}", "{do_normalize: true}", 13, None),
    ],
)
def test_copies_that_contradict(tmp_path: Path, old: str, new: str, line: int, where: str | None) -> None:
    (finding,) = findings_of(write_config(tmp_path, MERGED.replace(old, new), dataset=False))
    assert finding.line == line
    assert "contradicts audio_params." in finding.message
    assert where is None or finding.path == where


def test_an_unknown_audio_parameter_of_a_dataset(tmp_path: Path) -> None:
    text = MERGED.replace("{<<: *audio_params}", "{sample_rate: 8000}")
    (finding,) = findings_of(write_config(tmp_path, text, dataset=False))
    assert (finding.line, finding.nearest) == (13, "sampling_rate")


def test_overrides(tmp_path: Path) -> None:
    text = """\
    data:
      dataset_classes: [{class_path: corpora_for_tests.Corpus, init_args: {folder: x}}]
      augmentations:
        - {class_path: audiomentations.AddGaussianNoise, init_args: {p: 0.4}}
        - {class_path: audiomentations.BitCrush}
    trainer:
      callbacks:
        - {class_path: lightning.pytorch.callbacks.EarlyStopping, init_args: {monitor: val_loss}}
    """
    config = load(
        tmp_path,
        text,
        "data.augmentations[0].init_args.p=0.3",
        "data.augmentations[1].init_args.p=1",
        "trainer.callbacks[0].init_args.patience=3",
        "trainer.max_epochs=7",
        "model.optimizer_args.weight_decay=1e-2",
        "ckpt_path=runs/a=b/last.ckpt",
        "seed_everything=None",
        "model.milestones=[3, 5]",
        "experiment.custom_folder_name='7'",
        dataset=False,
    )
    assert [entry.init_args["p"] for entry in config.data.augmentations] == [0.3, 1.0]
    assert config.trainer["callbacks"][0].init_args == {"monitor": "val_loss", "patience": 3}
    assert config.trainer["max_epochs"] == 7
    assert config.model.optimizer_args == {"weight_decay": 0.01}
    assert config.ckpt_path == "runs/a=b/last.ckpt"
    assert config.seed_everything is None
    assert config.model.milestones == [3, 5]
    assert config.experiment.custom_folder_name == "7"


@pytest.mark.parametrize(
    ("override", "path", "message", "near"),
    [
        ("model.lr", "model.lr", "not an override", ""),
        ("model..lr=1", "model..lr", "not a path", ""),
        ("=1", "", "not a path", ""),
        ("model.lr=[1", "model.lr", "not valid YAML", ""),
        ("model.lr=fast", "model.lr", "got 'fast'", ""),
        ("model.lrr=1", "model.lrr", "unknown key", "lr"),
        ("trainr.max_epochs=1", "trainr", "unknown key", "trainer"),
        (
            "data.augmentations[0].p=1",
            "data.augmentations[0].p",
            "there is no list at data.augmentations",
            "",
        ),
        ("data.dataset_classes[3]=1", "data.dataset_classes[3]", "data.dataset_classes has no entry 3", ""),
        (
            "data.dataset_classes[0].init_args.foldr=1",
            "data.dataset_classes[0].init_args.foldr",
            "unknown",
            "folder",
        ),
        ("seed_everything.x=1", "seed_everything.x", "seed_everything is a plain value (1)", ""),
    ],
)
def test_mistakes_on_the_command_line(
    tmp_path: Path, override: str, path: str, message: str, near: str
) -> None:
    finding = findings_of(write_config(tmp_path, "seed_everything: 1\n"), override)[-1]
    assert (finding.path, finding.source, finding.line, finding.nearest) == (path, "command line", None, near)
    assert message in finding.message


def test_mistakes_of_the_file_and_of_the_command_line_come_together(tmp_path: Path) -> None:
    path = write_config(tmp_path, "seed_everything: x\nmodel: {lr: y}\n")
    assert places(findings_of(path, "model.lr=z")) == [(1, "seed_everything"), (None, "model.lr")]
    assert places(findings_of(path, "model.lr=1", "seed_everything=1")) == []


def test_the_same_mistake_in_two_places_is_two_findings(tmp_path: Path) -> None:
    entry = "{class_path: audiomentations.Gain, init_args: {p: 7}}"
    data = "data:\n  dataset_classes: [{class_path: corpora_for_tests.Corpus, init_args: {folder: x}}]\n"
    path = write_config(tmp_path, f"{data}  augmentations: [{entry}, {entry}]\n", dataset=False)
    overrides = [f"data.augmentations[{index}].init_args.p=8" for index in (0, 1)]
    wanted = [f"data.augmentations[{index}].init_args.p" for index in (0, 1)]
    assert places(findings_of(path)) == [(3, one) for one in wanted]
    assert places(findings_of(path, *overrides)) == [(None, one) for one in wanted]


SEARCH = """\
optuna:
  n_trials: 5
  search_spaces:
    model.lr: {distribution: loguniform, low: 1e-5, high: 1e-2}
    model.optimizer: {distribution: categorical, choices: [AdamW, SGD]}
    model.optimizer_args.weight_decay: {low: 0, high: 0.1}
    data.batch_size: {distribution: int, low: 1, high: 8}
    audio_params.do_normalize: {distribution: categorical, choices: [true, false]}
"""


def test_search_spaces(tmp_path: Path) -> None:
    optuna = load(tmp_path, SEARCH).optuna
    assert optuna is not None
    assert (optuna.tune, optuna.n_trials, optuna.direction) == (False, 5, "minimize")
    assert optuna.search_spaces["model.lr"] == SearchSpace("loguniform", 1e-5, 1e-2)
    assert optuna.search_spaces["model.optimizer"].choices == ("AdamW", "SGD")


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ("model.lr: {low: 1}", "uniform without low or high"),
        ("model.lr: {low: 1, high: 1}", "low 1 is not below high 1"),
        ("model.lr: {distribution: loguniform, low: 0, high: 1}", "low 0 has no logarithm"),
        ("model.lr: {distribution: discrete, low: 1, high: 2}", "discrete without step"),
        (
            "model.lr: {distribution: categorical, low: 1, high: 2}",
            "a categorical distribution without choices",
        ),
        ("model.lr: {choices: [1, 2]}", "choices do not go with uniform"),
        ("data.batch_size: {distribution: int, low: 1.5, high: 2}", "int with ends that are no integers"),
        ("data.batch_size: {distribution: int, low: 0, high: 8}", "0 would not do: data.batch_size: got 0"),
        ("model.lrr: {low: 1, high: 2}", "1 would not do: model.lrr: unknown key"),
        ("model.optimizer: {distribution: categorical, choices: [AdamW, Adan]}", "Adan would not do"),
        ("data.augmentations[0].init_args.p: {low: 0, high: 1}", "leads nowhere: there is no list"),
        ("model..lr: {low: 1, high: 2}", "leads nowhere: not a path"),
        ("model.lr: {low: 1, high: 2, stepp: 1}", "unknown key"),
        ("model.lr: {distribution: uniforn, low: 1, high: 2}", "got 'uniforn'"),
    ],
)
def test_search_spaces_that_would_not_do(tmp_path: Path, space: str, message: str) -> None:
    text = f"optuna:\n  search_spaces:\n    {space}\n"
    (finding,) = findings_of(write_config(tmp_path, text))
    assert finding.message.startswith(message)
    assert finding.line == 3
    assert finding.path.startswith("optuna.search_spaces[")


SPEED = """
import json, sys
from phoneme_recognition.config import load_config
from phoneme_recognition.errors import ConfigError
try:
    count = len(load_config(sys.argv[1]).data.dataset_classes) and 0
except ConfigError as error:
    count = len(error.findings)
heavy = {"torch", "lightning", "numpy", "transformers", "audiomentations", "librosa", "corpora_for_tests"}
print(json.dumps([count, sorted(heavy & set(sys.modules))]))
"""


@pytest.mark.parametrize("mistake", ["", "  nonsense: 1\n"])
def test_nothing_heavy_is_imported(tmp_path: Path, mistake: str) -> None:
    text = """\
    model: {optimizer_args: {betas: [0.9, 0.98]}}
    trainer:
      logger: {class_path: lightning.pytorch.loggers.TensorBoardLogger, init_args: {save_dir: x}}
      callbacks:
        - {class_path: lightning.pytorch.callbacks.EarlyStopping, init_args: {monitor: val_per}}
        - {class_path: lightning.pytorch.callbacks.EarlyStoping, init_args: {monitor: val_per}}
    data:
      dataset_classes: [{class_path: corpora_for_tests.Corpus, init_args: {folder: x}}]
      augmentations:
        - {class_path: audiomentations.AddGaussianNoise, init_args: {p: 0.5}}
        - {class_path: audiomentations.TimeStretch, init_args: {p: 0.5}}
    """
    if not mistake:
        text = text.replace("        - {class_path: lightning.pytorch.callbacks.EarlyStoping,", "        # {")
    path = write_config(tmp_path, text, dataset=False)
    path.write_text(path.read_text() + mistake.replace("  ", "", 1))
    run = subprocess.run(
        [sys.executable, "-c", SPEED, str(path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
        env={"PYTHONPATH": f"{Path(__file__).parents[2]}:{tmp_path}", "PATH": ""},
    )
    assert json.loads(run.stdout) == [2 if mistake else 0, []]
