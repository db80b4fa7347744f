"""When a mailbox that failed is asked again, and that one bad folder keeps no other from being read."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from ingest.imap import AuthenticationError
from ingest.pace import USUAL
from ingest.refusal import busy
from ingest.sync import backoff, note_failure, store_new
from ingest.watch import Watch
from ledger.errors import OperatorError, RetryableError
from ledger.ledger import Ledger, open_ledger
from ledger.mailboxes import Health, MailboxRow, MailboxSettings
from ledger.vault import Vault
from tests.ingest.accounts import opened, row
from tests.ingest.letter import letter
from tests.rig.dovecot import PASSWORD, Dovecot

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(f"sqlite:///{tmp_path}/demur.sqlite3", tmp_path, Vault([Fernet.generate_key().decode()]))
    yield opened
    opened.database.close()


@pytest.fixture
def mailbox(ledger: Ledger) -> MailboxRow:
    return ledger.mailboxes.save("anna", MailboxSettings("imap"), "secret")


def waits(ledger: Ledger, mailbox: MailboxRow, error: RetryableError | OperatorError, times: int) -> list[timedelta]:
    """How long each of so many failures in a row makes a mailbox wait."""
    found = []
    for _ in range(times):
        note_failure(ledger, ledger.mailboxes.refreshed(mailbox), error, NOW)
        retry_at = ledger.mailboxes.refreshed(mailbox).retry_at
        assert retry_at
        found.append(retry_at - NOW)
    return found


def test_the_back_off_doubles_up_to_a_quarter_of_an_hour_and_never_ends() -> None:
    longest = [backoff(n, spread=max).total_seconds() for n in (0, 1, 2, 7, 8, 10_000)]
    assert longest == [5, 10, 20, 640, 900, 900]


def test_mailboxes_that_failed_together_do_not_come_back_together() -> None:
    assert len({backoff(8) for _ in range(50)}) > 40
    assert all(timedelta(seconds=450) <= backoff(8) <= timedelta(seconds=900) for _ in range(50))


def test_a_wrong_password_is_tried_three_times_in_three_hours_and_then_once_a_day(ledger: Ledger, mailbox: MailboxRow) -> None:
    hour, day = timedelta(hours=1), timedelta(days=1)
    assert waits(ledger, mailbox, AuthenticationError("refused"), 5) == [hour, hour, day, day, day]


def test_a_server_that_was_away_does_not_count_as_a_wrong_password(ledger: Ledger, mailbox: MailboxRow) -> None:
    waits(ledger, mailbox, RetryableError("away"), 9)
    assert waits(ledger, mailbox, AuthenticationError("refused"), 1) == [timedelta(hours=1)]
    assert ledger.mailboxes.refreshed(mailbox).failures == 1


@pytest.mark.parametrize(
    ("words", "first", "most"),
    [
        ("NO [OVERQUOTA] enough", timedelta(hours=1), timedelta(hours=24)),
        ("NO [LIMIT] x", timedelta(minutes=5), timedelta(hours=1)),
        ("OK [THROTTLED]", timedelta(minutes=5), timedelta(hours=1)),
        ("BYE [ALERT] too many", timedelta(minutes=5), timedelta(hours=1)),
        ("NO [INUSE] x", timedelta(seconds=30), timedelta(minutes=15)),
        ("NO [UNAVAILABLE] x", timedelta(seconds=30), timedelta(minutes=15)),
    ],
)
def test_the_response_code_says_how_long_to_stay_away(
    ledger: Ledger, mailbox: MailboxRow, words: str, first: timedelta, most: timedelta
) -> None:
    error = busy("imap.example:993", words)
    assert error
    found = waits(ledger, mailbox, error, 12)
    assert (found[0], found[-1]) == (first, most)
    assert ledger.mailboxes.refreshed(mailbox).state is Health.CONNECT_ERROR


@pytest.mark.server
def test_a_folder_that_was_renamed_keeps_no_other_from_being_read(ledger: Ledger, dovecot: Dovecot) -> None:
    dovecot.deliver("renamed", letter("we will honor your objection\n"))
    folders = ("No such folder", "INBOX")
    kept = ledger.mailboxes.save("renamed", row(dovecot, "renamed", folders=folders).settings, PASSWORD)
    with pytest.raises(OperatorError, match="has no folder No such folder"):
        store_new(ledger, kept, opened(dovecot, "renamed", folders=folders))
    assert ledger.mailboxes.counts(kept) == {"stored": 1}


def test_a_server_that_announces_nothing_is_asked_every_minute_until_it_does(mailbox: MailboxRow) -> None:
    watch = Watch(replace(mailbox), idling=True)
    watch.rest(USUAL, short=False)
    watch.begin(woken=False)
    watch.learn(arrived=1)
    watch.rest(USUAL, short=False)
    assert watch.mute
    long = watch.due
    watch.begin(woken=True)
    watch.learn(arrived=1)
    watch.rest(USUAL, short=False)
    assert not watch.mute
    assert watch.due - long > USUAL.slice - USUAL.poll - 5


def test_mail_found_right_after_a_look_makes_no_server_mute(mailbox: MailboxRow) -> None:
    watch = Watch(mailbox, idling=True)
    watch.rest(USUAL, short=True)
    watch.begin(woken=False)
    watch.learn(arrived=1)
    assert not watch.mute
