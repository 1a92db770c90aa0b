"""Common Voice in Hugging Face's format, from local folders as ``datasets`` itself writes them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import datasets
import huggingface_hub
import numpy as np
import pyarrow as pa
import pytest
from common_voice_release import NAMES, clip_name, mp3

from dataset_modules.common_voice import CommonVoiceDataset
from dataset_modules.mozilla.hub import _extents
from phoneme_recognition.audio.reading import read_audio
from phoneme_recognition.errors import DataError, MissingExtraError

SIZES = {"train": 8, "validation": 2, "test": 2}
Rows = list[dict[str, Any]]


def make(splits: dict[str, Rows]) -> datasets.DatasetDict:
    """Rows as an Audio dataset. ``cast_column`` stores encoded bytes as they are, without torchcodec."""
    made = {split: datasets.Dataset.from_list(rows) for split, rows in splits.items()}
    return datasets.DatasetDict(
        {
            split: table.cast_column("audio", datasets.Audio(sampling_rate=48000))
            for split, table in made.items()
        }
    )


def row(number: int, **changes: Any) -> dict[str, Any]:
    name = clip_name(number)
    return {
        "client_id": f"speaker{number % 3}",
        "path": f"ru_train_0/{name}",
        "audio": {"bytes": mp3(NAMES[number % 12]), "path": name},
        "sentence": f"Да, {number}.",
        "locale": "ru",
        "segment": None,
    } | changes


def official() -> dict[str, Rows]:
    numbers = iter(range(12))
    return {split: [row(next(numbers)) for _ in range(size)] for split, size in SIZES.items()}


def save(folder: Path, splits: dict[str, Rows], kind: str) -> Path:
    made = make(splits)
    if kind == "disk":
        made.save_to_disk(
            str(folder), num_shards={split: min(2, len(rows)) for split, rows in splits.items()}
        )
    else:
        folder.mkdir(parents=True)
        for split, table in made.items():
            table.to_parquet(str(folder / f"{split}-00000-of-00001.parquet"))
    return folder


def corpus(tmp_path: Path, folder: Path | str, **changes: Any) -> CommonVoiceDataset:
    return CommonVoiceDataset("ru", cache_dir=tmp_path / "cache", dataset_name=str(folder), **changes)


@pytest.mark.parametrize("kind", ["disk", "parquet"])
@pytest.mark.parametrize("below", ["", "ru"])
def test_the_clips_are_read_where_they_lie(tmp_path: Path, kind: str, below: str) -> None:
    folder = save(tmp_path / "set" / below, official(), kind)
    dataset = corpus(tmp_path, folder if not below else folder.parent)
    dataset.load_data()
    splits = dataset.get_train_data(), dataset.get_val_data(), dataset.get_test_data()
    found = [item for split in splits for item in split]
    assert [len(split) for split in splits] == [8, 2, 2]
    for number, item in enumerate(found):
        assert item.utterance_id == clip_name(number)
        assert (item.text, item.speaker, item.problem) == (f"Да, {number}.", f"speaker{number % 3}", None)
        with Path(item.audio.path).open("rb") as file:
            file.seek(item.audio.offset)
            assert file.read(item.audio.length or -1) == mp3(NAMES[number])
    assert np.abs(read_audio(found[11].audio, 16000)).max() > 0.01
    arrow = set(tmp_path.rglob("*.arrow"))
    assert {Path(item.audio.path) for item in found} <= arrow
    assert not set(tmp_path.rglob("*.mp3"))  # nothing is written out a second time


def test_many_batches(tmp_path: Path) -> None:
    """Offsets count from each batch of a file, which has a thousand rows."""
    splits = official()
    splits["train"] = [
        row(number, audio={"bytes": f"<{number}>".encode(), "path": "a"}) for number in range(2500)
    ]
    train = corpus(tmp_path, save(tmp_path / "set", splits, "disk")).get_train_data()
    files = {item.audio.path: Path(item.audio.path).read_bytes() for item in train}
    assert len(files) == 2
    for number, item in enumerate(train):
        start = item.audio.offset
        assert files[item.audio.path][start : start + (item.audio.length or 0)] == f"<{number}>".encode()


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary()])
def test_places_within_a_part_of_a_column(kind: pa.DataType) -> None:
    values = [b"one", b"", b"three", None, b"five"]
    whole = pa.array(values, kind)
    data = whole.buffers()[2]
    starts, lengths = _extents(whole[2:], data)
    found = [data.to_pybytes()[start : start + length] for start, length in zip(starts, lengths, strict=True)]
    assert found == [b"three", b"", b"five"]


def test_a_parquet_set_with_configurations(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    save(folder / "data_ru", official(), "parquet")
    lines = ["---", "configs:"]
    for name, below in (("ru", "data_ru"), ("sv-SE", "data_ru")):
        lines += [f"- config_name: {name}", "  data_files:"]
        lines += [line for split in SIZES for line in (f"  - split: {split}", f"    path: {below}/{split}-*")]
    (folder / "README.md").write_text("\n".join([*lines, "---", ""]))
    assert len(corpus(tmp_path, folder).get_train_data()) == 8
    other = CommonVoiceDataset("de", cache_dir=tmp_path / "cache", dataset_name=str(folder))
    with pytest.raises(DataError, match=r"no configuration 'de'; got ru, sv-SE\. Set language"):
        other.load_data()


def test_what_cannot_be_used_is_a_row_with_a_problem(tmp_path: Path, clips: Path) -> None:
    splits = official()
    splits["train"] = [
        row(0, sentence=" "),
        row(1, sentence=None),
        row(2, audio={"bytes": None, "path": None}),
        row(3, audio={"bytes": None, "path": str(clips / "ru_0054.flac")}),
        row(4, client_id=None),
        row(5, path=None),
    ]
    train = corpus(tmp_path, save(tmp_path / "set", splits, "parquet")).get_train_data()
    assert [item.problem for item in train] == [
        "empty sentence",
        "empty sentence",
        "no audio",
        None,
        None,
        None,
    ]
    assert len(read_audio(train[3].audio, 16000)) > 16000
    assert train[4].speaker is None
    assert train[5].utterance_id == clip_name(5)


def test_sets_that_lack_something(tmp_path: Path) -> None:
    some = official()
    for number, (splits, said) in enumerate(
        [
            ({"train": some["train"]}, "train and validation .*got train with 8 rows"),
            ({**some, "train": [{**one, "locale": "de"} for one in some["train"]]}, "expected ru; got de"),
        ]
    ):
        with pytest.raises(DataError, match=said):
            corpus(tmp_path, save(tmp_path / str(number), splits, "disk")).load_data()
    renamed = make(some).rename_column("sentence", "text")
    renamed.save_to_disk(str(tmp_path / "renamed"))
    with pytest.raises(
        DataError, match=r"expected the columns audio, sentence .*; got client_id, path, audio, text"
    ):
        corpus(tmp_path, tmp_path / "renamed").load_data()
    paths = make(some).remove_columns("audio").map(lambda _: {"audio": "a.mp3"})
    paths.save_to_disk(str(tmp_path / "paths"))
    with pytest.raises(DataError, match="expected an Audio feature; got string"):
        corpus(tmp_path, tmp_path / "paths").load_data()


def test_download_mode_and_token_are_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = save(tmp_path / "set", official(), "parquet")
    real, asked = datasets.load_dataset, []

    def load(name: str, config: str | None = None, **options: Any) -> datasets.DatasetDict:
        asked.append(options)
        return real(name, config, **options)

    monkeypatch.setattr(datasets, "load_dataset", load)
    for mode in ("reuse_dataset_if_exists", "reuse_cache_if_exists", "force_redownload"):
        train = corpus(tmp_path, folder, download_mode=mode, use_auth_token="hf_x").get_train_data()
        assert len(train) == 8
        assert {asked[-1]["download_mode"], asked[-1]["token"]} == {mode, "hf_x"}
    corpus(tmp_path, folder).load_data(create_dataset=True)
    assert asked[-1]["download_mode"] == "reuse_cache_if_exists"
    assert asked[-1]["token"] is False
    assert str(asked[-1]["cache_dir"]).startswith(str(tmp_path / "cache"))


def test_whether_it_is_here(tmp_path: Path) -> None:
    hub = tmp_path / "cache" / "common_voice" / "hub"
    hub.mkdir(parents=True)
    assert corpus(tmp_path, tmp_path).is_here()
    assert corpus(tmp_path, "mozilla-foundation/common_voice_17_0").is_here()  # there is nothing to fetch
    assert not corpus(tmp_path, "somebody/MyVoices").is_here()
    (hub / "somebody___my_voices").mkdir()
    assert corpus(tmp_path, "somebody/MyVoices").is_here()
    assert not corpus(tmp_path, "somebody/MyVoices", download_mode="force_redownload").is_here()


def unreachable(*_: object, **__: object) -> None:
    raise ConnectionError("no route")


def test_without_a_network_it_says_at_once_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(huggingface_hub.HfApi, "dataset_info", unreachable)
    monkeypatch.setattr("time.sleep", lambda _: pytest.fail("it tries again and waits"))
    before = datasets.config.HF_HUB_OFFLINE
    with pytest.raises(DataError) as caught:
        CommonVoiceDataset("ru", cache_dir=tmp_path).load_data()
    assert before == datasets.config.HF_HUB_OFFLINE
    for said in (
        "no Common Voice data for 'ru' in the dataset mozilla-foundation/common_voice_13_0",
        "got ConnectionError",
        "Mozilla Data Collective",
        "https://mozilladatacollective.com/",
        "in the language 'ru'",
        "data_dir",
        "collective_id",
        "MDC_API_KEY",
    ):
        assert said in str(caught.value)


def test_without_a_network_what_was_prepared_before_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = save(tmp_path / "common_voice_13_0", official(), "parquet")
    corpus(tmp_path, folder).load_data()
    hub = tmp_path / "cache" / "common_voice" / "hub"
    (prepared,) = hub.glob("*/default")
    (hub / "mozilla-foundation___common_voice_13_0").mkdir()
    prepared.rename(hub / "mozilla-foundation___common_voice_13_0" / "ru")
    (info,) = hub.glob("*/ru/*/*/dataset_info.json")
    info.write_text(info.read_text().replace('"config_name": "default"', '"config_name": "ru"'))
    monkeypatch.setattr(huggingface_hub.HfApi, "dataset_info", unreachable)
    dataset = CommonVoiceDataset("ru", cache_dir=tmp_path / "cache")
    assert len(dataset.get_train_data()) == 8
    with pytest.raises(DataError, match="no Common Voice data for 'de'"):
        CommonVoiceDataset("de", cache_dir=tmp_path / "cache").load_data()


def test_an_emptied_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def emptied(*_: object, **__: object) -> None:
        raise datasets.data_files.EmptyDatasetError("hf://x doesn't contain any data files")

    monkeypatch.setattr(huggingface_hub.HfApi, "dataset_info", lambda *_, **__: None)
    monkeypatch.setattr(datasets, "load_dataset", emptied)
    with pytest.raises(DataError, match=r"got EmptyDatasetError: .*data files\. The Common Voice project"):
        CommonVoiceDataset("ru", cache_dir=tmp_path).load_data()
    with pytest.raises(DataError, match="Check dataset_name, and use_auth_token"):
        corpus(tmp_path, "somebody/voices").load_data()


def test_no_such_folder_and_no_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match=r"nothing here.*Check dataset_name"):
        corpus(tmp_path, tmp_path / "nothing here").load_data()
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"in the dataset .*empty"):
        corpus(tmp_path, tmp_path / "empty").load_data()
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr("huggingface_hub.utils._headers.get_token", lambda: None)
    with pytest.raises(DataError, match="HF_TOKEN"):
        corpus(tmp_path, "somebody/voices", use_auth_token=True).load_data()


def test_without_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(MissingExtraError, match=r"dataset_name=somebody/voices needs .*recognition\[hub\]"):
        corpus(tmp_path, "somebody/voices").load_data()
    with pytest.raises(DataError, match="Mozilla Data Collective"):  # installing it would not help
        CommonVoiceDataset("ru", cache_dir=tmp_path).load_data()
