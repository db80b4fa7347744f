"""A user's entries told in days: what Meta wrote, what the user said, and what it adds up to."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from ledger.entry import Body, Correction, Decision, Entry, Filing
from ledger.outcome import Outcome, Product, Track
from ledger.status import Case, Status, status_of
from ledger.trust import Trust

START = datetime(2025, 5, 13, 9, 12, tzinfo=UTC)
"""Day 0: a Tuesday whose month later, 13 June, is a Friday."""
INSTAGRAM = Product.INSTAGRAM
OWN_DATA = Track.OWN_DATA


def moment(days: float) -> datetime:
    """So many days after the start of the story."""
    return START + timedelta(days=days)


def day(days: float) -> date:
    """The calendar day of that moment."""
    return moment(days).date()


def decision(sha256: str, outcome: Outcome, **facts: Any) -> Decision:
    """A proven, bound, confident decision on Instagram's objection, where `facts` say nothing else."""
    usual: dict[str, Any] = {
        "confidence": 0.97,
        "abstained": False,
        "model": "model-1",
        "trust": Trust.PROVEN,
        "trust_reason": "DKIM d=mail.instagram.com",
        "product": INSTAGRAM,
        "track": OWN_DATA,
        "bound": True,
        "bound_reason": "To is the user's address",
        "subject": outcome.value.replace("_", " "),
    }
    return Decision(sha256, outcome, **(usual | facts))


@dataclass
class Story:
    """Entries in the order they are told; each is written a minute after the one before."""

    entries: list[Entry] = field(default_factory=list)

    def write(self, at: datetime, body: Body) -> None:
        """Append one entry."""
        number = len(self.entries) + 1
        self.entries.append(Entry(at, moment(400) + timedelta(minutes=number), body, number))

    def mail(self, days: float, outcome: Outcome, **facts: Any) -> str:
        """A mail that arrives after so many days; returns its hash."""
        sha256 = hashlib.sha256(f"{len(self.entries)} {days} {outcome}".encode()).hexdigest()
        self.write(moment(days), decision(sha256, outcome, **facts))
        return sha256

    def looked_again(self, sha256: str, **changes: Any) -> None:
        """Another decision on the same mail: another model, a key that could be reached, an address that became known."""
        last = next(e for e in reversed(self.entries) if isinstance(e.body, Decision) and e.body.sha256 == sha256)
        assert isinstance(last.body, Decision)
        self.write(last.at, replace(last.body, **changes))

    def corrected(self, sha256: str, outcome: Outcome, days: float = 90, by: str = "anna") -> None:
        """A person's word on a mail, said after so many days."""
        self.write(moment(days), Correction(sha256, outcome, by, moment(days)))

    def filed(self, days: float, product: Product = INSTAGRAM, track: Track = OWN_DATA, by: str = "anna") -> None:
        """«I submitted the form», said at that moment."""
        self.write(moment(days), Filing(product, track, day(days), whole_day=False, by=by))

    def filed_on(self, days: float, product: Product = INSTAGRAM, track: Track = OWN_DATA, by: str = "anna") -> None:
        """«I submitted the form on that day»; the hour is not known."""
        self.write(datetime.combine(day(days), time(), UTC), Filing(product, track, day(days), whole_day=True, by=by))

    @property
    def status(self) -> Status:
        return status_of(self.entries)

    @property
    def case(self) -> Case:
        """The only case of the story."""
        (only,) = self.status.cases
        return only

    def case_of(self, product: Product, track: Track = OWN_DATA) -> Case:
        """One case of several."""
        return next(case for case in self.status.cases if (case.product, case.track) == (product, track))
