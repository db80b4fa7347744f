"""Start the demo: an IMAP server on loopback with a demo mailbox, a name server with its keys, and the real program over them."""

import imaplib
import secrets
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from demur.composition import Composition
from demur.demo.mails import ADDRESS, LATER, MAILS, DemoMail
from demur.demo.nameserver import NameServer
from demur.demo.signing import SigningKey, new_key
from demur.settings import Settings
from ledger.errors import OperatorError
from ledger.mailboxes import MailboxSettings

LATER_AFTER = 20.0
"""Seconds until the last mail arrives."""
START_SECONDS = 20.0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def imap_server(password: str) -> Iterator[int]:
    """pymap in a process of its own, in memory only; yields its port."""
    port = _free_port()
    program = [sys.executable, "-c", "from pymap.main import main; main()", "--host", "127.0.0.1", "--port", str(port), "--no-tls"]
    server = subprocess.Popen(
        [*program, "dict", "--demo-user", ADDRESS, f"--demo-password={password}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(port, server)
        yield port
    finally:
        server.terminate()
        server.wait(timeout=10)


def _wait_for(port: int, server: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if server.poll() is not None:
            raise OperatorError("the demo's mail server did not start: install it with `pip install 'demur[demo]'`")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise OperatorError("the demo's mail server did not start in time")


def _deliver(port: int, password: str, key: SigningKey, mails: tuple[DemoMail, ...], now: datetime) -> None:
    client = imaplib.IMAP4("127.0.0.1", port, timeout=20)
    try:
        client.login(ADDRESS, password)
        for folder in sorted({mail.folder for mail in mails} - {"INBOX"}):
            client.create(folder)
        for mail in mails:
            raw = mail.raw(now)
            signed = key.sign(raw, mail.domain) if mail.signed else raw
            client.append(mail.folder, "", imaplib.Time2Internaldate(mail.arrived(now)), signed)
    finally:
        client.logout()


def _records(key: SigningKey) -> dict[str, str]:
    return {key.name(mail.domain): key.record for mail in (*MAILS, LATER) if mail.signed}


def _fresh_folder(settings: Settings) -> Path:
    folder = settings.data / "demo"
    shutil.rmtree(folder, ignore_errors=True)
    return folder


@contextmanager
def demo_composition(settings: Settings) -> Iterator[Composition]:
    """Everything the demo needs, in its own data folder that starts empty every time."""
    password = secrets.token_urlsafe(12)
    key = new_key()
    with ExitStack() as stack:
        port = stack.enter_context(imap_server(password))
        names = stack.enter_context(NameServer(_records(key)))
        now = datetime.now(UTC)
        _deliver(port, password, key, MAILS, now)
        shown = settings.model_copy(
            update={
                "data": _fresh_folder(settings),
                "database_url": None,
                "nameservers": names.address,
                "allow_loopback_mail": True,
                "notify_urls": None,
            }
        )
        parts = Composition(shown)
        _connect(parts, port, password)
        timer = threading.Timer(LATER_AFTER, _deliver, (port, password, key, (LATER,), now))
        timer.daemon = True
        timer.start()
        stack.callback(timer.cancel)
        yield parts


def _connect(parts: Composition, port: int, password: str) -> None:
    person = parts.ledger.people.ensure("demo", parts.now())
    parts.ledger.people.add_addresses(person, [ADDRESS])
    settings = MailboxSettings("imap", "127.0.0.1", port, "loopback", ADDRESS)
    row = parts.ledger.mailboxes.save(ADDRESS, settings, password)
    parts.ledger.people.serve(row.id, person)
