"""Mails through everything that decides, without a ledger: read, classify, authenticate, bind – and what a status would be made of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from demur.judge import Judge
from ingest.binding import Binding
from ingest.decide import decision_of, proof_of, read
from ingest.importing import arrival_time
from ingest.keys import Keys
from ledger.entry import Decision, Entry
from ledger.people import User
from ledger.record import StoredMail
from ledger.status import status_of

ANYBODY = Binding(User(1, "anybody"), True, "bound to whoever it names", addressed=True)


@dataclass(frozen=True, slots=True)
class Judged:
    """One mail's decision, and whether it alone moves a case of somebody whose it surely is."""

    decision: Decision
    moves: bool


def judged(raws: Sequence[bytes], judge: Judge, keys: Keys) -> list[Judged]:
    """Decide raw mails as the worker does, as if each were firmly its reader's."""
    found = []
    messages = [read(raw) for raw in raws]
    for raw, message, prediction in zip(raws, messages, judge(messages), strict=True):
        arrived = arrival_time(raw)
        mail = StoredMail(message.sha256, raw, arrived)
        decision = decision_of(mail, message, prediction, proof_of(message, raw, keys), ANYBODY, (), None)
        found.append(Judged(decision, bool(status_of([Entry(arrived, arrived, decision)]).cases)))
    return found
