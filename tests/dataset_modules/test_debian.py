"""Fetching a Debian package, with stand-ins for the machine's tools."""

from __future__ import annotations

from pathlib import Path

import pytest

from dataset_modules.debian import fetch_package
from phoneme_recognition.errors import DataError

APT = """#!/bin/sh
echo "$@" >> {log}
case "$*" in
  *update*) {update} ;;
  *download*) [ -n "{listed}" ] || [ -f {log}.lists ] || {{ echo "E: Unable to locate" >&2; exit 100; }}
              echo sound > festvox_1_all.deb ;;
esac
"""
DPKG = """#!/bin/sh
mkdir -p "$3/usr" && cp "$2" "$3/usr/content"
"""


class Tools:
    """apt-get, apt-cache and dpkg-deb as far as they are used."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.log = folder / "bin", folder / "log"
        self.folder.mkdir()
        monkeypatch.setenv("PATH", str(self.folder), prepend=":")

    def put(self, *, listed: bool = True, online: bool = True) -> None:
        update = f"touch {self.log}.lists" if online else "echo W: Could not resolve host >&2"
        apt = APT.format(log=self.log, listed="yes" if listed else "", update=update)
        for name, script in (("apt-get", apt), ("dpkg-deb", DPKG)):
            (self.folder / name).write_text(script)
            (self.folder / name).chmod(0o755)

    def calls(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tools:
    return Tools(tmp_path, monkeypatch)


def test_it_is_downloaded_and_unpacked_once(tools: Tools, tmp_path: Path) -> None:
    tools.put()
    target = tmp_path / "cache" / "festvox"
    for _ in range(2):
        fetch_package("festvox", target)
    assert tools.calls() == ["download festvox"]
    assert (target / "usr" / "content").read_text() == "sound\n"
    assert [path.name for path in target.iterdir()] == ["usr"]
    assert sorted(path.name for path in target.parent.iterdir()) == [".festvox.lock", "festvox"]


def test_without_package_lists_it_makes_its_own(
    tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a bare machine, or in a container as a plain user: the system's lists are left alone."""
    tools.put(listed=False)
    monkeypatch.chdir(tmp_path)
    fetch_package("festvox", Path("festvox"))
    plain, update, download = tools.calls()
    assert plain == "download festvox"
    assert update.endswith("update")
    assert download.endswith("download festvox")
    for call in (update, download):
        assert f"Dir::State::lists={tmp_path}/" in call
        assert f"Dir::Cache={tmp_path}/" in call
    assert [path.name for path in (tmp_path / "festvox").iterdir()] == ["usr"]


def test_what_apt_says_is_passed_on(tools: Tools, tmp_path: Path) -> None:
    tools.put(listed=False, online=False)
    with pytest.raises(DataError) as caught:
        fetch_package("festvox", tmp_path / "cache" / "festvox")
    message = str(caught.value)
    assert "apt-get says: W: Could not resolve host E: Unable to locate." in message
    assert "https://packages.debian.org/festvox" in message
    assert "data_dir" in message
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [".festvox.lock"]


def test_without_apt_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DataError, match=r"no apt-get and no dpkg-deb.*dpkg-deb -x festvox_.*data_dir"):
        fetch_package("festvox", tmp_path / "festvox")


def test_a_broken_package_leaves_nothing(tools: Tools, tmp_path: Path) -> None:
    tools.put()
    (tools.folder / "dpkg-deb").write_text("#!/bin/sh\necho no archive >&2; exit 2\n")
    with pytest.raises(DataError, match="dpkg-deb says: no archive"):
        fetch_package("festvox", tmp_path / "cache" / "festvox")
    assert not (tmp_path / "cache" / "festvox").exists()
