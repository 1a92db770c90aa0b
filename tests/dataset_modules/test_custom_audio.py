"""A folder of one's own recordings, labelled in any of the ways, becomes three stable splits."""

from __future__ import annotations

import inspect
import shutil
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import soundfile

from dataset_modules.custom_audio import CustomAudioDataset
from phoneme_recognition.data.cache import open_table
from phoneme_recognition.data.labels import Labels
from phoneme_recognition.data.symbols import letters_of
from phoneme_recognition.data.utterance import UtteranceSource
from phoneme_recognition.errors import DataError
from phoneme_recognition.phonemes.vocabulary import Vocabulary, plain_text

Rows = dict[str, UtteranceSource]


def labelled(folder: Path, name: str, text: str = "да") -> None:
    """An (empty) recording with a text beside it."""
    path = folder / f"{name}.wav"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    path.with_suffix(".txt").write_text(text, encoding="utf-8")


def dataset(root: Path, **changes: Any) -> CustomAudioDataset:
    return CustomAudioDataset(train_val_dir=str(root), language="ru", **changes)


def all_rows(corpus: CustomAudioDataset) -> Rows:
    return {row.utterance_id: row for row in [*corpus.get_train_data(), *corpus.get_val_data()]}


def ids(rows: Any) -> list[str]:
    return [row.utterance_id for row in rows]


def test_the_signature_is_the_documented_one() -> None:
    parameters = inspect.signature(CustomAudioDataset).parameters
    assert {name: parameter.default for name, parameter in parameters.items()} == {
        "train_val_dir": inspect.Parameter.empty,
        "language": inspect.Parameter.empty,
        "test_dir": None,
        "allowed_extensions": (".wav",),
        "multiply_train_data": 0,
        "add_val_to_train": False,
        "validation_split": 0.1,
        "cache_dir": "./data/cache",
        "audio_params": None,
    }


def test_every_kind_of_label(tmp_path: Path) -> None:
    folder = tmp_path / "ru"
    for name in ("text", "lab", "festival", "phn", "grid", "both", "none", "deep/er/text"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.wav").touch()
    (folder / "text.txt").write_text("да\n")
    (folder / "lab.lab").write_text("нет\n")
    (folder / "festival.lab").write_text("#\n0.5 125 pau\n1.0 125 aa\n")
    (folder / "phn.phn").write_text("0 1600 h#\n1600 3200 aa\n")
    (folder / "grid.TextGrid").write_text(
        '"ooTextFile" "TextGrid" 0 1 <exists> 1 "IntervalTier" "phones" 0 1 2 0 .5 "" 0.5 1 "aa"'
    )
    (folder / "both.txt").write_text("а")
    (folder / "both.phn").write_text("0 1600 aa\n")
    (folder / "deep/er/text.txt").write_text("он")
    rows = all_rows(dataset(tmp_path))
    assert len(rows) == 8
    assert rows["text.wav"].text == "да"
    assert rows["lab.wav"].text == "нет"
    assert rows["festival.wav"].segments == (("aa", 0.5, 1.0),)
    assert rows["phn.wav"].segments == (("aa", 0.1, 0.2),)
    assert rows["phn.wav"].phonemes == ("aa",)
    assert (rows["both.wav"].phonemes, rows["both.wav"].text) == (("aa",), "а")
    assert rows["none.wav"].problem == "no label"
    assert rows["deep/er/text.wav"].text == "он"
    assert rows["deep/er/text.wav"].audio.path == str(folder / "deep/er/text.wav")
    assert (rows["grid.wav"].problem or "").startswith("unreadable label")  # ".5" is no number of Praat's


def test_a_metadata_table(tmp_path: Path) -> None:
    folder = tmp_path / "ru"
    for name in ("a", "b", "sub/c", "d.1", "e", "side", "unnamed"):
        labelled(folder, name, "из файла")
    (folder / "unnamed.txt").unlink()
    (folder / "метро й.wav").touch()
    (folder / "e.flac").touch()
    spelled = unicodedata.normalize("NFD", "метро й.wav")
    (folder / "metadata.csv").write_text(
        "file_name,phonemes,text,speaker\n"
        "a.wav,d ˈa | d,да,s1\n"
        "b,t,,s2\n"
        "./sub\\c.wav,k,,\n"
        "d.1,p,,\n"
        "e.flac,f,,\n"
        f"{spelled},m,,\n"
        "absent.wav,x,,\n"
        ",y,,\n"
        "a.wav,d,,\n",
        encoding="utf-8",
    )
    rows = all_rows(dataset(tmp_path))
    assert rows["b.wav"].phonemes == ("t",)
    assert (rows["b.wav"].speaker, rows["b.wav"].text) == ("s2", None)
    assert rows["sub/c.wav"].phonemes == ("k",)
    assert rows["d.1.wav"].phonemes == ("p",)
    assert rows["e.flac"].phonemes == ("f",)  # named in the table, so it counts without its extension allowed
    assert rows["метро й.wav"].phonemes == ("m",)
    assert rows["side.wav"].text == "из файла"
    assert rows["unnamed.wav"].problem == "no label"
    assert rows["absent.wav"].problem is None  # reading it will say that it is missing
    assert rows["metadata.csv:9"].problem == "unreadable metadata: line 9 names no file"
    assert rows["a.wav"].problem == "labelled twice: again in line 10 of the metadata"
    assert len(rows) == 11


def test_real_recordings_of_several_formats_reach_the_table(clips: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data" / "ru"
    folder.mkdir(parents=True)
    for path in sorted(clips.glob("*.lab")):
        shutil.copyfile(path, folder / path.name)
        samples, rate = soundfile.read(path.with_suffix(".flac"))
        kind = ("wav", "ogg", "mp3", "flac")[int(path.stem[-1]) % 4]
        soundfile.write(folder / f"{path.stem}.{kind}", samples, rate)
    (folder / "cut.wav").write_bytes((clips / "ru_0054.flac").read_bytes()[:5000])
    (folder / "cut.txt").write_text("да")
    (folder / "mute.wav").write_bytes((clips / "ru_0054.flac").read_bytes())
    corpus = dataset(tmp_path / "data", allowed_extensions=["WAV", ".ogg", ".mp3", ".flac"])
    corpus.load_data()
    rows = [*corpus.get_train_data(), *corpus.get_val_data()]
    vocabulary = Vocabulary.from_phonemes(
        symbol for row in rows for symbol in row.phonemes or letters_of(plain_text(row.text or ""))
    )
    table = open_table(
        "custom",
        rows,
        tmp_path / "cache",
        labels=Labels(vocabulary),
        sampling_rate=16000,
        count_frames=lambda n: n // 640,
        max_skipped=0.2,
    )
    assert len(table) == 12
    assert {(row.utterance_id, row.reason.partition(":")[0]) for row in table.skipped} == {
        ("cut.wav", "truncated or damaged"),
        ("mute.wav", "no label"),
    }
    assert "pau" not in vocabulary
    for row in range(12):
        utterance = table[row]
        assert utterance.segments[-1].end < table.num_samples[row] / 16000
        assert len(utterance.phoneme_ids) == len(utterance.segments)


def test_adding_files_moves_no_other_across_the_split(tmp_path: Path) -> None:
    for number in range(60):
        labelled(tmp_path / "ru", f"clip{number}")
    corpus = dataset(tmp_path)
    train, val = set(ids(corpus.get_train_data())), set(ids(corpus.get_val_data()))
    assert not train & val
    assert len(train | val) == 60
    assert 1 <= len(val) <= 14
    for number in range(40):
        labelled(tmp_path / "ru", f"more/clip{number}")
    grown = dataset(tmp_path)
    assert train <= set(ids(grown.get_train_data()))
    assert val <= set(ids(grown.get_val_data()))
    assert len(all_rows(grown)) == 100
    wider = dataset(tmp_path, validation_split=0.4)
    assert set(ids(grown.get_val_data())) < set(ids(wider.get_val_data()))


def with_speakers(root: Path, speakers: list[str]) -> CustomAudioDataset:
    folder = root / "ru"
    lines = ["file_name,text,speaker"]
    for number, speaker in enumerate(speakers):
        labelled(folder, f"clip{number}")
        lines.append(f"clip{number}.wav,да,{speaker}")
    (folder / "metadata.csv").write_text("\n".join(lines))
    return dataset(root)


def test_a_speaker_is_on_one_side_only(tmp_path: Path) -> None:
    corpus = with_speakers(tmp_path, [f"s{number % 30}" for number in range(120)])
    train = {row.speaker for row in corpus.get_train_data()}
    val = {row.speaker for row in corpus.get_val_data()}
    assert train and val
    assert not train & val
    assert len(train | val) == 30
    grown = with_speakers(tmp_path, [f"s{number % 45}" for number in range(180)])
    assert train <= {row.speaker for row in grown.get_train_data()} | {None}
    assert val <= {row.speaker for row in grown.get_val_data()}


@pytest.mark.parametrize("count", [2, 3, 4, 7])
def test_few_recordings_or_speakers_fill_both_sides(tmp_path: Path, count: int) -> None:
    for number in range(count):
        labelled(tmp_path / "a" / "ru", f"clip{number}")
    for corpus in (
        dataset(tmp_path / "a"),
        dataset(tmp_path / "a", validation_split=0.99),
        with_speakers(tmp_path / "b", [f"s{number}" for number in range(count)] * 3),
        with_speakers(tmp_path / "c", ["alone"] * count),
    ):
        assert corpus.get_train_data()
        assert corpus.get_val_data()


def test_one_recording_is_trained_on_and_none_held_out_if_asked(tmp_path: Path) -> None:
    labelled(tmp_path / "ru", "a")
    assert (ids(dataset(tmp_path).get_train_data()), dataset(tmp_path).get_val_data()) == (["a.wav"], [])
    labelled(tmp_path / "ru", "b")
    assert dataset(tmp_path, validation_split=0).get_val_data() == []


def test_an_unusable_recording_does_not_fill_a_side(tmp_path: Path) -> None:
    for number in range(3):
        labelled(tmp_path / "ru", f"good{number}")
    for number in range(40):
        (tmp_path / "ru" / f"mute{number}.wav").touch()
    corpus = dataset(tmp_path)
    for rows in (corpus.get_train_data(), corpus.get_val_data()):
        assert any(row.problem is None for row in rows)


def test_copies_and_validation_rows_in_training(tmp_path: Path) -> None:
    for number in range(10):
        labelled(tmp_path / "ru", f"clip{number}")
    plain, copied = dataset(tmp_path), dataset(tmp_path, multiply_train_data=2)
    once, thrice = plain.get_train_data(), copied.get_train_data()
    assert len(thrice) == 3 * len(once) == len(set(ids(thrice)))
    assert set(Counter(row.audio for row in thrice).values()) == {3}
    assert copied.get_val_data() == plain.get_val_data()
    everything = dataset(tmp_path, add_val_to_train=True)
    assert sorted(ids(everything.get_train_data())) == sorted([*ids(once), *ids(plain.get_val_data())])
    assert everything.get_val_data() == plain.get_val_data()


def test_the_test_folder(tmp_path: Path) -> None:
    labelled(tmp_path / "data" / "ru", "a")
    labelled(tmp_path / "plain", "b")
    labelled(tmp_path / "many" / "ru", "c")
    labelled(tmp_path / "many" / "cs", "d")
    assert dataset(tmp_path / "data").get_test_data() == []
    assert ids(dataset(tmp_path / "data", test_dir=tmp_path / "plain").get_test_data()) == ["b.wav"]
    assert ids(dataset(tmp_path / "data", test_dir=str(tmp_path / "many")).get_test_data()) == ["c.wav"]


def test_folders_that_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "cs").mkdir()
    with pytest.raises(DataError, match=r"no folder .*ru; .*got folders cs in"):
        dataset(tmp_path).load_data()
    (tmp_path / "ru").mkdir()
    with pytest.raises(DataError, match="got an empty folder"):
        dataset(tmp_path).load_data()
    (tmp_path / "ru" / "a.mp3").touch()
    with pytest.raises(DataError, match=r"files ending in \.wav; got 1 \.mp3\. Set allowed_extensions"):
        dataset(tmp_path).load_data()
    labelled(tmp_path / "ru", "a")
    with pytest.raises(DataError, match="no folder"):
        dataset(tmp_path, test_dir=tmp_path / "nothing").load_data()


@pytest.mark.parametrize(
    "wrong", [{"validation_split": 1.0}, {"validation_split": -0.1}, {"multiply_train_data": -1}]
)
def test_arguments_out_of_range(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(DataError, match=next(iter(wrong))):
        dataset(tmp_path, **wrong)
