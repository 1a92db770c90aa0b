"""Unpacking a language from a packed release: only what its splits need, once, whole or not at all."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import logging
import shutil
import tarfile
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath

from tqdm import tqdm

from dataset_modules.mozilla.clips import same_language
from dataset_modules.mozilla.release import CLIPS, PACKED, stem
from dataset_modules.mozilla.tables import TABLES, read_tables
from phoneme_recognition.data.folders import build_lock, remove_leftovers, whole_folder
from phoneme_recognition.errors import DataError

_logger = logging.getLogger(__name__)
_BLOCK = 1 << 16  # tarfile copies what is left of a block at every read: larger ones are slower
_Member = tuple[tarfile.TarFile, tarfile.TarInfo]


def unpack(archive: Path, language: str, parent: Path, *, afresh: bool = False) -> Path:
    """Unpack the tables of a language and the clips that they name.

    What an archive calls its files decides nothing about where they are written.

    Args:
        archive: a ``.tar.gz``.
        language: the locale, as the corpus spells it.
        parent: the folder is made in it, named by the language and the archive's name, size and time.
        afresh: unpack again what is there already.

    Returns:
        The folder, with tables and ``clips``.

    Raises:
        DataError: the archive is damaged or holds no such language, or there is no room.
    """
    try:
        target = parent / _name(archive, language)
        parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(parent, target.name)
        with build_lock(parent, target.name):
            if afresh or not target.is_dir():
                _logger.info("unpacking %s of %s into %s", language, archive, target)
                with whole_folder(target, parent, target.name) as folder:
                    _fill(folder, archive, language)
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(
            f"{archive} cannot be unpacked",
            expected="a whole .tar.gz",
            got=str(error) or type(error).__name__,
            remedy="Fetch it again: it is damaged, or its download broke off",
        ) from None
    except OSError as error:
        raise DataError(
            f"{archive} cannot be unpacked into {parent}",
            got=error.strerror or str(error),
            remedy="Make room, or set cache_dir to a folder that can be written",
        ) from None
    return target


def is_unpacked(archive: Path, language: str, parent: Path) -> bool:
    """Whether ``unpack`` would find its folder there."""
    return (parent / _name(archive, language)).is_dir()


def _name(archive: Path, language: str) -> str:
    status = archive.stat()
    digest = hashlib.sha256(f"{archive.name}|{status.st_size}|{status.st_mtime_ns}".encode()).hexdigest()
    title = next(
        (archive.name.removesuffix(end) for end in PACKED if archive.name.endswith(end)), archive.name
    )
    return f"{title}-{language}-{digest[:12]}"


def _fill(folder: Path, archive: Path, language: str) -> None:
    """Twice through the archive, as the clips mostly stand before the tables that say which are needed."""
    _unpack_tables(folder, archive, language)
    try:
        tables = read_tables(folder)
    except DataError as error:
        error.thing = error.thing.replace(str(folder), str(archive))
        raise
    wanted = {stem(clip.name) for clips in tables.values() for clip in clips}
    (folder / CLIPS).mkdir()
    _unpack_clips(folder / CLIPS, archive, language, wanted)


def _unpack_tables(folder: Path, archive: Path, language: str) -> None:
    missing, others = set(TABLES), set[str]()
    with _members(archive, f"looking into {archive.name}") as members:
        for tar, member in members:
            *above, name = _parts(member)
            if name not in TABLES:
                continue
            if not _belongs(above, language):
                others.add(above[-1])
                continue
            _write(tar, member, folder / name)
            missing.discard(name)
            if not missing:
                break
    if len(missing) == len(TABLES):
        raise DataError(
            f"{archive} holds no Common Voice tables for {language}",
            expected=f"{language}/train.tsv, dev.tsv, test.tsv or validated.tsv",
            got=f"tables for {', '.join(sorted(others))}" if others else "none of these tables",
            remedy="Set language to the corpus's own name of the language, or data_dir to its archive of "
            "scripted speech",
        )


def _unpack_clips(folder: Path, archive: Path, language: str, wanted: Collection[str]) -> None:
    missing = set(wanted)
    with _members(archive, f"unpacking {archive.name}") as members:
        for tar, member in members:  # to the very end, where the checksum stands
            *above, name = _parts(member)
            bare = PurePosixPath(name).stem
            if bare in missing and above[-1:] == [CLIPS] and _belongs(above[:-1], language):
                _write(tar, member, folder / name)
                missing.remove(bare)


@contextlib.contextmanager
def _members(archive: Path, title: str) -> Iterator[Iterator[_Member]]:
    """The files of an archive in its order, with a bar on standard error; links and devices are left out.

    The stream is decompressed here and not by ``tarfile``, which takes one that breaks off between two
    files for whole.
    """
    with (
        tqdm(desc=title, total=archive.stat().st_size, unit="B", unit_scale=True, disable=None) as bar,
        archive.open("rb") as packed,
        gzip.open(packed, "rb") as file,
        tarfile.open(fileobj=file, mode="r|", bufsize=_BLOCK) as tar,
    ):

        def walk() -> Iterator[_Member]:
            for member in tar:
                bar.update(packed.tell() - bar.n)
                if member.isfile():
                    yield tar, member
            while file.read(_BLOCK):
                pass

        yield walk()


def _parts(member: tarfile.TarInfo) -> list[str]:
    parts = [part for part in PurePosixPath(member.name).parts if part != "/"]
    return [""] if ".." in parts or not parts else parts


def _belongs(above: list[str], language: str) -> bool:
    """Whether these folders lead to the language; old archives hold a single one without its folder."""
    return not above or above[-1].startswith("cv-corpus") or same_language(above[-1], language)


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    source = tar.extractfile(member)
    if source is not None:
        with path.open("wb") as file:
            shutil.copyfileobj(source, file, _BLOCK)
