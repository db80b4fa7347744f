"""The program as a user runs it: a process of its own with a data folder of its own."""

import io
import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest

from demur.cli import main
from tests.rig.free import free_port, until

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True, slots=True)
class Finished:
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


def _main(arguments: list[str]) -> int:
    """The command line as its process runs it: what escapes it is a traceback and exit code 1."""
    umask = os.umask(0o077)
    handler = signal.getsignal(signal.SIGTERM)
    try:
        return main(arguments)
    except Exception:
        traceback.print_exc()
        return 1
    finally:
        os.umask(umask)
        signal.signal(signal.SIGTERM, handler)


@dataclass
class Program:
    """`demur` with its own settings."""

    data: Path
    environment: dict[str, str] = field(default_factory=dict)

    def _settings(self) -> dict[str, str]:
        return {"DEMUR_DATA": str(self.data), "NO_COLOR": "1"} | self.environment

    def _environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("DEMUR_")}
        return kept | {"PYTHONPATH": str(ROOT)} | self._settings()

    def run(self, *arguments: str | Path, stdin: str | bytes = "", code: int | None = 0) -> Finished:
        """Run one command to its end, in this process to save the imports; `code` is the exit code that it must have (None: any)."""
        out, err = io.StringIO(), io.StringIO()
        given = io.TextIOWrapper(io.BytesIO(stdin.encode() if isinstance(stdin, str) else stdin))
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            for name in [name for name in os.environ if name.startswith("DEMUR_")]:
                patch.delenv(name)
            for name, value in self._settings().items():
                patch.setenv(name, value)
            patch.chdir(self.data.parent)
            patch.setattr("sys.stdin", given)
            returned = _main([str(argument) for argument in arguments])
        result = Finished(returned, out.getvalue(), err.getvalue())
        if code is not None:
            assert result.returncode == code, f"{arguments} ended with {result.returncode}:\n{result.stdout}\n{result.stderr}"
        return result

    def process(self, *arguments: str | Path, code: int = 0) -> Finished:
        """Run one command in a process of its own."""
        command = [sys.executable, "-m", "demur", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=self.data.parent, env=self._environment())
        assert done.returncode == code, done.stderr
        return Finished(done.returncode, done.stdout, done.stderr)

    def json(self, *arguments: str | Path) -> Any:
        """Run a command with `--json` and read what it prints."""
        return json.loads(self.run(*arguments, "--json").stdout)

    @contextmanager
    def running(self, *arguments: str) -> Iterator["Running"]:
        """`demur run` in the background, ready to serve."""
        started = self.start(*arguments)
        try:
            yield started
        finally:
            started.stop()

    def start(self, *arguments: str) -> "Running":
        """Start `demur run` and wait until it serves."""
        port = free_port()
        log = (self.data.parent / f"run-{port}.log").open("w+b")
        process = subprocess.Popen(
            [sys.executable, "-m", "demur", "run", "--port", str(port), *arguments],
            stderr=log,
            stdout=log,
            env=self._environment(),
            cwd=self.data.parent,
        )
        running = Running(process, port, Path(log.name))
        until(running.serves, 60, "the start of `demur run`")
        return running


@dataclass
class Running:
    """A `demur run` in the background."""

    process: "subprocess.Popen[bytes]"
    port: int
    log: Path

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def serves(self) -> bool:
        """Whether it answers."""
        assert self.process.poll() is None, self.log.read_text()
        try:
            return httpx2.get(f"{self.base}/readyz", timeout=5).status_code == 200
        except httpx2.HTTPError:
            return False

    def status(self, token: str, user: str) -> Any:
        """GET /status/{user}."""
        answer = httpx2.get(f"{self.base}/status/{user}", headers={"Authorization": f"Bearer {token}"}, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def kill(self) -> None:
        """SIGKILL: no chance to tidy up."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=20)
