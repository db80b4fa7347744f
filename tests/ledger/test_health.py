"""What a person is told to do about a mailbox."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ledger.health import advice
from ledger.mailboxes import Health, MailboxRow, MailboxSettings

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
GOOD = MailboxRow(1, "anna@example.org", MailboxSettings("imap"), Health.CONNECTED, None, NOW, None, 0)


@pytest.mark.parametrize(
    ("mailbox", "counts", "words"),
    [
        (replace(GOOD, state=Health.AUTHENTICATION_ERROR), {}, "`demur connect anna@example.org`"),
        (replace(GOOD, state=Health.CONNECT_ERROR, failures=1, retry_at=NOW), {}, "nothing yet: it is tried again at 2026-03-01 12:00"),
        (replace(GOOD, state=Health.CONNECT_ERROR, failures=9, detail="x has no address"), {}, "failed 9 times: x has no address"),
        (replace(GOOD, checked_at=None), {}, "start `demur run`"),
        (replace(GOOD, checked_at=NOW - timedelta(hours=1)), {}, "start `demur run`"),
        (GOOD, {"quarantined": 2}, "does not give out 2 mails"),
        (GOOD, {"stuck": 1}, "update Demur"),
    ],
)
def test_a_mailbox_that_needs_somebody_says_what_to_do(mailbox: MailboxRow, counts: dict[str, int], words: str) -> None:
    assert words in str(advice(mailbox, counts, NOW))


@pytest.mark.parametrize("mailbox", [GOOD, replace(GOOD, state=Health.DISABLED), replace(GOOD, settings=MailboxSettings("import"))])
def test_a_mailbox_that_is_well_needs_nobody(mailbox: MailboxRow) -> None:
    assert advice(mailbox, {"stored": 3}, NOW) is None
