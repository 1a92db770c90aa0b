"""What a constant part gave, on the disk: whose it is, what is missing, and what a kill costs."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from phoneme_recognition.data.batching import Draw
from phoneme_recognition.data.states import PartWriter, StateStore, TableStates

SHAPE = (2, 3)


def states(frames: int, seed: int) -> NDArray[np.float16]:
    return np.random.default_rng(seed).standard_normal((frames, *SHAPE)).astype(np.float16)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Two parts: recordings 4 and 0, then recording 4 in another view."""
    with PartWriter(tmp_path, SHAPE) as part:
        part.add(4, 0, states(5, 1), 500)
        part.add(0, 0, states(3, 2), 300)
    with PartWriter(tmp_path, SHAPE) as part:
        part.add(4, 1, states(7, 3), 700)
    return tmp_path


@pytest.mark.parametrize(("clip", "view", "frames", "seed"), [(4, 0, 5, 1), (0, 0, 3, 2), (4, 1, 7, 3)])
def test_what_was_written_is_found(store: Path, clip: int, view: int, frames: int, seed: int) -> None:
    heard = StateStore(store).find(clip, view)
    assert heard is not None
    assert np.array_equal(heard.states, states(frames, seed))
    assert heard.num_samples == 100 * frames
    assert not heard.states.flags.writeable and isinstance(heard.states, np.memmap)


def test_what_was_not_written_is_missing(store: Path) -> None:
    opened = StateStore(store)
    assert opened.find(0, 1) is None and opened.find(3, 0) is None and opened.find(9, 0) is None
    missing = opened.missing(np.array([0, 3, 4]), 2)
    assert sorted(map(tuple, missing.tolist())) == [(0, 1), (3, 0), (3, 1)]
    assert opened.size == (5 + 3 + 7) * 2 * 3 * 2


def test_a_store_that_is_not_there_is_empty(tmp_path: Path) -> None:
    empty = StateStore(tmp_path / "none")
    assert len(empty) == 0 and empty.size == 0 and empty.find(0, 0) is None
    assert empty.missing(np.array([7]), 1).tolist() == [[7, 0]]


def test_a_process_opens_it_again_by_its_name(store: Path) -> None:
    opened = StateStore(store)
    opened.find(4, 0)
    packed = pickle.dumps(opened)
    assert len(packed) < 300
    heard = pickle.loads(packed).find(4, 0)
    assert np.array_equal(heard.states, states(5, 1))


def test_a_part_without_its_index_is_not_there_and_is_removed(store: Path) -> None:
    leftover = store / "0123.states"
    leftover.write_bytes(b"what a kill left")
    opened = StateStore(store)
    assert len(opened) == 3
    opened.remove_leftovers()
    assert not leftover.exists()
    assert StateStore(store).find(4, 1) is not None


def test_what_was_added_before_an_error_is_kept(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), PartWriter(tmp_path, SHAPE) as part:
        part.add(1, 0, states(4, 5), 400)
        raise RuntimeError
    heard = StateStore(tmp_path).find(1, 0)
    assert heard is not None and np.array_equal(heard.states, states(4, 5))


def test_what_does_not_fit_into_16_bits_is_noted_and_not_tried_again(tmp_path: Path) -> None:
    too_large = states(4, 5)
    too_large[2, 0, 0] = np.inf
    with PartWriter(tmp_path, SHAPE) as part:
        part.add(1, 0, too_large, 400)
        part.add(2, 0, states(3, 6), 300)
    opened = StateStore(tmp_path)
    assert opened.find(1, 0) is None
    assert opened.missing(np.array([1, 2]), 1).tolist() == []
    heard = opened.find(2, 0)
    assert heard is not None and np.array_equal(heard.states, states(3, 6))


class Table:
    """Rows of two folders: row 0 and 1 are recordings 4 and 0 of the first, row 2 is recording 4 again."""

    def clip_of(self, row: int) -> tuple[int, int]:
        return [(0, 4), (0, 0), (1, 4)][row]


def test_a_batch_is_known_as_a_whole_or_not_at_all(store: Path, tmp_path: Path) -> None:
    found = TableStates(Table(), [StateStore(store), StateStore(tmp_path / "none")])  # type: ignore[arg-type]
    known = found.find([Draw(1, 0), Draw(0, 0)])
    assert [len(heard.states) for heard in known if heard] == [3, 5]
    assert found.find([Draw(1, 0), Draw(2, 0)]) == [None, None]


def test_each_epoch_draws_a_view(store: Path) -> None:
    found = TableStates(Table(), [StateStore(store)] * 2, views=2, seed=3)  # type: ignore[arg-type]
    heard = [found.find([Draw(0, epoch)])[0] for epoch in range(40)]
    again = [found.find([Draw(0, epoch)])[0] for epoch in range(40)]
    frames = [len(one.states) for one in heard if one]
    assert set(frames) == {5, 7} and 8 < frames.count(5) < 32
    assert frames == [len(one.states) for one in again if one]
