"""The record: raw mail, where it lies, and the append-only entries. Every batch is one transaction."""

import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from ledger.claims import Claims
from ledger.database import Database
from ledger.entry import GENESIS, Body, ChainLink, Correction, Decision, Entry, body_json, body_of, chained, first_break
from ledger.errors import OperatorError
from ledger.holiday import holidays_in
from ledger.links import add_links
from ledger.mailboxes import Cursor, MailboxRow
from ledger.people import User
from ledger.status import Judged, Status, judged_mails, status_of
from ledger.tables import cases, cursors, entries, locations, messages, users
from ledger.vault import Vault
from ledger.verdict import Verdict as Verdict


@dataclass(frozen=True, slots=True)
class Arrival:
    """One mail of a folder: its UID and, where it is a candidate, its raw bytes and time of arrival (INTERNALDATE)."""

    uid: int
    sha256: str | None = None
    raw: bytes = b""
    arrived_at: datetime | None = None
    state: str = "skipped"


@dataclass(frozen=True, slots=True)
class Batch:
    """What was seen of a folder in one go, and how far that brings the cursor.

    `newest`: when the newest of these mails arrived. `left`: how many UIDs behind the cursor are still to be read.
    """

    mailbox: MailboxRow
    folder: str
    cursor: Cursor | None
    arrivals: tuple[Arrival, ...]
    newest: datetime | None = None
    left: int = 0


@dataclass(frozen=True, slots=True)
class StoredMail:
    sha256: str
    raw: bytes
    arrived_at: datetime


def _entry(row: Any) -> Entry:
    return Entry(row.at, row.recorded_at, body_of(row.kind, row.body), row.seq, row.hash)


class Record:
    """All reads and writes of mail and entries, inside one organisation."""

    def __init__(self, database: Database, vault: Vault, organisation: int) -> None:
        self._db, self._vault, self._org = database, vault, organisation
        self._claims = Claims(database, organisation)

    # raw mail

    def store(self, batch: Batch, now: datetime | None = None) -> None:
        """Keep a batch: raw mail, locations and cursor in one transaction. Storing it again changes nothing.

        `now`: where it is known, how late the mail was stored and when one was put aside are kept as well.
        """
        uidvalidity = batch.cursor.uidvalidity if batch.cursor else 0
        place = {"organisation_id": self._org, "mailbox_id": batch.mailbox.id, "folder": batch.folder, "uidvalidity": uidvalidity}
        found = [
            place | {"uid": a.uid, "sha256": a.sha256, "state": a.state, "tried_at": now if a.state == "quarantined" else None}
            for a in batch.arrivals
        ]
        kept = [self._sealed(a.sha256, a.raw, a.arrived_at) for a in batch.arrivals if a.sha256 and a.arrived_at]
        with self._db.write() as connection:
            if kept:
                connection.execute(self._db.insert_new(messages), kept)
            if found:
                self._forget_stale(connection, batch, uidvalidity)
                connection.execute(self._db.insert_new(locations), found)
            if batch.cursor:
                self._advance(connection, batch, batch.cursor, now)

    def _forget_stale(self, connection: Connection, batch: Batch, uidvalidity: int) -> None:
        """Drop places that were put aside and are seen again, and those where another mail lies now (a server may reuse a UID)."""
        shas = {arrival.uid: arrival.sha256 for arrival in batch.arrivals}
        where = (locations.c.mailbox_id == batch.mailbox.id, locations.c.folder == batch.folder, locations.c.uidvalidity == uidvalidity)
        query = select(locations.c.uid, locations.c.sha256, locations.c.state).where(*where, locations.c.uid.in_(shas))
        stale = [row.uid for row in connection.execute(query) if row.state == "quarantined" or (shas[row.uid] or row.sha256) != row.sha256]
        if stale:
            connection.execute(delete(locations).where(*where, locations.c.uid.in_(stale)))

    def quarantined(self, mailbox: MailboxRow, folder: str, cursor: Cursor | None, before: datetime | None = None) -> list[int]:
        """UIDs of a folder, under the cursor's UIDVALIDITY, that the server could not give out so far; last tried `before` that moment."""
        if cursor is None:
            return []
        where = (locations.c.mailbox_id == mailbox.id, locations.c.folder == folder, locations.c.uidvalidity == cursor.uidvalidity)
        query = select(locations.c.uid).where(*where, locations.c.state == "quarantined")
        if before:
            query = query.where(or_(locations.c.tried_at.is_(None), locations.c.tried_at < before))
        with self._db.read() as connection:
            return sorted(connection.scalars(query))

    def _sealed(self, sha256: str, raw: bytes, arrived_at: datetime) -> dict[str, object]:
        sealed = self._vault.seal(f"mail:{sha256}", zlib.compress(raw, 3))
        return {"organisation_id": self._org, "sha256": sha256, "raw": sealed, "size": len(raw), "arrived_at": arrived_at}

    def _advance(self, connection: Connection, batch: Batch, cursor: Cursor, now: datetime | None) -> None:
        where = (cursors.c.mailbox_id == batch.mailbox.id, cursors.c.folder == batch.folder)
        values: dict[str, object] = {"uidvalidity": cursor.uidvalidity, "uid": cursor.uid, "stumbles": 0, "backlog": batch.left}
        since = batch.mailbox.checked_at
        if now and batch.newest and since and batch.newest > since:  # older mail was there before us: that it is stored now is no delay
            values["lag"] = max((now - batch.newest).total_seconds(), 0.0)
        if connection.execute(update(cursors).where(*where).values(values)).rowcount == 0:
            row = {"organisation_id": self._org, "mailbox_id": batch.mailbox.id, "folder": batch.folder, **values}
            connection.execute(insert(cursors).values(row))

    def undecided(self, mailbox: MailboxRow, limit: int, states: Sequence[str] = ("stored",)) -> list[StoredMail]:
        """Mails of a mailbox that are stored and wait for a decision, oldest first."""
        waiting = select(locations.c.sha256).where(locations.c.mailbox_id == mailbox.id, locations.c.state.in_(states))
        query = select(messages.c.sha256, messages.c.raw, messages.c.arrived_at).where(
            messages.c.organisation_id == self._org, messages.c.sha256.in_(waiting)
        )
        with self._db.read() as connection:
            rows = connection.execute(query.order_by(messages.c.arrived_at, messages.c.sha256).limit(limit)).all()
        return [self._opened(row) for row in rows]

    def _opened(self, row: Any) -> StoredMail:
        raw = zlib.decompress(self._vault.open(f"mail:{row.sha256}", row.raw))
        return StoredMail(row.sha256, raw, row.arrived_at)

    def mail(self, sha256: str) -> StoredMail | None:
        """One stored mail, or None."""
        query = select(messages.c.sha256, messages.c.raw, messages.c.arrived_at)
        with self._db.read() as connection:
            row = connection.execute(query.where(messages.c.organisation_id == self._org, messages.c.sha256 == sha256)).one_or_none()
        return self._opened(row) if row else None

    def known(self, shas: Iterable[str]) -> set[str]:
        """Those of the given mails that are stored already."""
        query = select(messages.c.sha256).where(messages.c.organisation_id == self._org, messages.c.sha256.in_(list(shas)))
        with self._db.read() as connection:
            return set(connection.scalars(query))

    # entries

    def decide(self, mailbox: MailboxRow, decided: dict[str, str], verdicts: Sequence[Verdict], now: datetime) -> int:
        """Write decisions and the new location states (`sha256 → state`) of their mails; return how many entries are new."""
        with self._db.write() as connection:
            written = self._append_verdicts(connection, verdicts, now)
            for sha256, state in decided.items():
                where = (locations.c.mailbox_id == mailbox.id, locations.c.sha256 == sha256)
                connection.execute(update(locations).where(*where).values(state=state))
            self._drop_unrelated(connection, [sha256 for sha256, state in decided.items() if state == "unrelated"])
        return written

    def _drop_unrelated(self, connection: Connection, shas: Sequence[str]) -> None:
        """Delete the bytes of mails that turned out to be about something else, unless an entry needs them."""
        needed = select(entries.c.sha256).where(entries.c.organisation_id == self._org, entries.c.sha256.in_(shas))
        where = (messages.c.organisation_id == self._org, messages.c.sha256.in_(shas), messages.c.sha256.not_in(needed))
        if shas:
            connection.execute(delete(messages).where(*where))

    def redecide(self, verdicts: Sequence[Verdict], now: datetime) -> int:
        """Write further decisions on mails that have one; return how many entries are new."""
        with self._db.write() as connection:
            return self._append_verdicts(connection, verdicts, now)

    def _append_verdicts(self, connection: Connection, verdicts: Sequence[Verdict], now: datetime) -> int:
        by_user: dict[User, list[tuple[datetime, Body]]] = defaultdict(list)
        for verdict in self._claims.settled(connection, verdicts):
            by_user[verdict.user].append((verdict.at, verdict.decision))
        add_links(self._db, connection, self._org, [(verdict.at, verdict.decision) for verdict in verdicts])
        return sum(self._append(connection, user, bodies, now) for user, bodies in sorted(by_user.items(), key=lambda item: item[0].id))

    def write(self, user: User, at: datetime, body: Body, now: datetime) -> bool:
        """Append one entry; False when the same was written before."""
        with self._db.write() as connection:
            return bool(self._append(connection, user, [(at, body)], now))

    def _append(self, connection: Connection, user: User, bodies: Sequence[tuple[datetime, Body]], now: datetime) -> int:
        connection.execute(select(users.c.id).where(users.c.id == user.id).with_for_update())
        last = connection.execute(
            select(entries.c.seq, entries.c.hash).where(entries.c.user_id == user.id).order_by(entries.c.seq.desc()).limit(1)
        ).one_or_none()
        seq, previous = (last.seq, last.hash) if last else (0, GENESIS)
        now = now.astimezone(UTC)
        rows = []
        for at, body, repeats in self._news(connection, user, bodies):
            at = at.astimezone(UTC)
            seq, text = seq + 1, body_json(body)
            previous = chained(previous, user.name, seq, at, now, body.kind, text)
            owner = {"organisation_id": self._org, "user_id": user.id, "sha256": getattr(body, "sha256", None)}
            key = f"{body.key}#{seq}" if repeats else body.key
            fact = {"seq": seq, "kind": body.kind, "key": key, "at": at, "recorded_at": now, "body": text, "hash": previous}
            rows.append(owner | fact)
        if rows:
            connection.execute(insert(entries), rows)
            self._project(connection, user)
        return len(rows)

    def _news(self, connection: Connection, user: User, bodies: Sequence[tuple[datetime, Body]]) -> Iterator[tuple[datetime, Body, bool]]:
        """What was not written before, and whether its key was: a decision is news unless it repeats the newest on its mail."""
        keys = {body.key for _, body in bodies}
        seen = set(connection.scalars(select(entries.c.key).where(entries.c.user_id == user.id, entries.c.key.in_(keys))))
        newest = self._newest_decisions(connection, user, [body.sha256 for _, body in bodies if isinstance(body, Decision)])
        for at, body in bodies:
            known = body.repeats(newest.get(body.sha256)) if isinstance(body, Decision) else body.key in seen
            if known:
                continue
            yield at, body, body.key in seen
            seen.add(body.key)
            if isinstance(body, Decision):
                newest[body.sha256] = body

    def _newest_decisions(self, connection: Connection, user: User, shas: Sequence[str]) -> dict[str, Body]:
        query = select(entries.c.sha256, entries.c.body).where(entries.c.user_id == user.id, entries.c.kind == Decision.kind)
        rows = connection.execute(query.where(entries.c.sha256.in_(shas)).order_by(entries.c.seq))
        return {row.sha256: body_of(Decision.kind, row.body) for row in rows}

    def _project(self, connection: Connection, user: User) -> None:
        connection.execute(delete(cases).where(cases.c.user_id == user.id))
        owner = {"organisation_id": self._org, "user_id": user.id}
        status = status_of(self._entries(connection, user))
        rows = [owner | {"product": c.product, "track": c.track, "state": c.state, "since": c.since} for c in status.cases]
        if rows:
            connection.execute(insert(cases), rows)

    def _entries(self, connection: Connection, user: User) -> list[Entry]:
        query = select(entries).where(entries.c.organisation_id == self._org, entries.c.user_id == user.id)
        return [_entry(row) for row in connection.execute(query.order_by(entries.c.seq))]

    def entries(self, user: User) -> list[Entry]:
        """All entries of a user in the order they were written."""
        with self._db.read() as connection:
            return self._entries(connection, user)

    def status(self, user: User) -> Status:
        """The user's cases, folded from the entries; deadlines as the holidays of the user's country want it."""
        country = select(users.c.country).where(users.c.organisation_id == self._org, users.c.id == user.id)
        with self._db.read() as connection:
            entries, holidays = self._entries(connection, user), holidays_in(connection.scalar(country))
        return status_of(entries, holidays)

    def latest_decisions(self, user: User) -> list[tuple[datetime, Decision]]:
        """The newest decision on each of a user's mails, with the mail's arrival."""
        latest: dict[str, tuple[datetime, Decision]] = {}
        for entry in self.entries(user):
            if isinstance(entry.body, Decision):
                latest[entry.body.sha256] = (entry.at, entry.body)
        return list(latest.values())

    def judged_since(self, user: User, since: datetime) -> list[Judged]:
        """The user's mails that were decided after a moment, with what is in force on them, oldest first."""
        entries = self.entries(user)
        fresh = {e.body.sha256 for e in entries if isinstance(e.body, Decision) and e.recorded_at >= since}
        return [judged for judged in judged_mails(entries) if judged.decision.sha256 in fresh]

    def decisions_on(self, sha256: str) -> list[Decision]:
        """Every decision on one mail, of all users who have it, oldest first."""
        mine = (entries.c.organisation_id == self._org, entries.c.sha256 == sha256, entries.c.kind == Decision.kind)
        with self._db.read() as connection:
            bodies = connection.scalars(select(entries.c.body).where(*mine).order_by(entries.c.recorded_at, entries.c.id)).all()
        return [body for text in bodies if isinstance(body := body_of(Decision.kind, text), Decision)]

    def decided_mails(self) -> int:
        """How many mails have a decision."""
        query = select(func.count(entries.c.sha256.distinct())).where(entries.c.organisation_id == self._org)
        with self._db.read() as connection:
            return int(connection.scalar(query.where(entries.c.kind == Decision.kind)) or 0)

    def owners(self, sha256: str) -> list[int]:
        """The ids of the users whose ledger knows this mail."""
        query = select(entries.c.user_id).where(entries.c.organisation_id == self._org, entries.c.sha256 == sha256).distinct()
        with self._db.read() as connection:
            return sorted(connection.scalars(query))

    def users_in(self, state: str | None, product: str | None, after: str, limit: int, name: str = "") -> list[User]:
        """Users by name, those with `name` in theirs, with a case in this state or of this product (all optional), from the projection."""
        query = select(users.c.id, users.c.name).where(users.c.organisation_id == self._org, users.c.name > after)
        if name:
            query = query.where(func.lower(users.c.name).contains(name.lower(), autoescape=True))
        wanted = [cases.c.user_id == users.c.id]
        if state:
            wanted.append(cases.c.state == state)
        if product:
            wanted.append(cases.c.product == product)
        if len(wanted) > 1:
            query = query.where(select(cases.c.user_id).where(*wanted).exists())
        with self._db.read() as connection:
            return [User(row.id, row.name) for row in connection.execute(query.order_by(users.c.name).limit(limit))]

    def state_counts(self) -> dict[tuple[str, str], int]:
        """How many cases are in which (product, state)."""
        query = select(cases.c.product, cases.c.state, func.count()).where(cases.c.organisation_id == self._org)
        with self._db.read() as connection:
            rows = connection.execute(query.group_by(cases.c.product, cases.c.state)).all()
        return {(product, state): count for product, state, count in rows}

    def users_by_state(self) -> dict[str, int]:
        """How many users have a case in each state."""
        query = select(cases.c.state, func.count(cases.c.user_id.distinct())).where(cases.c.organisation_id == self._org)
        with self._db.read() as connection:
            rows = connection.execute(query.group_by(cases.c.state)).all()
        return {row[0]: row[1] for row in rows}

    def users_in_doubt(self) -> list[User]:
        """Users, by name, who had a mail on which a model abstained or whose sender was not proven: where a person may be needed."""
        doubtful = or_(
            entries.c.body.like('%"abstained":true%'),
            entries.c.body.like('%"bound":false%'),
            entries.c.body.like('%"replay":"%'),
            entries.c.body.not_like('%"trust":"proven"%'),
        )
        mine = (entries.c.user_id == users.c.id, entries.c.kind == Decision.kind, doubtful)
        query = select(users.c.id, users.c.name).where(users.c.organisation_id == self._org, select(entries.c.id).where(*mine).exists())
        with self._db.read() as connection:
            return [User(row.id, row.name) for row in connection.execute(query.order_by(users.c.name))]

    def links(self, user: User) -> list[ChainLink]:
        """All entries of a user as they were written, for whoever recomputes the chain."""
        query = select(entries).where(entries.c.organisation_id == self._org, entries.c.user_id == user.id).order_by(entries.c.seq)
        with self._db.read() as connection:
            return [ChainLink(row.seq, row.at, row.recorded_at, row.kind, row.body, row.hash) for row in connection.execute(query)]

    def broken_chain(self, user: User) -> int | None:
        """The number of the first entry whose hash does not fit, or None when the chain is whole."""
        return first_break(user.name, self.links(user))

    def rebuild(self, user: User) -> bool:
        """Fold a user's entries anew and compare with the projection; True when it was right. It is right afterwards."""
        with self._db.write() as connection:
            query = select(cases.c.product, cases.c.track, cases.c.state, cases.c.since).where(cases.c.user_id == user.id)
            before = set(connection.execute(query).all())
            self._project(connection, user)
            return before == set(connection.execute(query).all())

    def completed(self, prefix: str) -> str:
        """The whole hash that begins with `prefix`. Raises OperatorError when no mail or more than one does."""
        if len(prefix) < 8 or not all(c in "0123456789abcdef" for c in prefix):
            raise OperatorError("SHA256 is at least the first 8 characters of a mail's hash, as `demur review` prints it")
        query = select(entries.c.sha256).where(entries.c.organisation_id == self._org, entries.c.sha256.startswith(prefix)).distinct()
        with self._db.read() as connection:
            found = list(connection.scalars(query))
        if len(found) != 1:
            raise OperatorError(f"{len(found) or 'no'} mails begin with {prefix}: `demur review` lists those that wait")
        return str(found[0])

    def corrections(self) -> list[tuple[str, Correction]]:
        """Every correction in force: (sha256, correction), the last said of each mail."""
        query = select(entries.c.body).where(entries.c.organisation_id == self._org, entries.c.kind == Correction.kind)
        with self._db.read() as connection:
            said = [body_of(Correction.kind, text) for text in connection.scalars(query)]
        latest: dict[str, Correction] = {}
        for correction in said:
            assert isinstance(correction, Correction)
            known = latest.get(correction.sha256)
            if known is None or correction.said_at >= known.said_at:
                latest[correction.sha256] = correction
        return sorted(latest.items())
