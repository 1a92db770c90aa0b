"""The code blocks of the documentation, found with page and line."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

_FENCE = re.compile(r"^(\s*)(`{3,})\s*(\w*)(.*)$")
_TITLE = re.compile(r'title="([^"]+)"')
_EXEMPT = re.compile(r"^\s*<!-- not run: (.+?) -->$")


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        page: the file, from the root of the repository.
        line: of the opening fence, from 1.
        language: the word after the fence; "" where there is none.
        title: the file that the block shows, or "".
        exempt: why it is not run, or "".
        text: what stands between the fences, without its indentation.
    """

    page: str
    line: int
    language: str
    title: str
    exempt: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks_of(page: Path) -> Iterator[Block]:
    """All the fenced blocks of a page."""
    name = page.relative_to(ROOT).as_posix() if page.is_relative_to(ROOT) else page.name
    lines = page.read_text(encoding="utf-8").splitlines()
    start, opening, before = 0, None, ""
    for number, line in enumerate(lines, start=1):
        found = _FENCE.match(line)
        if opening is None:
            if found:
                start, opening = number, found
            elif line.strip():
                before = line
        elif found and len(found[2]) >= len(opening[2]) and not found[3]:
            title, exempt = _TITLE.search(opening[4]), _EXEMPT.match(before)
            text = dedent("\n".join(lines[start : number - 1])) + "\n"
            yield Block(name, start, opening[3], title[1] if title else "", exempt[1] if exempt else "", text)
            opening, before = None, line
    if opening is not None:
        raise ValueError(f"{name}:{start}: a block that never ends")


def all_blocks(*languages: str) -> list[Block]:
    """The blocks of all pages in these languages."""
    return [block for page in PAGES for block in blocks_of(page) if block.language in languages]


def commands_of(text: str) -> Iterator[tuple[int, list[str]]]:
    """The commands of a shell block as (line in the block, words): quotes resolved, comments gone."""
    line, pending = 1, ""
    for number, one in enumerate(text.splitlines(), start=1):
        line = line if pending else number
        pending += one
        if pending.endswith("\\") or pending.count("'") % 2 or pending.count('"') % 2:
            pending = pending.removesuffix("\\") + "\n"
            continue
        for words in _split(pending):
            yield line, words
        pending = ""


def _split(line: str) -> Iterator[list[str]]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars="();<>|&")
    lexer.whitespace_split = True
    words: list[str] = []
    redirected = False
    for word in lexer:
        if set(word) <= set("();|&"):
            yield from [words] if words else []
            words, redirected = [], False
        elif set(word) <= set("<>"):
            redirected = True
        elif not redirected:
            words.append(word)
    if words:
        yield words
