"""A receiver of webhooks on loopback, over TLS and under public names: keeps what it is sent and answers as a test says."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from standardwebhooks import Webhook

from ingest.address import Resolver
from ingest.line import Line
from tests.rig.certificate import write_certificate
from tests.rig.forms import PUBLIC, Trap
from tests.rig.names import Names

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwbWMfKQ9r8GKY"
HOSTS = ("hooks.example.org", "other.example.org")
Play = Callable[["Call"], None]


class Call(BaseHTTPRequestHandler):
    """One request; a play answers it."""

    protocol_version = "HTTP/1.1"
    server: "_Server"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.calls.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.server.play(self)

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def answer(self, status: int, **headers: str) -> None:
        """A response without a body."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", "0")
        self.end_headers()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), Call)
        self.calls: list[tuple[str, dict[str, str], str]] = []
        self.play: Play = taken
        self._context = context

    def get_request(self) -> tuple[socket.socket, object]:
        connection, client = super().get_request()
        connection.settimeout(5)
        return self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), client

    def handle_error(self, request: object, client_address: object) -> None:
        """A sender that goes away in the middle is no error here."""


def taken(call: Call) -> None:
    """As a receiver should answer."""
    call.answer(204)


@dataclass
class Receiver:
    """Server, names, trap, and the line that leads to them."""

    server: _Server
    names: Names
    trap: Trap
    certificate: Path
    dialled: list[str] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.server.server_address[1])

    @property
    def line(self) -> Line:
        """What a sender is given: names from the rig, the public address led to the server, any other to the trap."""
        return Line(Resolver((self.names.address,)).addresses, self._dial, ssl.create_default_context(cafile=str(self.certificate)))

    def _dial(self, address: str, port: int) -> tuple[str, int]:
        self.dialled.append(address)
        return ("127.0.0.1", self.port) if address == PUBLIC else ("127.0.0.1", self.trap.port)

    def reset(self) -> None:
        """As at the start."""
        self.server.calls.clear()
        self.server.play = taken
        self.dialled.clear()
        self.names.answers.clear()
        for host in HOSTS:
            self.names.lead(host, [PUBLIC])

    def verified(self) -> list[Any]:
        """Everything that was sent so far, each with a signature that holds."""
        return [Webhook(SECRET).verify(body, headers) for _, headers, body in self.server.calls]

    @property
    def ids(self) -> list[str]:
        """The names under which it was sent."""
        return [headers["webhook-id"] for _, headers, _ in self.server.calls]


@contextlib.contextmanager
def receiver(folder: Path) -> Iterator[Receiver]:
    """The rig for as long as the block lasts."""
    certificate, key = write_certificate(folder, *HOSTS)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = _Server(context)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    with Names() as names:
        rig = Receiver(server, names, Trap(), certificate)
        rig.reset()
        yield rig
        server.shutdown()
        server.server_close()
        rig.trap.close()
