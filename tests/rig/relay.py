"""A TCP relay in front of a server of the rig that writes down every byte that passes, in both directions."""

import contextlib
import socket
import threading
from types import TracebackType


class Relay:
    """Listens on loopback and passes everything on to a port of this machine; use it in a `with` block.

    `sent` is what clients said, `received` what the server answered, over all connections together.
    """

    def __init__(self, port: int, address: str = "127.0.0.1") -> None:
        self.sent = b""
        self.received = b""
        self.connections = 0
        self._target = port
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server((address, 0))
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def __enter__(self) -> "Relay":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._listener.close()
        self.cut()

    def cut(self) -> None:
        """End all connections at once, as a router does that was switched off."""
        for side in self._sockets:
            with contextlib.suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)
            side.close()
        self._sockets.clear()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                return
            self.connections += 1
            self._sockets += [client, server]
            threading.Thread(target=self._pass_on, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self._pass_on, args=(server, client, False), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, from_client: bool) -> None:
        with contextlib.suppress(OSError):
            while chunk := source.recv(65536):
                if from_client:
                    self.sent += chunk
                else:
                    self.received += chunk
                target.sendall(chunk)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)
