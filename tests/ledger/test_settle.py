"""One word settles all waiting mails of the same template, and nothing else."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ledger.entry import Decision
from ledger.ledger import Ledger, open_ledger
from ledger.outcome import Outcome, Product, Track
from ledger.people import User
from ledger.record import Verdict
from ledger.settle import settle
from ledger.template import template_of
from ledger.trust import Trust
from ledger.vault import Vault, key_file

NOW = datetime(2025, 6, 1, tzinfo=UTC)
TEXT = "Hello {name},\n\nYour request number {number} is in good hands. See https://facebook.com/x?{number}.\n\nBest, {agent}"


def text(name: str, number: int, agent: str) -> str:
    return TEXT.format(name=name, number=number, agent=agent)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return open_ledger(f"sqlite:///{tmp_path / 'db'}", tmp_path, Vault([key_file(tmp_path / "key")]))


def waiting(ledger: Ledger, user: User, sha: str, template: str, trust: Trust = Trust.PROVEN) -> None:
    decision = Decision(
        sha * 64, Outcome.RECEIPT, 0.4, True, "m", trust, "", Product.FACEBOOK, Track.OWN_DATA, True, "", "Subject", template=template
    )
    ledger.record.redecide([Verdict(user, NOW - timedelta(days=1), decision)], NOW)


def test_names_numbers_and_links_do_not_make_another_template() -> None:
    first = template_of("Case 4711", text("Anna", 4711, "Kim"))
    assert template_of("Case 99", text("Bert", 99, "Jo")) == first
    assert template_of("Case 99", text("Bert", 99, "Jo").replace("good", "bad")) != first


def test_one_word_settles_the_proven_waiting_mails_of_the_template(ledger: Ledger) -> None:
    anna, bert = ledger.people.ensure("anna", NOW), ledger.people.ensure("bert", NOW)
    waiting(ledger, anna, "a", "t1")
    waiting(ledger, bert, "b", "t1")
    waiting(ledger, bert, "c", "t2")
    waiting(ledger, bert, "d", "t1", Trust.UNPROVEN)
    assert settle(ledger.record, [anna], ledger.record.users_in_doubt(), "a" * 64, Outcome.REJECTION, "anna", NOW) == 2
    assert [case.state for case in ledger.record.status(anna).cases] == ["rejected"]
    assert [case.state for case in ledger.record.status(bert).cases] == ["rejected"]
    assert ledger.record.status(bert).needs_review == 2


def test_a_user_settles_only_the_own_ledger(ledger: Ledger) -> None:
    anna, bert = ledger.people.ensure("anna", NOW), ledger.people.ensure("bert", NOW)
    waiting(ledger, anna, "a", "t1")
    waiting(ledger, bert, "b", "t1")
    assert settle(ledger.record, [anna], [anna], "a" * 64, Outcome.REJECTION, "anna", NOW) == 1
    assert ledger.record.status(bert).cases == ()
