"""Fetching a Debian package's files without root and without installing it."""

from __future__ import annotations

import logging
import shutil
import subprocess
from pathlib import Path

from phoneme_recognition.data.folders import build_lock, remove_leftovers, whole_folder
from phoneme_recognition.errors import DataError

_logger = logging.getLogger(__name__)


def fetch_package(package: str, target: Path) -> None:
    """Download a package with apt-get and unpack it into a folder, whole or not at all.

    Args:
        package: its name.
        target: the folder; what it held is replaced.

    Raises:
        DataError: apt-get or dpkg-deb is missing or failed; the message says what to do by hand.
    """
    missing = [tool for tool in ("apt-get", "dpkg-deb") if shutil.which(tool) is None]
    if missing:
        raise _failure(package, target, f"no {' and no '.join(missing)} on this machine")
    target.parent.mkdir(parents=True, exist_ok=True)
    remove_leftovers(target.parent, package)
    with build_lock(target.parent, package):
        if not target.exists():
            with whole_folder(target, target.parent, package) as folder:
                _logger.info("fetching the Debian package %s into %s", package, target)
                archive = _download(package, folder, target)
                _run(["dpkg-deb", "-x", archive.name, "."], folder, package, target)
                archive.unlink()


def _download(package: str, folder: Path, target: Path) -> Path:
    """Ask apt with the machine's package lists, and where those are empty with lists of our own."""
    found = subprocess.run(["apt-cache", "show", package], capture_output=True, check=False)
    private: list[str] = []
    lists = folder.resolve() / "apt"
    if found.returncode:
        private = _private_options(lists)
        _run(["apt-get", *private, "update"], folder, package, target)
    _run(["apt-get", *private, "download", package], folder, package, target)
    shutil.rmtree(lists, ignore_errors=True)
    return next(folder.glob("*.deb"))


def _private_options(lists: Path) -> list[str]:
    """Options with which apt-get keeps its lists in a folder of the user's, so that no root is needed."""
    for folder in ("lists/partial", "cache/archives/partial"):
        (lists / folder).mkdir(parents=True)
    settings = {
        "Dir::State::lists": f"{lists}/lists",
        "Dir::Cache": f"{lists}/cache",
        "APT::Sandbox::User": "",
    }
    return [part for key, value in settings.items() for part in ("-o", f"{key}={value}")]


def _run(command: list[str], folder: Path, package: str, target: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.startswith("E:")] or [done.stderr.strip()]
        raise _failure(package, target, f"{command[0]} says: {' '.join(said)}")


def _failure(package: str, target: Path, got: str) -> DataError:
    return DataError(
        f"the Debian package {package} cannot be fetched",
        got=got,
        remedy=f"Download it from https://packages.debian.org/{package}, unpack it with "
        f"`dpkg-deb -x {package}_*.deb {target}` (or `ar x` and `tar xf data.tar.*`), "
        "or set data_dir of the dataset to a folder that holds it",
    )
