"""Common Voice from the Mozilla Data Collective: its client is called rightly, and what it says explained."""

from __future__ import annotations

import inspect
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datacollective
import pytest
import requests
from common_voice_release import clip_name, make_release, official, pack

from dataset_modules.common_voice import CommonVoiceDataset
from phoneme_recognition.errors import DataError, MissingExtraError

ARCHIVE = "cv-corpus-24.0-2025-12-05-ru.tar.gz"
Download = Callable[..., Path]


class Collective:
    """Stands in for the client's function: same signature, and a folder in place of the network."""

    def __init__(self, archive: Path) -> None:
        self.archive = archive
        self.calls: list[dict[str, Any]] = []

    def download_dataset(
        self,
        dataset_id: str,
        download_directory: str | None = None,
        show_progress: bool = True,
        overwrite_existing: bool = False,
        enable_logging: bool = False,
        extract: bool = False,
        overwrite_extracted: bool = False,
    ) -> Path:
        self.calls.append({"id": dataset_id, "overwrite": overwrite_existing})
        sys.stdout.write("a progress bar")
        assert download_directory is not None
        folder = Path(download_directory)
        folder.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copy(self.archive, folder / ARCHIVE))


@pytest.fixture
def collective(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Collective:
    archive = pack(
        make_release(tmp_path / "made", official()), tmp_path / "server.tar.gz", "cv-corpus-24.0/ru"
    )
    fake = Collective(archive)
    monkeypatch.setattr(datacollective, "download_dataset", fake.download_dataset)
    monkeypatch.setenv("MDC_API_KEY", "secret")
    return fake


def dataset(tmp_path: Path, **changes: Any) -> CommonVoiceDataset:
    return CommonVoiceDataset("ru", cache_dir=tmp_path / "cache", collective_id="cv-24-ru", **changes)


def test_the_stand_in_has_the_signature_of_the_client() -> None:
    assert inspect.signature(datacollective.download_dataset) == inspect.signature(
        Collective(Path()).download_dataset
    )


def test_it_is_fetched_once(
    collective: Collective, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        corpus = dataset(tmp_path)
        corpus.load_data()
        assert [row.utterance_id for row in corpus.get_val_data()] == [clip_name(8), clip_name(9)]
    assert collective.calls == [{"id": "cv-24-ru", "overwrite": False}]
    assert (tmp_path / "cache" / "common_voice" / "collective-cv-24-ru" / ARCHIVE).is_file()
    assert "progress" not in capfd.readouterr().out  # standard output is for programs
    dataset(tmp_path).load_data(create_dataset=True)  # makes anew what is derived, not what was fetched
    assert len(collective.calls) == 1


def test_whether_it_is_here(collective: Collective, tmp_path: Path) -> None:
    corpus = dataset(tmp_path)
    assert not corpus.is_here()
    corpus.load_data()
    assert corpus.is_here() and dataset(tmp_path).is_here()
    assert not dataset(tmp_path, download_mode="force_redownload").is_here()


def test_it_is_fetched_again_if_asked_by_the_first_process_alone(
    collective: Collective, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset(tmp_path).load_data()
    corpus = dataset(tmp_path, download_mode="force_redownload")
    corpus.load_data()
    corpus.get_train_data()
    assert [call["overwrite"] for call in collective.calls] == [False, True]
    # As srun starts it: the second of two on this machine.
    started = {"STEP_NUM_TASKS": 2, "STEP_TASKS_PER_NODE": 2, "PROCID": 1, "LOCALID": 1}
    for name, value in started.items():
        monkeypatch.setenv(f"SLURM_{name}", str(value))
    dataset(tmp_path, download_mode="force_redownload").load_data()
    assert len(collective.calls) == 2


def test_without_a_key(collective: Collective, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MDC_API_KEY")
    with pytest.raises(
        DataError, match=r"expected the environment variable MDC_API_KEY\. Make a key at https"
    ):
        dataset(tmp_path).load_data()
    assert not collective.calls


def test_without_the_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datacollective", None)
    with pytest.raises(
        MissingExtraError, match=r"collective_id='cv-24-ru' needs .*phoneme-recognition\[collective\]"
    ):
        dataset(tmp_path).load_data()


def failing(error: BaseException) -> Download:
    def download(*_: object, **__: object) -> Path:
        try:
            raise error
        except BaseException as cause:
            if isinstance(cause, KeyboardInterrupt):
                raise RuntimeError("Download failed") from cause
            raise

    return download


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PermissionError("Access denied: agree to the terms"), "PermissionError: Access denied: agree"),
        (FileNotFoundError("Resource not found: GET x\nmore"), "Resource not found: GET x. Start"),
        (datacollective.AuthenticationError("Authentication failed."), "Authentication failed"),
        (requests.ConnectionError("no route"), "ConnectionError: no route"),
        (ValueError(""), "got ValueError"),
    ],
)
def test_what_the_service_answers_is_said(
    collective: Collective, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    monkeypatch.setattr(datacollective, "download_dataset", failing(error))
    with pytest.raises(DataError, match="'cv-24-ru' cannot be fetched") as caught:
        dataset(tmp_path).load_data()
    assert said in str(caught.value)
    assert "agree to its terms" in str(caught.value)


def test_ctrl_c_stays_ctrl_c(collective: Collective, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datacollective, "download_dataset", failing(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        dataset(tmp_path).load_data()


def test_the_real_client_without_a_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MDC_API_KEY", "secret")
    monkeypatch.setenv("MDC_API_URL", "http://127.0.0.1:9")  # the discard port: nobody listens
    with pytest.raises(DataError, match="got ConnectionError"):
        dataset(tmp_path).load_data()
