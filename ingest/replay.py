"""Decide stored mail again with another model and say which states would change; nothing is written unless asked."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from ingest.decide import Classify, phrases_for, read
from ledger.entry import Decision, Entry
from ledger.ledger import Ledger
from ledger.message import Message
from ledger.people import User
from ledger.prediction import Prediction
from ledger.record import Verdict
from ledger.status import Case, status_of

AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Redecided:
    """One mail that another model reads otherwise."""

    user: User
    at: datetime
    before: Decision
    after: Decision


@dataclass(frozen=True, slots=True)
class Moved:
    """A case whose state would change."""

    user: User
    product: str
    track: str
    before: str
    after: str


def _renewed(decision: Decision, message: Message, prediction: Prediction) -> Decision:
    """The same decision by another model. Proof and binding are kept: keys rotate, a proof is never taken anew."""
    return replace(
        decision,
        outcome=prediction.outcome,
        confidence=prediction.confidence,
        abstained=prediction.abstained,
        model=prediction.model,
        product=message.product,
        track=message.track,
        phrases=phrases_for(message, prediction.outcome),
        language=message.language,
    )


def redecide(ledger: Ledger, users: Iterable[User], classify: Classify) -> Iterator[list[Redecided]]:
    """For each user all mails that the given model decides otherwise than the ledger's newest decision."""
    for user in users:
        known = ledger.record.latest_decisions(user)
        found = []
        for start in range(0, len(known), AT_ONCE):
            some = [(at, d, mail) for at, d in known[start : start + AT_ONCE] if (mail := ledger.record.mail(d.sha256))]
            messages = [read(mail.raw) for _, _, mail in some]
            for (at, decision, _), message, prediction in zip(some, messages, classify(messages), strict=True):
                after = _renewed(decision, message, prediction)
                if (after.outcome, after.abstained, after.product, after.track) != (
                    decision.outcome,
                    decision.abstained,
                    decision.product,
                    decision.track,
                ):
                    found.append(Redecided(user, at, decision, after))
        yield found


def moved(ledger: Ledger, redecided: list[Redecided], now: datetime) -> list[Moved]:
    """The cases of one user that would be in another state if these decisions counted."""
    if not redecided:
        return []
    user = redecided[0].user
    entries = ledger.record.entries(user)
    added = [Entry(r.at, now, r.after, len(entries) + number) for number, r in enumerate(redecided, start=1)]
    before, after = _states(status_of(entries).cases), _states(status_of([*entries, *added]).cases)
    keys = sorted(before.keys() | after.keys())
    return [Moved(user, *key, before.get(key, "none"), after.get(key, "none")) for key in keys if before.get(key) != after.get(key)]


def _states(cases: Iterable[Case]) -> dict[tuple[str, str], str]:
    return {(case.product.value, case.track.value): case.state.value for case in cases}


def apply(ledger: Ledger, redecided: list[Redecided], now: datetime) -> int:
    """Write the new decisions as further entries; return how many."""
    return ledger.record.redecide([Verdict(r.user, r.at, r.after) for r in redecided], now)
