"""Arguments that a library's class cannot do without, and that this program has a value for.

The checker takes them as arguments that may be left out or null; ``instantiate`` passes what the config
says through the named function, which gives the value to use. Nothing else knows of them.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Optional

from phoneme_recognition.config.classes import Argument, ClassFacts

# (class, or one that it derives from; argument) → the function. Only the function's name stands here, so
# that a config is read without what the function needs.
_PROVIDERS = {
    (
        "audiomentations.augmentations.apply_impulse_response.ApplyImpulseResponse",
        "ir_path",
    ): "phoneme_recognition.data.room_folder.find_responses",
}


def with_provided(facts: ClassFacts) -> ClassFacts:
    """The facts of a class, with null as the default of what the program provides."""
    found = {
        name: Argument(Optional[facts.arguments[name].hint], None)  # noqa: UP045
        for path, name in _PROVIDERS
        if path in facts.ancestors and name in facts.arguments
    }
    return replace(facts, arguments=facts.arguments | found) if found else facts


def provide(made: Any, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments to make a class with, completed by what the program provides.

    Raises:
        UserError: what the config says for such an argument will not do, or nothing can be provided.
    """
    completed = dict(arguments)
    lineage = made.__mro__ if isinstance(made, type) else ()
    paths = {f"{one.__module__}.{one.__qualname__}" for one in lineage}
    for (path, name), function in _PROVIDERS.items():
        # An heir may have a constructor of its own, without this argument.
        if path in paths and name in inspect.signature(made).parameters:
            module, _, attribute = function.rpartition(".")
            completed[name] = getattr(importlib.import_module(module), attribute)(arguments.get(name))
    return completed
