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
        if target.is_dir() and any(target.iterdir()):  # another process was quicker
            return
        with whole_folder(target, target.parent, package) as folder:
            _logger.info("fetching the Debian package %s into %s", package, target)
            archive = _download(package, folder, target)
            unpacked = _call(["dpkg-deb", "-x", archive.name, "."], folder)
            if unpacked.returncode:
                raise _failure(package, target, f"dpkg-deb says: {unpacked.stderr.strip()}")
            archive.unlink()


def _download(package: str, folder: Path, target: Path) -> Path:
    """Ask apt with the machine's package lists, and where those do not help with lists of our own."""
    if _call(["apt-get", "download", package], folder).returncode:
        lists = folder.resolve() / "apt"
        options = _private_options(lists)
        updated = _call(["apt-get", *options, "update"], folder)
        done = _call(["apt-get", *options, "download", package], folder)
        if done.returncode:
            said = [line for line in (updated.stderr + done.stderr).splitlines() if line[:2] in ("W:", "E:")]
            raise _failure(package, target, f"apt-get says: {' '.join(dict.fromkeys(said))}")
        shutil.rmtree(lists)
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


def _call(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def _failure(package: str, target: Path, got: str) -> DataError:
    return DataError(
        f"the Debian package {package} cannot be fetched",
        got=got,
        remedy=f"Download it from https://packages.debian.org/{package}, unpack it with "
        f"`dpkg-deb -x {package}_*.deb {target}` (or `ar x` and `tar xf data.tar.*`), "
        "or set data_dir of the dataset to a folder that holds it",
    )
