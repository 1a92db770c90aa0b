"""Common Voice from a release: found where people put it, in its own splits, nothing lost unsaid."""

from __future__ import annotations

import inspect
import shutil
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

import pytest
from common_voice_release import (
    RELEASE_13,
    RELEASE_17,
    clip_name,
    make_release,
    official,
    pack,
    rows,
    table_text,
)

from dataset_modules.common_voice import CommonVoiceDataset
from phoneme_recognition.data.cache import open_table
from phoneme_recognition.data.labels import Labels
from phoneme_recognition.data.symbols import letters_of
from phoneme_recognition.errors import DataError
from phoneme_recognition.phonemes.vocabulary import Vocabulary, plain_text

INSIDE = "cv-corpus-24.0-2025-12-05"


def ids(dataset: CommonVoiceDataset) -> list[list[str]]:
    splits = dataset.get_train_data(), dataset.get_val_data(), dataset.get_test_data()
    return [[row.utterance_id for row in split] for split in splits]


def clips_of(*splits: range) -> list[list[str]]:
    return [[clip_name(number) for number in split] for split in splits]


SPLITS = clips_of(range(8), range(8, 10), range(10, 12))


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as it is after unpacking by hand."""
    root = tmp_path_factory.mktemp("unpacked")
    make_release(root / INSIDE / "ru", official() | {"validated.tsv": rows(range(12))})
    return root


def test_the_signature_is_the_documented_one() -> None:
    parameters = inspect.signature(CommonVoiceDataset).parameters
    assert {name: parameter.default for name, parameter in parameters.items()} == {
        "language": inspect.Parameter.empty,
        "audio_params": None,
        "cache_dir": "./data/cache",
        "limit_train_data": 1.0,
        "limit_val_data": 1.0,
        "use_auth_token": False,
        "dataset_name": "mozilla-foundation/common_voice_13_0",
        "download_mode": "reuse_dataset_if_exists",
        "data_dir": None,
        "collective_id": None,
        "validation_split": 0.1,
        "test_split": 0.1,
    }
    mode = get_type_hints(CommonVoiceDataset.__init__)["download_mode"]
    modes = Literal["reuse_dataset_if_exists", "reuse_cache_if_exists", "force_redownload"]
    assert get_args(mode) == get_args(modes)


@pytest.mark.parametrize("level", [".", INSIDE, f"{INSIDE}/ru"])
def test_any_level_of_the_folder_will_do(release: Path, level: str) -> None:
    dataset = CommonVoiceDataset("ru", data_dir=str(release / level))
    assert ids(dataset) == SPLITS
    row = dataset.get_train_data()[2]
    assert (row.text, row.speaker, row.problem, row.phonemes) == ("Да, 2.", "train-speaker2", None, None)
    assert row.audio.path == str(release / INSIDE / "ru" / "clips" / clip_name(2))


@pytest.mark.parametrize("header", [RELEASE_13, RELEASE_17])
@pytest.mark.parametrize("inside", [f"{INSIDE}/ru", "ru", ""])
def test_an_archive_gives_the_same_rows(
    release: Path, tmp_path: Path, header: list[str], inside: str
) -> None:
    folder = make_release(tmp_path / "made", official(), header)
    archive = pack(folder, tmp_path / "down" / f"{INSIDE}-ru.tar.gz", inside)
    shutil.rmtree(folder)
    unpacked = CommonVoiceDataset("ru", data_dir=release)
    for place in (archive, archive.parent):
        dataset = CommonVoiceDataset("ru", data_dir=place, cache_dir=tmp_path / "cache")
        assert ids(dataset) == SPLITS
        for row, other in zip(dataset.get_train_data(), unpacked.get_train_data(), strict=True):
            assert (row.text, row.speaker) == (other.text, other.speaker)
            assert Path(row.audio.path).read_bytes() == Path(other.audio.path).read_bytes()
    assert len(list((tmp_path / "cache" / "common_voice").glob("[!.]*"))) == 1  # one unpacking for both


def test_the_archive_of_the_language_is_chosen(tmp_path: Path) -> None:
    folder = make_release(tmp_path / "made", official())
    for name in (f"{INSIDE}-ru.tar.gz", f"{INSIDE}-rup.tar.gz", "mcv-scripted-de-v24.0.tar.gz"):
        pack(folder, tmp_path / "down" / name, "ru")
    assert ids(CommonVoiceDataset("ru", data_dir=tmp_path / "down", cache_dir=tmp_path)) == SPLITS
    pack(folder, tmp_path / "down" / "mcv-scripted-ru-v25.0.tar.gz", "ru")
    with pytest.raises(DataError, match=r"more than one release for ru; got cv-corpus.*ru-v25.*one of them"):
        CommonVoiceDataset("ru", data_dir=tmp_path / "down", cache_dir=tmp_path).load_data()
    with pytest.raises(DataError, match="no release of Common Voice for fr in"):
        CommonVoiceDataset("fr", data_dir=tmp_path / "down", cache_dir=tmp_path).load_data()


def test_whether_it_is_here(release: Path, tmp_path: Path) -> None:
    assert CommonVoiceDataset("ru", data_dir=release, cache_dir=tmp_path).is_here()
    assert CommonVoiceDataset(
        "ru", data_dir=tmp_path / "none", cache_dir=tmp_path
    ).is_here()  # load_data says
    archive = pack(release / INSIDE / "ru", tmp_path / "a.tar.gz", "ru")
    dataset = CommonVoiceDataset("ru", data_dir=archive, cache_dir=tmp_path)
    assert not dataset.is_here()
    dataset.load_data()
    assert dataset.is_here()


def test_create_dataset_unpacks_again(tmp_path: Path) -> None:
    archive = pack(make_release(tmp_path / "made", official()), tmp_path / "a.tar.gz", "ru")
    dataset = CommonVoiceDataset("ru", data_dir=archive, cache_dir=tmp_path / "cache")
    dataset.load_data()
    clip = Path(dataset.get_train_data()[0].audio.path)
    clip.write_bytes(b"spoilt")
    CommonVoiceDataset("ru", data_dir=archive, cache_dir=tmp_path / "cache").load_data()
    assert clip.read_bytes() == b"spoilt"
    dataset.load_data(create_dataset=True)
    assert clip.stat().st_size > 1000


def test_small_languages_are_split_by_speaker(tmp_path: Path) -> None:
    folder = make_release(tmp_path / "ru", {"validated.tsv": rows(range(200), speakers=40)}, extra=())
    dataset = CommonVoiceDataset("ru", data_dir=folder, validation_split=0.2, test_split=0.1)
    splits = dataset.get_train_data(), dataset.get_val_data(), dataset.get_test_data()
    voices = [{row.speaker for row in split} for split in splits]
    assert all(voices) and len(set.union(*voices)) == sum(map(len, voices)) == 40
    assert sum(map(len, splits)) == 200
    assert len(voices[1]) > len(voices[2])
    everything = CommonVoiceDataset("ru", data_dir=folder, validation_split=0.2, test_split=0)
    assert not everything.get_test_data()


def test_what_cannot_be_used_is_a_row_with_a_problem(tmp_path: Path) -> None:
    folder = make_release(tmp_path / "ru", official())
    table = official()["train.tsv"]
    table[1] = ("s", "common_voice_ru_1", " Без расширения. ")
    table[2] = ("s", clip_name(2), "  ")
    table[4] = ("s", "clips/" + clip_name(4), "Путь.")
    table[6] = ("", clip_name(6), "Кто?")
    (folder / "train.tsv").write_text(table_text(table, RELEASE_17), encoding="utf-8")
    (folder / "clips" / clip_name(5)).rename(folder / "clips" / "common_voice_ru_5.wav")
    for number in (3, 7):
        (folder / "clips" / clip_name(number)).unlink()
    train = CommonVoiceDataset("ru", data_dir=folder).get_train_data()
    problems = {row.utterance_id: row.problem for row in train if row.problem}
    assert problems == {
        clip_name(2): "empty sentence",
        clip_name(3): f"missing clip: {clip_name(3)}",
        clip_name(7): f"missing clip: {clip_name(7)}",
    }
    assert [row.utterance_id for row in train] == [clip.removeprefix("clips/") for _, clip, _ in table]
    assert Path(train[1].audio.path).name == clip_name(1)
    assert Path(train[5].audio.path).name == "common_voice_ru_5.wav"  # somebody decoded the clips before
    assert train[6].speaker is None
    assert train[1].text == "Без расширения."


def test_limits_are_stable_shares(release: Path, tmp_path: Path) -> None:
    def taken(train: float, val: float = 1.0) -> list[list[str]]:
        return ids(CommonVoiceDataset("ru", data_dir=release, limit_train_data=train, limit_val_data=val))

    assert taken(1.0) == taken(1) == SPLITS
    half, less = taken(0.5), taken(0.2)
    assert half == taken(0.5)
    assert 0 < len(less[0]) <= len(half[0]) < 8
    assert set(less[0]) <= set(half[0])
    assert half[1:] == SPLITS[1:]
    assert taken(0.0)[0] == []
    tiny = taken(1e-9, 1e-9)
    assert [len(split) for split in tiny] == [1, 1, 2]  # the test is never cut


def test_the_rows_reach_the_cache(release: Path, tmp_path: Path) -> None:
    train = CommonVoiceDataset("ru", data_dir=release).get_train_data()
    letters = {letter for row in train for letter in letters_of(plain_text(row.text or ""))}
    table = open_table(
        "cv",
        train,
        tmp_path,
        labels=Labels(Vocabulary.from_phonemes(letters)),
        sampling_rate=16000,
        count_frames=lambda n: n // 640,
    )
    assert len(table) == 8
    assert table[3].speaker == "train-speaker3"
    assert not table.skipped
    assert table.num_samples.min() > 16000


@pytest.mark.parametrize(
    "wrong",
    [
        {"limit_train_data": 1.5},
        {"limit_val_data": -0.1},
        {"limit_train_data": float("nan")},
        {"validation_split": -1},
        {"test_split": 2},
        {"validation_split": 0.6, "test_split": 0.6},
        {"download_mode": "reuse"},
        {"language": ""},
        {"language": "../ru"},
        {"data_dir": "a", "collective_id": "b"},
    ],
)
def test_arguments_out_of_range(wrong: dict[str, Any]) -> None:
    with pytest.raises(DataError, match=next(iter(wrong))):
        CommonVoiceDataset(**({"language": "ru"} | wrong))


def test_folders_that_do_not_hold_the_language(release: Path, tmp_path: Path) -> None:
    expected = r"no release of Common Voice for de in .*cv-corpus-\*/de with train\.tsv.*; got ru\. "
    with pytest.raises(DataError, match=expected):
        CommonVoiceDataset("de", data_dir=release).load_data()
    with pytest.raises(DataError, match="holds another language; expected de; got ru"):
        CommonVoiceDataset("de", data_dir=release / INSIDE / "ru").load_data()
    with pytest.raises(DataError, match="got nothing at that path"):
        CommonVoiceDataset("ru", data_dir=tmp_path / "nothing").load_data()
    with pytest.raises(DataError, match="got a folder without tables"):
        CommonVoiceDataset("ru", data_dir=tmp_path).load_data()
    shutil.copytree(release / INSIDE / "ru", tmp_path / "ru")
    shutil.rmtree(tmp_path / "ru" / "clips")
    with pytest.raises(DataError, match=r"no clips in .*got No such file.*Unpack the whole release"):
        CommonVoiceDataset("ru", data_dir=tmp_path).load_data()
    shutil.copytree(release / INSIDE, tmp_path / INSIDE)
    with pytest.raises(DataError, match=rf"more than one release for ru; got {INSIDE}/ru, ru"):
        CommonVoiceDataset("ru", data_dir=tmp_path).load_data()
