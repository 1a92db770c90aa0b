"""Dotted paths into a config: ``data.augmentations[0].init_args.p``.

One way to read and to set a value, for the overrides on the command line and for the search.
A key that has a dot or a bracket in itself is written in brackets and quotes:
``optuna.search_spaces["model.lr"].low``.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Any

Steps = tuple[Hashable, ...]

_STEP = re.compile(r"""(?P<name>[^.\[\]"']+)|\[(?P<index>-?[0-9]+)\]|\["(?P<quoted>[^"]+)"\]""")
_PLAIN = re.compile(r"""[^.\[\]"']+""")


class PathError(ValueError):
    """A path that is not one, or that leads nowhere; the message says why.

    Args:
        message: what is wrong.
        expected: what would have been right.
    """

    def __init__(self, message: str, expected: str = "") -> None:
        super().__init__(message)
        self.expected = expected


def parse_path(path: str) -> Steps:
    """Take a dotted path apart.

    Raises:
        PathError: it is no path.

    Example:
        >>> parse_path("data.augmentations[0].init_args.p")
        ('data', 'augmentations', 0, 'init_args', 'p')
    """
    steps: list[str | int] = []
    at = 0
    while at < len(path):
        at += bool(steps) and path[at] == "."
        found = _STEP.match(path, at)
        if not found or (found["name"] and at and path[at - 1] != "."):
            break
        steps.append(int(found["index"]) if found["index"] else found["name"] or found["quoted"])
        at = found.end()
    else:
        if steps and isinstance(steps[0], str):
            return tuple(steps)
    raise PathError("not a path", "keys and indices such as trainer.callbacks[0].init_args.patience")


def format_path(steps: Steps) -> str:
    """The dotted path of these steps; the opposite of ``parse_path``."""
    text = ""
    for step in steps:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _PLAIN.fullmatch(str(step)):
            text += f".{step}" if text else str(step)
        else:
            text += f'["{step}"]'
    return text


def get_path(tree: Any, path: str | Steps) -> Any:
    """The value at a path.

    Raises:
        PathError: there is none.
    """
    node = tree
    steps = parse_path(path) if isinstance(path, str) else path
    for done, step in enumerate(steps):
        _check_step(node, step, steps[:done], new_key=False)
        node = node[step]
    return node


def set_path(tree: Any, path: str | Steps, value: Any) -> None:
    """Set the value at a path, in place.

    A key that a mapping lacks is made, and so are mappings on the way where there is nothing (or null).
    A list neither grows nor shrinks. A value that hinders is never replaced by a mapping.

    Raises:
        PathError: the path leads nowhere; the tree is as it was.
    """
    steps = parse_path(path) if isinstance(path, str) else path
    node, missing = tree, len(steps) - 1
    for done, step in enumerate(steps[:-1]):
        _check_step(node, step, steps[:done], new_key=True)
        following = node.get(step) if isinstance(node, dict) else node[step]
        if following is None:
            missing = done
            break
        node = following
    rest = steps[missing + 1 :]
    if missing < len(steps) - 1 and any(isinstance(step, int) for step in rest):
        raise PathError(f"there is no list at {format_path(steps[: missing + 1])}", "an index into a list")
    _check_step(node, steps[missing], steps[:missing], new_key=True)
    for step in reversed(rest):
        value = {step: value}
    node[steps[missing]] = value


def _check_step(node: Any, step: Hashable, before: Steps, *, new_key: bool) -> None:
    here = format_path(before) or "the top"
    if isinstance(node, list):
        if not isinstance(step, int):
            raise PathError(f"{here} is a list", f"an index such as {format_path(before)}[0]")
        if not 0 <= step < len(node):
            size = f"an index from 0 to {len(node) - 1}" if node else "an entry in the list, which is empty"
            raise PathError(f"{here} has no entry {step}", size)
    elif not isinstance(node, dict):
        raise PathError(f"{here} is a plain value ({node!r}) with nothing below it")
    elif step not in node and not (new_key and isinstance(step, str)):
        raise PathError(f"{here} has no key {step!r}")
