"""Meta's form hosts on loopback: a TLS server that plays every way in which a form can answer, and a trap for what must not be asked."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from ingest.address import Resolver
from ingest.line import Line
from tests.rig.certificate import write_certificate
from tests.rig.names import Names

PUBLIC = "157.240.0.35"
"""An address on the public internet that every host of the rig has by name. No packet goes there: connections are led to loopback."""
HOSTS = ("www.facebook.com", "m.facebook.com", "help.instagram.com", "help.meta.com", "www.whatsapp.com")
Play = Callable[["Visit"], None]


class Visit(BaseHTTPRequestHandler):
    """One request; a play answers it."""

    protocol_version = "HTTP/1.1"
    server: "FormServer"

    def do_GET(self) -> None:
        self.server.asked.append((self.headers.get("Host", ""), self.path, {k.lower(): v for k, v in self.headers.items()}))
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.server.play(self)

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def answer(self, status: int, body: str = "", **headers: str) -> None:
        """A whole response."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        content = body.encode()
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Set-Cookie", "datr=tracking; Path=/")
        self.end_headers()
        self.wfile.write(content)

    def drip(self, piece: bytes, pause: float) -> None:
        """The same bytes again and again, for as long as the other side listens."""
        while not self.server.ended.wait(pause):
            self.wfile.write(piece)
            self.wfile.flush()


class FormServer(ThreadingHTTPServer):
    """Answers every host with the play that is set."""

    daemon_threads = True

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), Visit)
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.play: Play = lambda visit: visit.answer(404)
        self.ended = threading.Event()
        self._context = context

    def get_request(self) -> tuple[socket.socket, object]:
        connection, client = super().get_request()
        connection.settimeout(5)
        return self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), client

    def handle_error(self, request: object, client_address: object) -> None:
        """A visitor that goes away in the middle is no error here."""


class Trap:
    """A listener on loopback that counts who comes. Nobody may."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.caught = 0
        self._socket = socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.port = int(self._socket.getsockname()[1])
        threading.Thread(target=self._count, daemon=True).start()

    def _count(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self._socket.accept()[0].close()
                self.caught += 1

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@dataclass
class Forms:
    """The rig: server, names, trap, and the line that leads to them."""

    server: FormServer
    names: Names
    trap: Trap
    trap6: Trap
    context: ssl.SSLContext
    dialled: list[str] = field(default_factory=list)

    @property
    def line(self) -> Line:
        """What a fetcher is given: names from the rig, the public address led to the server, any other to the trap."""
        return Line(Resolver((self.names.address,)).addresses, self._dial, self.context)

    def _dial(self, address: str, port: int) -> tuple[str, int]:
        self.dialled.append(address)
        known = address == PUBLIC and port == 443
        return ("127.0.0.1", int(self.server.server_address[1])) if known else ("127.0.0.1", self.trap.port)

    def reset(self) -> None:
        """As at the start: all hosts lead to the public address, nothing was asked."""
        self.server.asked.clear()
        self.dialled.clear()
        self.names.answers.clear()
        for host in HOSTS:
            self.names.lead(host, [PUBLIC])

    @property
    def forbidden(self) -> int:
        """How many connections went where none may go."""
        time.sleep(0)
        return self.trap.caught + self.trap6.caught + sum(address != PUBLIC for address in self.dialled)


@contextlib.contextmanager
def forms(folder: Path) -> Iterator[Forms]:
    """The rig for as long as the block lasts."""
    certificate, key = write_certificate(folder, *HOSTS)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = FormServer(context)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    with Names() as names:
        rig = Forms(server, names, Trap(), Trap("::1"), ssl.create_default_context(cafile=str(certificate)))
        yield rig
        server.ended.set()
        server.shutdown()
        server.server_close()
        rig.trap.close()
        rig.trap6.close()
