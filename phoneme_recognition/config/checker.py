"""The check of a config's values: every mistake is collected, none stops the check."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from typing import Any, TypeVar

from phoneme_recognition.config.classes import (
    NO_DEFAULT,
    Argument,
    ClassFacts,
    ClassLookupError,
    class_facts,
    nearest,
)
from phoneme_recognition.config.entries import ClassEntry, to_plain
from phoneme_recognition.config.hints import Mismatch, convert, describe
from phoneme_recognition.config.loader import Document, Origin
from phoneme_recognition.config.paths import Steps, format_path
from phoneme_recognition.config.provided import with_provided
from phoneme_recognition.config.rules import Rule, rule_of
from phoneme_recognition.errors import Finding

SectionT = TypeVar("SectionT")

_ENTRY_KEYS = ("class_path", "init_args")


class Checker:
    """Turns plain data into sections and entries, and collects what is wrong.

    Args:
        document: what was read, with the lines.
        known: facts of classes that were looked up before, by class path.
    """

    def __init__(
        self, document: Document, known: dict[str, ClassFacts | ClassLookupError] | None = None
    ) -> None:
        self.document = document
        self.findings = list(document.findings)
        self.known = {} if known is None else known
        self._reported: set[tuple[Origin, Steps, str, str]] = set()

    def report(self, steps: Steps, message: str, expected: str = "", near: str = "") -> None:
        """Add a finding about the value at these steps."""
        origin = self.document.origin(steps)
        # What reaches several places by an alias is one mistake; what could not be read is reported already.
        mistake = (origin, steps[-1:], message, expected)
        if mistake in self._reported or steps in self.document.unread:
            return
        self._reported.add(mistake)
        finding = Finding(format_path(steps), message, expected, origin.line, origin.source, near)
        self.findings.append(finding)

    def section(
        self, kind: type[SectionT], data: Any, steps: Steps, ignored: tuple[str, ...] = ()
    ) -> SectionT:
        """Check a mapping against a section's dataclass.

        Args:
            kind: the dataclass; every field has a default.
            data: the mapping; None stands for an empty one.
            steps: where it stands.
            ignored: keys that are judged elsewhere.

        Returns:
            The section; a value that is wrong is replaced by its default.
        """
        if not isinstance(data, dict | None):
            self.report(steps, f"got {_show(data)}", "a mapping of keys and values")
        given = data if isinstance(data, dict) else {}
        known: dict[str, Field[Any]] = {entry.name: entry for entry in fields(kind)}  # type: ignore[arg-type]
        for name in given:
            if name not in known and name not in ignored:
                self.unknown((*steps, name), [*known, *ignored])
        hints = typing.get_type_hints(kind)
        values = {}
        for name, entry in known.items():
            empty = given.get(name) is None and entry.default_factory is not MISSING
            if name in given and name not in ignored and not empty:
                values[name] = self.value(given[name], hints[name], rule_of(entry), (*steps, name))
        return kind(**{name: value for name, value in values.items() if value is not NO_DEFAULT})

    def unknown(self, steps: Steps, known: typing.Iterable[str]) -> None:
        """Report a key that does not exist."""
        names = list(dict.fromkeys(known))
        near = nearest(str(steps[-1]), names)
        # Where no name is near, a list of a few says more than nothing.
        expected = f"one of {', '.join(names)}" if not near and 0 < len(names) <= 20 else ""
        self.report(steps, "unknown key", expected, near)

    def value(self, value: Any, hint: Any, rule: Rule | None, steps: Steps) -> Any:
        """Check one value; returns it converted, or ``NO_DEFAULT`` where it is wrong."""
        try:
            converted = convert(value, hint, self.is_a)
        except Mismatch:
            wrong: dict[Steps, Any] = {(): value}
            if isinstance(value, list) and self._fits([], hint):
                wrong = {(at,): item for at, item in enumerate(value) if not self._fits([item], hint)}
            expected = f"one of {', '.join(rule.choices)}" if rule and rule.choices else describe(hint)
            for index, item in wrong.items():
                self.report((*steps, *index), f"got {_show(item)}", expected, _near(item, rule, hint))
            return NO_DEFAULT
        expected = rule.expects(converted) if rule else ""
        if expected:
            self.report(steps, f"got {_show(value)}", expected, _near(value, rule, hint))
            return NO_DEFAULT
        return converted

    def _fits(self, value: Any, hint: Any) -> bool:
        try:
            convert(value, hint, self.is_a)
        except Mismatch:
            return False
        return True

    def facts(self, path: str) -> ClassFacts:
        """Facts of a class, looked up once.

        Raises:
            ClassLookupError: it cannot be imported.
        """
        if path not in self.known:
            try:
                self.known[path] = with_provided(class_facts(path))
            except ClassLookupError as error:
                self.known[path] = error
        found = self.known[path]
        if isinstance(found, ClassLookupError):
            raise found
        return found

    def is_a(self, entry: ClassEntry, wanted: str) -> bool:
        """Whether an entry's class may stand where another is wanted; in doubt it may."""
        try:
            return self.facts(entry.class_path).derives_from(wanted) is not False
        except ClassLookupError:
            return True  # reported already

    def entries(self, value: Any, steps: Steps) -> Any:
        """Replace every ``class_path`` mapping in a value by its ``ClassEntry``, the innermost first."""
        if isinstance(value, dict) and "class_path" in value:
            return self.entry(value, steps) or NO_DEFAULT
        if isinstance(value, dict):
            return {name: self.entries(item, (*steps, name)) for name, item in value.items()}
        if isinstance(value, list):
            return [self.entries(item, (*steps, index)) for index, item in enumerate(value)]
        return value

    def entry(
        self, data: Any, steps: Steps, method: str = "", filled: Mapping[str, Any] | None = None
    ) -> ClassEntry | None:
        """Check one ``class_path`` + ``init_args``.

        Args:
            data: the mapping.
            steps: where it stands.
            method: a method that the class must have.
            filled: arguments that it gets where it takes them and the config says nothing.

        Returns:
            The entry; None where it names no class.
        """
        if not isinstance(data, dict) or not isinstance(data.get("class_path"), str):
            self.report(steps, f"got {_show(data)}", "a mapping with class_path and init_args")
            return None
        for name in set(data) - set(_ENTRY_KEYS):
            self.unknown((*steps, name), _ENTRY_KEYS)
        path, given = data["class_path"], data.get("init_args")
        if not isinstance(given, dict | None):
            self.report((*steps, "init_args"), f"got {_show(given)}", "a mapping of arguments")
        arguments = given if isinstance(given, dict) else {}
        try:
            facts = self.facts(path)
        except ClassLookupError as error:
            self.report((*steps, "class_path"), f"{path}: {error}", near=error.nearest)
            return ClassEntry(path, arguments)
        if method and facts.complete and method not in facts.methods:
            self.report((*steps, "class_path"), f"{path} cannot stand here", f"a class with {method}()")
            return ClassEntry(path, arguments)
        arguments = arguments | _filled(facts, arguments, filled or {})
        return ClassEntry(path, self.arguments(facts, arguments, (*steps, "init_args")))

    def arguments(
        self,
        facts: ClassFacts,
        given: Mapping[str, Any],
        steps: Steps,
        rules: Mapping[str, Rule] | None = None,
    ) -> dict[str, Any]:
        """Check the arguments of a class against its signature.

        Returns:
            The arguments, with entries in place of ``class_path`` mappings.
        """
        for name, argument in facts.arguments.items():
            if argument.default is NO_DEFAULT and name not in given:
                self.report(
                    (*steps, name), f"missing: {facts.path} cannot do without", describe(argument.hint)
                )
        checked = {}
        for name, value in given.items():
            here = (*steps, name)
            if name not in facts.arguments:
                if not facts.open:
                    self.unknown(here, facts.arguments)
                checked[name] = self.entries(value, here)
                continue
            rule = (rules or {}).get(name) or (_PROBABILITY if name == "p" else None)
            checked[name] = self.argument(value, facts.arguments[name], here, rule)
        return checked

    def argument(self, value: Any, argument: Argument, steps: Steps, rule: Rule | None = None) -> Any:
        """Check one argument of a class; returns it with entries in place of ``class_path`` mappings."""
        return self.value(self.entries(value, steps), argument.hint, rule, steps)


_PROBABILITY = Rule("a probability", at_least=0, at_most=1)


def _filled(facts: ClassFacts, given: Mapping[str, Any], filled: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that the program gives to a class that takes them and was not given them in full."""
    found = {}
    for name in filled:
        if name not in facts.arguments:
            continue
        if given.get(name) is None:
            found[name] = filled[name]
        elif isinstance(given[name], dict) and isinstance(filled[name], dict):
            found[name] = filled[name] | given[name]
    return found


def _near(value: Any, rule: Rule | None, hint: Any) -> str:
    literals = typing.get_args(hint) if typing.get_origin(hint) is typing.Literal else ()
    names = [*(rule.choices if rule else ()), *(word for word in literals if isinstance(word, str))]
    return nearest(value, names) if isinstance(value, str) else ""


def _show(value: Any) -> str:
    """A value as a config would spell it, shortened."""
    if isinstance(value, ClassEntry):
        return value.class_path
    plain = to_plain(value)
    words = {None: "null", True: "true", False: "false"}
    text = words[plain] if plain is None or isinstance(plain, bool) else repr(plain)
    return text if len(text) <= 80 else f"{text[:77]}..."
