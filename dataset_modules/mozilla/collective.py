"""Fetching an archive from the Mozilla Data Collective, which hands Common Voice out since October 2025."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import sys
from pathlib import Path

from dataset_modules.mozilla.release import find_archives
from phoneme_recognition.data.folders import build_lock
from phoneme_recognition.errors import DataError, MissingExtraError

_logger = logging.getLogger(__name__)
API_KEY = "MDC_API_KEY"
PAGE = "https://mozilladatacollective.com/organization/cmfh0j9o10006ns07jq45h7xk"
"""Common Voice's page there."""
_KEYS = "https://mozilladatacollective.com/api-reference"


def how_to_fetch(language: str) -> str:
    """What to do to get the corpus, as the last sentences of an error."""
    return (
        f"The Common Voice project hands its corpus out at the Mozilla Data Collective: open {PAGE}, choose "
        f'"Common Voice Scripted Speech" in the language {language!r} and agree to its terms. Then either '
        "download the .tar.gz there and set data_dir, in the dataset's init_args, to it (or to its unpacked "
        "folder); or set collective_id to the dataset's id (shown there under Download, API / Python Access) "
        f"and the environment variable {API_KEY} to your key from {_KEYS}"
    )


def fetch_archive(collective_id: str, language: str, parent: Path, *, afresh: bool = False) -> Path:
    """Download an archive, or take the one that was downloaded before, without asking the network.

    A download that broke off is resumed.

    Args:
        collective_id: the dataset's id or slug.
        language: said in the error.
        parent: a folder for the dataset is made in it.
        afresh: download again what is there already.

    Raises:
        MissingExtraError: the client is not installed.
        DataError: there is no key, or the download failed.
    """
    folder = _folder(collective_id, parent)
    with build_lock(parent, folder.name):
        there = find_fetched(collective_id, parent)  # another process may have been quicker
        if there is not None and not afresh:
            return there
        return _download(collective_id, language, folder, afresh)


def find_fetched(collective_id: str, parent: Path) -> Path | None:
    """The archive that was downloaded before, if there is one."""
    return next(iter(find_archives(_folder(collective_id, parent))), None)


def _folder(collective_id: str, parent: Path) -> Path:
    return parent / f"collective-{re.sub(r'[^A-Za-z0-9.-]+', '_', collective_id)}"


def _download(collective_id: str, language: str, folder: Path, afresh: bool) -> Path:
    try:
        # The client reads the key from a file .env, too, when it is imported.
        from datacollective import download_dataset
    except ImportError:
        raise MissingExtraError(f"collective_id={collective_id!r}", "collective") from None
    if not os.environ.get(API_KEY):
        raise DataError(
            f"no key for the Mozilla Data Collective, which has {collective_id!r}",
            expected=f"the environment variable {API_KEY}",
            remedy=f"Make a key at {_KEYS} and set it: export {API_KEY}=...",
        )
    _logger.info("downloading %s from the Mozilla Data Collective into %s", collective_id, folder)
    try:
        # Its progress bar goes to standard output, which is for programs.
        with contextlib.redirect_stdout(sys.stderr):
            archive = download_dataset(
                collective_id,
                download_directory=str(folder),
                show_progress=sys.stderr.isatty(),
                overwrite_existing=afresh,
            )
    except Exception as error:  # the client passes on what the network, the service or the disk raised
        if isinstance(error.__cause__, KeyboardInterrupt):  # Ctrl-C comes out as a failed download
            raise KeyboardInterrupt from None
        raise DataError(
            f"{collective_id!r} cannot be fetched from the Mozilla Data Collective",
            got=_reason(error),
            remedy=f"Start again to go on with a download that broke off. {how_to_fetch(language)}",
        ) from None
    return Path(archive)


def _reason(error: BaseException) -> str:
    """The first line of what was said, and of what caused it."""
    said = f"{type(error).__name__}: {error}".strip().splitlines()[0].rstrip(" .:")
    return f"{said} ({_reason(error.__cause__)})" if error.__cause__ else said
