"""``config/schema.json``: what editors need to complete and check a config while it is written.

    python -m phoneme_recognition.config.schema            writes the file
    python -m phoneme_recognition.config.schema --check    exits 1 if it is stale

It is made from what the parser uses: the sections, and the Trainer's own signature.
"""

from __future__ import annotations

import json
import sys
import typing
from collections.abc import Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from phoneme_recognition.config.checks import AUDIO_KEYS
from phoneme_recognition.config.classes import NO_DEFAULT, Argument, class_facts
from phoneme_recognition.config.entries import to_plain
from phoneme_recognition.config.hints import describe, json_schema
from phoneme_recognition.config.loader import HELPER_PREFIX
from phoneme_recognition.config.rules import Rule, rule_of
from phoneme_recognition.config.sections import (
    AudioParams,
    Config,
    OptunaSection,
    SearchSpace,
)
from phoneme_recognition.config.trainer_keys import TRAINER, TRAINER_RULES, with_additions
from phoneme_recognition.files import write_text

SCHEMA_PATH = Path("config/schema.json")
_NULL = {"enum": [None, "None"]}
_ENTRY = {
    "type": "object",
    "description": "a class and the arguments to make it with",
    "properties": {
        "class_path": {"type": "string", "description": "dotted path of the class"},
        "init_args": {"anyOf": [{"type": "object"}, _NULL], "description": "its keyword arguments"},
    },
    "required": ["class_path"],
    "additionalProperties": False,
}


def make_schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of a config file."""
    schema = _section(Config)
    properties = schema["properties"]
    properties["data"]["properties"] |= {name: _audio_copy(name) for name in AUDIO_KEYS}
    properties["data"]["properties"]["audio_params"] = {
        **_section(AudioParams),
        "description": "the section audio_params again: {<<: *audio_params}",
    }
    properties["trainer"] = _trainer()
    spaces = {"type": "object", "additionalProperties": _section(SearchSpace)}
    search = _section(OptunaSection)
    search["properties"]["search_spaces"] |= spaces
    properties["optuna"] = {"anyOf": [search, _NULL], "description": search.pop("description")}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": f"made by phoneme_recognition.config.schema with lightning {version('lightning')}",
        "title": "Config of phoneme_recognition",
        **schema,
        "patternProperties": {
            f"^{HELPER_PREFIX}": {"description": "a place for anchors, not read as config"}
        },
        "$defs": {"class_entry": _ENTRY},
    }


def _section(kind: type) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    properties = {}
    for entry in fields(kind):
        hint = hints[entry.name]
        properties[entry.name] = _section(hint) if is_dataclass(hint) else _key(entry, hint)  # type: ignore[arg-type]
    doc = (kind.__doc__ or "").split("\n")[0]
    return {"type": "object", "description": doc, "properties": properties, "additionalProperties": False}


def _key(entry: Field[Any], hint: Any) -> dict[str, Any]:
    rule = rule_of(entry)
    if entry.default_factory is not MISSING:  # nothing at all stands for an empty list or mapping
        return _value(hint, rule, entry.default_factory(), nullable=True)
    return _value(hint, rule, entry.default)


def _value(hint: Any, rule: Rule, default: Any, *, nullable: bool = False) -> dict[str, Any]:
    found = json_schema(hint)
    if rule.choices:
        allows_null = type(None) in typing.get_args(hint)
        found = {"enum": [*rule.choices, *(_NULL["enum"] if allows_null else [])]}
    if nullable:
        found = {"anyOf": [found, _NULL]}
    known = {} if default in (NO_DEFAULT, ...) else {"default": to_plain(default)}
    return {**rule.json_schema(), **found, **known}


def _audio_copy(name: str) -> dict[str, Any]:
    found = _section(AudioParams)["properties"][name]
    return {**found, "description": f"merged in from audio_params: {found['description']}"}


def _trainer() -> dict[str, Any]:
    facts = with_additions(class_facts(TRAINER))
    properties = {name: _argument(name, argument) for name, argument in facts.arguments.items()}
    return {
        "type": "object",
        "description": f"arguments of {TRAINER}, passed through",
        "properties": properties,
        "additionalProperties": False,
    }


def _argument(name: str, argument: Argument) -> dict[str, Any]:
    rule = TRAINER_RULES.get(name) or Rule(describe(argument.hint))
    return _value(argument.hint, rule, argument.default)


def main(arguments: Sequence[str]) -> None:
    """Write the schema, or with ``--check`` see whether the file is fresh.

    Raises:
        SystemExit: with a message, where ``--check`` finds it stale.
    """
    text = json.dumps(make_schema(), indent=2, ensure_ascii=False) + "\n"
    if "--check" not in arguments:
        write_text(SCHEMA_PATH, text)
    elif not SCHEMA_PATH.is_file() or SCHEMA_PATH.read_text(encoding="utf-8") != text:
        raise SystemExit(
            f"{SCHEMA_PATH} is stale. Write it with: python -m phoneme_recognition.config.schema"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
