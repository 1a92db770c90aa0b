"""The JSON schema, and the config files that come with the project."""

from __future__ import annotations

import ast
import json
import os
import re
from dataclasses import fields
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml
from config_writing import findings_of

from phoneme_recognition.config import Config, load_config
from phoneme_recognition.config.classes import class_facts
from phoneme_recognition.config.loader import read_file
from phoneme_recognition.config.schema import SCHEMA_PATH, main, make_schema
from phoneme_recognition.config.trainer_keys import TRAINER, TRAINER_RULES

ROOT = Path(__file__).parents[2]
SHIPPED = sorted((ROOT / "config").glob("*.yaml"))
SECTIONS = ("audio_params", "experiment", "model", "data")


@pytest.fixture
def in_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def test_the_schema_file_is_fresh(in_root: None) -> None:
    stored = json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))
    made = json.loads(json.dumps(make_schema()))
    if version("lightning") not in stored["$comment"]:  # another Lightning has other Trainer arguments
        for schema in (stored, made):
            schema["properties"].pop("trainer")
            schema.pop("$comment")
    assert made == stored, "write it with: python -m phoneme_recognition.config.schema"


def test_check_tells_fresh_from_stale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").mkdir()
    with pytest.raises(SystemExit, match="is stale"):
        main(["--check"])
    main([])
    main(["--check"])
    SCHEMA_PATH.write_text(SCHEMA_PATH.read_text().replace("learning rate", "rate"))
    with pytest.raises(SystemExit, match="is stale"):
        main(["--check"])


def test_every_key_is_described_and_has_its_default() -> None:
    schema = make_schema()
    for name in SECTIONS:
        section = getattr(Config(), name)
        described = schema["properties"][name]["properties"]
        for entry in fields(section):
            assert described[entry.name]["description"]
            assert described[entry.name]["default"] == getattr(section, entry.name)
    assert {"sampling_rate", "do_normalize"} <= set(schema["properties"]["data"]["properties"])


def test_the_trainers_keys_come_from_its_signature() -> None:
    trainer = make_schema()["properties"]["trainer"]["properties"]
    assert set(trainer) == set(class_facts(TRAINER).arguments)
    assert {"auto", "16-mixed", 16} <= set(words_of(trainer["precision"]))
    assert all(one["description"] for one in trainer.values())


def test_every_rule_is_about_an_argument_that_exists() -> None:
    if version("lightning").startswith("2.6."):
        assert set(TRAINER_RULES) == set(class_facts(TRAINER).arguments)


def words_of(schema: dict[str, Any]) -> list[Any]:
    inner = [word for one in schema.get("anyOf", []) for word in words_of(one)]
    return [*schema.get("enum", []), *inner]


def accepts(schema: dict[str, Any], value: Any, root: dict[str, Any]) -> bool:
    """A judge for the part of JSON schema that is used here."""
    if "$ref" in schema:
        return accepts(root["$defs"][schema["$ref"].rpartition("/")[2]], value, root)
    if "anyOf" in schema and not any(accepts(one, value, root) for one in schema["anyOf"]):
        return False
    if "enum" in schema and not any(value == word and type(value) is type(word) for word in schema["enum"]):
        return False
    kinds = {
        "object": dict,
        "array": list,
        "string": str,
        "boolean": bool,
        "integer": int,
        "number": (int, float),
    }
    kind = schema.get("type")
    if kind and (not isinstance(value, kinds[kind]) or (isinstance(value, bool) and kind != "boolean")):  # type: ignore[arg-type]
        return False
    if isinstance(value, int | float) and not isinstance(value, bool):
        low, above, high = schema.get("minimum"), schema.get("exclusiveMinimum"), schema.get("maximum")
        if (low is not None and value < low) or (above is not None and value <= above):
            return False
        if high is not None and value > high:
            return False
    if isinstance(value, list):
        return all(accepts(schema.get("items", {}), item, root) for item in value)
    if isinstance(value, dict) and kind == "object":
        if set(schema.get("required", [])) - set(value):
            return False
        return all(accepts(_below(schema, name), item, root) for name, item in value.items())
    return True


NEVER = {"enum": ["nothing is accepted here"]}


def _below(schema: dict[str, Any], name: str) -> dict[str, Any]:
    patterns = schema.get("patternProperties", {})
    matching = next((inner for pattern, inner in patterns.items() if re.search(pattern, str(name))), None)
    rest = schema.get("additionalProperties", True)
    rest = {True: {}, False: NEVER}[rest] if isinstance(rest, bool) else rest
    found: dict[str, Any] = schema.get("properties", {}).get(name, matching if matching is not None else rest)
    return found


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_shipped_configs_load_and_fit_the_schema(in_root: None, path: Path) -> None:
    assert findings_of(path) == []
    schema = make_schema()
    assert accepts(schema, read_file(path).data, schema)
    assert accepts(schema, load_config(path).resolved(), schema)
    assert path.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=schema.json\n")


@pytest.mark.parametrize(
    "text",
    [
        "seed: 1",
        "model: {lr: 0}",
        "model: {lr: fast}",
        "model: {network_name: wav2vec}",
        "model: {learning_rate: 1}",
        "data: {batch_size: 1.5}",
        "data: {dataset_classes: [corpora.Corpus]}",
        "data: {augmentations: [{init_args: {}}]}",
        "trainer: {max_epoch: 1}",
        "trainer: {devices: {a: 1}}",
        "trainer: {precision: 17}",
        "optuna: {search_spaces: {model.lr: {lo: 1}}}",
    ],
)
def test_the_schema_refuses_mistakes(text: str) -> None:
    schema = make_schema()
    assert not accepts(schema, yaml.safe_load(text), schema)


def test_the_documented_default_shows_every_key_with_its_default(in_root: None) -> None:
    path = ROOT / "config" / "config.yaml"
    written = read_file(path).data
    config = load_config(path)
    for name in SECTIONS:
        keys = {entry.name for entry in fields(getattr(config, name))}
        assert keys <= set(written[name])
        for key in keys - {"dataset_classes", "augmentations"}:
            assert written[name][key] == getattr(getattr(Config(), name), key), f"{name}.{key}"
    assert (config.seed_everything, config.ckpt_path) == (42, None)
    assert set(written["trainer"]) >= set(TRAINER_RULES) - {"enable_autolog_hparams", "model_registry"}
    assert [config.trainer[key] for key in ("accelerator", "devices", "strategy", "precision")] == [
        "auto"
    ] * 4


def test_every_key_of_the_documented_default_has_a_comment() -> None:
    lines = (ROOT / "config" / "config.yaml").read_text(encoding="utf-8").splitlines()
    inside = lines[lines.index("trainer:") : lines.index("  callbacks:")]
    assert [line for line in inside[1:] if "#" not in line] == []


def test_a_setting_of_the_editor_points_to_the_schema() -> None:
    assert (ROOT / "config" / "schema.json").is_file()
    assert json.loads((ROOT / "config" / "schema.json").read_text())["$schema"].endswith("2020-12/schema")


def test_the_engine_never_imports_the_rooms() -> None:
    """The config names the user's rooms by class path only."""
    for path in (ROOT / "phoneme_recognition" / "config").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            module = node.module if isinstance(node, ast.ImportFrom) else ""
            assert not (module or "").startswith(("dataset_modules", "custom_augmentations")), os.fspath(path)
