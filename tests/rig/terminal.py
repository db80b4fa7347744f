"""A command in a terminal of its own: a person's keys go in, what they would see comes out."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from pathlib import Path

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """A child process whose stdin, stdout and stderr are one pseudo-terminal."""

    def __init__(self, command: list[str], folder: Path, environment: dict[str, str], columns: int = 100) -> None:
        self.seen = ""
        self._read = 0
        self.code: int | None = None
        self._pid, self._fd = pty.fork()
        if self._pid == 0:
            os.chdir(folder)
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))  # before the program asks how wide it is
            told = {name: value for name, value in environment.items() if name not in {"COLUMNS", "LINES"}}
            os.execve(command[0], command, told | {"TERM": "xterm-256color"})

    def expect(self, words: str, seconds: float = 60.0) -> str:
        """Wait until words appear after those that were expected before; what came until then, without colours."""
        end = time.monotonic() + seconds
        while words not in CONTROL.sub("", self.seen)[self._read :]:
            assert time.monotonic() < end, f"{words!r} did not appear:\n{self.text}"
            assert self._more(end) or words in CONTROL.sub("", self.seen)[self._read :], f"it ended before {words!r}:\n{self.text}"
        start = self._read
        self._read = self.text.index(words, start) + len(words)
        return self.text[start : self._read]

    @property
    def text(self) -> str:
        return CONTROL.sub("", self.seen)

    def _more(self, end: float) -> bool:
        if not select.select([self._fd], [], [], max(end - time.monotonic(), 0))[0]:
            return True
        try:
            new = os.read(self._fd, 65536)
        except OSError:  # Linux: the child closed its side
            return False
        self.seen += new.decode("utf-8", "replace").replace("\r\n", "\n")
        return bool(new)

    def press(self, keys: str) -> None:
        """Press keys."""
        os.write(self._fd, keys.encode())

    def finish(self, seconds: float = 20.0) -> int:
        """Read to the end; the exit code."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self._more(end):
            pass
        while (done := os.waitpid(self._pid, os.WNOHANG))[0] == 0:
            assert time.monotonic() < end, f"it did not end:\n{self.text}"
            time.sleep(0.02)
        _, status = done
        self.code = os.waitstatus_to_exitcode(status)
        return self.code

    def close(self) -> None:
        """End it, whatever it does."""
        if self.code is None:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
        os.close(self._fd)
