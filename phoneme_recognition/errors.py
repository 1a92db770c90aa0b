"""What can go wrong for a user, as exceptions that say what to do about it.

Every message names the thing, what was expected, what was got, and a remedy. Only
``phoneme_recognition.cli`` turns one into an exit code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class UserError(Exception):
    """A mistake that the user can mend (exit code 2): never shown as a traceback.

    Args:
        thing: what is wrong, e.g. a key, a file or a checkpoint.
        expected: what would have been right.
        got: what was found instead.
        remedy: what to do now.
    """

    def __init__(self, thing: str, *, expected: str = "", got: str = "", remedy: str = "") -> None:
        super().__init__(thing)
        self.thing = thing
        self.expected = expected
        self.got = got
        self.remedy = remedy

    def __str__(self) -> str:
        parts = [self.thing]
        parts += [f"expected {self.expected}"] if self.expected else []
        parts += [f"got {self.got}"] if self.got else []
        text = "; ".join(parts)
        return f"{text}. {self.remedy}" if self.remedy else text


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake in a config file.

    Attributes:
        path: dotted path of the key, ``""`` where the file as a whole is meant.
        message: what is wrong.
        expected: what would have been right.
        line: line in the file (from 1), or None where the value came from elsewhere.
        source: the file, or ``command line``.
        nearest: the nearest valid name, if one is near.
    """

    path: str
    message: str
    expected: str = ""
    line: int | None = None
    source: str = ""
    nearest: str = ""

    def __str__(self) -> str:
        place = f"{self.source}:{self.line}" if self.line is not None else self.source
        head = ": ".join(part for part in (place, self.path, self.message) if part)
        tail = f"; expected {self.expected}" if self.expected else ""
        hint = f"; did you mean {self.nearest!r}?" if self.nearest else ""
        return head + tail + hint


class ConfigError(UserError):
    """All the mistakes of one config, found in one go."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        count = len(self.findings)
        super().__init__(f"{count} mistake{'' if count == 1 else 's'} in the config")

    def __str__(self) -> str:
        return "\n".join([f"{self.thing}:", *(f"  {finding}" for finding in self.findings)])


class VocabularyError(UserError):
    """A vocabulary file that cannot be used."""


class DataError(UserError):
    """A corpus, a cache or a folder that cannot be used as a whole."""


class AudioError(UserError):
    """One recording that cannot be used; ``thing`` is the reason, fit for a report."""


class CheckpointError(UserError):
    """A checkpoint that is missing, foreign, damaged or does not fit the config."""


class NetworkError(UserError):
    """A pretrained model or network configuration that cannot be built."""


class MissingExtraError(UserError):
    """An optional dependency that is not installed.

    Args:
        feature: what needs it.
        extra: the name of the extra in pyproject.toml.
    """

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(
            f"{feature} needs the optional dependencies {extra!r}",
            remedy=f"Install them with: pip install 'phoneme-recognition[{extra}]'",
        )
