"""Signatures read from source text, compared with what an import says."""

from __future__ import annotations

import importlib
import inspect
import sys
import typing
from pathlib import Path
from textwrap import dedent
from typing import Any, ForwardRef, Literal, Union

import pytest

from phoneme_recognition.config.classes import NO_DEFAULT, ClassLookupError, class_facts, nearest
from phoneme_recognition.config.hints import class_name
from phoneme_recognition.config.source import find, find_file

# Classes that configs name, from the libraries as they are installed.
REAL = [
    "lightning.pytorch.Trainer",
    "lightning.pytorch.callbacks.EarlyStopping",
    "lightning.pytorch.callbacks.TQDMProgressBar",
    "lightning.pytorch.callbacks.ModelCheckpoint",
    "lightning.pytorch.callbacks.LearningRateMonitor",
    "lightning.pytorch.loggers.TensorBoardLogger",
    "lightning.pytorch.loggers.CSVLogger",
    "lightning.pytorch.profilers.SimpleProfiler",
    "lightning.pytorch.strategies.DDPStrategy",
    "torch.optim.AdamW",
    "torch.optim.SGD",
    "audiomentations.AddGaussianNoise",
    "audiomentations.AddBackgroundNoise",
    "audiomentations.ApplyImpulseResponse",
    "audiomentations.BandPassFilter",
    "audiomentations.Limiter",
    "audiomentations.SpecFrequencyMask",
]


@pytest.mark.parametrize("path", [path for path in REAL if "SpecFrequency" not in path])
def test_the_source_says_what_an_import_says(path: str) -> None:
    module, _, name = path.rpartition(".")
    real = getattr(importlib.import_module(module), name)
    parameters = list(inspect.signature(real.__init__).parameters.values())[1:]
    facts = class_facts(path)
    assert facts.path == f"{real.__module__}.{real.__qualname__}"
    plain = [p for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
    assert list(facts.arguments) == [parameter.name for parameter in plain]
    assert facts.open == any(p.kind is p.VAR_KEYWORD for p in parameters)
    for parameter in plain:
        default = facts.arguments[parameter.name].default
        assert default in (parameter.default, ...) or default is parameter.default
    known = {f"{one.__module__}.{one.__qualname__}" for one in real.__mro__}
    assert set(facts.ancestors) <= known
    assert not facts.complete or {one for one in known if not one.startswith(("builtins.", "abc."))} <= {
        *facts.ancestors,
        "typing.Generic",
        "typing.Protocol",
    }


def test_the_trainers_types() -> None:
    arguments = class_facts("lightning.pytorch.Trainer").arguments
    assert arguments["max_epochs"].hint == int | None
    assert arguments["devices"].hint == list[int] | str | int
    assert arguments["limit_val_batches"].hint == int | float | None
    assert arguments["inference_mode"].hint is bool
    assert "bf16-mixed" in str(arguments["precision"].hint)
    names = {class_name(member) for member in typing.get_args(arguments["logger"].hint)}
    assert "lightning.pytorch.loggers.logger.Logger" in names


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for modules, on the import path."""
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def put(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")


def test_names_are_followed_through_packages(package: Path) -> None:
    put(
        package,
        {
            "trail/__init__.py": "from .middle import Renamed as Public\nfrom trail import other",
            "trail/middle.py": "from trail.deep.end import *\nRenamed = Real",
            "trail/deep/__init__.py": "",
            "trail/deep/end.py": """
                try:
                    import no_such_module
                except ImportError:
                    no_such_module = None
                if no_such_module:
                    pass
                else:
                    class Real:
                        def __init__(self, a: int) -> None: ...
            """,
            "trail/other.py": "class Other: ...",
        },
    )
    assert find("trail.Public").path == "trail.deep.end.Real"  # type: ignore[union-attr]
    assert list(class_facts("trail.Public").arguments) == ["a"]
    assert class_facts("trail.other.Other").arguments == {}
    assert not {"trail", "trail.middle"} & set(sys.modules)


@pytest.mark.parametrize(
    ("annotation", "hint"),
    [
        ("int", int),
        ("'float'", float),
        ("None", None),
        ("int | None", int | None),
        ("Optional[str]", str | None),
        ("t.Optional[str]", str | None),
        ("Union[int, 'str', None]", int | str | None),
        ("Literal['a', 1]", Literal["a", 1]),
        ("list[int]", list[int]),
        ("List[int]", list[int]),
        ("Sequence[str]", list[str]),
        ("tuple[float, float]", tuple[float, float]),
        ("tuple[str, ...]", tuple[str, ...]),
        ("dict[str, int]", dict[str, int]),
        ("Mapping[str, Any]", dict[str, Any]),
        ("Path", ForwardRef("pathlib.Path")),
        ("str | Path", Union[str, ForwardRef("pathlib.Path")]),  # noqa: UP007
        ("Alias", int | str),
        ("Other", ForwardRef("hinted.Other")),
        ("list[Other]", list[ForwardRef("hinted.Other")]),  # type: ignore[misc]
        ("Any", Any),
        ("int | Unknown", Any),
        ("Callable[[int], int]", Any),
        ("Colour", Any),
        ("compute(3)", Any),
        ("'not valid ['", Any),
        ("object", Any),
        ("Loop", Any),
    ],
)
def test_annotations(package: Path, annotation: str, hint: object) -> None:
    put(
        package,
        {
            "hinted.py": f"""
                import typing as t
                from collections.abc import Callable, Mapping, Sequence
                from enum import Enum
                from pathlib import Path
                from typing import Any, List, Literal, Optional, Union

                Alias = int | "str"
                Loop = "Loop"
                class Other: ...
                class Colour(Enum):
                    RED = 1
                class Named:
                    def __init__(self, value: {annotation}) -> None: ...
            """
        },
    )
    assert class_facts("hinted.Named").arguments["value"].hint == hint


def test_defaults_and_kinds_of_arguments(package: Path) -> None:
    put(
        package,
        {
            "arguments.py": """
                from os import sep
                class Some:
                    def __init__(
                        self, a, /, b: int, c=0.5, *rest, d: int = None, e=sep, f: str, g=3, **more
                    ): ...
            """
        },
    )
    facts = class_facts("arguments.Some")
    assert facts.open
    assert {name: one.default for name, one in facts.arguments.items()} == {
        "a": NO_DEFAULT,
        "b": NO_DEFAULT,
        "c": 0.5,
        "d": None,
        "e": ...,
        "f": NO_DEFAULT,
        "g": 3,
    }
    assert facts.arguments["c"].hint == int | float  # a float by default takes numbers
    assert facts.arguments["g"].hint is Any  # an integer by default may be anything
    assert facts.arguments["d"].hint == int | None


def test_inheritance(package: Path) -> None:
    put(
        package,
        {
            "heirs.py": """
                from abc import ABC
                class Top:
                    def __init__(self, top: int): ...
                    def go(self): ...
                class Left(Top): ...
                class Right(Top):
                    def __init__(self, right: int): ...
                class Bottom(Left, Right, ABC):
                    def own(self): ...
                class Lost(Unknown):
                    def __init__(self): ...
            """
        },
    )
    facts = class_facts("heirs.Bottom")
    assert list(facts.arguments) == ["right"]  # as Python looks it up: Left, Right, then Top
    assert facts.ancestors == ("heirs.Bottom", "heirs.Left", "heirs.Right", "heirs.Top")
    assert {"go", "own"} <= facts.methods
    assert facts.derives_from("heirs.Top") is True
    assert facts.derives_from("heirs.Lost") is False
    assert class_facts("heirs.Lost").derives_from("heirs.Top") is None


def test_what_the_source_does_not_show_is_imported(package: Path) -> None:
    put(
        package,
        {
            "data_class.py": """
                from dataclasses import dataclass
                @dataclass
                class Point:
                    x: int
                    y: float = 0.5
            """,
            "made_later.py": "globals()['Late'] = type('Late', (), {'__init__': lambda self, late: None})",
            "factory.py": "def make(size: int = 3) -> object: ...",
        },
    )
    point = class_facts("data_class.Point").arguments
    assert (point["x"].hint, point["x"].default) == (int, NO_DEFAULT)
    assert (point["y"].hint, point["y"].default) == (float, 0.5)
    assert list(class_facts("made_later.Late").arguments) == ["late"]
    assert class_facts("factory.make").arguments["size"].hint is int
    assert list(class_facts("fractions.Fraction").arguments) == []
    assert "_socket.socket" in class_facts("_socket.socket").ancestors  # compiled


@pytest.mark.parametrize(
    ("path", "message", "near"),
    [
        ("Top", "'Top' is not the dotted path of a class", ""),
        ("not a.path", "'not a.path' is not the dotted path of a class", ""),
        ("audiomentation.Gain", "no module named 'audiomentation'", "audiomentations.Gain"),
        ("no_such_thing_at_all.Gain", "no module named 'no_such_thing_at_all'", ""),
        ("audiomentations.Gian", "audiomentations has no class 'Gian'", "audiomentations.Gain"),
        (
            "lightning.pytorch.callback.EarlyStopping",
            "lightning.pytorch has no module 'callback'",
            "lightning.pytorch.callbacks.EarlyStopping",
        ),
        ("torch.optim.Adamw", "torch.optim has no class 'Adamw'", "torch.optim.AdamW"),
        ("_socket.Socket", "cannot be imported: AttributeError", ""),
        ("broken.Thing", "its module has a mistake: ", ""),
        ("raising.Late", "cannot be imported: ValueError: not today", ""),
    ],
)
def test_classes_that_cannot_be_imported(package: Path, path: str, message: str, near: str) -> None:
    put(
        package, {"broken.py": "def f(:\n", "raising.py": "globals()['x'] = 1\nraise ValueError('not today')"}
    )
    with pytest.raises(ClassLookupError) as caught:
        class_facts(path)
    assert str(caught.value).startswith(message)
    assert caught.value.nearest == near


def test_a_changed_file_is_read_again(package: Path) -> None:
    import os

    put(package, {"fresh.py": "class A:\n    def __init__(self, old): ..."})
    assert list(class_facts("fresh.A").arguments) == ["old"]
    put(package, {"fresh.py": "class A:\n    def __init__(self, new): ..."})
    os.utime(package / "fresh.py", ns=(1, 1))
    assert list(class_facts("fresh.A").arguments) == ["new"]


def test_files_of_modules(package: Path) -> None:
    put(package, {"pile/__init__.py": "", "pile/sub.py": "", "space/inner.py": ""})
    assert find_file("pile.sub") == package / "pile" / "sub.py"
    assert find_file("space.inner") == package / "space" / "inner.py"  # a namespace package
    assert find_file("pile.nothing") is None
    assert find_file("pile.sub.deeper") is None


@pytest.mark.parametrize(
    ("name", "names", "expected"),
    [
        ("max_epoch", ["max_epochs", "min_epochs"], "max_epochs"),
        ("LR", ["lr", "gamma"], "lr"),
        ("zzz", ["lr", "gamma"], ""),
        ("x", [], ""),
    ],
)
def test_nearest_name(name: str, names: list[str], expected: str) -> None:
    assert nearest(name, names) == expected
