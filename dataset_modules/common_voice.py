"""Mozilla Common Voice: sentences read aloud by volunteers, in some 290 languages.

The labels are the sentences as they were shown to the readers; two or more listeners agreed that they were
read so. Who reads is known as a hash only. How to get the corpus: ``docs/datasets/common_voice.md``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, get_args

from dataset_modules.base_dataset import BaseDataset
from dataset_modules.mozilla.archive import is_unpacked, unpack
from dataset_modules.mozilla.clips import Splits
from dataset_modules.mozilla.collective import fetch_archive, find_fetched
from dataset_modules.mozilla.hub import Hub, is_prepared, read_hub
from dataset_modules.mozilla.release import find_release, read_release
from dataset_modules.splitting import take_share
from phoneme_recognition.data.utterance import UtteranceSource
from phoneme_recognition.errors import DataError
from phoneme_recognition.processes import place

DownloadMode = Literal["reuse_dataset_if_exists", "reuse_cache_if_exists", "force_redownload"]


class CommonVoiceDataset(BaseDataset):
    """One language of Common Voice, from the first of these that is given.

    - ``data_dir``: a release as Mozilla packs it, packed or unpacked.
    - ``collective_id``: a release that is fetched from the Mozilla Data Collective (extra ``collective``).
    - ``dataset_name``: a dataset with the same columns on the Hugging Face hub, or a local folder in its
      format (extra ``hub``). Mozilla emptied its own repositories there in October 2025.

    A release's splits are its train, dev and test tables. Small languages have validated clips only: these
    are split by speaker. A clip that is missing or has no sentence becomes a row with a ``problem``.

    Args:
        language: the locale as the corpus spells it, e.g. ``ru`` or ``zh-CN``.
        audio_params: taken so that the config can hand the same section to every dataset; not needed here.
        cache_dir: what is fetched and unpacked goes into ``common_voice`` there.
        limit_train_data: share (0 … 1) of the training clips that is used, chosen by a hash of their names.
        limit_val_data: the same for validation.
        use_auth_token: a token of the Hugging Face hub; true takes the one of the environment, false none.
        dataset_name: of a dataset on the hub, or a folder that ``datasets`` wrote.
        download_mode: what ``datasets`` may reuse; ``force_redownload`` also asks the Collective again.
        data_dir: an archive (``.tar.gz``), the unpacked folder of a release or of its language, or a folder
            above them.
        collective_id: the dataset's id or slug at the Mozilla Data Collective; the key is read from the
            environment variable ``MDC_API_KEY``.
        validation_split: share of the speakers held out for validation where there is no official split.
        test_split: the same for the test.

    Raises:
        DataError: an argument is out of its range, or two sources are given.
    """

    def __init__(
        self,
        language: str,
        audio_params: Mapping[str, object] | None = None,
        cache_dir: str | Path = "./data/cache",
        limit_train_data: float = 1.0,
        limit_val_data: float = 1.0,
        use_auth_token: bool | str = False,
        dataset_name: str = "mozilla-foundation/common_voice_13_0",
        download_mode: DownloadMode = "reuse_dataset_if_exists",
        data_dir: str | Path | None = None,
        collective_id: str | None = None,
        validation_split: float = 0.1,
        test_split: float = 0.1,
    ) -> None:
        super().__init__(cache_dir)
        _check_shares(limit_train_data=limit_train_data, limit_val_data=limit_val_data)
        _check_shares(validation_split=validation_split, test_split=test_split)
        _check_shares(**{"validation_split and test_split together": validation_split + test_split})
        if download_mode not in get_args(DownloadMode):
            expected = ", ".join(get_args(DownloadMode))
            raise DataError("download_mode", expected=f"one of {expected}", got=repr(download_mode))
        if not language or "/" in language:
            raise DataError("language", expected="a locale such as ru or zh-CN", got=repr(language))
        if data_dir is not None and collective_id is not None:
            raise DataError(
                "both data_dir and collective_id",
                got=f"{data_dir} and {collective_id}",
                remedy="Give one of them: each says where the corpus comes from",
            )
        self.language = language
        self.limit_train_data, self.limit_val_data = limit_train_data, limit_val_data
        self.use_auth_token = use_auth_token
        self.dataset_name = dataset_name
        self.download_mode: DownloadMode = download_mode
        self.data_dir = None if data_dir is None else Path(data_dir).expanduser()
        self.collective_id = collective_id
        self.validation_split, self.test_split = validation_split, test_split
        self._splits: Splits | None = None

    def is_here(self) -> bool:
        """Whether nothing need be fetched or unpacked; true also where ``load_data`` says what is wrong."""
        if self.data_dir is None and self.download_mode == "force_redownload":
            return False
        if self.data_dir is None and self.collective_id is None:
            return is_prepared(self.dataset_name, self._folder / "hub")
        try:
            found = self._find_release()
        except DataError:
            return True
        return found is not None and (found.is_dir() or is_unpacked(found, self.language, self._folder))

    def load_data(self, create_dataset: bool = False) -> None:
        """Fetch and unpack what is not there yet, and read the tables.

        Args:
            create_dataset: unpack again, or let ``datasets`` make its tables again, from what was fetched.

        Raises:
            DataError: the corpus is not there or cannot be used; the message says what to do.
            MissingExtraError: the source needs a library that is not installed.
        """
        self._loaded(create_dataset)

    def get_train_data(self) -> Sequence[UtteranceSource]:
        """The clips to learn from, or the share of them that is asked for."""
        return take_share(self._loaded().train, self.limit_train_data)

    def get_val_data(self) -> Sequence[UtteranceSource]:
        """The clips to choose by, or the share of them that is asked for."""
        return take_share(self._loaded().val, self.limit_val_data)

    def get_test_data(self) -> Sequence[UtteranceSource]:
        """The clips to measure with."""
        return self._loaded().test

    def _loaded(self, create_dataset: bool = False) -> Splits:
        if self._splits is None or create_dataset:
            self._splits = self._read(create_dataset)
        return self._splits

    def _read(self, create_dataset: bool) -> Splits:
        mode = self._mode(create_dataset)
        if self.data_dir is None and self.collective_id is None:
            hub = Hub(self._folder / "hub", self.use_auth_token, mode)
            return read_hub(self.dataset_name, self.language, hub)
        found = self._find_release()
        if self.collective_id is not None and (found is None or mode == "force_redownload"):
            found = fetch_archive(self.collective_id, self.language, self._folder, afresh=found is not None)
        assert found is not None
        if found.is_file():
            found = unpack(found, self.language, self._folder, afresh=create_dataset)
        return read_release(found, self.language, validation=self.validation_split, test=self.test_split)

    @property
    def _folder(self) -> Path:
        return Path(self.cache_dir) / "common_voice"

    def _find_release(self) -> Path | None:
        """The archive or folder that is there; None where it has to be fetched."""
        if self.data_dir is not None:
            return find_release(self.data_dir, self.language)
        return find_fetched(str(self.collective_id), self._folder)

    def _mode(self, create_dataset: bool) -> DownloadMode:
        if place().local_rank:  # the machine's first process has fetched it by now
            return "reuse_dataset_if_exists"
        if create_dataset and self.download_mode == "reuse_dataset_if_exists":
            return "reuse_cache_if_exists"
        return self.download_mode


def _check_shares(**shares: float) -> None:
    for name, value in shares.items():
        if not 0 <= value <= 1:
            raise DataError(name, expected="a share from 0 to 1", got=str(value))
