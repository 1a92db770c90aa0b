"""Making the objects that a config names."""

from __future__ import annotations

import importlib
from typing import Any

from phoneme_recognition.config.entries import ClassEntry
from phoneme_recognition.config.provided import provide
from phoneme_recognition.errors import UserError
from phoneme_recognition.failures import reason


def instantiate(entry: ClassEntry, **extra: Any) -> Any:
    """Import a class and make it, with the entries inside its arguments.

    Args:
        entry: what the config says.
        **extra: arguments that the program gives; what the config says wins.

    Raises:
        UserError: the import or the constructor failed; class, argument and reason are named. An error
            that is one already keeps its type.
    """
    arguments = extra | {name: _build(value) for name, value in entry.init_args.items()}
    made = _import(entry.class_path)
    try:
        arguments = provide(made, arguments)
        return made(**arguments)
    except UserError as error:
        error.thing = f"{entry.class_path}: {error.thing}"
        raise
    except Exception as error:  # a constructor may raise anything
        why = reason(error)
        guilty = _guilty(arguments, why)
        raise UserError(
            f"{entry.class_path} cannot be made{f' with {guilty}' if guilty else ''}",
            got=why,
            remedy="Correct its init_args in the config."
            if not isinstance(error, ImportError)
            else "Install what is missing.",
        ) from error


def _build(value: Any) -> Any:
    if isinstance(value, ClassEntry):
        return instantiate(value)
    if isinstance(value, dict):
        return {name: _build(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_build(item) for item in value)
    return value


def _import(path: str) -> Any:
    module, _, name = path.rpartition(".")
    try:
        return getattr(importlib.import_module(module), name)
    except UserError:
        raise  # says already what is missing
    except Exception as error:  # importing runs foreign code
        raise UserError(
            f"class {path} cannot be imported",
            got=reason(error),
            remedy="Check class_path and what it needs.",
        ) from error


def _guilty(arguments: dict[str, Any], why: str) -> str:
    """The arguments that the reason speaks of, with their values."""
    words = set("".join(sign if sign.isalnum() or sign == "_" else " " for sign in why).split())
    named = [f"{name}={value!r}" for name, value in arguments.items() if name in words]
    return ", ".join(named)
