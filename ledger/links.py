"""Form links of an organisation, each once, and the history of the probes of each. No personal data: addresses of forms only."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from ledger.database import Database
from ledger.entry import Decision
from ledger.forms import BY_URL
from ledger.outcome import Product, Track
from ledger.probe import EXCERPT, Finding, Health, Probe, health_of
from ledger.tables import links, probes
from ledger.trust import Trust

MAX_URL = 500
KEPT = timedelta(days=400)
"""Probes that are older go: what they led to is in the entries of those whom it concerned."""


@dataclass(frozen=True, slots=True)
class FormLink:
    """The address of a form, when a mail first named it, and when it is to be looked at next (None: at once)."""

    id: int
    url: str
    product: Product | None
    track: Track | None
    first_seen: datetime
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class History:
    """A form link with all its probes, oldest first, and what they add up to."""

    link: FormLink
    probes: tuple[Probe, ...]
    health: Health


def rows_of(urls: Iterable[str], at: datetime) -> list[dict[str, Any]]:
    """What is written down of form addresses that were seen at a moment."""
    forms = [(url, BY_URL.get(url)) for url in dict.fromkeys(urls) if len(url) <= MAX_URL]
    return [
        {"url": url, "product": form.product.value if form else None, "track": form.track.value if form else None, "first_seen": at}
        for url, form in forms
    ]


def urls_of(decision: Decision) -> list[str]:
    """The forms that a mail names and that may be kept: of mail that proves nothing only those that are known anyway."""
    named = dict.fromkeys([*decision.form_urls, *([decision.form_url] if decision.form_url else [])])
    return [url for url in named if decision.trust is Trust.PROVEN or url in BY_URL]


def add_links(database: Database, connection: Connection, organisation: int, decisions: Iterable[tuple[datetime, Decision]]) -> None:
    """Keep the form links of decided mails, in the transaction that writes the decisions."""
    rows = [{"organisation_id": organisation, **row} for at, decision in decisions for row in rows_of(urls_of(decision), at)]
    if rows:
        connection.execute(database.insert_new(links), rows)


def _link(row: Any) -> FormLink:
    product, track = Product(row.product) if row.product else None, Track(row.track) if row.track else None
    return FormLink(row.id, row.url, product, track, row.first_seen, row.due_at)


def _probe(row: Any) -> Probe:
    return Probe(row.at, Finding(row.finding), row.http_status, tuple(json.loads(row.hops)), row.excerpt, row.address)


class Links:
    """All reads and writes of form links, inside one organisation."""

    def __init__(self, database: Database, organisation: int) -> None:
        self._db, self._org = database, organisation

    def all(self) -> list[FormLink]:
        """Every form link, by address."""
        query = select(links).where(links.c.organisation_id == self._org).order_by(links.c.url)
        with self._db.read() as connection:
            return [_link(row) for row in connection.execute(query)]

    def due(self, now: datetime, limit: int) -> list[FormLink]:
        """Links whose time to be looked at has come, those that waited longest first."""
        waiting = (links.c.organisation_id == self._org, or_(links.c.due_at.is_(None), links.c.due_at <= now))
        query = select(links).where(*waiting).order_by(links.c.due_at.is_not(None), links.c.due_at, links.c.id).limit(limit)
        with self._db.read() as connection:
            return [_link(row) for row in connection.execute(query)]

    def note(self, link: FormLink, probe: Probe, due_at: datetime) -> None:
        """Write a probe down, and when the next is due, in one transaction."""
        found = {"at": probe.at, "finding": probe.finding.value, "http_status": probe.http_status, "address": probe.address}
        kept = {"hops": json.dumps(probe.hops), "excerpt": probe.excerpt[:EXCERPT]}
        with self._db.write() as connection:
            connection.execute(insert(probes).values(organisation_id=self._org, link_id=link.id, **found, **kept))
            connection.execute(delete(probes).where(probes.c.link_id == link.id, probes.c.at < probe.at - KEPT))
            connection.execute(update(links).where(links.c.id == link.id).values(due_at=due_at))

    def put_off(self, link: FormLink, due_at: datetime) -> None:
        """Leave a link alone until then."""
        with self._db.write() as connection:
            connection.execute(update(links).where(links.c.id == link.id).values(due_at=due_at))

    def probes(self, found: Sequence[FormLink]) -> Mapping[int, tuple[Probe, ...]]:
        """The probes of these links by the link's id, oldest first."""
        by_link: dict[int, list[Probe]] = defaultdict(list)
        query = select(probes).where(probes.c.organisation_id == self._org, probes.c.link_id.in_([link.id for link in found]))
        with self._db.read() as connection:
            for row in connection.execute(query.order_by(probes.c.at, probes.c.id)):
                by_link[row.link_id].append(_probe(row))
        return {link.id: tuple(by_link[link.id]) for link in found}

    def histories(self, urls: Iterable[str] | None = None) -> list[History]:
        """Form links with their probes and what these add up to, by address; of the given addresses, of all when None."""
        wanted = None if urls is None else set(urls)
        found = [link for link in self.all() if wanted is None or link.url in wanted]
        known = self.probes(found)
        return [History(link, known[link.id], health_of(known[link.id])) for link in found]

    def of_user(self, decisions: Iterable[Decision]) -> list[History]:
        """The histories of the forms that these decisions name."""
        return self.histories(url for decision in decisions for url in urls_of(decision))

    def counts(self) -> dict[str, int]:
        """How many probes found what."""
        query = select(probes.c.finding, func.count()).where(probes.c.organisation_id == self._org).group_by(probes.c.finding)
        with self._db.read() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}
