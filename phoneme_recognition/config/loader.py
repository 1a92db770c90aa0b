"""A strict reading of YAML: what a config file says, and on which line it says it.

Anchors, aliases and merge keys work (``<<: *audio_params``, ``<<: [*a, *b]``: the earlier one wins, a key
written out wins over both). Only these plain words are more than text:

- null: ``null``, ``None``, ``~`` and nothing at all
- true and false: ``true``/``false``, also ``True`` and ``TRUE``
- integers: ``-1``, ``16000``; floats: ``0.5``, ``1.``, ``1e-6``, ``1E5``, ``.inf``, ``.nan``

All that YAML 1.1 would turn into something else without a word stays text, for the type check to judge:
``yes``/``no``/``on``/``off``, ``0x10``, ``010``, ``1_000``, ``15:30`` (15 times 60 plus 30), dates.
A key written twice is a mistake, and so are tags (``!!python/...``).

Top-level keys that begin with ``x-`` hold anchors and are dropped after reading.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from phoneme_recognition.config.paths import Steps, format_path
from phoneme_recognition.errors import Finding

COMMAND_LINE = "command line"
HELPER_PREFIX = "x-"

_PREFIX = "tag:yaml.org,2002:"
_PLAIN_WORDS = {
    "null": r"~|null|Null|NULL|None|",
    "bool": r"true|True|TRUE|false|False|FALSE",
    "int": r"[-+]?(0|[1-9][0-9]*)",
    "float": r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*)([eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+"
    r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
}


class StrictLoader(yaml.SafeLoader):
    """PyYAML's parser with our few plain words instead of those of YAML 1.1."""

    yaml_implicit_resolvers: dict[Any, Any] = {}  # noqa: RUF012 (PyYAML's own declaration)


for _name, _words in _PLAIN_WORDS.items():
    StrictLoader.add_implicit_resolver(_PREFIX + _name, re.compile(f"^(?:{_words})$"), None)


class Origin(NamedTuple):
    """Where a value was written.

    Attributes:
        source: the file, or ``command line``.
        line: from 1; None on the command line.
        place: what tells it from others there: the column, or the whole override.
    """

    source: str
    line: int | None
    place: int | str = ""


@dataclass
class Document:
    """What was read.

    Attributes:
        data: plain dicts, lists and scalars; None where the file could not be parsed.
        origins: path of a value (its steps) → where it was written, also for values that came by a merge.
        findings: the mistakes of form.
        unread: where None stands for a value that could not be read.
    """

    data: Any = None
    origins: dict[Steps, Origin] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    unread: set[Steps] = field(default_factory=set)

    def origin(self, steps: Steps) -> Origin:
        """Where this value, or else the nearest one around it, was written."""
        for end in range(len(steps), -1, -1):
            if steps[:end] in self.origins:
                return self.origins[steps[:end]]
        return Origin("", None)


def read_file(path: str | Path) -> Document:
    """Read a config file; what is wrong with it, also that it is missing, stands in ``findings``."""
    source = str(path)
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        return Document(findings=[Finding("", f"cannot be read: {reason}", source=source)])
    document = read_text(text, source)
    if document.data is None and not document.findings:
        document.data = {}
    if isinstance(document.data, dict):
        document.data = {k: v for k, v in document.data.items() if not str(k).startswith(HELPER_PREFIX)}
    elif not document.findings:
        document.findings.append(Finding("", "not a mapping", "KEY: VALUE lines", 1, source))
    return document


def read_text(text: str, source: str) -> Document:
    """Read YAML from a string; ``source`` names it in the findings."""
    builder = _Builder(source)
    try:
        node = yaml.compose(text, Loader=StrictLoader)
        builder.document.data = None if node is None else builder.build(node, ())
    except yaml.YAMLError as error:
        builder.document.findings.append(_syntax_finding(error, source))
    except RecursionError:
        builder.document.findings.append(Finding("", "nested too deeply", source=source))
    return builder.document


def read_value(text: str) -> tuple[Any, str]:
    """Read the VALUE of an override ``KEY=VALUE``; returns it and what is wrong with it (or "")."""
    document = read_text(text, COMMAND_LINE)
    return document.data, document.findings[0].message if document.findings else ""


def _syntax_finding(error: yaml.YAMLError, source: str) -> Finding:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    return Finding("", f"not valid YAML: {problem}", line=mark.line + 1 if mark else None, source=source)


class _Builder:
    """Walks PyYAML's nodes, which know their lines, and builds plain data."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.document = Document()
        self._open: set[int] = set()  # nodes being built: an alias to one of them would never end

    def build(self, node: yaml.Node, steps: Steps, line_of: yaml.Node | None = None) -> Any:
        mark = (line_of or node).start_mark
        self.document.origins[steps] = Origin(self.source, mark.line + 1, mark.column)
        if id(node) in self._open:
            return self._unread(node, steps, "an alias to the value that it stands in")
        self._open.add(id(node))
        try:
            return self._build(node, steps)
        finally:
            self._open.remove(id(node))

    def _build(self, node: yaml.Node, steps: Steps) -> Any:
        if isinstance(node, yaml.MappingNode) and node.tag == f"{_PREFIX}map":
            entries = self._entries(node, steps)
            return {key: self.build(value, (*steps, key), at) for key, (at, value) in entries.items()}
        if isinstance(node, yaml.SequenceNode) and node.tag == f"{_PREFIX}seq":
            return [self.build(item, (*steps, index)) for index, item in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, steps)
        return self._unread(node, steps, f"the tag {node.tag.replace(_PREFIX, '!!')} is not allowed here")

    def _scalar(self, node: yaml.ScalarNode, steps: Steps) -> Any:
        kind = node.tag.removeprefix(_PREFIX)
        if kind == "str":
            return node.value
        # The words are checked again because a tag may have been written out: "!!int seven".
        if kind not in _PLAIN_WORDS or not re.fullmatch(_PLAIN_WORDS[kind], node.value):
            return self._unread(node, steps, f"{node.value!r} with the tag {node.tag.replace(_PREFIX, '!!')}")
        if kind == "int" and len(node.value) > 4000:
            return self._unread(node, steps, "an integer of more than 4000 digits")
        return _convert(kind, node.value)

    def _entries(self, node: yaml.MappingNode, steps: Steps) -> dict[Hashable, tuple[yaml.Node, yaml.Node]]:
        """Key → (node that gives the line, value), own keys first, then merged ones."""
        own: dict[Hashable, tuple[yaml.Node, yaml.Node]] = {}
        merged: list[tuple[yaml.Node, yaml.Node]] = []
        seen: dict[Hashable, int] = {}
        for key_node, value in node.value:
            key = self._key(key_node, steps)
            if key is None:
                continue
            if key in seen:
                self._report(key_node, (*steps, key), f"written twice, first in line {seen[key]}")
                continue
            seen[key] = key_node.start_mark.line + 1
            if key == "<<" and key_node.style is None:
                merged.append((key_node, value))
            else:
                own[key] = (key_node, value)
        for at, value in merged:
            own = self._merged(value, steps, at) | own
        return own

    def _merged(
        self, node: yaml.Node, steps: Steps, at: yaml.Node
    ) -> dict[Hashable, tuple[yaml.Node, yaml.Node]]:
        if isinstance(node, yaml.MappingNode) and id(node) not in self._open:
            self._open.add(id(node))
            try:
                return self._entries(node, steps)
            finally:
                self._open.remove(id(node))
        if isinstance(node, yaml.SequenceNode) and all(isinstance(i, yaml.MappingNode) for i in node.value):
            result: dict[Hashable, tuple[yaml.Node, yaml.Node]] = {}
            for item in node.value:
                result = self._merged(item, steps, at) | result
            return result
        self._report(at, (*steps, "<<"), "what is merged is no mapping", "an alias such as *audio_params")
        return {}

    def _key(self, node: yaml.Node, steps: Steps) -> Hashable | None:
        """A key as text; whole numbers stay numbers, for mappings such as ``id2label``."""
        if not isinstance(node, yaml.ScalarNode):
            self._report(node, steps, "a list or mapping as a key", "a name")
            return None
        if node.tag == f"{_PREFIX}int":
            return self._scalar(node, steps)  # type: ignore[no-any-return]
        return node.value  # type: ignore[no-any-return]

    def _unread(self, node: yaml.Node, steps: Steps, message: str) -> None:
        self.document.unread.add(steps)
        self._report(node, steps, message)

    def _report(self, node: yaml.Node, steps: Steps, message: str, expected: str = "") -> None:
        line = node.start_mark.line + 1
        known = {(finding.line, finding.message) for finding in self.document.findings}
        if (line, message) not in known:  # an anchor is built once for each alias, but is wrong once
            finding = Finding(format_path(steps), message, expected, line, self.source)
            self.document.findings.append(finding)


def _convert(kind: str, word: str) -> Any:
    match kind:
        case "null":
            return None
        case "bool":
            return word.lower() == "true"
        case "int":
            return int(word)
        case _:
            return float(word.lower().replace(".inf", "inf").replace(".nan", "nan"))
