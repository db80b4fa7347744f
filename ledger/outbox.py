"""The outbox: news that wait to be told, each target's delivery of each, and what was told last of every subject.

News and the memory that they were made are written in one transaction, so that none is lost and none made twice. The memory of a
subject (`told`) is compared with what is; a subject of which nothing is remembered is new.
"""

import json
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from ledger.database import Database
from ledger.tables import cases, deliveries, news, told, users

KEPT = timedelta(days=90)
"""News that are older go, whatever became of them."""
DETAIL = 200


class Fate(StrEnum):
    """What became of a delivery. `failed`: given up; `dropped`: its target is gone."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Standing:
    """One case as the projection has it, with its user and when the user was made."""

    user_id: int
    user: str
    created_at: datetime
    product: str
    track: str
    state: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class News:
    """Something worth telling: facts only, no word of any mail. `user_id`: whom it is about, for being forgotten with them."""

    kind: str
    facts: Mapping[str, Any]
    user_id: int | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """What is to be remembered of a subject from now on (None: nothing), and the news that it makes, if any."""

    subject: str
    value: str | None
    user_id: int | None = None
    news: News | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """News on their way to one target. `name` is the same at every attempt: by it a receiver knows what it has."""

    news_id: int
    name: str
    kind: str
    facts: Mapping[str, Any]
    at: datetime
    target: str
    state: Fate
    attempts: int
    due_at: datetime
    detail: str


def _delivery(row: Any) -> Delivery:
    return Delivery(
        row.id, row.name, row.kind, json.loads(row.body), row.at, row.target, Fate(row.state), row.attempts, row.due_at, row.detail
    )


def new_name() -> str:
    """A name for news that nobody else has."""
    return f"msg_{secrets.token_hex(16)}"


class Outbox:
    """All reads and writes of news, inside one organisation."""

    def __init__(self, database: Database, organisation: int) -> None:
        self._db, self._org = database, organisation

    def standings(self) -> list[Standing]:
        """Every case of every user, from the projection."""
        columns = (users.c.id, users.c.name, users.c.created_at, cases.c.product, cases.c.track, cases.c.state, cases.c.since)
        query = select(*columns).join(users, users.c.id == cases.c.user_id).where(cases.c.organisation_id == self._org)
        with self._db.read() as connection:
            return [Standing(*row) for row in connection.execute(query.order_by(users.c.name, cases.c.product, cases.c.track))]

    def told(self) -> dict[str, str]:
        """What was told last, by subject."""
        with self._db.read() as connection:
            rows = connection.execute(select(told.c.subject, told.c.value).where(told.c.organisation_id == self._org))
            return {row.subject: row.value for row in rows}

    def write(self, notes: Sequence[Note], targets: Collection[str], now: datetime) -> int:
        """Remember notes and put their news out for these targets, all in one transaction; returns how many news that made."""
        made = [note.news for note in notes if note.news]
        with self._db.write() as connection:
            for note in notes:
                self._remember(connection, note)
            for each in made:
                self._put(connection, each, targets, now)
            connection.execute(delete(news).where(news.c.organisation_id == self._org, news.c.at < now - KEPT))
        return len(made)

    def _remember(self, connection: Connection, note: Note) -> None:
        own = (told.c.organisation_id == self._org, told.c.subject == note.subject)
        connection.execute(delete(told).where(*own))
        if note.value is not None:
            row = {"organisation_id": self._org, "subject": note.subject, "user_id": note.user_id, "value": note.value}
            connection.execute(insert(told).values(row))

    def _put(self, connection: Connection, each: News, targets: Iterable[str], now: datetime) -> None:
        row = {"user_id": each.user_id, "name": new_name(), "kind": each.kind, "body": json.dumps(each.facts), "at": now}
        number = connection.execute(insert(news).values(organisation_id=self._org, **row)).inserted_primary_key
        assert number
        start = {"organisation_id": self._org, "news_id": number[0], "state": Fate.PENDING, "attempts": 0, "due_at": now, "detail": ""}
        for target in targets:
            connection.execute(insert(deliveries).values(start | {"target": target}))

    def forget_told(self) -> None:
        """Begin anew: nothing is remembered as told, and nothing waits."""
        with self._db.write() as connection:
            connection.execute(delete(told).where(told.c.organisation_id == self._org))
            waiting = (deliveries.c.organisation_id == self._org, deliveries.c.state == Fate.PENDING)
            connection.execute(update(deliveries).where(*waiting).values(state=Fate.DROPPED, detail="notifications were switched off"))

    def waiting(self) -> list[Delivery]:
        """Deliveries that are pending or were given up, oldest first."""
        return self._deliveries(deliveries.c.state.in_((Fate.PENDING, Fate.FAILED)))

    def due(self, now: datetime, limit: int) -> list[Delivery]:
        """Pending deliveries whose time has come, oldest first."""
        return self._deliveries(deliveries.c.state == Fate.PENDING, deliveries.c.due_at <= now, limit=limit)

    def _deliveries(self, *where: Any, limit: int | None = None) -> list[Delivery]:
        columns = (news.c.id, news.c.name, news.c.kind, news.c.body, news.c.at)
        query = select(*columns, *[deliveries.c[name] for name in ("target", "state", "attempts", "due_at", "detail")])
        query = query.join(deliveries, deliveries.c.news_id == news.c.id).where(news.c.organisation_id == self._org, *where)
        with self._db.read() as connection:
            return [_delivery(row) for row in connection.execute(query.order_by(news.c.id, deliveries.c.target).limit(limit))]

    def settle(self, delivery: Delivery, fate: Fate, detail: str) -> None:
        """Note how a delivery ended."""
        with self._db.write() as connection:
            own = (deliveries.c.news_id == delivery.news_id, deliveries.c.target == delivery.target)
            ended = {"state": fate, "attempts": delivery.attempts + 1, "detail": detail[:DETAIL]}
            connection.execute(update(deliveries).where(*own).values(ended))

    def put_off(self, delivery: Delivery, until: datetime, detail: str) -> None:
        """Note an attempt that failed; until then its target is sent nothing."""
        target = (deliveries.c.organisation_id == self._org, deliveries.c.target == delivery.target, deliveries.c.state == Fate.PENDING)
        tried = (deliveries.c.news_id == delivery.news_id, deliveries.c.target == delivery.target)
        with self._db.write() as connection:
            connection.execute(update(deliveries).where(*target, deliveries.c.due_at < until).values(due_at=until))
            connection.execute(update(deliveries).where(*tried).values(attempts=delivery.attempts + 1, detail=detail[:DETAIL]))

    def drop_others(self, targets: Collection[str]) -> None:
        """Give up what waits for targets that are none (any more)."""
        others = (deliveries.c.organisation_id == self._org, deliveries.c.state == Fate.PENDING, deliveries.c.target.not_in(targets))
        query = select(func.count()).select_from(deliveries).where(*others)
        with self._db.read() as connection:
            if not connection.scalar(query):
                return
        with self._db.write() as connection:
            connection.execute(update(deliveries).where(*others).values(state=Fate.DROPPED, detail="the target is gone"))

    def made_since(self, moment: datetime) -> dict[str, int]:
        """How many news of each kind were made after a moment."""
        query = select(news.c.kind, func.count()).where(news.c.organisation_id == self._org, news.c.at > moment)
        with self._db.read() as connection:
            return {row[0]: row[1] for row in connection.execute(query.group_by(news.c.kind))}

    def counts(self) -> dict[str, int]:
        """How many deliveries have which fate, of the news that are kept."""
        query = select(deliveries.c.state, func.count()).where(deliveries.c.organisation_id == self._org)
        with self._db.read() as connection:
            return {row[0]: row[1] for row in connection.execute(query.group_by(deliveries.c.state))}
