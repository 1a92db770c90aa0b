"""What is heard in windows is put together by CTC's own rule; twins share weights and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from small_checkpoint import small_ear

from phoneme_recognition.audio.reading import read_audio
from phoneme_recognition.decoding.greedy import greedy_decode
from phoneme_recognition.inference.hearing import Ear, Heard, join
from phoneme_recognition.inference.sounds import Sound
from phoneme_recognition.inference.windows import Window


@pytest.fixture
def ear() -> Ear:
    return small_ear()


def heard(symbols: list[int]) -> Heard:
    """What `Ear.hear` says where these are the likeliest symbols of the frames."""
    if not symbols:
        return Heard([], None, None)
    (ids,) = greedy_decode(torch.eye(5)[symbols][None], torch.tensor([len(symbols)]), blank_id=0)
    return Heard(ids, symbols[0], symbols[-1])


def test_windows_decoded_apart_are_the_whole_decoded_at_once() -> None:
    draw = np.random.default_rng(0)
    for _ in range(300):
        symbols = draw.integers(0, 3, size=int(draw.integers(0, 12))).tolist()
        borders = sorted(draw.integers(0, len(symbols) + 1, size=3).tolist())
        parts = [
            symbols[start:stop] for start, stop in zip([0, *borders], [*borders, len(symbols)], strict=True)
        ]
        assert join([heard(part) for part in parts]) == heard(symbols).ids


def test_a_phoneme_on_the_border_is_heard_once() -> None:
    assert join([Heard([1, 2], 1, 2), Heard([2, 3], 2, 0)]) == [1, 2, 3]
    assert join([Heard([1, 2], 1, 0), Heard([2, 3], 2, 0)]) == [1, 2, 2, 3]
    # A search may have left the symbol out of one of them: then there is nothing to be merged.
    assert join([Heard([1], 1, 2), Heard([2, 3], 2, 0)]) == [1, 2, 3]
    assert join([]) == []


def test_twins_share_their_weights_and_say_the_same(ear: Ear, clips: Path) -> None:
    twin = ear.twin()
    mine, its = ear._network, twin._network
    assert mine is not its
    shared = {weight.data_ptr() for weight in mine.parameters()}
    assert {weight.data_ptr() for weight in its.parameters()} == shared
    parts = {id(module) for module in mine.modules()}
    assert not parts & {id(module) for module in its.modules()}
    sound = Sound(read_audio(clips / "ru_0054.flac", 16000))
    excerpt = [ear.excerpt(sound, Window(0, len(sound), 0, 10_000))]
    assert ear.hear(excerpt) == twin.hear(excerpt)


def test_first_and_last_symbol_are_those_of_the_frames_kept(ear: Ear, clips: Path) -> None:
    sounds = [Sound(read_audio(clips / name, 16000)) for name in ("ru_0054.flac", "ru_0063.flac")]
    stretches = [(sounds[0], Window(0, len(sounds[0]), 7, 20)), (sounds[1], Window(6400, 48000, 0, 33))]
    excerpts = [ear.excerpt(*stretch) for stretch in stretches]
    for (sound, window), found in zip(stretches, ear.hear(excerpts), strict=True):
        whole, _ = ear.logits([ear.excerpt(sound, window._replace(skip=0, keep=10_000))])
        best = whole[0].argmax(dim=-1).tolist()[window.skip : window.skip + window.keep]
        assert (found.first, found.last) == (best[0], best[-1])
        assert len(best) == window.keep
