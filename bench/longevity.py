"""A hundred thousand mails through one process, as the worker reads them: `python -m bench.longevity [--mails N]`.

A small IMAP server in a process of its own makes the mails up as they are asked for; each look finds a few thousand new ones behind the
cursor, on a connection of its own, and decides them. Fails where memory grows by a tenth or more, or descriptors or threads by any.
"""

import argparse
import gc
import multiprocessing
import os
import platform
import random
import re
import socket
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from bench.results_file import RESULTS
from bench.soak.entry import FixedKeys
from demur.judge import Judge
from ingest.decide import Decider
from ingest.imap import ImapMailbox
from ingest.sync import sync
from ledger.ledger import Ledger, open_ledger
from ledger.mailboxes import MailboxRow, MailboxSettings
from ledger.vault import Vault

META_IN_A_HUNDRED = 3
EACH_LOOK = 2000
MARKS = 10
GROWTH = 0.10
TEMPLATES = sorted(Path("fixtures").glob("*/*.eml"))


Mark = tuple[int, int, float, float, int, int]


def mail(uid: int) -> bytes:
    """The mail of a number: a few in a hundred are Meta's, no two are the same."""
    r = random.Random(uid)
    if r.randrange(100) < META_IN_A_HUNDRED:
        raw = r.choice(TEMPLATES).read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        return b"Message-ID: <%d@facebookmail.com>\r\n" % uid + raw
    words = b" ".join(r.choice([b"invoice", b"meeting", b"Rechnung", b"hello", b"caf\xc3\xa9"]) for _ in range(r.choice([20, 90, 900])))
    return b"From: person%d@example.net\r\nTo: anna@example.org\r\nSubject: %s %d\r\n\r\n%s\r\n" % (uid % 997, words[:20], uid, words)


def answer(command: str, newest: int) -> bytes:
    """What the server says to a command, its tagged line left out."""
    if command.startswith("CAPABILITY"):
        return b"* CAPABILITY IMAP4rev1\r\n"
    if command.startswith("LIST"):
        return b'* LIST () "/" INBOX\r\n'
    if command.startswith("EXAMINE"):
        return b"* %d EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT %d] x\r\n" % (newest, newest + 1)
    if found := re.match(r"UID SEARCH UID (\d+):(\d+)", command):
        return b"* SEARCH %s\r\n" % " ".join(str(n) for n in range(int(found[1]), min(int(found[2]), newest) + 1)).encode()
    if found := re.match(r"UID FETCH ([\d,]+) (.*)", command):
        return b"".join(fetched(int(uid), found[2]) for uid in found[1].split(","))
    return b""


def fetched(uid: int, items: str) -> bytes:
    raw = mail(uid)
    if "BODYSTRUCTURE" in items:
        return b'* %d FETCH (UID %d BODYSTRUCTURE ("text" "plain" NIL NIL NIL "7bit" 9 1))\r\n' % (uid, uid)
    if "RFC822.SIZE" in items:
        head = raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        date = b'INTERNALDATE "13-May-2025 09:12:00 +0200"'
        return b"* %d FETCH (UID %d RFC822.SIZE %d %s BODY[HEADER.FIELDS (FROM)] {%d}\r\n%s)\r\n" % (
            uid,
            uid,
            len(raw),
            date,
            len(head),
            head,
        )
    return b"* %d FETCH (UID %d BODY[] {%d}\r\n%s)\r\n" % (uid, uid, len(raw), raw)


def serve(listener: socket.socket, newest: Any) -> None:
    """Answer one connection after the other, for ever."""
    while True:
        client, _ = listener.accept()
        with client, client.makefile("rb") as lines:
            client.sendall(b"* OK ready\r\n")
            for line in lines:
                tag, _, command = line.decode().strip().partition(" ")
                client.sendall(answer(command, newest.value) + f"{tag} OK done\r\n".encode())


def figures() -> tuple[float, int, int]:
    """(resident MB, open descriptors, threads) of this process."""
    gc.collect()
    resident = int(re.search(r"VmRSS:\s+(\d+)", Path("/proc/self/status").read_text())[1])  # type: ignore[index]
    return resident / 1024, len(os.listdir("/proc/self/fd")), threading.active_count()


def reader(ledger: Ledger, port: int) -> MailboxRow:
    settings = MailboxSettings(kind="imap", host="127.0.0.1", port=port, security="loopback", login="anna")
    row = ledger.mailboxes.save("anna", settings, "secret")
    anna = ledger.people.ensure("anna", datetime.now(UTC))
    ledger.people.add_addresses(anna, ["anna@example.org"])
    ledger.people.serve(row.id, anna)
    return row


def measure(mails: int, data: Path) -> list[Mark]:
    """(mails seen, entries, seconds, MB, descriptors, threads) at each tenth of the way."""
    context = multiprocessing.get_context("spawn")
    newest, listener = context.Value("q", 0), socket.create_server(("127.0.0.1", 0))
    server = context.Process(target=serve, args=(listener, newest), daemon=True)
    server.start()
    ledger = open_ledger(f"sqlite:///{data}/demur.sqlite3", data, Vault([Fernet.generate_key().decode()]))
    row, started, marks = reader(ledger, listener.getsockname()[1]), time.perf_counter(), []
    decider = Decider(ledger, Judge(data, None, lambda text, done, total: None), FixedKeys({}), lambda: datetime.now(UTC))
    anna = ledger.people.require("anna")
    for seen in range(EACH_LOOK, mails + 1, EACH_LOOK):
        newest.value = seen
        sync(ledger, ledger.mailboxes.refreshed(row), lambda r: ImapMailbox(r, "secret", True), decider)
        if seen % (mails // MARKS) == 0:
            marks.append((seen, len(ledger.record.links(anna)), time.perf_counter() - started, *figures()))
            print(marks[-1], flush=True)
    server.kill()
    ledger.database.close()
    return marks


def table(marks: list[Mark], growth: float) -> str:
    lines = [
        "# Many mails through one process",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, Python {platform.python_version()}. `sync` over a scripted IMAP server, {EACH_LOOK} new mails a look,",
        f"each look on a connection of its own; {META_IN_A_HUNDRED} of a hundred mails are Meta's and are decided by the shipped model; SQLite.",
        "",
        f"Memory between 20 % and 100 % of the run: {growth:+.1%} (limit {GROWTH:.0%}).",
        "",
        "| mails | entries | seconds | resident MB | descriptors | threads |",
        "|---|---|---|---|---|---|",
    ]
    return "\n".join([*lines, *(f"| {m} | {e} | {s:.0f} | {mb:.1f} | {fds} | {t} |" for m, e, s, mb, fds, t in marks)]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=100_000)
    with tempfile.TemporaryDirectory() as folder:
        marks = measure(parser.parse_args().mails, Path(folder))
    settled, last = marks[MARKS // 5 - 1], marks[-1]
    growth = last[3] / settled[3] - 1
    (RESULTS / "longevity.md").write_text(table(marks, growth), encoding="utf-8")
    print(table(marks, growth))
    if growth >= GROWTH or last[4:] != settled[4:]:
        raise SystemExit("the process grows")


if __name__ == "__main__":
    main()
