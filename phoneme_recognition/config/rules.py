"""What a type alone does not say about a key: its meaning, its range, its choices."""

from __future__ import annotations

import math
from dataclasses import Field, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Rule:
    """The meaning and the bounds of a key. Bounds hold for numbers, and for each number of a list.

    Attributes:
        doc: one line on what the key means.
        above: the value must be greater.
        at_least: the value must not be less.
        at_most: the value must not be greater.
        share: a float is a share of the whole (at most 1.0), an integer a count.
        choices: the names that are known; null is judged by the type.
    """

    doc: str = ""
    above: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    share: bool = False
    choices: tuple[str, ...] = ()

    def expects(self, value: Any) -> str:
        """What was expected, if the value breaks the rule, else ""."""
        if isinstance(value, list | tuple):
            return next(filter(None, map(self.expects, value)), "")
        if self.choices and isinstance(value, str) and value not in self.choices:
            return f"one of {', '.join(self.choices)}"
        if isinstance(value, bool) or not isinstance(value, int | float):
            return ""
        too_much = self.share and isinstance(value, float) and value > 1.0
        inside = (
            math.isfinite(value)
            and (self.above is None or value > self.above)
            and (self.at_least is None or value >= self.at_least)
            and (self.at_most is None or value <= self.at_most)
        )
        return "" if inside and not too_much else self.range()

    def range(self) -> str:
        """The bounds in words."""
        parts = [
            "" if self.above is None else f"more than {self.above:.10g}",
            "" if self.at_least is None else f"at least {self.at_least:.10g}",
            "" if self.at_most is None else f"at most {self.at_most:.10g}",
            "a share of at most 1.0 (or a whole number)" if self.share else "",
        ]
        return ", ".join(filter(None, parts)) or "a finite number"

    def json_schema(self) -> dict[str, Any]:
        """The rule as keywords of JSON schema."""
        bounds = {"exclusiveMinimum": self.above, "minimum": self.at_least, "maximum": self.at_most}
        found: dict[str, Any] = {"description": self.doc} if self.doc else {}
        return found | {name: bound for name, bound in bounds.items() if bound is not None}


def about(
    doc: str,
    *,
    above: float | None = None,
    at_least: float | None = None,
    at_most: float | None = None,
    choices: tuple[str, ...] = (),
) -> dict[str, Rule]:
    """The metadata of a dataclass field that has a rule."""
    return {"rule": Rule(doc, above, at_least, at_most, choices=choices)}


def key(
    default: Any,
    doc: str,
    *,
    above: float | None = None,
    at_least: float | None = None,
    at_most: float | None = None,
    choices: tuple[str, ...] = (),
) -> Any:
    """A dataclass field with an immutable default and a rule."""
    metadata = about(doc, above=above, at_least=at_least, at_most=at_most, choices=choices)
    return field(default=default, metadata=metadata)


def rule_of(entry: Field[Any]) -> Rule:
    """The rule of a dataclass field."""
    rule = entry.metadata.get("rule")
    return rule if isinstance(rule, Rule) else Rule()
