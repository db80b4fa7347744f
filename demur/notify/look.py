"""What is news: the ledger as it is, compared with what was told last. Reads the ledger, decides, writes nothing itself."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ledger.ledger import Ledger
from ledger.mailboxes import Health, MailboxRow
from ledger.outbox import News, Note, Standing
from ledger.people import User
from ledger.status import State

BEGUN = "begun"
"""The subject that says that everything was looked at once."""
DIGEST = "digest"
FIRST_DAY = timedelta(days=1)
OLD = timedelta(days=7)
"""In a user's first day old mail comes in; what it says is history, and news only when it is younger than this."""
NEAR = timedelta(days=7)
UNREACHED = timedelta(days=1)
WEEK = timedelta(days=7)
DIGEST_HOUR = timedelta(hours=7)
"""A week's digest is made on Monday at seven, UTC."""


@dataclass(frozen=True, slots=True)
class View:
    """One look at a moment. `told`: what was told last, by subject; the first look of all tells nothing old."""

    ledger: Ledger
    told: Mapping[str, str]
    now: datetime

    def notes(self, deadlines: bool) -> list[Note]:
        """What is to be remembered and told; empty when nothing changed. `deadlines`: look at them, too."""
        standings = self.ledger.outbox.standings()
        found = [*self._cases(standings), *self._mailboxes()]
        if deadlines:
            found += self._deadlines(standings)
        found += self._digest(standings, any(note.news for note in found))
        return found if BEGUN in self.told else [*found, Note(BEGUN, self.now.isoformat())]

    def _cases(self, standings: list[Standing]) -> Iterator[Note]:
        seen = set()
        for case in standings:
            subject = f"case:{case.user_id}:{case.product}:{case.track}"
            seen.add(subject)
            value = f"{case.state}|{case.since.isoformat() if case.since else ''}"
            if self.told.get(subject) != value:
                news = None if self._is_history(case) else self._changed(case, self.told.get(subject))
                yield Note(subject, value, case.user_id, news)
        for subject in self.told:
            if subject.startswith("case:") and subject not in seen:
                yield from self._gone(subject)

    def _gone(self, subject: str) -> Iterator[Note]:
        """A case that a person's word took away: what was told of it no longer holds."""
        _, number, product, track = subject.split(":")
        if user := self.ledger.people.by_id(int(number)):
            facts = {"user": user.name, "product": product, "track": track, "state": "none", "since": None, "due": None}
            before = self.told[subject].partition("|")[0]
            yield Note(subject, None, user.id, News("case.changed", facts | {"before": before}, user.id))

    def _is_history(self, case: Standing) -> bool:
        old = case.since is None or case.since < self.now - OLD
        return BEGUN not in self.told or (old and case.created_at > self.now - FIRST_DAY)

    def _changed(self, case: Standing, before: str | None) -> News | None:
        """The news of a case; none where only the moment moved, not the state."""
        was = before.partition("|")[0] if before else "none"
        if was == case.state:
            return None
        facts = {"state": case.state, "before": was, "since": case.since.isoformat() if case.since else None}
        return News("case.changed", self._who(case) | facts | {"due": self._due(case)}, case.user_id)

    def _who(self, case: Standing) -> dict[str, str]:
        return {"user": case.user, "product": case.product, "track": case.track}

    def _due(self, case: Standing) -> str | None:
        if case.state != State.PENDING:
            return None
        cases = self.ledger.record.status(User(case.user_id, case.user)).cases
        found = [c.answer_due for c in cases if (c.product, c.track) == (case.product, case.track)]
        return found[0].isoformat() if found and found[0] else None

    def _deadlines(self, standings: list[Standing]) -> Iterator[Note]:
        for case in standings:
            due = self._due(case)
            today = self.now.date()
            if due is None or not today.isoformat() <= due <= (today + NEAR).isoformat():
                continue
            subject = f"deadline:{case.user_id}:{case.product}:{case.track}:{due}"
            if subject not in self.told:
                facts = self._who(case) | {"state": case.state, "since": case.since.isoformat() if case.since else None, "due": due}
                yield Note(subject, due, case.user_id, News("deadline.near", facts, case.user_id))

    def _mailboxes(self) -> Iterator[Note]:
        for row in self.ledger.mailboxes.all():
            need = self._need(row)
            for user in self.ledger.people.of_mailbox(row.id) if need or self._any_told(row) else ():
                subject = f"mailbox:{row.id}:{user.id}"
                if self.told.get(subject) != need:
                    news = News("mailbox.attention", {"user": user.name, "state": need}, user.id) if need and BEGUN in self.told else None
                    yield Note(subject, need, user.id, news)

    def _any_told(self, row: MailboxRow) -> bool:
        return any(subject.startswith(f"mailbox:{row.id}:") for subject in self.told)

    def _need(self, row: MailboxRow) -> str | None:
        """What is wrong with a mailbox that its owner should see to; None while it works or may come back by itself."""
        if row.state is Health.AUTHENTICATION_ERROR:
            return row.state.value
        lasts = row.state is Health.CONNECT_ERROR and row.checked_at is not None and row.checked_at < self.now - UNREACHED
        return row.state.value if lasts else None

    def _digest(self, standings: list[Standing], more: bool) -> Iterator[Note]:
        """The week in numbers, once a week, and only where there was news."""
        week = "{}-W{:02}".format(*(self.now - DIGEST_HOUR).isocalendar()[:2])
        if self.told.get(DIGEST) == week:
            return
        made = self.ledger.outbox.made_since(self.now - WEEK)
        told = {kind: made.get(kind, 0) for kind in ("case.changed", "deadline.near", "mailbox.attention")}
        due = DIGEST in self.told and (more or any(told.values()))
        yield Note(DIGEST, week, None, News("digest.weekly", _week(week, told, standings)) if due else None)


def _week(week: str, told: Mapping[str, int], standings: list[Standing]) -> dict[str, object]:
    cases: dict[str, int] = {}
    for case in standings:
        cases[case.state] = cases.get(case.state, 0) + 1
    counts = {"changes": told["case.changed"], "deadlines": told["deadline.near"], "mailboxes": told["mailbox.attention"]}
    return {"week": week, **counts, "cases": cases}
