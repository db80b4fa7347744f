"""Mails, batches and verdicts for tests of the store, and a look at everything that a database holds."""

import hashlib
import os
import pwd
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from ledger.database import Database
from ledger.ledger import Ledger
from ledger.mailboxes import Cursor, MailboxRow, MailboxSettings
from ledger.outcome import Outcome
from ledger.people import User
from ledger.record import Arrival, Batch, Verdict
from ledger.tables import metadata
from tests.ledger.story import START, decision, moment

IMAP = MailboxSettings(kind="imap", host="imap.example.org", port=993, login="anna@example.org", folders=("INBOX", "Spam"))
PASSWORD = "correct-horse-battery-staple"
CANARY = "canary-in-the-coal-mine"


def raw(words: str = CANARY) -> bytes:
    """A small mail; its words are not in any other part of it."""
    return f"From: Meta <no-reply@support.facebook.com>\r\nTo: anna@example.org\r\nSubject: Hi\r\n\r\n{words}\r\n".encode()


def arrival(uid: int, words: str | None = None, days: float = 0) -> Arrival:
    """A stored candidate; with the same words, the same mail."""
    mail = raw(words or f"{CANARY} {uid}")
    return Arrival(uid, hashlib.sha256(mail).hexdigest(), mail, moment(days), "stored")


def batch(mailbox: MailboxRow, *arrivals: Arrival, folder: str = "INBOX", uid: int | None = None) -> Batch:
    """What was seen of a folder under UIDVALIDITY 7; the cursor moves to `uid`, or to the last arrival."""
    last = uid if uid is not None else max((a.uid for a in arrivals), default=0)
    return Batch(mailbox, folder, Cursor(7, last), arrivals)


def person(ledger: Ledger, name: str = "anna", *addresses: str) -> User:
    """A user with addresses."""
    user = ledger.people.ensure(name, START)
    ledger.people.add_addresses(user, addresses or (f"{name}@example.org",))
    return user


def mailbox(ledger: Ledger, *users: User, name: str = "anna@example.org") -> MailboxRow:
    """A mailbox that serves these users."""
    row = ledger.mailboxes.save(name, IMAP, PASSWORD)
    for user in users:
        ledger.people.serve(row.id, user)
    return row


def verdict(user: User, mail: Arrival, outcome: Outcome = Outcome.RECEIPT, **facts: Any) -> Verdict:
    """A decision on a mail for a user."""
    assert mail.sha256
    assert mail.arrived_at
    return Verdict(user, mail.arrived_at, decision(mail.sha256, outcome, **facts))


def stored_and_decided(
    ledger: Ledger, row: MailboxRow, user: User, mail: Arrival, outcome: Outcome = Outcome.RECEIPT, now: datetime = START, **facts: Any
) -> None:
    """Store one mail and decide it for one user."""
    ledger.record.store(batch(row, mail))
    assert mail.sha256
    ledger.record.decide(row, {mail.sha256: "decided"}, [verdict(user, mail, outcome, **facts)], now)


def rows(database: Database) -> dict[str, Sequence[Any]]:
    """All rows of all tables."""
    with database.read() as connection:
        return {table.name: connection.execute(select(table)).all() for table in metadata.sorted_tables}


def everything(database: Database) -> str:
    """All that a database holds, as one text."""
    return repr(rows(database))


def make_foreign(folder: Path) -> None:
    """Take the right to write in a folder from this process. As root it goes on as `nobody`, to whom no file belongs."""
    for path in folder.iterdir():
        path.chmod(0o444)
    folder.chmod(0o555)
    if os.getuid() == 0:
        os.seteuid(pwd.getpwnam("nobody").pw_uid)
