"""The recogniser: what it hears does not depend on how recordings are batched, and order is kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from small_checkpoint import VOCABULARY, save_small, small_network

from phoneme_recognition import Recognizer
from phoneme_recognition.audio.reading import read_audio
from phoneme_recognition.errors import AudioError, CheckpointError
from phoneme_recognition.inference.hearing import Excerpt
from phoneme_recognition.inference.streams import Streams
from phoneme_recognition.recognizer import Transcription


@pytest.fixture(scope="module")
def recognizer(tmp_path_factory: pytest.TempPathFactory) -> Recognizer:
    return Recognizer(save_small(tmp_path_factory.mktemp("model") / "small.ckpt"), device="cpu")


@pytest.fixture(scope="module")
def recordings(clips: Path) -> list[Path]:
    return sorted(clips.glob("*.flac"))


@pytest.fixture(scope="module")
def alone(recognizer: Recognizer, recordings: list[Path]) -> list[Transcription]:
    """Each recording by itself."""
    return [recognizer.transcribe(path) for path in recordings]


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """The lengths of the windows in each batch that is heard, filled as it goes."""
    seen: list[list[int]] = []

    def watch(name: str) -> None:
        original = getattr(Streams, name)

        def seeing(self: Streams, excerpts: Sequence[Excerpt]) -> object:
            seen.append([len(one.samples) for one in excerpts])
            return original(self, excerpts)

        monkeypatch.setattr(Streams, name, seeing)

    watch("now")
    watch("submit")
    return seen


def test_it_says_what_network_and_best_path_say(recognizer: Recognizer, recordings: list[Path]) -> None:
    samples = read_audio(recordings[0], 16000)
    normalised = (samples - samples.mean()) / samples.std()
    with torch.no_grad():
        output = small_network()(torch.from_numpy(normalised)[None], torch.tensor([len(samples)]))
    best = output.logits[0].argmax(dim=-1).tolist()
    merged = [now for before, now in zip([None, *best], best, strict=False) if now != before]
    expected = [list(VOCABULARY.to_dict())[symbol] for symbol in merged if symbol != VOCABULARY.blank_id]
    found = recognizer.transcribe(recordings[0])
    assert found.phonemes == expected
    assert len(found.phonemes) > 10
    assert found.duration == pytest.approx(len(samples) / 16000)
    assert found.path == str(recordings[0])


@pytest.mark.parametrize("batch_seconds", [1.0, 12.0, 1000.0])
def test_batching_changes_neither_result_nor_order(
    recognizer: Recognizer, recordings: list[Path], alone: list[Transcription], batch_seconds: float
) -> None:
    order = [7, 0, 11, 3, 5, 1, 9, 2, 10, 4, 8, 6]
    found = list(
        recognizer.transcribe_all([recordings[place] for place in order], batch_seconds=batch_seconds)
    )
    assert found == [alone[place] for place in order]


def test_a_batch_holds_like_lengths_within_its_seconds(
    recognizer: Recognizer, recordings: list[Path], batches: list[list[int]]
) -> None:
    found = list(recognizer.transcribe_all(recordings, batch_seconds=12.0))
    assert len(found) == sum(map(len, batches)) == 12
    assert all(len(batch) * max(batch) <= 12.0 * 16000 for batch in batches)
    assert all(min(batch) >= 0.8 * max(batch) for batch in batches)
    # No smaller number of batches than the sum of the audio asks for, nor many more.
    assert 5 <= len(batches) <= 8


def test_a_recording_longer_than_a_batch_is_one_by_itself(
    recognizer: Recognizer, recordings: list[Path], batches: list[list[int]]
) -> None:
    assert len(list(recognizer.transcribe_all(recordings[:3], batch_seconds=0.5))) == 3
    assert [len(batch) for batch in batches] == [1, 1, 1]


@pytest.mark.parametrize("threads", [1, 3])
def test_the_number_of_threads_changes_nothing_and_stays(
    recognizer: Recognizer, recordings: list[Path], alone: list[Transcription], threads: int
) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        assert list(recognizer.transcribe_all(recordings, batch_seconds=6.0)) == alone
        assert torch.get_num_threads() == threads
        with ThreadPoolExecutor(1) as pool:  # a new thread too
            assert pool.submit(torch.get_num_threads).result() == threads
    finally:
        torch.set_num_threads(before)


def test_results_come_before_all_recordings_are_read(recognizer: Recognizer, recordings: list[Path]) -> None:
    asked: list[Path] = []

    def endless() -> Iterator[Path]:
        while True:
            asked.append(recordings[0])
            yield recordings[0]

    found = recognizer.transcribe_all(endless(), batch_seconds=10.0)
    seconds = next(found).duration
    # At first a minute to choose batches from, five read ahead of it, and what is being heard.
    assert len(asked) < 420 / seconds + 20
    # Later five to choose from; however many there are, no more are held.
    for _ in range(200):
        next(found)
    assert len(asked) < 200 + 620 / seconds + 20
    found.close()


def test_unusable_recordings_keep_their_place(
    recognizer: Recognizer, recordings: list[Path], alone: list[Transcription], tmp_path: Path
) -> None:
    (tmp_path / "empty.wav").touch()
    given = [tmp_path / "empty.wav", recordings[0], tmp_path / "none.wav", recordings[1]]
    first, good, missing, other = recognizer.transcribe_all(given)
    assert first == Transcription(str(given[0]), 0.0, [], problem="empty file")
    assert missing == Transcription(str(given[2]), 0.0, [], problem="missing file")
    assert [good, other] == alone[:2]


def test_nothing_but_unusable_recordings_and_nothing_at_all(recognizer: Recognizer, tmp_path: Path) -> None:
    assert [found.problem for found in recognizer.transcribe_all([tmp_path / "none.wav"])] == ["missing file"]
    assert list(recognizer.transcribe_all([])) == []


def test_one_unusable_recording_is_an_error(recognizer: Recognizer, tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"none\.wav: missing file"):
        recognizer.transcribe(tmp_path / "none.wav")


def test_a_recording_too_short_for_one_frame_is_silence(
    recognizer: Recognizer, recordings: list[Path], tmp_path: Path
) -> None:
    soundfile.write(tmp_path / "click.wav", np.array([0.5, -0.5]), 16000)
    click, speech = recognizer.transcribe_all([tmp_path / "click.wav", recordings[0]])
    assert click.problem is None
    assert click.duration == pytest.approx(2 / 16000)
    assert speech == recognizer.transcribe(recordings[0])


def test_loudness_matters_only_without_normalisation(tmp_path: Path, recordings: list[Path]) -> None:
    speech = read_audio(recordings[0], 16000)
    logits = []
    for normalised in (True, False):
        made = Recognizer(save_small(tmp_path / f"{normalised}.ckpt", do_normalize=normalised), device="cpu")
        logits.append([made.recognise_waveforms([speech]), made.recognise_waveforms([speech * 0.25])])
    assert logits[0][0] == logits[0][1]
    assert logits[1][0] != logits[1][1]


def test_the_sampling_rate_is_the_checkpoints(tmp_path: Path, recordings: list[Path]) -> None:
    made = Recognizer(save_small(tmp_path / "low.ckpt", sampling_rate=8000), device="cpu")
    assert made.sampling_rate == 8000
    found = made.transcribe(recordings[0])
    assert found.duration == pytest.approx(len(read_audio(recordings[0], 16000)) / 16000, abs=1e-3)
    (expected,) = made.recognise_waveforms([read_audio(recordings[0], 8000)])
    assert found.phonemes == expected


def test_the_device_is_the_one_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint = save_small(tmp_path / "small.ckpt")
    assert Recognizer(checkpoint, device=torch.device("cpu")).device.type == "cpu"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert Recognizer(checkpoint).device.type == "cpu"


def test_a_missing_checkpoint_is_explained(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="does not exist"):
        Recognizer(tmp_path / "none.ckpt")


@pytest.fixture(scope="module")
def long_one(recordings: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All the sentences in a row, 55 s."""
    path = tmp_path_factory.mktemp("long") / "long.flac"
    soundfile.write(path, np.concatenate([read_audio(one, 16000) for one in recordings]), 16000)
    return path


def test_a_long_recording_keeps_its_place_and_its_length(
    recognizer: Recognizer,
    recordings: list[Path],
    alone: list[Transcription],
    long_one: Path,
    batches: list[list[int]],
) -> None:
    first, long, last = recognizer.transcribe_all([recordings[0], long_one, recordings[1]])
    assert [first, last] == alone[:2]
    assert long.duration == pytest.approx(sum(one.duration for one in alone))
    assert max(max(batch) for batch in batches) <= 30 * 16000
    said = sum(len(one.phonemes) for one in alone)
    # Not the same: a recording is normalised as a whole. But as much, and nothing twice.
    assert len(long.phonemes) == pytest.approx(said, rel=0.1)
    assert recognizer.transcribe(long_one) == long


def test_a_long_waveform_is_heard_as_its_file(recognizer: Recognizer, long_one: Path) -> None:
    (phonemes,) = recognizer.recognise_waveforms([read_audio(long_one, 16000)])
    assert phonemes == recognizer.transcribe(long_one).phonemes
    assert recognizer.recognise_waveforms([]) == []
