"""An augmentation that fails in a loader process reaches the user as it would without one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from dataset_modules.festvox_ru import FestvoxRuDataset
from phoneme_recognition.data.batching import BatchPlan
from phoneme_recognition.data.cache import UtteranceTable, open_table
from phoneme_recognition.data.dataset import BatchDataset
from phoneme_recognition.data.labels import Labels
from phoneme_recognition.data.listening import Listener
from phoneme_recognition.data.loader import ResumableLoader
from phoneme_recognition.errors import UserError
from phoneme_recognition.phonemes.vocabulary import Vocabulary


class Breaks:
    def __call__(self, samples: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
        raise KeyError("nothing")


@pytest.fixture(scope="module")
def table(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> UtteranceTable:
    cache = tmp_path_factory.mktemp("cache")
    corpus = FestvoxRuDataset(cache_dir=str(cache), data_dir=str(clips))
    corpus.load_data()
    return open_table(
        "clips",
        corpus.get_train_data(),
        cache,
        labels=Labels(Vocabulary.from_file("dataset_modules/tokens/russian_phones.json")),
        sampling_rate=16000,
        count_frames=lambda samples: samples // 640,
        num_proc=1,
        progress=False,
    )


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_it_is_one_sentence_from_any_process(table: UtteranceTable, workers: int) -> None:
    dataset = BatchDataset(table, Listener(table.sampling_rate, transforms=[Breaks()]))
    plan = BatchPlan(table.num_samples / 16000, batch_size=3)
    with pytest.raises(UserError) as caught:
        list(ResumableLoader(dataset, plan, num_workers=workers))
    text = str(caught.value)
    assert text.startswith(f"augmentation {__name__}.Breaks failed on a recording of ")
    assert "KeyError: 'nothing' (test_loader_errors.py, line " in text
    assert "Traceback" not in text
    assert "worker" not in text
