"""Authentication-Results: what real providers write is understood, and only the pinned, topmost header counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.authenticate import authenticate
from ingest.keys import Key
from ingest.results import TOPMOST_WITHOUT_NAME, read_results, vouched_domain
from ledger.trust import Trust

GMAIL = "mx.google.com; dkim=pass header.i=@facebookmail.com header.s=s1; spf=pass (google.com: domain of a@b designates 192.0.2.1 as permitted sender) smtp.mailfrom=a@b; dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=facebookmail.com"
OUTLOOK = "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=facebookmail.com; dkim=pass (signature was verified) header.d=facebookmail.com;dmarc=pass action=none header.from=facebookmail.com;compauth=pass reason=100"
YAHOO = "atlas-production.v2.mail.yahoo.com; dkim=pass header.i=@facebookmail.com header.s=s1; spf=pass smtp.mailfrom=facebookmail.com; dmarc=pass(p=REJECT,sp=REJECT) header.from=facebookmail.com;"


class NoKeys:
    """A name server that has no key for anybody."""

    def look_up(self, name: str) -> Key:
        return Key(None)


@pytest.mark.parametrize(
    ("value", "pin"),
    [
        (GMAIL, "mx.google.com"),
        (OUTLOOK, TOPMOST_WITHOUT_NAME),
        (YAHOO, "atlas-production.v2.mail.yahoo.com"),
        (GMAIL.upper(), "mx.google.com"),
    ],
)
def test_what_the_users_own_provider_writes_vouches_for_meta(value: str, pin: str) -> None:
    assert vouched_domain([value], pin) == "facebookmail.com"


@pytest.mark.parametrize(
    ("headers", "pin"),
    [
        ([GMAIL], None),
        ([GMAIL], "mx.other.example"),
        ([OUTLOOK], "mx.google.com"),
        ([GMAIL], TOPMOST_WITHOUT_NAME),
        (["mx.google.com; dmarc=fail header.from=facebookmail.com", GMAIL], "mx.google.com"),
        (["other.example; dmarc=pass header.from=facebookmail.com", GMAIL], "mx.google.com"),
        (["mx.google.com; dmarc=fail header.from=facebookmail.com; dmarc=pass header.from=facebookmail.com"], "mx.google.com"),
        (["mx.google.com; spf=pass smtp.mailfrom=facebookmail.com; dkim=pass header.d=facebookmail.com"], "mx.google.com"),
        (["mx.google.com (dmarc=pass header.from=facebookmail.com); none"], "mx.google.com"),
        (["mx.google.com.evil.example; dmarc=pass header.from=facebookmail.com"], "mx.google.com"),
        ([], "mx.google.com"),
    ],
)
def test_nothing_else_vouches(headers: list[str], pin: str | None) -> None:
    assert vouched_domain(headers, pin) is None


@given(st.text())
def test_any_text_is_read_without_an_exception(value: str) -> None:
    assert read_results(value).dmarc_pass_from() is None or "dmarc" in value.lower()


def mail(sender: str, *results: str) -> bytes:
    lines = [f"Authentication-Results: {value}" for value in results]
    return "\r\n".join(
        [*lines, f"From: {sender}", "To: anna@example.org", "Subject: s", "Date: Thu, 01 May 2025 09:00:00 +0000", "", "text", ""]
    ).encode()


def test_a_mail_without_a_signature_is_proven_by_the_pinned_provider_alone() -> None:
    raw = mail("Facebook <notification@facebookmail.com>", GMAIL)
    assert authenticate(raw, NoKeys()).trust is Trust.UNPROVEN
    assert authenticate(raw, NoKeys(), "mx.google.com").trust is Trust.PROVEN


def test_a_header_that_the_sender_planted_below_the_providers_own_counts_for_nothing() -> None:
    raw = mail("Facebook <notification@facebookmail.com>", "mx.google.com; dmarc=fail header.from=facebookmail.com", GMAIL)
    assert authenticate(raw, NoKeys(), "mx.google.com").trust is Trust.UNPROVEN


def test_the_vouched_domain_must_be_the_senders() -> None:
    other = GMAIL.replace("header.from=facebookmail.com", "header.from=whatsapp.com")
    assert authenticate(mail("Facebook <notification@facebookmail.com>", other), NoKeys(), "mx.google.com").trust is Trust.UNPROVEN
    assert authenticate(mail("Evil <a@evil.example>", GMAIL), NoKeys(), "mx.google.com").trust is not Trust.PROVEN
