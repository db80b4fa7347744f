"""How the reading of each folder goes: how far, how late, where it stumbled, and what an audit of it has compared so far."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, or_, select, update

from ledger.database import Database
from ledger.mailboxes import Cursor, MailboxRow
from ledger.tables import cursors, locations


@dataclass(frozen=True, slots=True)
class FolderReading:
    """One folder. `lag`: seconds from arrival to storing of the newest mail that came while we watched. `backlog`: UIDs not read yet."""

    folder: str
    uidvalidity: int
    uid: int
    lag: float | None
    backlog: int
    audited_at: datetime | None


@dataclass(frozen=True, slots=True)
class Audit:
    """An audit that is due or under way: the folder, its cursor, and the UID up to which it has compared."""

    folder: str
    cursor: Cursor
    after: int


class Reading:
    """All reads and writes about how folders are read, inside one organisation."""

    def __init__(self, database: Database, organisation: int) -> None:
        self._db, self._org = database, organisation

    def folders(self, mailbox: MailboxRow) -> list[FolderReading]:
        """The folders of a mailbox that were read so far, by name."""
        columns = (cursors.c.folder, cursors.c.uidvalidity, cursors.c.uid, cursors.c.lag, cursors.c.backlog, cursors.c.audited_at)
        with self._db.read() as connection:
            rows = connection.execute(select(*columns).where(cursors.c.mailbox_id == mailbox.id).order_by(cursors.c.folder)).all()
        return [FolderReading(*row) for row in rows]

    def worst(self) -> tuple[float, int]:
        """The longest lag in seconds and the sum of all backlogs, of all mailboxes."""
        with self._db.read() as connection:
            query = select(func.max(cursors.c.lag), func.sum(cursors.c.backlog)).where(cursors.c.organisation_id == self._org)
            lag, backlog = connection.execute(query).one()
        return float(lag or 0.0), int(backlog or 0)

    def put_aside(self) -> int:
        """How many mails, of all mailboxes, their servers could not give out."""
        with self._db.read() as connection:
            query = select(func.count()).select_from(locations)
            where = (locations.c.organisation_id == self._org, locations.c.state == "quarantined")
            return int(connection.scalar(query.where(*where)) or 0)

    def known_uids(self, mailbox: MailboxRow, folder: str, uidvalidity: int, low: int, high: int) -> set[int]:
        """The UIDs from `low` to `high` whose place is recorded."""
        where = (locations.c.mailbox_id == mailbox.id, locations.c.folder == folder, locations.c.uidvalidity == uidvalidity)
        with self._db.read() as connection:
            return set(connection.scalars(select(locations.c.uid).where(*where, locations.c.uid.between(low, high))))

    def caught_up(self, mailbox: MailboxRow) -> None:
        """Note that all folders were read to their end."""
        where = (cursors.c.mailbox_id == mailbox.id, cursors.c.backlog != 0)
        with self._db.read() as connection:
            behind = connection.scalar(select(func.count()).select_from(cursors).where(*where))
        if behind:
            with self._db.write() as connection:
                connection.execute(update(cursors).where(*where).values(backlog=0))

    # stumbling

    def stumbles(self, mailbox: MailboxRow, folder: str) -> int:
        """How often in a row reading on from the cursor has failed."""
        query = select(cursors.c.stumbles).where(cursors.c.mailbox_id == mailbox.id, cursors.c.folder == folder)
        with self._db.read() as connection:
            return int(connection.scalar(query) or 0)

    def stumbled(self, mailbox: MailboxRow, folder: str) -> None:
        """Reading on from the cursor failed once more; the next batch that is stored makes that forgotten."""
        where = (cursors.c.mailbox_id == mailbox.id, cursors.c.folder == folder)
        with self._db.write() as connection:
            if connection.execute(update(cursors).where(*where).values(stumbles=cursors.c.stumbles + 1)).rowcount == 0:
                row = {"organisation_id": self._org, "mailbox_id": mailbox.id, "folder": folder, "uidvalidity": 0, "uid": 0, "stumbles": 1}
                connection.execute(insert(cursors).values(row))

    # auditing

    def audit_due(self, mailbox: MailboxRow, before: datetime) -> Audit | None:
        """The folder whose audit is under way, or was last finished before that moment."""
        due = or_(cursors.c.audited_at.is_(None), cursors.c.audited_at < before)
        query = select(cursors.c.folder, cursors.c.uidvalidity, cursors.c.uid, cursors.c.audited_uid)
        query = query.where(cursors.c.mailbox_id == mailbox.id, cursors.c.uid > 0, due).order_by(
            cursors.c.audited_uid.desc(), cursors.c.folder
        )
        with self._db.read() as connection:
            row = connection.execute(query.limit(1)).one_or_none()
        return Audit(row.folder, Cursor(row.uidvalidity, row.uid), row.audited_uid) if row else None

    def audited(self, mailbox: MailboxRow, audit: Audit, upto: int, now: datetime) -> None:
        """Note how far an audit has come; up to the cursor it is finished."""
        finished = upto >= audit.cursor.uid
        values: dict[str, Any] = {"audited_uid": 0, "audited_at": now} if finished else {"audited_uid": upto}
        with self._db.write() as connection:
            where = (cursors.c.mailbox_id == mailbox.id, cursors.c.folder == audit.folder)
            connection.execute(update(cursors).where(*where).values(values))
