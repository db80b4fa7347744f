"""Sockets under guard: what tries to reach anything but the given addresses is refused and counted.

Python's own audit events (PEP 578) tell of every attempt, in whatever way a library came by its socket.
"""

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

REACHING = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
ASKING = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"})


class RefusedError(OSError):
    """Something wanted to reach the network that must not."""


@dataclass(frozen=True, slots=True)
class Guard:
    """What may be reached, and what else was tried."""

    allowed: tuple[tuple[str, int], ...]
    refused: list[str] = field(default_factory=list)

    def watch(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Refuse an event that reaches out. A server among the allowed may answer whoever asked it."""
        if event in ASKING:
            self._refuse(f"{event} {arguments[:1]}")
        if event in REACHING:
            reacher, target = arguments[0], arguments[1]
            if not self._may(target) and not self._may(reacher.getsockname() if isinstance(reacher, socket.socket) else None):
                self._refuse(f"{event} {target}")

    def _may(self, address: object) -> bool:
        return isinstance(address, tuple) and address[:2] in self.allowed

    def _refuse(self, what: str) -> None:
        self.refused.append(what)
        raise RefusedError(what)


_guards: list[Guard] = []
_hooked: list[bool] = []


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    for guard in _guards:
        guard.watch(event, arguments)


@contextmanager
def guarded_sockets(*allowed: tuple[str, int]) -> Iterator[list[str]]:
    """Only `allowed` (address, port) pairs can be reached within, from any thread; yields the list of what was refused."""
    if not _hooked:
        sys.addaudithook(_hook)  # it stays for the life of the process, and does nothing without a guard
        _hooked.append(True)
    guard = Guard(allowed)
    _guards.append(guard)
    try:
        yield guard.refused
    finally:
        _guards.remove(guard)
