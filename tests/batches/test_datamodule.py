"""From corpora to loaders: which rows each split has, when the cache is made, and what is augmented."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from dataset_modules.festvox_ru import FestvoxRuDataset
from phoneme_recognition.data.datamodule import Loading, SpeechDataModule, Split
from phoneme_recognition.data.labels import Labels
from phoneme_recognition.data.loader import ResumableLoader
from phoneme_recognition.data.utterance import UtteranceSource
from phoneme_recognition.errors import DataError
from phoneme_recognition.phonemes.vocabulary import Vocabulary

VOCABULARY = Vocabulary.from_file("dataset_modules/tokens/russian_phones.json")
AUDIO: dict[str, object] = {"sampling_rate": 16000, "padding_value": 0.0, "do_normalize": True}


class Part(FestvoxRuDataset):
    """Some of the twelve sentences as one's own corpus; remembers how it was loaded."""

    def __init__(self, clips: Path, cache: Path, **places: slice) -> None:
        super().__init__(cache_dir=str(cache), data_dir=str(clips))
        self.places = places
        self.loaded: list[bool] = []

    def load_data(self, create_dataset: bool = False) -> None:
        self.loaded.append(create_dataset)

    def get_train_data(self) -> Sequence[UtteranceSource]:
        return self._sources[self.places.get("train", slice(0))]

    def get_val_data(self) -> Sequence[UtteranceSource]:
        return self._sources[self.places.get("val", slice(0))]

    def get_test_data(self) -> Sequence[UtteranceSource]:
        return self._sources[self.places.get("test", slice(0))]


class Fading:
    """A transform that any sample shows: half as loud, and a step in the middle."""

    def __call__(self, samples: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
        return np.concatenate([samples[: len(samples) // 2], 0.5 * samples[len(samples) // 2 :]])


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def part(clips: Path, cache: Path) -> Part:
    return Part(clips, cache, train=slice(0, 7), val=slice(7, 10), test=slice(10, 12))


def module(
    *corpora: Part,
    splits: Sequence[Split] = ("train", "val", "test"),
    audio: dict[str, object] = AUDIO,
    transforms: Sequence[Any] = (),
    **loading: Any,
) -> SpeechDataModule:
    return SpeechDataModule(
        corpora,
        Labels(VOCABULARY),
        audio_params=audio,
        count_frames=lambda samples: samples // 640,
        loading=Loading(num_proc=1, **loading),
        transforms=transforms,
        splits=splits,
    )


def names(loader: ResumableLoader) -> list[str]:
    return [name for batch in loader for name in batch.utterance_ids]


def waveforms(loader: ResumableLoader) -> dict[str, torch.Tensor]:
    return {
        name: waveform[:length]
        for batch in loader
        for name, waveform, length in zip(batch.utterance_ids, batch.waveforms, batch.lengths, strict=True)
    }


def builds(cache: Path) -> dict[Path, int]:
    """When the audio of each table was written."""
    return {path: path.stat().st_mtime_ns for path in cache.rglob("audio.arrow")}


def expected(clips: Path, *places: slice) -> list[str]:
    every = sorted(path.stem for path in clips.glob("*.flac"))
    return [name for place in places for name in every[place]]


def test_each_split_has_its_own_rows(part: Part, clips: Path) -> None:
    data = module(part)
    data.prepare_data()
    assert sorted(names(data.train_dataloader())) == expected(clips, slice(0, 7))
    assert sorted(names(data.val_dataloader())) == expected(clips, slice(7, 10))
    assert sorted(names(data.test_dataloader())) == expected(clips, slice(10, 12))


def test_only_training_is_in_a_new_order_each_epoch(part: Part) -> None:
    data = module(part, batch_size=1)
    orders: dict[str, list[list[str]]] = {"train": [], "val": []}
    for epoch in range(3):
        for split, loader in (("train", data.train_dataloader()), ("val", data.val_dataloader())):
            loader.plan.set_epoch(epoch)
            orders[split].append(names(loader))
    assert orders["train"][0] != orders["train"][1] != orders["train"][2]
    assert orders["val"][0] == orders["val"][1] == orders["val"][2]


def test_corpora_are_put_together_split_by_split(clips: Path, tmp_path: Path) -> None:
    one = Part(clips, tmp_path / "one", train=slice(0, 3), val=slice(3, 4), test=slice(4, 5))
    other = Part(clips, tmp_path / "other", train=slice(5, 9), val=slice(9, 11))
    data = module(one, other)
    data.prepare_data()
    assert sorted(names(data.train_dataloader())) == expected(clips, slice(0, 3), slice(5, 9))
    assert sorted(names(data.val_dataloader())) == expected(clips, slice(3, 4), slice(9, 11))
    assert names(data.test_dataloader()) == expected(clips, slice(4, 5))
    # Each lies in its own corpus's cache.
    assert builds(tmp_path / "one") and builds(tmp_path / "other")


@pytest.mark.parametrize("split", ["train", "val"])
def test_nothing_can_be_learnt_without_training_or_validation(part: Part, split: str) -> None:
    part.places = {name: place for name, place in part.places.items() if name != split}
    with pytest.raises(DataError, match=rf"no recording in the {split} split of Part\. .*dataset_classes"):
        module(part).prepare_data()


def test_a_corpus_may_have_no_test_unless_it_is_all_that_is_asked_for(part: Part) -> None:
    del part.places["test"]
    data = module(part)
    data.prepare_data()
    assert len(data.table("test")) == 0
    with pytest.raises(DataError, match="no recording in the test split"):
        module(part, splits=("test",)).prepare_data()


def test_only_the_splits_that_are_needed_are_made(clips: Path, tmp_path: Path) -> None:
    corpus = Part(clips, tmp_path, train=slice(0, 7), val=slice(7, 10), test=slice(10, 12))
    module(corpus, splits=("val",)).prepare_data()
    assert [path.parent.name.rpartition("-")[0] for path in builds(tmp_path)] == ["Part-val"]


def test_a_rebuild_happens_once_and_only_where_it_is_wanted(clips: Path, tmp_path: Path) -> None:
    corpus = Part(clips, tmp_path, train=slice(0, 3), val=slice(3, 4), test=slice(4, 5))
    module(corpus).prepare_data()
    first = builds(tmp_path)
    module(corpus).prepare_data()
    assert builds(tmp_path) == first
    data = module(corpus, rebuild=True)
    data.prepare_data()
    second = builds(tmp_path)
    assert second.keys() == first.keys()
    assert all(second[path] > first[path] for path in first)
    # Lightning asks for the loaders later, in every process.
    names(data.train_dataloader())
    names(data.val_dataloader())
    assert builds(tmp_path) == second
    assert corpus.loaded.count(True) == 1


def test_preparing_twice_rebuilds_once(clips: Path, tmp_path: Path) -> None:
    corpus = Part(clips, tmp_path, train=slice(0, 3), val=slice(3, 4), test=slice(4, 5))
    data = module(corpus, rebuild=True)
    data.prepare_data()  # by us, to say what is wrong with the data before anything else
    first = builds(tmp_path)
    data.prepare_data()  # by Lightning
    assert builds(tmp_path) == first
    assert corpus.loaded.count(True) == 1


def test_another_process_opens_the_table_without_preparing(part: Part, clips: Path) -> None:
    data = module(part, rebuild=True)
    assert sorted(names(data.val_dataloader())) == expected(clips, slice(7, 10))
    assert part.loaded and not any(part.loaded)


def test_augmentation_changes_training_alone(part: Part) -> None:
    plain, changed = module(part), module(part, transforms=[Fading()])
    for split in ("val", "test"):
        before = waveforms(getattr(plain, f"{split}_dataloader")())
        after = waveforms(getattr(changed, f"{split}_dataloader")())
        assert all(torch.equal(before[name], after[name]) for name in before)
    before, after = waveforms(plain.train_dataloader()), waveforms(changed.train_dataloader())
    for name, waveform in before.items():
        half = len(waveform) // 2
        # Normalised after it was changed: the ratio of the halves tells.
        ratio = (after[name][half:].std() / after[name][:half].std()) / (
            waveform[half:].std() / waveform[:half].std()
        )
        assert float(ratio) == pytest.approx(0.5, rel=0.02)


class Halving:
    """A transform that moves everything in time."""

    def __call__(self, samples: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
        return samples[::2]


def test_training_batches_say_which_phone_is_heard_when(part: Part) -> None:
    data = module(part, phone_times=True, batch_size=1)
    sources = {source.utterance_id: source for source in part.get_train_data()}
    for batch in data.train_dataloader():
        (name,), points = batch.utterance_ids, batch.phones[0]
        assert len(points) == batch.phone_lengths[0] == round(float(batch.lengths[0]) / 160)
        for segment in sources[name].segments:
            middle = int(50 * (segment.start + segment.end))
            assert VOCABULARY.decode([int(points[middle])]) == [segment.phoneme]
        # Silence before the first phone is the blank.
        assert int(points[0]) == VOCABULARY.blank_id
    for quiet in (
        module(part, phone_times=True).val_dataloader(),
        module(part).train_dataloader(),
        module(part, phone_times=True, transforms=[Halving()]).train_dataloader(),
    ):
        assert all(batch.phones.shape[1] == 0 for batch in quiet)


def test_labels_are_read_without_their_sound(part: Part) -> None:
    table = module(part).table("train")
    labels = [VOCABULARY.decode(label.tolist()) for label in table.labels()]
    assert labels == [list(source.phonemes or ()) for source in part.get_train_data()]
    assert [label.tolist() for label in table.labels(3)] == [
        VOCABULARY.encode(label) for label in labels[::3]
    ]


def test_audio_params_decide_rate_padding_and_normalisation(part: Part) -> None:
    audio: dict[str, object] = {"sampling_rate": 8000, "padding_value": 7.0, "do_normalize": False}
    data = module(part, audio=audio, batch_size=7)
    (batch,) = data.train_dataloader()
    assert data.table("train").sampling_rate == 8000
    for waveform, length in zip(batch.waveforms, batch.lengths, strict=True):
        assert bool((waveform[length:] == 7.0).all())
        assert float(waveform[:length].abs().max()) <= 1.0
    assert float(module(part).table("train").num_samples.sum() / batch.lengths.sum()) == pytest.approx(
        2, rel=1e-3
    )


def test_batches_are_cut_by_number_or_by_seconds(part: Part) -> None:
    sizes = [len(batch.utterance_ids) for batch in module(part, batch_size=3).train_dataloader()]
    assert sorted(sizes) == [2, 2, 3]
    for batch in module(part, batch_seconds=10.0).val_dataloader():
        assert batch.waveforms.numel() <= 10.0 * 16000


def test_the_seed_decides_the_order(part: Part) -> None:
    orders = [names(module(part, batch_size=1, seed=seed).train_dataloader()) for seed in (1, 1, 2)]
    assert orders[0] == orders[1] != orders[2]
