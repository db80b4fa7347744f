"""The mailboxes that are read: how to reach them, how they are, and how far they were read."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import case, delete, func, insert, select, update

from ledger.database import Database
from ledger.errors import OperatorError
from ledger.leftovers import drop_leftovers
from ledger.people import User
from ledger.tables import cursors, locations, mailbox_users, mailboxes, messages
from ledger.vault import Vault


class Health(StrEnum):
    """How a mailbox is. `authentication_error` needs its owner; `connect_error` is tried again."""

    CONNECTED = "connected"
    CONNECT_ERROR = "connect_error"
    AUTHENTICATION_ERROR = "authentication_error"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class MailboxSettings:
    """How to reach a mailbox. `security`: tls, starttls or loopback. `folders`: empty for INBOX, Junk and All Mail.

    `fingerprint`: SHA-256 of the one certificate to trust, in place of a CA's word.
    `oauth`: the identity provider whose grant is the mailbox's secret; None for a password.
    """

    kind: str
    host: str = ""
    port: int = 0
    security: str = "tls"
    login: str = ""
    ca_file: str | None = None
    folders: tuple[str, ...] = ()
    authserv_id: str | None = None
    oauth: str | None = None
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True)
class MailboxRow:
    id: int
    name: str
    settings: MailboxSettings
    state: Health
    detail: str | None
    checked_at: datetime | None
    retry_at: datetime | None
    failures: int
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a folder was read: all UIDs up to `uid` under this UIDVALIDITY are stored, skipped or gone."""

    uidvalidity: int
    uid: int


def _row(row: Any) -> MailboxRow:
    settings = json.loads(row.settings)
    settings["folders"] = tuple(settings["folders"])
    state = Health(row.state)
    health = (state, row.detail, row.checked_at, row.retry_at, row.failures, row.answered_at)
    return MailboxRow(row.id, row.name, MailboxSettings(**settings), *health)


def _purpose(name: str) -> str:
    return f"mailbox:{name}"


class Mailboxes:
    """All reads and writes about mailboxes, inside one organisation."""

    def __init__(self, database: Database, vault: Vault, organisation: int) -> None:
        self._db, self._vault, self._org = database, vault, organisation

    def save(self, name: str, settings: MailboxSettings, password: str | None) -> MailboxRow:
        """Store how to reach a mailbox; an existing one is changed and its health forgotten."""
        sealed = self._vault.seal(_purpose(name), password.encode()) if password is not None else None
        values: dict[str, object] = {
            "settings": json.dumps(asdict(settings)),
            "state": Health.CONNECTED,
            "detail": None,
            "retry_at": None,
            "failures": 0,
        }
        if sealed is not None:
            values["secret"] = sealed
        with self._db.write() as connection:
            own = (mailboxes.c.organisation_id == self._org, mailboxes.c.name == name)
            if connection.execute(update(mailboxes).where(*own).values(values)).rowcount == 0:
                connection.execute(insert(mailboxes).values(organisation_id=self._org, name=name, **values))
        return self.require(name)

    def find(self, name: str) -> MailboxRow | None:
        """The mailbox called `name`, or None."""
        with self._db.read() as connection:
            query = select(mailboxes).where(mailboxes.c.organisation_id == self._org, mailboxes.c.name == name)
            row = connection.execute(query).one_or_none()
        return _row(row) if row else None

    def require(self, name: str) -> MailboxRow:
        """The mailbox called `name`. Raises OperatorError when there is none."""
        if found := self.find(name):
            return found
        raise OperatorError(f"there is no mailbox {name}: `demur doctor` lists them, `demur connect` adds one")

    def all(self) -> list[MailboxRow]:
        """Every mailbox, by name."""
        with self._db.read() as connection:
            rows = connection.execute(select(mailboxes).where(mailboxes.c.organisation_id == self._org).order_by(mailboxes.c.name))
            return [_row(row) for row in rows]

    def of_users(self, users: Iterable[User]) -> dict[User, list[MailboxRow]]:
        """The mailboxes that serve each of these users, by name; an empty list for a user without one."""
        served: dict[int, list[MailboxRow]] = {user.id: [] for user in users}
        query = select(mailbox_users.c.user_id, mailboxes).join(mailboxes, mailboxes.c.id == mailbox_users.c.mailbox_id)
        query = query.where(mailboxes.c.organisation_id == self._org, mailbox_users.c.user_id.in_(list(served)))
        with self._db.read() as connection:
            for row in connection.execute(query.order_by(mailboxes.c.name)):
                served[row.user_id].append(_row(row))
        return {user: served[user.id] for user in users}

    def password(self, mailbox: MailboxRow) -> str:
        """The stored secret of a mailbox, opened."""
        with self._db.read() as connection:
            sealed = connection.scalar(select(mailboxes.c.secret).where(mailboxes.c.id == mailbox.id))
        return self._vault.open(_purpose(mailbox.name), sealed).decode() if sealed else ""

    def keep_secret(self, mailbox: MailboxRow, secret: str) -> None:
        """Put another secret in the place of a mailbox's; it is kept when this returns."""
        self._note(mailbox, secret=self._vault.seal(_purpose(mailbox.name), secret.encode()))

    def note_good(self, mailbox: MailboxRow, now: datetime) -> None:
        """Note a full look at the mailbox that ended well."""
        self._note(mailbox, state=Health.CONNECTED, detail=None, checked_at=now, answered_at=now, retry_at=None, failures=0)

    def note_answer(self, mailbox: MailboxRow, at: datetime) -> None:
        """Note when the server last answered, where a look did not end well."""
        self._note(mailbox, answered_at=at)

    def note_bad(self, mailbox: MailboxRow, state: Health, detail: str, retry_at: datetime | None) -> None:
        """Note a look that failed, why (our words, never the server's) and when to try again (None: not by itself).

        `failures` counts those of one kind in a row.
        """
        failures = case((mailboxes.c.state == state, mailboxes.c.failures + 1), else_=1)
        self._note(mailbox, state=state, detail=detail, retry_at=retry_at, failures=failures)

    def _note(self, mailbox: MailboxRow, **values: object) -> None:
        with self._db.write() as connection:
            connection.execute(update(mailboxes).where(mailboxes.c.id == mailbox.id).values(**values))

    def refreshed(self, mailbox: MailboxRow) -> MailboxRow:
        """The same mailbox as it is now."""
        return self.require(mailbox.name)

    def cursor(self, mailbox: MailboxRow, folder: str) -> Cursor | None:
        """How far a folder was read, or None when never."""
        query = select(cursors.c.uidvalidity, cursors.c.uid).where(cursors.c.mailbox_id == mailbox.id, cursors.c.folder == folder)
        with self._db.read() as connection:
            row = connection.execute(query).one_or_none()
        return Cursor(row.uidvalidity, row.uid) if row else None

    def counts(self, mailbox: MailboxRow) -> dict[str, int]:
        """How many mails of a mailbox are in which state: skipped, stored, decided, unassigned, gone, quarantined."""
        query = select(locations.c.state, func.count()).where(locations.c.mailbox_id == mailbox.id).group_by(locations.c.state)
        with self._db.read() as connection:
            return {str(row[0]): int(row[1]) for row in connection.execute(query)}

    def newest_mail(self, mailbox: MailboxRow) -> datetime | None:
        """When the newest mail that was kept of a mailbox arrived, or None."""
        query = select(func.max(messages.c.arrived_at)).join(locations, locations.c.sha256 == messages.c.sha256)
        with self._db.read() as connection:
            found = connection.scalar(query.where(locations.c.mailbox_id == mailbox.id, messages.c.organisation_id == self._org))
        return found if isinstance(found, datetime) else None

    def remove(self, mailbox: MailboxRow) -> int:
        """Forget a mailbox, its secret, where its mail lay and what then nothing needs; return how many mails went. The entries stay."""
        with self._db.write() as connection:
            connection.execute(delete(mailboxes).where(mailboxes.c.id == mailbox.id, mailboxes.c.organisation_id == self._org))
            return drop_leftovers(connection, self._org)
