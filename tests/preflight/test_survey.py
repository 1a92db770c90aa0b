"""Surveys of real recordings: from headers before the cache is built, from the cache afterwards."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from dataset_modules.festvox_ru import FestvoxRuDataset
from phoneme_recognition.audio.file import AudioFile
from phoneme_recognition.audio.header import duration_of
from phoneme_recognition.data.cache import open_table, table_name
from phoneme_recognition.data.labels import Labels
from phoneme_recognition.data.utterance import Corpus
from phoneme_recognition.phonemes.vocabulary import Vocabulary
from phoneme_recognition.preflight.survey import spread, survey_corpora

VOCABULARY = Vocabulary.from_file("dataset_modules/tokens/russian_phones.json")


def corpus_of(clips: Path, folder: Path) -> Corpus:
    return FestvoxRuDataset(cache_dir=folder, data_dir=clips)


def true_seconds(clips: Path) -> list[float]:
    return [len(soundfile.read(path)[0]) / 16000 for path in sorted(clips.glob("*.flac"))]


def test_durations_come_from_headers_and_then_from_the_cache(clips: Path, tmp_path: Path) -> None:
    corpus = corpus_of(clips, tmp_path)
    before, findings = survey_corpora([corpus], 16000)
    assert findings == []
    assert [(one.split, one.total, one.cached) for one in before] == [
        ("train", 10, False),
        ("val", 1, False),
        ("test", 1, False),
    ]
    wanted = true_seconds(clips)
    assert np.concatenate([one.seconds for one in before]) == pytest.approx(wanted, abs=1e-3)
    assert before[0].total_seconds == pytest.approx(sum(wanted[:10]), abs=1e-2)
    open_table(
        table_name(corpus, "train"),
        corpus.get_train_data(),
        tmp_path,
        labels=Labels(VOCABULARY),
        sampling_rate=16000,
        count_frames=lambda samples: samples // 640,
        num_proc=1,
        progress=False,
    )
    after, _ = survey_corpora([corpus], 16000)
    assert [one.cached for one in after] == [True, False, False]
    assert after[0].seconds == pytest.approx(wanted[:10], abs=1e-3)
    assert not any(one.cached for one in survey_corpora([corpus], 8000)[0])


def test_what_would_have_to_be_fetched_is_not(tmp_path: Path) -> None:
    surveys, (finding,) = survey_corpora([FestvoxRuDataset(cache_dir=tmp_path)], 16000)
    assert surveys == []
    assert (finding.level, finding.path) == ("advice", "data.dataset_classes[0]")
    assert list(tmp_path.iterdir()) == []


def test_a_corpus_that_is_missing_is_a_warning_with_its_own_remedy(tmp_path: Path) -> None:
    surveys, (finding,) = survey_corpora(
        [FestvoxRuDataset(cache_dir=tmp_path, data_dir=tmp_path / "no")], 16000
    )
    assert surveys == []
    assert finding.level == "warning"
    assert "no festvox-ru corpus in" in finding.reason
    assert "Set data_dir to the unpacked Debian package" in finding.remedy


def test_rows_are_spread_evenly() -> None:
    assert spread(5, 10).tolist() == [0, 1, 2, 3, 4]
    assert spread(101, 3).tolist() == [0, 50, 100]
    assert spread(0, 3).tolist() == []


def test_headers_of_archive_members_and_of_no_audio(clips: Path, tmp_path: Path) -> None:
    data = sorted(clips.glob("*.flac"))[0].read_bytes()
    archive, text = tmp_path / "archive", tmp_path / "text.wav"
    archive.write_bytes(b"x" * 10 + data + b"y" * 10)
    text.write_text("no sound")
    inside = AudioFile(str(archive), offset=10, length=len(data))
    assert duration_of(inside) == pytest.approx(true_seconds(clips)[0], abs=1e-3)
    assert duration_of(AudioFile(str(text))) is None
    assert duration_of(AudioFile(str(tmp_path / "missing.wav"))) is None
