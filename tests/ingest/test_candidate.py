"""Which mails are worth fetching: none of Meta's is missed, ordinary mail stays where it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.candidate import carries_mail, may_carry_mail, worth_fetching
from tests.ingest.accounts import opened
from tests.ingest.candidates import labelled_mails, measure, ordinary_mails
from tests.rig.dovecot import Dovecot


@pytest.mark.server
def test_every_mail_that_meta_wrote_or_gets_is_fetched_and_ordinary_mail_is_not(dovecot: Dovecot) -> None:
    cases = [*labelled_mails(), *ordinary_mails()]
    measured = measure(cases, lambda raw: dovecot.deliver("corpus", raw), lambda: opened(dovecot, "corpus"))
    assert measured.wanted > 1000
    assert measured.missed == []
    assert measured.ordinary >= 40
    assert measured.specificity >= 0.95, measured.intruders


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({"from": "Facebook <notification@facebookmail.com>"}, "from Meta"),
        ({"from": "no-reply@mail.instagram.com"}, "from Meta"),
        ({"from": "anna@example.org", "reply-to": "privacy@support.facebook.com"}, "from Meta"),
        ({"from": "list@example.org", "sender": "a@facebookmail.com"}, "from Meta"),
        ({"from": "anna@example.org", "to": "privacy@support.facebook.com"}, "to Meta"),
        ({"from": '"privacy@facebookmail.com" <evil@example.org>'}, "answers or names Meta"),
        ({"from": "anna@example.org", "in-reply-to": "<1@facebookmail.com>"}, "answers or names Meta"),
        ({"from": "anna@example.org", "references": "<0@x> <1@mail.instagram.com>"}, "answers or names Meta"),
        ({"from": "anna@example.org", "subject": "Fwd: hello"}, "passes a mail on"),
        ({"from": "anna@example.org", "subject": "WG: Hallo"}, "passes a mail on"),
        ({"from": "anna@example.org", "subject": "PD: dzień dobry"}, "passes a mail on"),
        ({"from": "evil@example.org", "subject": "Your Facebook account"}, "subject speaks of it"),
        ({"from": "evil@example.org", "subject": "Dein Widerspruch"}, "subject speaks of it"),
        ({"from": "evil@example.org", "subject": "=?utf-8?q?Dein_Wider=C2=ADspruch?="}, "subject speaks of it"),
        ({"from": "evil@example.org", "subject": "=?utf-8?b?0JLQsNGI0LUg0LfQsNC/0LXRgNC10YfQtdC90L3Rjw==?="}, "subject speaks of it"),
        ({"from": "anna@example.org", "subject": "Re: dinner"}, None),
        ({"from": "anna@example.org", "subject": "metadata"}, None),
        ({"from": "a@facebookmail.com.evil.example", "subject": "hi"}, "answers or names Meta"),
        ({}, None),
    ],
)
def test_headers_tell_why_a_mail_is_worth_fetching(headers: dict[str, str], why: str | None) -> None:
    assert worth_fetching(headers) == why


@given(st.dictionaries(st.sampled_from(["from", "to", "subject", "references", "reply-to", "content-type"]), st.text(max_size=80)))
def test_any_headers_are_judged_without_an_exception(headers: dict[str, str]) -> None:
    worth_fetching(headers)
    may_carry_mail(headers)


def test_only_mails_with_attachments_are_asked_about() -> None:
    assert may_carry_mail({"content-type": 'Multipart/Mixed; boundary="x"'})
    assert may_carry_mail({"content-type": "message/rfc822"})
    assert not may_carry_mail({"content-type": "multipart/alternative"})
    assert not may_carry_mail({})


def attached(host: bytes) -> tuple[object, ...]:
    envelope = (None, b"Subject", ((b"Name", None, b"noreply", host),), None, None, None, None, None, None, None)
    return (b"message", b"rfc822", None, None, None, b"7bit", 100, envelope, (b"text", b"plain"), 5)


TEXT = (b"text", b"plain", (b"charset", b"utf-8"), None, None, b"7bit", 10, 1)
SAVED = (b"application", b"octet-stream", (b"name", b"Mail.EML"), None, None, b"base64", 100)
SAVED_ELSEWHERE = (b"application", b"octet-stream", None, None, None, b"base64", 100, None, (b"attachment", (b"filename", b"mail.eml")))
PDF = (b"application", b"pdf", (b"name", b"bill.pdf"), None, None, b"base64", 100)


@pytest.mark.parametrize(
    ("structure", "carries"),
    [
        (([TEXT, attached(b"facebookmail.com")], b"mixed"), True),
        (([TEXT, ([TEXT, attached(b"support.facebook.com")], b"mixed")], b"mixed"), True),
        (attached(b"mail.instagram.com"), True),
        (([TEXT, attached(b"example.org")], b"mixed"), False),
        (([TEXT, attached(b"facebookmail.com.evil.example")], b"mixed"), False),
        (([TEXT, SAVED], b"mixed"), True),
        (([TEXT, SAVED_ELSEWHERE], b"mixed"), True),
        (([TEXT, PDF], b"mixed"), False),
        (([TEXT, (b"message", b"rfc822", None, None, None, b"7bit", 100, None)], b"mixed"), True),
        (TEXT, False),
        ((), False),
        (None, False),
        (b"garbage", False),
        (((((TEXT,),),),), False),
    ],
)
def test_the_structure_tells_whether_a_mail_of_metas_is_attached(structure: object, carries: bool) -> None:
    assert carries_mail(structure) is carries


def test_a_structure_without_end_is_left() -> None:
    structure: object = attached(b"facebookmail.com")
    for _ in range(5000):
        structure = ([structure], b"mixed")
    assert not carries_mail(structure)
