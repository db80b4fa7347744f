"""Forged mails move nothing: every class goes the whole way from saved files to the ledger, and so do genuine mails, which do move cases."""

from email.utils import format_datetime

import pytest

from ledger.entry import Decision
from ledger.outcome import Outcome
from ledger.status import State
from ledger.trust import Trust
from tests.forgeries.conftest import Desk
from tests.forgeries.corpus import CLASSES, Forger
from tests.forgeries.letters import BEN, START

PINNED = {"planted_results_below_the_pinned_ones": "mx.example.org"}
PROVEN_BUT_WITHHELD = {
    "replayed_to_another_user",
    "sent_again_long_after",
    "strangers_words_in_genuine_mail",
    "hidden_words_in_genuine_mail",
    "mails_inside_mails",
}
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
    return decision.abstained or decision.outcome is Outcome.UNRELATED or (not decision.binds and bool(decision.binding_reason))


def test_answers_that_name_ben_never_count_for_a_user_without_addresses(desk: Desk, forger: Forger) -> None:
    """Mail imported for somebody whose addresses nobody knows is taken for theirs, until it turns out to be another's."""
    desk.users["clive"] = desk.ledger.people.ensure("clive", START)
    mine = [letter.signed(forger.meta, to=BEN) for letter in forger.letters[::7]]
    theirs = [b"Received: from a by b; Thu, 01 May 2025 11:00:00 +0200\r\n" + raw for raw in mine]
    desk.reads(theirs, "clive")
    assert desk.cases("clive")
    desk.reads(mine, "ben")
    assert desk.cases("clive") == ()
    assert desk.cases("ben")
    assert desk.ledger.record.status(desk.users["clive"]).needs_review == len(theirs)


def test_an_old_mailbox_that_was_moved_to_another_server_counts_as_it_did(desk: Desk, forger: Forger) -> None:
    """Mail that was put there by a program bears the Received header of the server that took it in then."""
    then = [
        b"Received: from mx-out.facebook.com by mx.example.org; %s\r\n" % format_datetime(letter.sent).encode() + letter.signed(forger.meta)
        for letter in forger.letters[:3]
    ]
    desk.reads(then)
    assert [case.state for case in desk.cases()] != []
