"""Every example in the documentation does what it says: configs load, Python runs, commands exist."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from docs_blocks import PAGES, ROOT, Block, all_blocks, blocks_of, commands_of
from docs_workplace import MY_CONFIG, inside, make_page_folder, make_workplace

from phoneme_recognition.cli import MODES, main
from phoneme_recognition.config.loader import read_text
from phoneme_recognition.config.parser import load_config
from phoneme_recognition.errors import ConfigError

Enter = Callable[[str], Path]

# What a fragment leaves out.
DATASET = "data.dataset_classes=[{class_path: dataset_modules.festvox_ru.FestvoxRuDataset}]"
AUGMENTATION = "data.augmentations=[{class_path: audiomentations.AddGaussianNoise}]"
ANCHOR = "x-audio: &audio_params {sampling_rate: 16000}\n"
CHECKED = ("yaml", "yml", "json", "python", "sh", "bash")
# Modes that are quick enough to be run, with the tiny config.
QUICK = ("check", "preview", "vocab")
# run.sh knows more than the program.
OF_RUN_SH = ("selftest", "--help", "-h", "help", "MODE")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory, clips: Path) -> Callable[[str], Path]:
    """The folder of each page, made when it is first asked for."""
    workplace = tmp_path_factory.mktemp("workplace")
    make_workplace(workplace, clips)

    @cache
    def folder_of(page: str) -> Path:
        folder = tmp_path_factory.mktemp(Path(page).stem)
        make_page_folder(folder, workplace, page)
        return folder

    return folder_of


@pytest.fixture
def enter(folders: Callable[[str], Path]) -> Iterator[Enter]:
    """Goes into the folder of a page until the test ends."""
    with ExitStack() as stack:

        def go(page: str) -> Path:
            stack.enter_context(inside(folders(page)))
            return folders(page)

        yield go


def blocks(*languages: str, exempt: bool = False) -> list[Any]:
    found = all_blocks(*languages)
    return [pytest.param(block, id=str(block)) for block in found if bool(block.exempt) == exempt]


@pytest.mark.parametrize("block", blocks(*CHECKED, exempt=True))
def test_what_is_not_run_says_why(block: Block) -> None:
    """For whoever reads the list of skipped tests."""
    pytest.skip(f"{block} is not run: {block.exempt}")


def load_fragment(text: str, path: Path, overrides: Sequence[str] = ()) -> None:
    """Load a config or a part of one; what it leaves out is filled in."""
    if "*audio_params" in text and "&audio_params" not in text:
        text = ANCHOR + text
    written = read_text(text, str(path)).data or {}
    data = written.get("data") or {}
    missing = [] if "dataset_classes" in data else [DATASET]
    missing += [] if "augmentations" in data else [AUGMENTATION]
    path.write_text(text, encoding="utf-8")
    load_config(path, [*missing, *overrides])


@pytest.mark.parametrize("block", blocks("yaml", "yml"))
def test_yaml_loads(block: Block, enter: Enter) -> None:
    folder = enter(block.page)
    try:
        load_fragment(block.text, folder / f"fragment_{block.line}.yaml")
    except ConfigError as error:
        pytest.fail(f"{block}: {error}")


@pytest.mark.parametrize("block", blocks("json"))
def test_json_is_json(block: Block) -> None:
    for line in [block.text] if block.text.lstrip().startswith("[") else block.text.splitlines():
        json.loads(line)


PYTHON_PAGES = [page for page in PAGES if any(block.language == "python" for block in blocks_of(page))]


@pytest.mark.parametrize("page", PYTHON_PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_python_runs(page: Path, enter: Enter) -> None:
    """All the blocks of a page, one after the other; a traceback shows page and line."""
    namespace = ModuleType("page").__dict__
    enter(page.relative_to(ROOT).as_posix())
    for block in blocks_of(page):
        if block.language == "python" and not block.exempt:
            code = "\n" * block.line + block.text
            exec(compile(code, block.page, "exec"), namespace)


@pytest.mark.parametrize("block", blocks("sh", "bash"))
def test_commands_are_right(block: Block, enter: Enter) -> None:
    done = subprocess.run(["bash", "-n"], input=block.text, text=True, capture_output=True, check=False)
    assert done.returncode == 0, f"{block}: {done.stderr}"
    folder = enter(block.page)
    for line, words in commands_of(block.text):
        arguments = of_the_program(words)
        if arguments is not None:
            try:
                check_command(arguments, folder)
            except (AssertionError, ConfigError) as error:
                pytest.fail(f"{block.page}:{block.line + line}: {' '.join(words)}\n{error}")


def of_the_program(words: list[str]) -> list[str] | None:
    """What follows the program's name in a command; None for other programs."""
    while words and "=" in words[0] and words[0].partition("=")[0].isidentifier():
        words = words[1:]
    for name in (["./run.sh"], ["phoneme-recognition"], ["python", "-m", "phoneme_recognition"]):
        if words[: len(name)] == name:
            return words[len(name) :]
    if "phoneme_recognition" in words[1:] and words[0] in ("torchrun", "srun"):
        return words[words.index("phoneme_recognition") + 1 :]
    return None


def check_command(arguments: list[str], folder: Path) -> None:
    """See that a command would be understood; run it where that is quick."""
    assert arguments, "a mode is missing"
    mode, rest = arguments[0], [one for one in arguments[1:] if one != "KEY=VALUE"]
    if mode in OF_RUN_SH:
        return
    assert mode in MODES, f"no mode {mode}"
    if mode == "phonemize":
        run([mode, *rest])
        return
    if mode == "transcribe":
        run([mode, *("model.ckpt" if one == "CHECKPOINT" else one for one in rest)])
        return
    assert rest, "a config is missing"
    config = Path(MY_CONFIG if rest[0] == "CONFIG" else rest[0])
    assert config.is_file(), f"no config {config}"
    if mode in QUICK and config == Path(MY_CONFIG) and not (folder / f"{mode}.done").exists():
        run([mode, str(config), *rest[1:]])
        (folder / f"{mode}.done").touch()  # once a page: pictures take their time
        return
    overrides = [one for one in rest[1:] if mode not in ("vocab", "preview") or not one.startswith("output=")]
    load_fragment(config.read_text(encoding="utf-8"), folder / "overridden.yaml", overrides)


def run(arguments: list[str]) -> None:
    results = io.StringIO()
    code = main(arguments, results)
    assert code == 0, f"exit code {code}"
    if "--plain" not in arguments:
        json.loads(results.getvalue().splitlines()[-1])


def test_a_missing_mode_a_wrong_key_and_a_wrong_command_are_seen(enter: Enter) -> None:
    """The harness itself: what it must not let pass."""
    folder = enter("README.md")
    with pytest.raises(ConfigError, match="learning_rate"):
        load_fragment("model: {learning_rate: 1}", folder / "wrong.yaml")
    for command in ("./run.sh trian CONFIG", "./run.sh train nowhere.yaml", "./run.sh train"):
        ((_, words),) = commands_of(command)
        with pytest.raises(AssertionError):
            check_command(of_the_program(words) or [], folder)
    with pytest.raises(ConfigError, match="max_epoch"):
        check_command(["train", "config/quickstart.yaml", "trainer.max_epoch=3"], folder)


def test_blocks_and_commands_are_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "Text\n<!-- not run: a cluster -->\n```sh\nsrun x\n```\n\n1. A list\n\n"
        '   ```python title="mine.py"\n   x = 1\n   ```\n````text\n```yaml\n```\n````\n',
        encoding="utf-8",
    )
    found = list(blocks_of(page))
    assert [(one.line, one.language, one.title, one.exempt, one.text) for one in found] == [
        (3, "sh", "", "a cluster", "srun x\n"),
        (9, "python", "mine.py", "", "x = 1\n"),
        (12, "text", "", "", "```yaml\n```\n"),
    ]
    text = "cd x && A=1 ./run.sh test C 'a=[1, 2]' \\\n  b=2 > out.txt  # note\n./run.sh --help | less\n"
    assert [words for _, words in commands_of(text)] == [
        ["cd", "x"],
        ["A=1", "./run.sh", "test", "C", "a=[1, 2]", "b=2"],
        ["./run.sh", "--help"],
        ["less"],
    ]
    assert of_the_program(["A=1", "./run.sh", "test", "C"]) == ["test", "C"]
