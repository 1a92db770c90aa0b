"""A checkout of its own, called as a person without root would, for tests with a real Docker engine."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import termios
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
PARTS = (
    "run.sh",
    "Dockerfile",
    ".dockerignore",
    "compose.yaml",
    "compose.gpu.yaml",
    "pyproject.toml",
    "constraints.txt",
    "config",
    "custom_augmentations",
    "dataset_modules",
    "phoneme_recognition",
    "tests",
)
# Root's files would belong to root in any case, so root hands the checkout to somebody whom no one knows.
STRANGER = 12345


@dataclass
class ContainerCheckout:
    """Where it lies, who calls, and with what environment."""

    root: Path
    user: int
    environment: dict[str, str]

    @classmethod
    def make(cls, folder: Path, container: str) -> ContainerCheckout:
        root = folder / "a checkout"
        for part in PARTS:
            (root / part).parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy2
            copy(ROOT / part, root / part)
        (folder / "home").mkdir()
        user = STRANGER if os.getuid() == 0 else os.getuid()
        kept = ("PHONEME_BASE_IMAGE", "PHONEME_TORCH_INDEX")
        environment = {
            name: value
            for name, value in os.environ.items()
            if name in kept or not name.startswith(("PHONEME_", "PYTHONPATH", "HF_"))
        }
        own = {"PHONEME_CONTAINER": container, "HOME": str(folder / "home")}
        checkout = cls(root, user, environment | own)
        checkout.give_away(folder)
        return checkout

    def give_away(self, folder: Path) -> None:
        """Make everything below a folder the caller's."""
        if self.user != os.getuid():
            folder.chmod(0o755)
            for path in (folder, *folder.rglob("*")):
                os.chown(path, self.user, self.user)

    def popen(self, *arguments: str, terminal: int | None = None, **variables: str) -> subprocess.Popen[str]:
        """Start run.sh as the caller, in a session of its own; with pipes, or at a terminal."""

        def settle() -> None:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            if terminal is not None:
                fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        ends = subprocess.PIPE if terminal is None else terminal
        return subprocess.Popen(
            [self.root / "run.sh", *arguments],
            cwd=self.root,
            env=self.environment | variables,
            text=True,
            start_new_session=True,
            stdin=ends,
            stdout=ends,
            stderr=ends,
            preexec_fn=settle,
            **self._identity(),
        )

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Call run.sh and wait for its end."""
        process = self.popen(*arguments, terminal=None, **variables)
        out, err = process.communicate()
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def docker(self, *arguments: str) -> str:
        """What the engine answers; an error where it refuses."""
        done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    @property
    def container(self) -> str:
        return self.environment["PHONEME_CONTAINER"]

    def _identity(self) -> dict[str, Any]:
        if self.user == os.getuid():
            return {}
        socket = Path(urlsplit(os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")).path)
        return {"user": self.user, "group": self.user, "extra_groups": [socket.stat().st_gid]}
