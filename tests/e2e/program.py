"""The program as a user runs it: a process of its own with a data folder of its own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from tests.rig.free import free_port, until

ROOT = Path(__file__).parent.parent.parent


@dataclass
class Program:
    """`demur` with its own settings."""

    data: Path
    environment: dict[str, str] = field(default_factory=dict)

    def _environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("DEMUR_")}
        return kept | {"DEMUR_DATA": str(self.data), "PYTHONPATH": str(ROOT), "NO_COLOR": "1"} | self.environment

    def run(
        self, *arguments: str | Path, stdin: str | bytes = "", code: int | None = 0, timeout: float = 90
    ) -> subprocess.CompletedProcess[str]:
        """Run one command to its end; `code` is the exit code that it must have (None: any)."""
        done = subprocess.run(
            [sys.executable, "-m", "demur", *map(str, arguments)],
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            timeout=timeout,
            cwd=self.data.parent,
            env=self._environment(),
        )
        result = subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())
        if code is not None:
            assert result.returncode == code, f"{arguments} ended with {result.returncode}:\n{result.stdout}\n{result.stderr}"
        return result

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
