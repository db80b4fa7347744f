"""Copies of signed mail: one signature counts once, for those whom it names, whichever copy came first."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.ledger import Ledger
from ledger.outcome import Outcome
from ledger.people import User
from ledger.replay import Claim, Replay, replays
from ledger.status import State
from ledger.trust import Seal, Trust
from tests.ledger.archive import arrival, mailbox, person, stored_and_decided
from tests.ledger.story import Story, decision, moment

ANNA, BEN = 1, 2
NOON = datetime(2025, 5, 13, 12, 0, tzinfo=UTC)
SEAL = Seal("dkim", "facebookmail.com", digest="d" * 64)


def claim(user: int, sha256: str, hours: float = 0, addressed: bool = False) -> Claim:
    return Claim(user, sha256, NOON + timedelta(hours=hours), addressed)


def test_the_only_copy_counts() -> None:
    assert replays([claim(ANNA, "a")]) == {(ANNA, "a"): None}


def test_of_one_users_copies_the_first_to_arrive_counts() -> None:
    assert replays([claim(ANNA, "b", 9), claim(ANNA, "a", 1)]) == {(ANNA, "a"): None, (ANNA, "b"): Replay.COPY}


def test_a_mail_counts_for_whom_it_is_addressed_to_and_for_nobody_else() -> None:
    assert replays([claim(BEN, "b"), claim(ANNA, "a", 9, addressed=True)]) == {(ANNA, "a"): None, (BEN, "b"): Replay.FOREIGN}


def test_a_mail_to_an_address_that_two_share_counts_for_both() -> None:
    assert set(replays([claim(ANNA, "a", addressed=True), claim(BEN, "a", addressed=True)]).values()) == {None}


def test_a_mail_that_names_neither_of_two_users_counts_for_none() -> None:
    assert set(replays([claim(ANNA, "a"), claim(BEN, "b", 1)]).values()) == {Replay.FOREIGN}


@given(st.lists(st.tuples(st.integers(1, 3), st.sampled_from("abc"), st.integers(0, 2), st.booleans()), max_size=5))
def test_the_order_in_which_copies_come_does_not_matter(found: list[tuple[int, str, int, bool]]) -> None:
    claims = [claim(*one) for one in {one[:2]: one for one in found}.values()]
    assert len({frozenset(replays(order).items()) for order in permutations(claims)}) == 1


def test_a_replayed_receipt_counts_for_nothing_either() -> None:
    story = Story()
    story.mail(0, Outcome.RECEIPT, replay=Replay.FOREIGN)
    assert (story.status.cases, story.status.needs_review) == ((), 0)


def test_an_old_answer_is_withheld_with_its_reason() -> None:
    old = decision("a" * 64, Outcome.REJECTION, replay=Replay.OLD)
    assert old.withheld
    assert "long after" in old.binding_reason


class TestCopiesInTheLedger:
    """Copies come one after another, and what was decided of the older ones follows."""

    @pytest.fixture(autouse=True)
    def _people(self, ledger: Ledger) -> None:
        self.ledger, self.anna, self.ben = ledger, person(ledger), person(ledger, "ben")
        self.boxes = {user: mailbox(ledger, user, name=f"{user.name}@box") for user in (self.anna, self.ben)}

    def gets(self, user: User, copy: int, days: float, outcome: Outcome = Outcome.CONFIRMATION, **facts: object) -> None:
        """A copy of the one signed mail arrives for a user; Anna is the one whom it names."""
        known = {"seal": SEAL, "addressed": user == self.anna} | facts
        stored_and_decided(self.ledger, self.boxes[user], user, arrival(copy, f"copy {copy}", days), outcome, moment(days), **known)

    def states(self, user: User) -> list[State]:
        return [case.state for case in self.ledger.record.status(user).cases]

    @pytest.mark.parametrize("first", ["anna", "ben"])
    def test_a_replay_to_another_user_counts_for_the_one_whom_it_names(self, first: str) -> None:
        for user in (self.anna, self.ben) if first == "anna" else (self.ben, self.anna):
            self.gets(user, user.id, 1)
        assert (self.states(self.anna), self.states(self.ben)) == ([State.CONFIRMED], [])
        assert self.ledger.record.status(self.ben).needs_review == 1
        assert self.ledger.record.users_in_doubt() == [self.ben]
        assert [self.ledger.record.broken_chain(user) for user in (self.anna, self.ben)] == [None, None]
        assert [self.ledger.record.rebuild(user) for user in (self.anna, self.ben)] == [True, True]

    @pytest.mark.parametrize("later_first", [True, False])
    def test_of_two_copies_one_counts_and_the_other_is_kept_and_asks_for_nobody(self, later_first: bool) -> None:
        for days in (9, 1) if later_first else (1, 9):
            self.gets(self.anna, days, days)
        status = self.ledger.record.status(self.anna)
        assert [(case.state, case.since) for case in status.cases] == [(State.CONFIRMED, moment(1))]
        assert status.needs_review == 0
        newest = [found for _, found in self.ledger.record.latest_decisions(self.anna)]
        assert sorted(str(found.replay) for found in newest) == ["None", "copy"]

    def test_a_receipt_sent_again_long_after_a_rejection_opens_no_new_attempt(self) -> None:
        self.gets(self.anna, 1, 1, Outcome.RECEIPT)
        self.gets(self.anna, 2, 20, Outcome.REJECTION, seal=Seal("dkim", "facebookmail.com", digest="e" * 64))
        self.gets(self.anna, 3, 400, Outcome.RECEIPT)
        assert self.states(self.anna) == [State.REJECTED]

    def test_the_same_mail_in_two_mailboxes_is_no_replay(self) -> None:
        self.gets(self.anna, 1, 1)
        self.boxes[self.anna] = mailbox(self.ledger, self.anna, name="second@box")
        self.gets(self.anna, 1, 1)
        assert self.states(self.anna) == [State.CONFIRMED]

    def test_looking_again_writes_nothing_new(self) -> None:
        self.gets(self.ben, 1, 1)
        self.gets(self.anna, 2, 2)
        entries = len(self.ledger.record.entries(self.ben))
        self.gets(self.ben, 1, 3)
        self.gets(self.anna, 2, 4)
        assert len(self.ledger.record.entries(self.ben)) == entries == 2

    def test_mail_that_proves_nothing_claims_nothing(self) -> None:
        self.gets(self.ben, 1, 1, trust=Trust.UNPROVEN, addressed=True)
        self.gets(self.anna, 2, 2, addressed=False)
        assert self.states(self.anna) == [State.CONFIRMED]

    def test_who_is_forgotten_claims_nothing_any_more(self) -> None:
        self.gets(self.ben, 1, 1)
        self.ledger.forget(self.ben)
        self.gets(self.anna, 2, 2, addressed=False)
        assert self.states(self.anna) == [State.CONFIRMED]
