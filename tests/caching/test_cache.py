"""A table holds what the corpus says, and is made anew exactly when what decides its content has changed."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from cache_corpus import cached, copy_corpus, folders, many_sources, phones_of
from scipy.signal import resample_poly

from phoneme_recognition.audio.file import AudioFile
from phoneme_recognition.audio.reading import read_audio
from phoneme_recognition.data import cache, preprocessing
from phoneme_recognition.data import clips as clips_module
from phoneme_recognition.data.cache import open_table
from phoneme_recognition.data.labels import Labels
from phoneme_recognition.data.utterance import PhoneSegment, UtteranceSource
from phoneme_recognition.errors import DataError
from phoneme_recognition.phonemes.vocabulary import Vocabulary

Sources = list[UtteranceSource]


@pytest.fixture
def sources(clips: Path, tmp_path: Path) -> Sources:
    return copy_corpus(clips, tmp_path / "clips")


def test_a_row_is_what_the_corpus_says(sources: Sources, tmp_path: Path) -> None:
    table = cached(sources, tmp_path / "cache")
    vocabulary = phones_of(sources)
    assert len(table) == len(sources)
    assert table.sampling_rate == 16000
    assert table.speakers == ["nsh"]
    assert table.skipped == []
    for row, source in enumerate(sources):
        utterance = table[row]
        expected, _ = soundfile.read(source.audio.path, dtype="int16")
        np.testing.assert_array_equal(utterance.samples, expected)
        assert utterance.samples.dtype == np.int16
        assert not utterance.samples.flags.writeable
        assert tuple(vocabulary.decode(utterance.phoneme_ids.tolist())) == source.phonemes
        assert utterance.phoneme_ids.dtype == np.int64
        assert (utterance.text, utterance.speaker) == (source.text, source.speaker)
        assert utterance.segments == source.segments
        assert (utterance.utterance_id, utterance.source) == (source.utterance_id, source.audio.path)
        assert table.num_samples[row] == len(expected)
        assert table.label_lengths[row] == len(source.phonemes or ())


def test_audio_in_several_batches(clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clips_module, "_BATCH_SAMPLES", 150_000)
    sources = copy_corpus(clips, tmp_path / "clips", count=12)
    bad = replace(sources[0], utterance_id="bad", audio=AudioFile("nowhere.wav"))
    table = cached([*sources[:5], bad, *sources[5:]], tmp_path / "cache")
    assert len(table) == 12
    for row in (11, 0, 5, 4, 1, 2, 3, 10, 9, 8, 7, 6):
        expected, _ = soundfile.read(sources[row].audio.path, dtype="int16")
        np.testing.assert_array_equal(table[row].samples, expected)


def test_another_rate_and_many_channels(sources: Sources, tmp_path: Path) -> None:
    speech, _ = soundfile.read(sources[0].audio.path)
    path = tmp_path / "stereo.wav"
    soundfile.write(path, np.stack([resample_poly(speech, 3, 1)] * 2, axis=1), 48000, subtype="FLOAT")
    table = cached([replace(sources[0], audio=AudioFile(str(path)))], tmp_path / "cache", sampling_rate=8000)
    reference = resample_poly(speech, 1, 2)
    noise = table[0].samples / 32768 - reference
    assert table.sampling_rate == 8000
    assert np.sum(noise**2) < 3e-3 * np.sum(reference**2)


def test_what_is_beyond_full_scale_is_clipped(sources: Sources, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "loud.wav", np.tile([1.5, -1.5, 0.25], 8000), 16000, subtype="FLOAT")
    source = replace(sources[0], audio=AudioFile(str(tmp_path / "loud.wav")), phonemes=("a",))
    table = cached([source], tmp_path / "cache", vocabulary=Vocabulary.from_phonemes("a"))
    assert table[0].samples[:3].tolist() == [32767, -32768, 8192]


def test_without_phonemes_the_text_is_the_label(sources: Sources, tmp_path: Path) -> None:
    source = replace(sources[0], phonemes=None, text=" она т͡сел  а ")
    vocabulary = Vocabulary.from_phonemes(["о", "н", "а", "т͡с", "е", "л", "|"])
    table = cached([source], tmp_path / "cache", vocabulary=vocabulary)
    assert vocabulary.decode(table[0].phoneme_ids.tolist()) == ["о", "н", "а", "|", "т͡с", "е", "л", "|", "а"]


class Counting:
    """Stands for the reading of audio and counts it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.files: list[str] = []

        def read(audio: AudioFile, rate: int) -> Any:
            self.files.append(Path(audio.path).stem)
            return read_audio(audio, rate)

        monkeypatch.setattr(preprocessing, "read_audio", read)

    def since(self) -> int:
        count, self.files = len(self.files), []
        return count


def test_the_second_time_nothing_is_decoded(
    sources: Sources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = Counting(monkeypatch)
    first = cached(sources, tmp_path / "cache")
    assert reads.since() == 4
    second = cached(sources, tmp_path / "cache")
    assert reads.since() == 0
    assert second.directory == first.directory
    inode = first.directory.stat().st_ino
    assert cached(sources, tmp_path / "cache", rebuild=True).directory.stat().st_ino != inode
    assert reads.since() == 4
    assert len(folders(tmp_path / "cache")) == 1
    np.testing.assert_array_equal(first[3].samples, second[3].samples)  # the old one can still be read


@pytest.mark.parametrize(
    "change",
    [
        {"phonemes": ("a", "t")},
        {"text": "another"},
        {"speaker": "another"},
        {"segments": ()},
        {"utterance_id": "another"},
    ],
)
def test_a_changed_label_gives_new_rows_but_decodes_nothing(
    sources: Sources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    vocabulary, reads = phones_of(sources), Counting(monkeypatch)
    before = cached(sources, tmp_path / "cache", vocabulary=vocabulary)
    reads.since()
    changed = [*sources[:2], replace(sources[2], **change), sources[3]]
    after = cached(changed, tmp_path / "cache", vocabulary=vocabulary)
    assert reads.since() == 0
    assert after.directory != before.directory
    assert after.directory.parent == before.directory.parent
    key, value = next(iter(change.items()))
    stored = after[2].phoneme_ids.tolist() if key == "phonemes" else getattr(after[2], key)
    assert stored == (vocabulary.encode(value) if key == "phonemes" else value)


def test_labels_that_only_look_alike_are_told_apart(sources: Sources) -> None:
    audio = sources[0].audio
    segment = PhoneSegment("a", 0.5, 0.75)
    alike = [
        UtteranceSource("a", audio),
        UtteranceSource("a", audio, text=""),
        UtteranceSource("a", audio, text="None"),
        UtteranceSource("a", audio, speaker=""),
        UtteranceSource("a", audio, problem=""),
        UtteranceSource("a", audio, ()),
        UtteranceSource("a", audio, ("",)),
        UtteranceSource("a", audio, ("ab", "c")),
        UtteranceSource("a", audio, ("a", "bc")),
        UtteranceSource("a", audio, ("abc",)),
        UtteranceSource("a", audio, ("a",), segments=(segment,)),
        UtteranceSource("a", audio, ("a",), segments=(segment._replace(start=0.25),)),
        UtteranceSource("a", audio, ("a",), segments=(segment._replace(phoneme="b"),)),
        UtteranceSource("a", audio, ("a",), segments=(segment, segment)),
        UtteranceSource("a", replace(audio, offset=1), ("a",)),
    ]
    assert len({cache._describe(source) for source in alike}) == len(alike)


def test_vocabulary_and_frames_give_new_rows(
    sources: Sources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = Counting(monkeypatch)
    before = cached(sources, tmp_path / "cache")
    reads.since()
    larger = Vocabulary.from_phonemes([*phones_of(sources).phonemes, "!"])
    assert cached(sources, tmp_path / "cache", vocabulary=larger).directory != before.directory
    slower = cached(sources, tmp_path / "cache", count_frames=lambda n: n // 320)
    assert slower.directory != before.directory
    assert reads.since() == 0


def test_a_changed_file_is_decoded_again(
    sources: Sources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples, rate = soundfile.read(sources[1].audio.path, dtype="int16")
    path = tmp_path / "clip.wav"
    soundfile.write(path, samples, rate)
    sources[1] = replace(sources[1], audio=AudioFile(str(path)))
    before = cached(sources, tmp_path / "cache")
    status = path.stat()
    soundfile.write(path, -samples, rate)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))  # neither newer nor of another size
    assert path.stat().st_size == status.st_size
    after = cached(sources, tmp_path / "cache")
    assert after.directory.parent != before.directory.parent
    np.testing.assert_array_equal(after[1].samples, -samples)


def test_rate_order_and_version_are_part_of_the_key(
    sources: Sources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = [
        cached(sources, tmp_path / "cache"),
        cached(sources, tmp_path / "cache", sampling_rate=8000),
        cached(sources[::-1], tmp_path / "cache"),
        cached(sources[:3], tmp_path / "cache"),
    ]
    monkeypatch.setattr(cache, "CACHE_VERSION", -1)
    tables.append(cached(sources, tmp_path / "cache"))
    assert len({table.directory.parent for table in tables}) == 5


def test_copies_of_a_row_share_their_audio(
    sources: Sources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = Counting(monkeypatch)
    copies = [replace(source, utterance_id=f"{source.utterance_id}#1") for source in sources]
    table = cached([*sources, *copies], tmp_path / "cache")
    assert reads.since() == 4
    assert len(table) == 8
    np.testing.assert_array_equal(table[6].samples, table[2].samples)


def test_processes_give_the_same_as_none(clips: Path, tmp_path: Path) -> None:
    many = many_sources(clips, tmp_path / "clips", 36)
    one, two = (cached(many, tmp_path / f"cache{n}", num_proc=n, vocabulary=phones_of(many)) for n in (1, 2))
    assert len(one) == len(two) == 36
    for row in range(36):
        np.testing.assert_array_equal(one[row].samples, two[row].samples)


def test_a_damaged_table_is_made_again(
    sources: Sources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = Counting(monkeypatch)
    table = cached(sources, tmp_path / "cache")
    reads.since()
    expected = table[3].samples.copy()
    (table.directory / "rows.arrow").write_bytes(b"")
    assert len(cached(sources, tmp_path / "cache")) == 4
    assert reads.since() == 0
    (table.directory.parent / "audio.arrow").unlink()
    np.testing.assert_array_equal(cached(sources, tmp_path / "cache")[3].samples, expected)
    assert reads.since() == 4


def test_a_corpus_without_utterances_has_an_empty_table(tmp_path: Path) -> None:
    table = cached([], tmp_path / "cache")
    assert len(table) == 0
    assert table.num_samples.shape == (0,)
    with pytest.raises(IndexError):
        table[0]


def test_a_cache_that_cannot_be_written_is_said(sources: Sources, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="cache"):
        cached(sources, tmp_path / "file" / "cache")


def test_any_name_makes_a_folder(sources: Sources, tmp_path: Path) -> None:
    table = open_table(
        "My corpus/train",
        sources,
        str(tmp_path / "cache"),
        labels=Labels(phones_of(sources)),
        sampling_rate=16000,
        count_frames=lambda n: n // 640,
        progress=True,
    )
    assert table.directory.parent.name.startswith("My_corpus_train-")


def test_the_cache_needs_no_torch() -> None:
    code = "import sys, phoneme_recognition.data.cache; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
