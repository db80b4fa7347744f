"""Decide stored mail again with another model and say which states would change; nothing is written unless asked."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain, groupby, islice

from joblib import Parallel, delayed, effective_n_jobs

from ingest.decide import Classify, phrases_for, read
from ledger.entry import Decision, Entry
from ledger.ledger import Ledger
from ledger.message import Message
from ledger.people import User
from ledger.prediction import Prediction
from ledger.status import Case, status_of
from ledger.verdict import Verdict

AT_ONCE = 100
"""Mails in a chunk."""
AHEAD = 4
"""Chunks in memory for each process that works on them."""


@dataclass(frozen=True, slots=True)
class Known:
    """The newest decision on a stored mail."""

    user: User
    at: datetime
    decision: Decision


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
        novelty=prediction.novelty,
        doubt=prediction.doubt,
        product=message.product,
        track=message.track,
        phrases=phrases_for(message, prediction.outcome),
        language=message.language,
    )


def decide_again(classify: Classify, known: Sequence[tuple[Decision, bytes]]) -> list[Decision]:
    """The decisions on raw mails by another model. Runs wherever joblib sends it: it needs nothing but what it is given."""
    messages = [read(raw) for _, raw in known]
    return [_renewed(d, m, p) for (d, _), m, p in zip(known, messages, classify(messages), strict=True)]


def stored(ledger: Ledger, known: Iterable[Known]) -> Iterator[tuple[Known, bytes]]:
    """Those mails whose bytes are kept, with them."""
    for each in known:
        if mail := ledger.record.mail(each.decision.sha256):
            yield each, mail.raw


def decided_again(mails: Iterator[tuple[Known, bytes]], classify: Classify) -> Iterator[tuple[Known, Decision]]:
    """Every mail with its decision by another model, in order; chunks are shared out where joblib is told so.

    The mails are read here and not by joblib: it swallows what goes wrong in an iterator that it draws from in another thread.
    """
    with Parallel() as parallel:
        while some := list(islice(mails, AT_ONCE * AHEAD * effective_n_jobs(None))):
            chunks = [[(known.decision, raw) for known, raw in some[at : at + AT_ONCE]] for at in range(0, len(some), AT_ONCE)]
            decided = parallel(delayed(decide_again)(classify, chunk) for chunk in chunks)
            yield from zip((known for known, _ in some), chain.from_iterable(decided), strict=True)


def _differs(before: Decision, after: Decision) -> bool:
    return (after.outcome, after.abstained, after.product, after.track) != (before.outcome, before.abstained, before.product, before.track)


def redecide(ledger: Ledger, users: Iterable[User], classify: Classify) -> Iterator[list[Redecided]]:
    """For each user who has mails, all that the given model decides otherwise than the ledger's newest decision."""
    known = (Known(user, at, decision) for user in users for at, decision in ledger.record.latest_decisions(user))
    again = decided_again(stored(ledger, known), classify)
    for user, found in groupby(again, key=lambda pair: pair[0].user):
        yield [Redecided(user, known.at, known.decision, after) for known, after in found if _differs(known.decision, after)]


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
