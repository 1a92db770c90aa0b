"""Arguments that the program gives to a library's class where the config leaves them out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from phoneme_recognition.config import ClassEntry, instantiate, load_config
from phoneme_recognition.config.classes import NO_DEFAULT, class_facts
from phoneme_recognition.config.provided import provide, with_provided
from phoneme_recognition.errors import ConfigError, DataError

RESPONSES = "audiomentations.ApplyImpulseResponse"


@pytest.fixture(autouse=True)
def few_rooms(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("phoneme_recognition.data.room_folder.COUNT", 2)


@pytest.mark.parametrize("given", ["{p: 0.3}", "{p: 0.3, ir_path: null}", "{ir_path: None}", "null"])
def test_the_path_of_responses_may_be_left_out(
    make_quick_config: Callable[[Path], Path], tmp_path: Path, given: str
) -> None:
    path = make_quick_config(tmp_path)
    config = load_config(path, [f"data.augmentations=[{{class_path: {RESPONSES}, init_args: {given}}}]"])
    (entry,) = config.data.augmentations
    made = instantiate(entry)
    assert len(made.ir_files) == 2
    assert Path(made.ir_path).parent == Path("data/cache")
    assert instantiate(entry).ir_files == made.ir_files


def test_its_type_is_still_checked(make_quick_config: Callable[[Path], Path], tmp_path: Path) -> None:
    override = f"data.augmentations=[{{class_path: {RESPONSES}, init_args: {{ir_path: 3, ir_paht: x}}}}]"
    with pytest.raises(ConfigError) as caught:
        load_config(make_quick_config(tmp_path), [override])
    assert "ir_path: got 3" in str(caught.value)
    assert "did you mean 'ir_path'" in str(caught.value)


def test_a_folder_of_ones_own_is_used(clips: Path) -> None:
    made = instantiate(ClassEntry(RESPONSES, {"ir_path": str(clips)}))
    assert len(made.ir_files) == 12
    assert not Path("data").exists()


@pytest.mark.parametrize(("make", "said"), [(False, "does not exist"), (True, "holds no sound")])
def test_a_folder_without_responses_is_named(tmp_path: Path, make: bool, said: str) -> None:
    folder = tmp_path / "rooms"
    if make:
        folder.mkdir()
    with pytest.raises(DataError) as caught:
        instantiate(ClassEntry(RESPONSES, {"ir_path": str(folder)}))
    assert f"{RESPONSES}: ir_path {folder} {said}" in str(caught.value)
    assert "leave it out" in str(caught.value)


def test_heirs_inherit_it_unless_they_have_no_such_argument(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = """
        from audiomentations import ApplyImpulseResponse

        class Heir(ApplyImpulseResponse):
            pass

        class Own(ApplyImpulseResponse):
            def __init__(self, wet=1.0, p=0.5):
                super().__init__("/somewhere.wav", p)
    """
    (tmp_path / "heirs_of_responses.py").write_text(dedent(code))
    monkeypatch.syspath_prepend(str(tmp_path))
    assert len(instantiate(ClassEntry("heirs_of_responses.Heir", {"p": 1.0})).ir_files) == 2
    assert instantiate(ClassEntry("heirs_of_responses.Own", {})).ir_files == ["/somewhere.wav"]
    heir = with_provided(class_facts("heirs_of_responses.Heir"))
    assert heir.arguments["ir_path"].default is None


def test_other_classes_are_left_alone() -> None:
    facts = class_facts("audiomentations.AddBackgroundNoise")
    assert with_provided(facts) is facts
    assert facts.arguments["sounds_path"].default is NO_DEFAULT
    arguments: dict[str, Any] = {"a": 1}
    assert provide(dict, arguments) == provide(len, arguments) == arguments
