"""Forged mails move nothing: every class goes the whole way from saved files to the ledger, and so do genuine mails, which do move cases."""

import pytest

from ledger.entry import Decision
from ledger.outcome import Outcome
from ledger.status import State
from ledger.trust import Trust
from tests.forgeries.conftest import Desk
from tests.forgeries.corpus import CLASSES, Forger

PINNED = {"planted_results_below_the_pinned_ones": "mx.example.org"}
PROVEN_BUT_WITHHELD = {"replayed_to_another_user", "strangers_words_in_genuine_mail", "hidden_words_in_genuine_mail", "mails_inside_mails"}
"""Classes whose mails Meta did sign: other rules than the sender's proof stop them."""


def test_there_are_at_least_a_thousand_forgeries_in_all(forger: Forger) -> None:
    assert sum(least for _, least in CLASSES.values()) >= 1000
    assert len(forger.letters) >= 50
    assert {letter.outcome for letter in forger.letters} == {Outcome.CONFIRMATION, Outcome.REJECTION}


@pytest.mark.parametrize("name", CLASSES)
def test_forgeries_of_this_class_move_nothing_and_genuine_mails_beside_them_do(desk: Desk, forger: Forger, name: str) -> None:
    made, least = CLASSES[name]
    mails = list(made(forger))
    assert len(set(mails)) == len(mails) >= least
    counts = desk.reads(mails, pin=PINNED.get(name))
    assert counts.seen == len(mails)
    assert desk.cases("anna") == ()
    assert desk.cases("ben") == ()
    decisions = [judged.decision for judged in desk.mails()]
    assert name in PROVEN_BUT_WITHHELD or all(decision.trust is not Trust.PROVEN for decision in decisions)
    assert all(explained(decision) for decision in decisions)
    desk.reads([letter.signed(forger.meta) for letter in forger.letters[::14]], pin=PINNED.get(name))
    assert {case.state for case in desk.cases()} & {State.CONFIRMED, State.REJECTED, State.CONTRADICTED}


def explained(decision: Decision) -> bool:
    """Whether the entry says why the mail does not count."""
    if decision.trust is not Trust.PROVEN:
        return bool(decision.trust_reason)
    return decision.abstained or decision.outcome is Outcome.UNRELATED or (not decision.bound and bool(decision.bound_reason))
