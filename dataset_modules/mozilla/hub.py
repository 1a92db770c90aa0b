"""A dataset in Hugging Face's format with Common Voice's columns: from the hub, or from a local folder.

``datasets`` downloads it and keeps it as uncompressed Arrow files. The sound is read where it lies in them:
it is neither decoded here (which ``datasets`` does through torchcodec only) nor written out a second time.
"""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dataset_modules.mozilla.clips import Clip, Splits, check_language, make_row
from dataset_modules.mozilla.collective import how_to_fetch
from phoneme_recognition.audio.file import AudioFile
from phoneme_recognition.data.utterance import UtteranceSource
from phoneme_recognition.errors import DataError, MissingExtraError

if TYPE_CHECKING:
    from datasets import DatasetDict

_logger = logging.getLogger(__name__)
_EMPTIED = "mozilla-foundation/common_voice"  # Mozilla took its repositories' content away in October 2025
_PATIENCE = 10.0  # seconds for the hub's first answer
_NEEDED = ("audio", "sentence")


class Hub(NamedTuple):
    """How ``datasets`` is asked; see ``datasets.load_dataset``."""

    cache_dir: Path
    token: bool | str
    download_mode: str


def read_hub(name: str, language: str, hub: Hub) -> Splits:
    """The splits ``train``, ``validation`` and ``test`` of a dataset.

    Args:
        name: of a dataset on the hub, or a folder: one that ``save_to_disk`` wrote, or with Parquet files
            named by their splits; either of them may lie in a sub-folder named by the language.
        language: the configuration; a dataset that has none is taken as it is.
        hub: how ``datasets`` is asked.

    Raises:
        MissingExtraError: ``datasets`` is not installed.
        DataError: there is no such dataset, configuration, split or column.
    """
    splits = _load(name, language, hub)
    if not splits.get("train") or not splits.get("validation"):
        raise DataError(
            f"the dataset {name}",
            expected="rows in the splits train and validation (and test)",
            got=", ".join(f"{split} with {len(rows)} rows" for split, rows in splits.items()),
            remedy="Set dataset_name to one that has them",
        )
    return Splits(*(_read_split(name, split, splits, language) for split in ("train", "validation", "test")))


def is_prepared(name: str, cache_dir: Path) -> bool:
    """Whether loading this dataset downloads nothing: it is a folder, was loaded before, or was emptied."""

    def bare(text: str) -> str:  # ``datasets`` spells the names of its folders in its own way
        return re.sub(r"[^a-z0-9]", "", text.lower())

    there = any(bare(folder.name) == bare(name) for folder in cache_dir.glob("*"))
    return there or Path(name).expanduser().is_dir() or name.startswith(_EMPTIED)


def _load(name: str, language: str, hub: Hub) -> DatasetDict:
    try:
        import datasets
    except ImportError:
        if name.startswith(_EMPTIED) and not Path(name).is_dir():  # installing it would not help
            raise _nothing_there(name, language, "an emptied repository") from None
        raise MissingExtraError(f"dataset_name={name}", "hub") from None
    folder = Path(name).expanduser()
    try:
        if folder.is_dir():
            return _load_folder(folder, language, hub)
        with _offline_at_once(name, hub.token):
            return _load_named(name, language, hub)
    except DataError:
        raise
    except (datasets.exceptions.DatasetsError, OSError, ValueError) as error:
        raise _nothing_there(name, language, _first_line(error)) from None
    except Exception as error:  # it passes on what the network or a strange file raised
        raise DataError(f"the dataset {name} cannot be loaded", got=_first_line(error)) from None


def _load_folder(folder: Path, language: str, hub: Hub) -> DatasetDict:
    import datasets

    own = folder / language if (folder / language).is_dir() else folder
    if (own / "dataset_dict.json").is_file():
        return datasets.DatasetDict.load_from_disk(str(own), keep_in_memory=False)
    return _load_named(str(own), language, hub)


def _load_named(name: str, language: str, hub: Hub) -> DatasetDict:
    import datasets

    options: dict[str, Any] = {
        "cache_dir": str(hub.cache_dir),
        "token": hub.token,
        "download_mode": hub.download_mode,
    }
    try:
        return datasets.load_dataset(name, language, keep_in_memory=False, **options)
    except ValueError:  # no configuration of this name
        names = datasets.get_dataset_config_names(name, **options)
    if names != ["default"]:
        raise DataError(
            f"the dataset {name} has no configuration {language!r}",
            got=", ".join(names),
            remedy="Set language in the dataset's init_args to one of them",
        )
    return datasets.load_dataset(name, "default", keep_in_memory=False, **options)


@contextlib.contextmanager
def _offline_at_once(name: str, token: bool | str) -> Iterator[None]:
    """Ask the hub once; if it cannot be reached, ``datasets`` uses what it has instead of trying on."""
    import datasets
    import huggingface_hub

    before = datasets.config.HF_HUB_OFFLINE
    try:
        huggingface_hub.HfApi().dataset_info(name, timeout=_PATIENCE, token=token)
    except (huggingface_hub.errors.HfHubHTTPError, huggingface_hub.errors.HFValidationError):
        pass  # the hub, or the name itself, gives the answer: loading reports it
    except huggingface_hub.errors.LocalTokenNotFoundError:
        raise DataError(
            "use_auth_token is true",
            expected="a token in the environment variable HF_TOKEN, or from `hf auth login`",
            got="none",
            remedy="Set it, or give the token itself as use_auth_token",
        ) from None
    except Exception as error:  # of whatever library carries the requests
        _logger.warning(
            "the Hugging Face hub cannot be reached (%s): trying what is cached", _first_line(error)
        )
        datasets.config.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        datasets.config.HF_HUB_OFFLINE = before


def _nothing_there(name: str, language: str, got: str) -> DataError:
    help_text = how_to_fetch(language)
    if not name.startswith(_EMPTIED):
        help_text = f"Check dataset_name, and use_auth_token if the dataset is not public. {help_text}"
    return DataError(
        f"no Common Voice data for {language!r} in the dataset {name}", got=got, remedy=help_text
    )


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".strip().splitlines()[0].rstrip(" .:")


def _read_split(name: str, split: str, splits: DatasetDict, language: str) -> list[UtteranceSource]:
    if split not in splits:
        return []
    columns = splits[split].column_names
    if not set(_NEEDED) <= set(columns):
        raise DataError(
            f"the split {split} of the dataset {name}",
            expected=f"the columns {', '.join(_NEEDED)} (and path, client_id, locale)",
            got=", ".join(columns),
        )
    rows: list[UtteranceSource] = []
    for file in splits[split].cache_files:
        clips, sounds = _read_file(Path(file["filename"]))
        check_language(f"the dataset {name}", clips, language)
        for clip, sound in zip(clips, sounds, strict=True):
            missing = None if sound else "no audio"
            utterance_id = clip.name or f"{split}-{len(rows)}"
            rows.append(make_row(clip, utterance_id, sound or AudioFile(utterance_id), missing))
    return rows


def _read_file(path: Path) -> tuple[list[Clip], list[AudioFile | None]]:
    """The rows of one Arrow file, with the place of each clip's bytes in it."""
    clips: list[Clip] = []
    sounds: list[AudioFile | None] = []
    with pa.memory_map(str(path)) as file:
        whole = file.read_buffer(file.size())
        for batch in pa.ipc.open_stream(whole):
            paths, places = _audio_of(batch, whole, path)
            named = _texts(batch, "path")
            columns = (_texts(batch, column) for column in ("sentence", "client_id", "locale"))
            names = (one or other for one, other in zip(named, paths, strict=True))
            clips += [Clip(*cells) for cells in zip(names, *columns, strict=True)]
            sounds += places
    return clips, sounds


def _texts(batch: pa.RecordBatch, column: str) -> list[str]:
    if column not in batch.schema.names:
        return [""] * len(batch)
    return [str(value or "") for value in batch.column(column).to_pylist()]


def _audio_of(
    batch: pa.RecordBatch, whole: pa.Buffer, path: Path
) -> tuple[list[str], list[AudioFile | None]]:
    """Name and place of each clip: its bytes within the Arrow file, or else a file of its own."""
    audio = batch.column("audio")
    if not pa.types.is_struct(audio.type) or audio.type.get_field_index("bytes") < 0:
        raise DataError(f"{path}: the column audio", expected="an Audio feature", got=str(audio.type))
    paths = [str(value or "") for value in audio.field("path").to_pylist()]
    sound = audio.field("bytes")
    starts, lengths = _extents(sound, whole)
    held = sound.is_valid().to_pylist()
    places = [
        AudioFile(str(path), int(start), int(length))
        if valid and length
        else AudioFile(name)
        if name
        else None
        for valid, start, length, name in zip(held, starts, lengths, paths, strict=True)
    ]
    return paths, places


def _extents(values: pa.Array, whole: pa.Buffer) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where each value of a binary column lies in the file, in bytes.

    Arrow stores the values end to end, and where each begins in a buffer of offsets (Arrow columnar format,
    "Variable-size Binary Layout").
    """
    kind = np.int64 if pa.types.is_large_binary(values.type) else np.int32
    _, offsets, data = values.buffers()
    at = np.frombuffer(offsets, dtype=kind)[values.offset : values.offset + len(values) + 1].astype(np.int64)
    start = data.address - whole.address if data is not None else 0
    return at[:-1] + start, np.diff(at)
