"""What a rule of pronunciation is made of."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Rule:
    """A place where spelling and sound part, as a replacement of letters.

    It works on a word in lower case whose stressed vowels are capitals (``слАдкий``), and compares without
    regard to case.

    Attributes:
        name: its name in grammars.
        pattern: what is replaced, a regular expression; what is merely beside it stands in look-arounds.
        replacement: the letters that say what is heard, or a function of the match.
        source: the chapter of the grammar, or the dictionary.
        examples: words with ``+`` before the stressed vowel → their phonemes, parted by blanks; they are run
            as tests.
        where: the rule is tried on words alone in which this is found; none: on every word.
        unless: words in which this is found are left as they are.
    """

    name: str
    pattern: str
    replacement: str | Callable[[re.Match[str]], str]
    source: str
    examples: dict[str, str]
    where: str = ""
    unless: str = ""

    def apply(self, word: str) -> str:
        """The word after the rule."""
        if self.where and not _compiled(self.where).search(word):
            return word
        if self.unless and _compiled(self.unless).search(word):
            return word
        return _compiled(self.pattern).sub(self.replacement, word)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)
