"""Without a connection that is proven to lead to the right server, not one byte of a log-in leaves this machine."""

import contextlib
import hashlib
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import pytest

from ingest.imap import open_client
from ingest.pin import fingerprint_of
from ledger.errors import DemurError, OperatorError
from ledger.mailboxes import MailboxSettings
from tests.rig.certificate import write_certificate

GREETING = b"* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN AUTH=XOAUTH2 AUTH=OAUTHBEARER] ready\r\n"


@dataclass
class Listening:
    """A server that agrees with everything, and writes down all that it hears, before TLS and inside of it.

    `tls_at`: "once", "starttls", or "never". `greeting`, `offers`: what it says of itself.
    """

    certificate: Path
    tls_at: str = "once"
    greeting: bytes = GREETING
    offers: bytes = b"IMAP4rev1 STARTTLS AUTH=PLAIN AUTH=XOAUTH2 AUTH=OAUTHBEARER"
    starttls: bytes = b"OK begin"
    heard: bytes = b""
    _listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def __enter__(self) -> "Listening":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._converse, args=(client,), daemon=True).start()

    def _protected(self, client: socket.socket) -> socket.socket:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate / "cert.pem", self.certificate / "key.pem")
        return context.wrap_socket(client, server_side=True)

    def _converse(self, client: socket.socket) -> None:
        client.settimeout(5)
        with suppress(OSError), contextlib.closing(client):
            client = self._protected(client) if self.tls_at == "once" else client
            client.sendall(self.greeting)
            while line := self._line(client):
                tag, _, command = line.partition(b" ")
                answer = self.starttls if command.startswith(b"STARTTLS") else b"OK done"
                told = b"* CAPABILITY " + self.offers + b"\r\n" if command.startswith(b"CAPABILITY") else b""
                client.sendall(told + tag + b" " + answer + b"\r\n")
                if command.startswith(b"STARTTLS") and answer.startswith(b"OK"):
                    if self.tls_at != "starttls":
                        client.shutdown(socket.SHUT_RDWR)
                        return
                    client = self._protected(client)

    def _line(self, client: socket.socket) -> bytes:
        line = b""
        while not line.endswith(b"\n") and (byte := client.recv(1)):
            line += byte
            self.heard += byte
        return line


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders with certificates: the right one, one that ended, one for another host."""
    made = {}
    for name, host, days in (("good", "localhost", 30), ("ended", "localhost", -2), ("elsewhere", "mail.example.org", 30)):
        made[name] = tmp_path_factory.mktemp(name)
        write_certificate(made[name], host, days=days)
    return made


def settings(port: int, security: str, **more: str | None) -> MailboxSettings:
    return MailboxSettings("imap", "localhost", port, security, "anna", **more)  # type: ignore[arg-type]


BARE = b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2] ready\r\n"
FAULTS = {
    "nobody signed it": {"ca": None},
    "its certificate ended": {"certificate": "ended"},
    "it is another host": {"certificate": "elsewhere"},
    "another fingerprint": {"fingerprint": "00" * 32},
    "it speaks no TLS": {"tls_at": "never"},
    "STARTTLS was taken away": {
        "greeting": BARE,
        "offers": b"IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2",
        "tls_at": "never",
        "security": "starttls",
    },
    "PREAUTH": {"greeting": b"* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] hello\r\n", "tls_at": "never", "security": "starttls"},
    "STARTTLS is refused": {"starttls": b"BAD no", "tls_at": "never", "security": "starttls"},
    "STARTTLS is agreed to and broken off": {"tls_at": "never", "security": "starttls"},
    "an answer is slipped in before TLS": {
        "starttls": b"OK begin\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nX OK",
        "certificate": "elsewhere",
        "security": "starttls",
    },
}


@pytest.mark.parametrize("secret", ["password", "token"])
@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize("fault", FAULTS)
def test_no_byte_of_a_log_in_is_said_without_verified_tls(fault: str, security: str, secret: str, certificates: dict[str, Path]) -> None:
    what: dict[str, object] = dict(FAULTS[fault])
    security = str(what.pop("security", security))
    folder = certificates[str(what.pop("certificate", "good"))]
    ca = None if what.pop("ca", "own") is None or "fingerprint" in what else str(folder / "cert.pem")
    fingerprint = what.pop("fingerprint", None)
    what.setdefault("tls_at", "once" if security == "tls" else "starttls")
    with Listening(folder, **what) as server:  # type: ignore[arg-type]
        wanted = settings(
            server.port,
            security,
            ca_file=ca,
            fingerprint=str(fingerprint) if fingerprint else None,
            oauth="rig" if secret == "token" else None,
        )
        with pytest.raises(DemurError) as raised:
            open_client(wanted, "hunter2-canary", allow_loopback=True)
    assert "\n" not in str(raised.value)
    assert b"LOGIN" not in server.heard.upper()
    assert b"AUTHENTICATE" not in server.heard.upper()
    assert b"canary" not in server.heard


@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize("certificate", ["good", "ended", "elsewhere"])
def test_a_pinned_certificate_is_enough_whoever_signed_it(security: str, certificate: str, certificates: dict[str, Path]) -> None:
    folder = certificates[certificate]
    der = ssl.PEM_cert_to_DER_cert((folder / "cert.pem").read_text())
    shown = hashlib.sha256(der).hexdigest().upper()
    pin = ":".join(shown[i : i + 2] for i in range(0, 64, 2))
    with Listening(folder, tls_at="once" if security == "tls" else "starttls") as server:
        client = open_client(settings(server.port, security, fingerprint=pin), "hunter2", allow_loopback=True)
        client.shutdown()
    assert b"LOGIN anna" in server.heard


def test_a_wrong_fingerprint_is_said_with_the_right_one(certificates: dict[str, Path]) -> None:
    with Listening(certificates["good"]) as server, pytest.raises(OperatorError, match=r"it has SHA-256 [0-9a-f]{64}"):
        open_client(settings(server.port, "tls", fingerprint="ab" * 32), "hunter2", allow_loopback=True)


@pytest.mark.parametrize("text", ["", "12", "g" * 64, "ab" * 31, "ab" * 33])
def test_what_is_no_fingerprint_is_refused(text: str) -> None:
    with pytest.raises(OperatorError, match="64 hexadecimal digits"):
        fingerprint_of(text)


def test_fingerprints_are_read_as_openssl_and_browsers_write_them() -> None:
    colons = ":".join(["AB"] * 32)
    assert {fingerprint_of(text) for text in (colons, "ab" * 32, f"sha256 Fingerprint={colons}", f"SHA256:{'ab' * 32}")} == {"ab" * 32}
