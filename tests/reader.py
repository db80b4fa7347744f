"""Somebody who follows a document word for word: its commands, in order, in a folder of their own, against real servers."""

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from tests.rig.free import free_port, until

ROOT = Path(__file__).parent.parent
WIDTH = "150"


@dataclass(frozen=True)
class Step:
    """One command of README, with the output that README shows below it."""

    section: str
    command: str
    output: str = ""


def steps(text: str) -> Iterator[Step]:
    """The commands in fenced `sh` and `console` blocks, in order, each with the heading it stands under."""
    section, language, shown = "", "", list[str]()
    for line in text.splitlines():
        if line.startswith("```"):
            if language == "console":
                yield from _console(section, shown)
            language, shown = line[3:].strip() if not language else "", []
        elif language == "sh" and line.strip():
            yield Step(section, re.sub(r"\s+# .*", "", line).strip())
        elif language:
            shown.append(line)
        elif line.startswith("#"):
            section = line.lstrip("#").strip()


def _console(section: str, lines: list[str]) -> Iterator[Step]:
    for part in re.split(r"(?m)^\$ ", "\n".join(lines))[1:]:
        command, _, output = part.partition("\n")
        yield Step(section, command.strip(), output)


def shape(text: str) -> list[str]:
    """What stays the same from day to day and model to model: lines without their figures and blanks."""
    return [line for line in (re.sub(r"\s+", " ", re.sub(r"\d+", "0", line)).strip() for line in text.splitlines()) if line]


@dataclass
class Reader:
    """Somebody who follows README in a folder of their own. `swaps`: what stands for their own server, token or hash."""

    folder: Path
    environment: dict[str, str]
    swaps: dict[str, str] = field(default_factory=dict)
    exports: list[str] = field(default_factory=list)
    servers: "list[subprocess.Popen[bytes]]" = field(default_factory=list)

    def _script(self, command: str) -> str:
        for readmes, own in self.swaps.items():
            command = command.replace(readmes, own)
        return "\n".join(["set -euo pipefail", "source .venv/bin/activate", *self.exports, command])

    def run(self, command: str) -> str:
        """Run one command to its end; what it prints."""
        if command.startswith("export "):
            self.exports.append(self._script(command).splitlines()[-1])
            return ""
        done = subprocess.run(
            ["bash", "-c", self._script(command)], cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def serve(self, command: str) -> str:
        """Start a server and wait until it serves; the address it serves on."""
        base = f"http://127.0.0.1:{free_port()}"
        command = re.sub(r"( --port \d+)?$", f" --port {base.rpartition(':')[2]}", command)
        with (self.folder / "server.log").open("ab") as log:
            process = subprocess.Popen(
                ["bash", "-c", self._script("exec " + command)], cwd=self.folder, env=self.environment, stdout=log, stderr=log
            )
        self.servers.append(process)
        until(lambda: self._serves(process, base), 90, command)
        return base

    def _serves(self, process: "subprocess.Popen[bytes]", base: str) -> bool:
        assert process.poll() is None, (self.folder / "server.log").read_text()
        try:
            return httpx2.get(f"{base}/readyz", timeout=5).status_code == 200
        except httpx2.HTTPError:
            return False

    def stop(self) -> None:
        """End all servers as Ctrl-C does; each must end well."""
        while self.servers:
            process = self.servers.pop()
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=20) == 0, (self.folder / "server.log").read_text()


@contextmanager
def reading(folder: Path, **environment: str) -> Iterator[Reader]:
    """A reader with a home of their own and a `.venv` as `make run` makes it."""
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "activate").write_text(f'export PATH="{programs}:$PATH"\n')
    (programs / "demur").write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m demur "$@"\n')
    (programs / "demur").chmod(0o755)
    (folder / "fixtures").symlink_to(ROOT / "fixtures")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DEMUR_", "XDG_"))}
    own = {"HOME": str(folder), "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": WIDTH, "DEMUR_NAMESERVERS": "127.0.0.1:9"}
    reader = Reader(folder, kept | own | environment)
    try:
        yield reader
    finally:
        reader.stop()
