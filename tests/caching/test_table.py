"""A table can be handed to other processes, put together with others, and holds no object a row."""

from __future__ import annotations

import multiprocessing
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from cache_corpus import cached, copy_corpus, phones_of

from phoneme_recognition.audio.file import AudioFile
from phoneme_recognition.data import clips as clips_module
from phoneme_recognition.data.arrow import open_file
from phoneme_recognition.data.cache import UtteranceTable, concatenate
from phoneme_recognition.data.utterance import UtteranceSource
from phoneme_recognition.errors import DataError


@pytest.fixture
def sources(clips: Path, tmp_path: Path) -> list[UtteranceSource]:
    return copy_corpus(clips, tmp_path / "clips", count=5)


def digest(table: UtteranceTable) -> list[tuple[str, int, list[int]]]:
    rows = [table[row] for row in range(len(table))]
    return [
        (row.utterance_id, int(row.samples.astype(np.int64).sum()), row.phoneme_ids.tolist()) for row in rows
    ]


def _send_digest(table: UtteranceTable, pipe: multiprocessing.connection.Connection) -> None:
    pipe.send(digest(table))


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_a_worker_process_reads_the_same(sources: list[UtteranceSource], tmp_path: Path, method: str) -> None:
    table = cached(sources, tmp_path / "cache")
    context = multiprocessing.get_context(method)
    here, there = context.Pipe(duplex=False)
    worker = context.Process(target=_send_digest, args=(table, there))  # type: ignore[attr-defined]
    worker.start()
    assert here.recv() == digest(table)
    worker.join()


def test_it_pickles_as_the_names_of_its_folders(sources: list[UtteranceSource], tmp_path: Path) -> None:
    table = cached(sources, tmp_path / "cache")
    data = pickle.dumps(table)
    assert len(data) < 1000
    assert digest(pickle.loads(data)) == digest(table)


def test_put_together_the_order_is_kept(sources: list[UtteranceSource], tmp_path: Path) -> None:
    first, nothing, second = (
        cached(sources[:2], tmp_path / "a"),
        cached([], tmp_path / "b"),
        cached(sources[2:], tmp_path),
    )
    table = concatenate([first, nothing, second])
    assert len(table) == 5
    assert digest(table) == digest(first) + digest(second)
    np.testing.assert_array_equal(table.num_samples, np.r_[first.num_samples, second.num_samples])
    np.testing.assert_array_equal(table.label_lengths, np.r_[first.label_lengths, second.label_lengths])
    assert digest(concatenate([table, first])) == digest(table) + digest(first)
    assert table[-1].utterance_id == sources[-1].utterance_id
    assert table.directory == first.directory
    assert len(table.directories) == 3
    with pytest.raises(IndexError):
        table[5]
    with pytest.raises(IndexError):
        table[-6]


def test_lists_of_skipped_rows_are_put_together(sources: list[UtteranceSource], tmp_path: Path) -> None:
    bad = [replace(sources[0], utterance_id=name, problem="no label") for name in "ab"]
    tables = [
        cached([source, row], tmp_path, max_skipped=0.5) for source, row in zip(sources, bad, strict=False)
    ]
    assert [row.utterance_id for row in concatenate(tables).skipped] == ["a", "b"]
    assert concatenate(tables).skipped_file == tables[0].skipped_file


def test_speakers(sources: list[UtteranceSource], tmp_path: Path) -> None:
    names = ["b", None, "a", "b", "c"]
    rows = [replace(source, speaker=name) for source, name in zip(sources, names, strict=True)]
    table = cached(rows, tmp_path)
    assert table.speakers == ["a", "b", "c"]
    assert [table[row].speaker for row in range(5)] == names


def test_tables_of_different_rates_do_not_fit(sources: list[UtteranceSource], tmp_path: Path) -> None:
    with pytest.raises(DataError, match="8000 Hz, 16000 Hz"):
        concatenate([cached(sources, tmp_path), cached(sources, tmp_path, sampling_rate=8000)])
    with pytest.raises(DataError, match="no dataset"):
        concatenate([])


def test_many_rows_fill_several_batches(sources: list[UtteranceSource], tmp_path: Path) -> None:
    rows = [replace(sources[n % 5], utterance_id=str(n), segments=()) for n in range(9000)]
    table = cached(rows, tmp_path)
    assert len(table) == 9000
    for row in (0, 4095, 4096, 8191, 8192, 8999):
        assert table[row].utterance_id == str(row)
        assert table[row].text == sources[row % 5].text
        assert len(table[row].samples) == table.num_samples[row] == table.num_samples[row % 5]


def test_rows_that_are_left_out_move_no_other(sources: list[UtteranceSource], tmp_path: Path) -> None:
    """The batches of the file are of different sizes then: a row must not get another one's label."""
    rows = [
        replace(sources[n % 5], utterance_id=str(n), segments=(), problem="no label" if n % 7 == 3 else None)
        for n in range(10_000)
    ]
    kept = [source for source in rows if source.problem is None]
    table = cached(rows, tmp_path, max_skipped=0.5, vocabulary=phones_of(sources))
    assert len(table) == len(kept)
    for at in (0, 3510, 3511, 3512, 4095, 4096, 7100, len(kept) - 1):
        assert (table[at].utterance_id, table[at].text) == (kept[at].utterance_id, kept[at].text)
        assert len(table[at].samples) == table.num_samples[at]
        assert len(table[at].phoneme_ids) == table.label_lengths[at] == len(kept[at].phonemes or ())
    thinned = list(table.labels(every=100))
    assert len(thinned) == -(-len(kept) // 100)
    assert thinned[-1].tolist() == table[100 * (len(thinned) - 1)].phoneme_ids.tolist()


def test_the_index_of_many_recordings_is_written_bit_by_bit(
    sources: list[UtteranceSource], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clips_module, "_BATCH_CLIPS", 2)
    monkeypatch.setattr(clips_module, "_BATCH_SAMPLES", 150_000)  # two clips or three
    bad = replace(sources[0], utterance_id="bad", audio=AudioFile("nowhere.wav"))
    table = cached([*sources[:2], bad, *sources[2:]], tmp_path, max_skipped=0.5)
    folder = table.directory.parent
    assert open_file(folder / "clips.arrow").num_record_batches == 3
    assert open_file(folder / "audio.arrow").num_record_batches > 1
    assert clips_module.Clips(folder).reasons() == [None, None, "missing file", None, None, None]
    for row, source in enumerate(sources):
        np.testing.assert_array_equal(table[row].samples, soundfile.read(source.audio.path, dtype="int16")[0])


def test_reading_takes_no_more_than_it_needs(sources: list[UtteranceSource], tmp_path: Path) -> None:
    """Arrow's own way to numpy imports pandas, 30 MB in every loader process."""
    table = cached(sources, tmp_path)
    code = f"""
import sys
from pathlib import Path
from phoneme_recognition.data.table import UtteranceTable
table = UtteranceTable([Path({str(table.directory)!r})])
assert table[3].samples.any() and table.num_samples.all() and list(table.labels())
sys.exit("pandas" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
