"""Genuine mail into which strangers write: it is never bound firmly enough to decide."""

from datetime import UTC, datetime

import pytest

from ingest.binding import bind
from ingest.decide import read
from ingest.family import family_of
from ledger.message import Message
from ledger.people import User
from tests.e2e.story import mail

ANNA = User(1, "anna")
SERVED = {ANNA: frozenset({"anna@example.org"})}


def message(sender: str, subject: str, text: str = "We will honour your objection to AI at Meta.") -> Message:
    return read(mail(subject, text, sender, "anna@example.org", datetime(2025, 5, 1, tzinfo=UTC)))


@pytest.mark.parametrize(
    ("sender", "subject"),
    [
        ("Meta <notification@facebookmail.com>", "You are invited to join the business portfolio of a partner"),
        ("Facebook <notification@facebookmail.com>", "Kim commented on your photo"),
        ("Facebook <notification@facebookmail.com>", "Kim hat deinen Beitrag kommentiert"),
        ("Facebook <groupupdates@facebookmail.com>", "News"),
        ("Meta <noreply@business.fb.com>", "Action required"),
        ("Facebook <noreply@marketplace.facebook.com>", "A buyer wrote to you"),
    ],
)
def test_strangers_words_in_genuine_mail_do_not_decide(sender: str, subject: str) -> None:
    text = "Kim hat geschrieben: Wir werden deinem Widerspruch nachkommen." if "deinen" in subject else "We will honour your objection."
    found = message(sender, subject, text)
    assert family_of(found) is not None
    [binding] = bind(found, SERVED)
    assert not binding.bound
    assert "strangers" in binding.reason


@pytest.mark.parametrize(
    "subject",
    ["Your objection", "Update on your request about AI at Meta", "Neuigkeiten zu deinem Widerspruch", "About your privacy request"],
)
def test_an_answer_to_an_objection_is_of_no_such_family(subject: str) -> None:
    found = message("Facebook <notification@facebookmail.com>", subject)
    assert family_of(found) is None
    assert bind(found, SERVED)[0].bound
