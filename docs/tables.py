"""Tables of config keys and of class arguments, put into the pages while mkdocs builds them.

They are made from what the program itself reads, so they cannot drift from it. A page asks for one on a line
of its own::

    <!-- keys: model -->                         all keys of a section
    <!-- keys: model lr scheduler -->            some of them
    <!-- arguments: custom_augmentations.CustomPitchShift -->    what a class takes

mkdocs calls ``on_page_markdown`` because ``mkdocs.yml`` lists this file under ``hooks``.
"""

from __future__ import annotations

import ast
import json
import re
import sys
import textwrap
import typing
from collections.abc import Iterator, Sequence
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, NamedTuple

# The packages are found wherever mkdocs is started from.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from phoneme_recognition.config.classes import NO_DEFAULT, Argument, class_facts
from phoneme_recognition.config.entries import to_plain
from phoneme_recognition.config.hints import describe
from phoneme_recognition.config.provided import with_provided
from phoneme_recognition.config.rules import Rule, rule_of
from phoneme_recognition.config.sections import (
    AudioParams,
    Config,
    DataSection,
    DecodingSection,
    ExperimentSection,
    ModelSection,
    OptunaSection,
    PhonemesSection,
    SearchSpace,
)
from phoneme_recognition.config.source import find
from phoneme_recognition.config.trainer_keys import TRAINER, TRAINER_RULES, with_additions

SECTIONS: dict[str, type] = {
    "general": Config,
    "audio_params": AudioParams,
    "experiment": ExperimentSection,
    "model": ModelSection,
    "data": DataSection,
    "phonemes": PhonemesSection,
    "decoding": DecodingSection,
    "optuna": OptunaSection,
    "optuna.search_spaces": SearchSpace,
}
PLURALS = {"class": "classes", "integer": "integers", "number": "numbers", "mapping": "mappings"}
# More alternatives than these are separated by commas.
_MANY = 6
MARKER = re.compile(r"^<!-- (keys|arguments): (.+?) -->$", re.MULTILINE)


class Row(NamedTuple):
    """One line of a table."""

    name: str
    type: str
    default: str
    meaning: str


def on_page_markdown(markdown: str, **_: object) -> str:
    """Put a table in the place of each marker.

    Raises:
        ValueError: a marker names what does not exist; the build stops.
    """
    return MARKER.sub(lambda found: _fill(found[1], found[2].split()), markdown)


def _fill(kind: str, words: list[str]) -> str:
    if kind == "arguments":
        return as_table("argument", class_arguments(*words))
    section, *wanted = words
    rows = {row.name: row for row in section_keys(section)}
    if unknown := set(wanted) - set(rows):
        raise ValueError(f"section {section} has no key {', '.join(sorted(unknown))}")
    return as_table("key", [rows[name] for name in wanted or rows])


def as_table(head: str, rows: Sequence[Row]) -> str:
    """Rows as a Markdown table."""
    lines = [f"| {head} | type | default | meaning |", "|---|---|---|---|"]
    for row in rows:
        cells = (f"`{row.name}`", row.type, row.default, row.meaning)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def section_keys(section: str) -> list[Row]:
    """The keys of a section of the config.

    Raises:
        ValueError: there is no such section.
    """
    if section == "trainer":
        facts = with_additions(class_facts(TRAINER))
        return [_argument(name, one, TRAINER_RULES.get(name)) for name, one in facts.arguments.items()]
    if section not in SECTIONS:
        raise ValueError(f"there is no section {section!r}")
    hints = typing.get_type_hints(SECTIONS[section])
    names = [entry for entry in fields(SECTIONS[section]) if entry.name not in (*SECTIONS, "trainer")]
    return [_key(entry, hints[entry.name]) for entry in names]


def _key(entry: Field[Any], hint: Any) -> Row:
    rule = rule_of(entry)
    default = entry.default if entry.default_factory is MISSING else entry.default_factory()
    return Row(entry.name, _type(hint, rule), _default(default), rule.doc)


def class_arguments(path: str) -> list[Row]:
    """The arguments of a class, with the meanings that its docstring or those of its ancestors give."""
    facts = with_provided(class_facts(path))
    meanings: dict[str, str] = {}
    for ancestor in reversed(facts.ancestors or (facts.path,)):
        meanings |= _documented(ancestor)
    return [_argument(name, one, Rule(meanings.get(name, ""))) for name, one in facts.arguments.items()]


def _argument(name: str, argument: Argument, rule: Rule | None) -> Row:
    rule = rule or Rule()
    return Row(name, _type(argument.hint, rule), _default(argument.default), rule.doc)


def _type(hint: Any, rule: Rule) -> str:
    bounds = rule.range().replace(" (or a whole number)", " or a whole number")
    parts = [", ".join(f"`{one}`" for one in rule.choices) if rule.choices else _in_words(hint)]
    parts += ["or null"] if rule.choices and type(None) in typing.get_args(hint) else []
    parts += [] if rule.range() == Rule().range() else [f"({bounds})"]
    return " ".join(parts)


def _in_words(hint: Any) -> str:
    """A type as a reader needs it: what class a class has to be stands in its meaning."""
    words = re.sub(r"class_path and init_args of an? \w+", "a class", describe(hint))
    words = re.sub(r"a list, each an? (\w+)", lambda one: f"a list of {PLURALS.get(one[1], one[1])}", words)
    members = [one.strip("'") for one in dict.fromkeys(words.split(" or "))]
    return (", " if len(members) > _MANY else " or ").join(dict.fromkeys(members))


def _default(value: Any) -> str:
    if value is NO_DEFAULT:
        return "must be given"
    if value is ...:
        return "see its source"
    plain = to_plain(value)
    return f"`{plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)}`"


def _documented(path: str) -> dict[str, str]:
    """Argument → meaning, from the docstrings of one class and of its constructor."""
    found = find(path)
    node = found.node if found else None
    if not isinstance(node, ast.ClassDef | ast.FunctionDef):
        return {}
    constructors = [one for one in node.body if isinstance(one, ast.FunctionDef) and one.name == "__init__"]
    docs = [ast.get_docstring(one) or "" for one in (node, *constructors)]
    return {name: meaning for doc in docs for name, meaning in (*_google(doc), *_sphinx(doc)) if meaning}


def _google(doc: str) -> Iterator[tuple[str, str]]:
    """The section ``Args:`` of a docstring in Google's form."""
    section = re.search(r"^Args?:[ ]*\n((?:[ \t]+.*\n?|[ ]*\n)+)", doc, re.MULTILINE)
    block = textwrap.dedent(section[1]) if section else ""
    several = r"^(\*{0,2}\w+(?:, \*{0,2}\w+)*)[^:\n]*:(.*(?:\n(?:[ \t]+.*|[ ]*(?=\n)))*)"
    for found in re.finditer(several, block, re.MULTILINE):
        for name in found[1].replace("*", "").split(", "):
            yield name, _one_line(found[2])


def _sphinx(doc: str) -> Iterator[tuple[str, str]]:
    """The ``:param name:`` fields of a docstring."""
    for found in re.finditer(r":param (\w+):((?:(?!\n\s*:\w+|\n\s*\n)[\s\S])*)", doc):
        yield found[1], _one_line(found[2])


def _one_line(text: str) -> str:
    """The first paragraph, without the roles of reStructuredText."""
    paragraph = re.split(r"\n\s*\n|\n\s*(?:[-*]|\.\.) ", text.strip())[0]
    return " ".join(re.sub(r":\w+:(?=`)", "", paragraph).replace("`~", "`").split()).rstrip(".")
