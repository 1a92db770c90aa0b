"""A whole training run on a packed release of Common Voice, together with a second corpus."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from common_voice_release import NAMES, clip_name, make_release, pack

from dataset_modules.common_voice import CommonVoiceDataset
from dataset_modules.festvox_ru import FestvoxRuDataset
from phoneme_recognition.cli import main

COMMON_VOICE = "dataset_modules.common_voice.CommonVoiceDataset"


def run(*arguments: str) -> tuple[int, dict[str, Any]]:
    results = io.StringIO()
    code = main(arguments, results)
    lines = results.getvalue().splitlines()
    return code, json.loads(lines[-1]) if code == 0 else {}


@pytest.fixture
def archive(clips: Path, tmp_path: Path) -> Path:
    """The twelve sentences with their real texts, read by four people."""
    corpus = FestvoxRuDataset(data_dir=clips)
    texts = {row.utterance_id: row.text or "" for row in [*corpus.get_train_data(), *corpus.get_val_data()]}
    texts |= {row.utterance_id: row.text or "" for row in corpus.get_test_data()}
    rows = [(f"speaker{at // 3}", clip_name(at), texts[name]) for at, name in enumerate(NAMES)]
    folder = make_release(tmp_path / "made", {"validated.tsv": rows})
    return pack(
        folder, tmp_path / "download" / "cv-corpus-24.0-2025-12-05-ru.tar.gz", "cv-corpus-24.0-2025-12-05/ru"
    )


@pytest.fixture
def second_corpus(clips: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "custom"
    folder.mkdir()
    for split, name in (("train", NAMES[0]), ("val", NAMES[1]), ("test", NAMES[2])):
        (folder / f"{split}.tsv").write_text(f"{clips / name}.flac\td ˈa | nʲ ˈe t\n", encoding="utf-8")
    return folder


def test_two_corpora_from_archive_to_figures(
    archive: Path, second_corpus: Path, make_quick_config: Callable[[Path], Path], tmp_path: Path
) -> None:
    config = make_quick_config(tmp_path)
    content = yaml.safe_load(config.read_text(encoding="utf-8"))
    cache = str(tmp_path / "cache")
    content["data"]["dataset_classes"] = [
        {"class_path": COMMON_VOICE, "init_args": {"data_dir": str(archive), "cache_dir": cache}},
        {
            "class_path": "dataset_modules.custom.CustomDataset",
            "init_args": {"data_dir": str(second_corpus), "cache_dir": cache},
        },
    ]
    content["model"]["vocab_file"] = str(tmp_path / "phones.json")
    config.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    code, _ = run("vocab", str(config), f"output={tmp_path / 'phones.json'}")
    assert code == 0
    code, figures = run("train", str(config))
    assert code == 0
    assert figures["val_per"] > 0 and figures["test_per"] > 0

    tested = CommonVoiceDataset("ru", data_dir=archive, cache_dir=cache).get_test_data()
    table = next(Path(figures["run_dir"]).glob("test*/utterances.tsv")).read_text(encoding="utf-8")
    assert len(table.splitlines()) == 1 + len(tested) + 1  # a header, and the rows of both corpora
    assert all(row.utterance_id in table for row in tested)


def test_a_config_is_told_what_to_fetch(
    make_quick_config: Callable[[Path], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = str(make_quick_config(tmp_path))
    entry = f"[{{class_path: {COMMON_VOICE}, init_args: {{data_dir: {tmp_path / 'none'}}}}}]"
    assert run("train", config, f"data.dataset_classes={entry}")[0] == 2
    assert "no release of Common Voice for ru" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("download_mode: reuse", "reuse_dataset_if_exists"),
        ("limit_train_data: much", "limit_train_data"),
        ("use_auth_token: 3", "use_auth_token"),
        ("data_dri: x", "data_dir"),
    ],
)
def test_mistakes_in_the_config_are_found_before_anything_is_read(
    make_quick_config: Callable[[Path], Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    wrong: str,
    said: str,
) -> None:
    entry = f"[{{class_path: {COMMON_VOICE}, init_args: {{{wrong}}}}}]"
    assert run("train", str(make_quick_config(tmp_path)), f"data.dataset_classes={entry}")[0] == 2
    output = capsys.readouterr().err
    assert said in output and "in the config" in output
