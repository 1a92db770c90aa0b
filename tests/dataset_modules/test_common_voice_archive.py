"""A packed release is unpacked once, only what is needed of it, whole or not at all, and nowhere else."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from common_voice_release import RELEASE_13, clip_name, make_release, official, pack, rows, table_text

from dataset_modules.common_voice import CommonVoiceDataset
from dataset_modules.mozilla import archive as archive_module
from dataset_modules.mozilla.archive import unpack
from phoneme_recognition.errors import DataError

INSIDE = "cv-corpus-24.0-2025-12-05/ru"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An unpacked language with 12 clips in its splits and 4 that nobody validated."""
    tables = official() | {"validated.tsv": rows(range(14)), "other.tsv": rows(range(14, 16))}
    return make_release(tmp_path_factory.mktemp("release") / "ru", tables)


@pytest.fixture(scope="module")
def packed(release: Path) -> Path:
    return pack(release, release.parent / "cv-corpus-24.0-2025-12-05-ru.tar.gz", INSIDE)


def found(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


WHOLE = sorted(
    [f"clips/{clip_name(number)}" for number in range(12)]
    + ["dev.tsv", "test.tsv", "train.tsv", "validated.tsv"]
)


def test_only_what_the_splits_name_is_unpacked(packed: Path, release: Path, tmp_path: Path) -> None:
    target = unpack(packed, "ru", tmp_path / "cache")
    assert found(target) == WHOLE
    assert all((target / name).read_bytes() == (release / name).read_bytes() for name in WHOLE)
    assert target.name.startswith("cv-corpus-24.0-2025-12-05-ru-ru-")
    assert [path for path in target.parent.iterdir() if path.name.endswith(".tmp")] == []


def test_the_order_in_the_archive_does_not_matter(release: Path, tmp_path: Path) -> None:
    order = ["validated.tsv", "test.tsv", "train.tsv", f"clips/{clip_name(3)}", "dev.tsv"]
    assert found(unpack(pack(release, tmp_path / "a.tar.gz", INSIDE, order), "ru", tmp_path)) == WHOLE


@pytest.mark.parametrize("inside", ["", ".", "ru", "./RU", "cv-corpus-5.1-2020-06-22", "deep/er/ru"])
def test_the_language_may_lie_at_any_depth(release: Path, tmp_path: Path, inside: str) -> None:
    assert found(unpack(pack(release, tmp_path / "a.tgz", inside), "ru", tmp_path)) == WHOLE


def test_validated_clips_alone(tmp_path: Path) -> None:
    folder = make_release(tmp_path / "ru", {"validated.tsv": rows(range(6))}, extra=[8], header=RELEASE_13)
    target = unpack(pack(folder, tmp_path / "a.tar.gz", INSIDE), "ru", tmp_path)
    assert found(target) == sorted([*(f"clips/{clip_name(number)}" for number in range(6)), "validated.tsv"])


def test_it_is_unpacked_once_and_again_when_the_archive_changes(
    packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = tmp_path / "ru.tar.gz"
    archive.write_bytes(packed.read_bytes())
    first = unpack(archive, "ru", tmp_path)
    (first / "mark").touch()
    assert unpack(archive, "ru", tmp_path) == first and (first / "mark").exists()
    assert unpack(archive, "ru", tmp_path, afresh=True) == first and not (first / "mark").exists()
    os.utime(archive, (1, 1))
    assert unpack(archive, "ru", tmp_path) != first


def test_a_break_leaves_nothing_and_the_next_start_sweeps_up(
    packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(archive_module, "_unpack_clips", stop)
        with pytest.raises(KeyboardInterrupt):
            unpack(packed, "ru", tmp_path)
    assert not [path for path in tmp_path.iterdir() if path.is_dir()]
    name = archive_module._name(packed, "ru")
    (tmp_path / f".{name}.killed.tmp").mkdir()  # what a killed process leaves
    unpack(packed, "ru", tmp_path)
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == [name]


def cuts(data: bytes) -> Iterator[bytes]:
    yield from (data[: len(data) * share // 10] for share in (3, 7, 9))
    yield data[:-1]
    yield data[:-8] + bytes([data[-8] ^ 1]) + data[-7:]  # the checksum differs
    yield b""
    yield b"not an archive at all"
    yield data[:1000] + b"\0" * 200 + data[1200:]


def test_a_damaged_archive_is_refused(release: Path, packed: Path, tmp_path: Path) -> None:
    for number, data in enumerate(cuts(packed.read_bytes())):
        archive = tmp_path / f"{number}.tar.gz"
        archive.write_bytes(data)
        with pytest.raises(DataError, match=r"cannot be unpacked; expected a whole .*Fetch it again"):
            unpack(archive, "ru", tmp_path / "cache")
    assert not [path for path in (tmp_path / "cache").iterdir() if path.is_dir()]


def test_a_stream_that_ends_between_two_files_is_damaged_too(release: Path, tmp_path: Path) -> None:
    """``tarfile`` by itself would take it for whole."""
    whole = pack(
        release, tmp_path / "a.tar.gz", INSIDE, ["train.tsv", "dev.tsv", "test.tsv", "validated.tsv"]
    )
    with tarfile.open(whole) as tar:
        cut = sorted(member.offset for member in tar)[9]
    stream = zlib.compressobj(1, zlib.DEFLATED, 31)
    data = stream.compress(gzip.decompress(whole.read_bytes())[:cut]) + stream.flush(zlib.Z_SYNC_FLUSH)
    whole.write_bytes(data)
    with pytest.raises(DataError, match="Fetch it again"):
        unpack(whole, "ru", tmp_path / "cache")


def add(
    tar: tarfile.TarFile, name: str, data: bytes = b"x", kind: bytes = tarfile.REGTYPE, link: str = ""
) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.type, member.linkname = (len(data) if kind == tarfile.REGTYPE else 0), kind, link
    tar.addfile(member, io.BytesIO(data))


def test_no_name_in_an_archive_leads_out_of_the_folder(tmp_path: Path) -> None:
    table = table_text(
        [
            ("s", "../../../evil.mp3", "а"),
            ("s", "/abs.mp3", "б"),
            ("s", "link.mp3", "в"),
            ("s", "hard.mp3", "г"),
        ],
        RELEASE_13,
    ).encode()
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as tar:
        add(tar, "ru/clips", kind=tarfile.SYMTYPE, link=str(tmp_path))
        for name in (
            "../../../evil.mp3",
            "../evil.mp3",
            "/abs.mp3",
            "ru/clips/../../../evil.mp3",
            "clips/../x",
        ):
            add(tar, name)
        add(tar, "ru/clips/link.mp3", kind=tarfile.SYMTYPE, link="/etc/passwd")
        add(tar, "ru/clips/hard.mp3", kind=tarfile.LNKTYPE, link="/etc/passwd")
        add(tar, "/ru/clips/abs.mp3")
        for split in ("train", "dev"):
            add(tar, f"/ru/{split}.tsv", table)
            add(tar, f"../../ru/{split}.tsv", b"path")
    target = unpack(tmp_path / "a.tar.gz", "ru", tmp_path / "cache" / "deep")
    assert found(target) == ["clips/abs.mp3", "dev.tsv", "train.tsv"]
    assert found(tmp_path / "cache") == sorted(
        [*(f"deep/{target.name}/{name}" for name in found(target)), f"deep/.{target.name}.lock"]
    )
    problems = [row.problem for row in CommonVoiceDataset("ru", data_dir=target).get_train_data()]
    assert problems == ["missing clip: evil.mp3", None, "missing clip: link.mp3", "missing clip: hard.mp3"]


def test_an_archive_without_the_language(packed: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds no Common Voice tables for de; .*got tables for ru"):
        unpack(packed, "de", tmp_path)
    with tarfile.open(tmp_path / "b.tar.gz", "w:gz") as tar:
        add(tar, "README.md")
    with pytest.raises(DataError, match="got none of these tables"):
        unpack(tmp_path / "b.tar.gz", "ru", tmp_path)
    with tarfile.open(tmp_path / "c.tar.gz", "w:gz") as tar:
        add(tar, "ru/train.tsv", b"path\tsentence\n")
    with pytest.raises(DataError, match=r"c\.tar\.gz: no clips to train and to validate with"):
        unpack(tmp_path / "c.tar.gz", "ru", tmp_path)


def test_a_disk_that_is_full(packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive_module, "_write", fail)
    with pytest.raises(DataError, match=r"got No space left on device\. Make room"):
        unpack(packed, "ru", tmp_path)
    assert not [path for path in tmp_path.iterdir() if path.is_dir()]
