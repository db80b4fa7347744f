"""The socket of one connection, held from outside: whatever waits on it can be cut off when its time is over.

QUIRK: a socket's timeout counts from byte to byte. A server that drips one byte a minute holds a thread for ever; only
another thread can end that.
"""

import imaplib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from imapclient import IMAPClient, imap4, tls

from ingest.wire import OneLine, inside_a_line

KEEPALIVE = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 20, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 120_000}
"""A peer that vanished is noticed by the kernel within two minutes, for all idling sockets at once and without a thread (tcp(7))."""


MAX_LITERAL = 64 * 2**20
"""Bytes. Mails over 10 MB are asked for in part; this leaves room for a server whose sizes are estimates."""


class Lifeline:
    """Holds a connection's socket. `answered` is the monotonic time of the last round trip that ended well, 0 before the first."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._copy: socket.socket | None = None
        self._is_cut = False
        self._lock = threading.Lock()
        self.answered = 0.0

    def hold_young(self, sock: socket.socket) -> None:
        """Hold a copy of a socket that TLS is about to take over."""
        keep_alive(sock)
        with self._lock:
            self._copy = sock.dup()
            if self._is_cut:
                _end(self._copy)

    def hold(self, sock: socket.socket) -> None:
        """Hold the socket of a connection that is open; its copy is not needed any more."""
        with self._lock:
            self._socket = sock
            self._let_copy_go()

    def _let_copy_go(self) -> None:
        if self._copy:
            self._copy.close()
            self._copy = None

    def release(self) -> None:
        """The connection is closed."""
        with self._lock:
            self._socket = None
            self._let_copy_go()

    def cut(self) -> None:
        """End the connection under whoever waits on it."""
        with self._lock:
            self._is_cut = True
            for held in (self._copy, self._socket):
                if held:
                    _end(held)

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Cut the connection unless the block ends within so many seconds."""
        timer = threading.Timer(seconds, self.cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
        self.answered = time.monotonic()


def _end(sock: socket.socket) -> None:
    with suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)  # not SSLSocket's own, which would take its TLS state from under the reader


def keep_alive(sock: socket.socket) -> None:
    """Have the kernel look after a silent connection, as far as this system can."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in KEEPALIVE.items():
        with suppress(OSError, AttributeError):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


class _Measured:
    """A connection that takes no literal larger than what we ever ask for. QUIRK: imaplib believes any size that a server announces."""

    def read(self, size: int) -> bytes:
        if size > MAX_LITERAL:
            raise imaplib.IMAP4.abort(f"a literal of {size} bytes")
        found: bytes = super().read(size)  # type: ignore[misc]
        return found


class _HeldTls(OneLine, _Measured, tls.IMAP4_TLS):  # type: ignore[misc]
    def __init__(self, lifeline: Lifeline, *arguments: Any) -> None:
        self._lifeline = lifeline
        super().__init__(*arguments)

    def _create_socket(self, timeout: float | None = None) -> socket.socket:
        sock = socket.create_connection((self.host, self.port), timeout=timeout or self._timeout)
        self._lifeline.hold_young(sock)
        wrapped: socket.socket = tls.wrap_socket(sock, self.ssl_context, self.host)
        return wrapped


class _HeldPlain(OneLine, _Measured, imap4.IMAP4WithTimeout):  # type: ignore[misc]
    def __init__(self, lifeline: Lifeline, *arguments: Any) -> None:
        self._lifeline = lifeline
        super().__init__(*arguments)

    def _create_socket(self, timeout: float | None = None) -> socket.socket:
        sock: socket.socket = super()._create_socket(timeout)
        self._lifeline.hold_young(sock)
        return sock


class Client(IMAPClient):  # type: ignore[misc]
    """imapclient's client on a socket that a lifeline holds."""

    def __init__(self, lifeline: Lifeline, *arguments: Any, **options: Any) -> None:
        self._lifeline = lifeline
        super().__init__(*arguments, **options)

    def _raw_command(self, command: bytes, args: Any, uid: bool = True) -> Any:
        """QUIRK: imapclient sends these in pieces, so that a line end at the end of an argument looks like the line's own."""
        for argument in args:
            inside_a_line(bytes(argument))
        return super()._raw_command(command, args, uid)

    def _create_IMAP4(self) -> Any:  # noqa: N802 - imapclient's name
        if self.ssl:
            return _HeldTls(self._lifeline, self.host, self.port, self.ssl_context, self._timeout.connect)
        return _HeldPlain(self._lifeline, self.host, self.port, self._timeout.connect)
