"""A copy of what run.sh needs, with stand-ins for the programs that it calls: nothing is installed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Notes its working directory and arguments, then does what the real one would leave behind. How a step ends
# is told by the environment: STUB_VERSION and STUB_ENSUREPIP (exit codes), STUB_PIP and STUB_PROGRAM (shell).
STUB = """#!/bin/sh
{ printf '%s' "$PWD"; printf '|%s' "$@"; echo; } >> "$STUB_LOG"
case "$*" in
  *version_info*) exit ${STUB_VERSION:-0} ;;
  *ensurepip*) exit ${STUB_ENSUREPIP:-0} ;;
  "-m venv --clear "*)
    mkdir -p "$4/bin" && touch "$4/pyvenv.cfg"
    cp "$0" "$0.real" && ln -sf "$0.real" "$4/bin/python" ;;
  "-m pip --version") ;;
  "-m pip install "*) eval "${STUB_PIP:-:}" ;;
  *) eval "${STUB_PROGRAM:-:}" ;;
esac
"""


@dataclass
class Checkout:
    """A copy of what the script needs, in a folder of its own with a blank in its name."""

    root: Path
    log: Path
    environment: dict[str, str]

    def popen(self, *arguments: str, cwd: Path | None = None, **variables: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [self.root / "run.sh", *arguments],
            cwd=cwd or self.root,
            env=self.environment | variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            # A test run started in the background of a shell would hand down an ignored SIGINT.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def run(
        self, *arguments: str, cwd: Path | None = None, stdin: str = "", **variables: str
    ) -> subprocess.CompletedProcess[str]:
        process = self.popen(*arguments, cwd=cwd, **variables)
        out, err = process.communicate(stdin)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def calls(self) -> list[str]:
        """What Python was asked since the last look, without the working directory."""
        return [line.split("|", 1)[1] for line in self.calls_with_folder()]

    def calls_with_folder(self) -> list[str]:
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return lines

    def installs(self) -> int:
        return sum(call.startswith("-m|pip|install") for call in self.calls())


def make_checkout(tmp_path: Path) -> Checkout:
    """A checkout whose Pythons are stand-ins, on a machine where no Docker engine answers."""
    root = tmp_path / "a checkout"
    stubs = tmp_path / "bin"
    (root / "config").mkdir(parents=True)
    stubs.mkdir()
    shutil.copy(ROOT / "run.sh", root)
    for name in ("pyproject.toml", "constraints.txt", "config/quickstart.yaml"):
        (root / name).write_text("first\n")
    for name in ("python3", "python3.11", "python3.12", "python3.13", "python3.14"):
        (stubs / name).write_text(STUB)
        (stubs / name).chmod(0o755)
    (stubs / "docker").write_text("#!/bin/sh\necho 'Cannot connect to the daemon.' >&2\nexit 1\n")
    (stubs / "docker").chmod(0o755)
    log = tmp_path / "calls"
    inherited = {
        key: value for key, value in os.environ.items() if not key.startswith(("PHONEME_", "PYTHONPATH"))
    }
    return Checkout(
        root, log, inherited | {"PATH": f"{stubs}:{os.environ['PATH']}", "STUB_LOG": os.fspath(log)}
    )


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    while not path.exists():
        assert process.poll() is None, "ended before it came that far"
        time.sleep(0.01)
