"""When a mailbox that failed is asked again, and that one bad folder keeps no other from being read."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from ingest.imap import AuthenticationError, ImapMailbox
from ingest.pace import USUAL
from ingest.refusal import busy
from ingest.sync import audit, backoff, note_failure, store_new
from ingest.watch import Watch
from ledger.errors import OperatorError, RetryableError
from ledger.ledger import Ledger, open_ledger
from ledger.mailboxes import Cursor, Health, MailboxRow, MailboxSettings
from ledger.record import Arrival, Batch
from ledger.vault import Vault
from tests.ingest.accounts import opened, row
from tests.ingest.letter import letter
from tests.rig.dovecot import PASSWORD, Dovecot
from tests.rig.scripted import BYE, OK, Scripted, fetched, literal

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


# audits, and mail that cannot be read


def read_all(ledger: Ledger, kept: MailboxRow, server: Scripted, now: datetime = NOW, everything: bool = False) -> None:
    mailbox = ImapMailbox(kept, "secret", allow_loopback=True)
    try:
        store_new(ledger, ledger.mailboxes.refreshed(kept), mailbox, now=now, everything=everything)
    finally:
        mailbox.close()


def on_script(ledger: Ledger, server: Scripted) -> MailboxRow:
    settings = MailboxSettings(kind="imap", host="127.0.0.1", port=server.port, security="loopback", login="anna")
    return ledger.mailboxes.save("anna", settings, "secret")


@pytest.mark.server
def test_an_audit_finds_what_the_cursor_missed_and_is_due_again_after_a_day(ledger: Ledger, dovecot: Dovecot) -> None:
    for number in range(5):
        dovecot.deliver("audited", letter(f"we will honor your objection, {number}\n"))
    kept = ledger.mailboxes.save("audited", row(dovecot, "audited").settings, PASSWORD)
    mailbox = opened(dovecot, "audited")
    uidvalidity = int(mailbox.client.select_folder("INBOX", readonly=True)[b"UIDVALIDITY"])
    ledger.record.store(Batch(kept, "INBOX", Cursor(uidvalidity, 5), (Arrival(1), Arrival(3), Arrival(5))))
    assert store_new(ledger, kept, mailbox).seen == 0
    assert audit(ledger, kept, mailbox, NOW)
    assert ledger.mailboxes.counts(kept) == {"skipped": 3, "stored": 2}
    assert ledger.mailboxes.cursor(kept, "INBOX") == Cursor(uidvalidity, 5)
    while audit(ledger, kept, mailbox, NOW):
        pass
    assert not audit(ledger, kept, mailbox, NOW + timedelta(hours=23))
    assert audit(ledger, kept, mailbox, NOW + timedelta(hours=25))


def test_an_audit_goes_in_slices_and_on_where_it_ended(ledger: Ledger, mailbox: MailboxRow) -> None:
    ledger.record.store(Batch(mailbox, "INBOX", Cursor(7, 25_000), ()))
    seen = []
    while due := ledger.reading.audit_due(mailbox, NOW):
        seen.append(due.after)
        ledger.reading.audited(mailbox, due, min(due.after + 10_000, 25_000), NOW)
    assert seen == [0, 10_000, 20_000]


ONE = {"CAPABILITY": "* CAPABILITY IMAP4rev1\r\n" + OK}


def test_a_mail_over_which_the_connection_always_breaks_is_put_aside_and_the_others_are_read(ledger: Ledger) -> None:
    raw = letter("we will honor your objection\n")
    header = literal("BODY[HEADER.FIELDS (FROM)]", b"From: a@facebookmail.com\r\nSubject: x\r\n\r\n")
    moment = 'RFC822.SIZE 10 INTERNALDATE "13-May-2025 09:12:00 +0200"'
    script = {
        **ONE,
        "EXAMINE": "* 2 EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\n* OK [UIDNEXT 3] next\r\n{tag} OK [READ-ONLY] done\r\n",
        "UID SEARCH": "* SEARCH 1 2\r\n" + OK,
        "UID SEARCH UID 2:2": "* SEARCH 2\r\n" + OK,
        "UID FETCH": BYE,
        "UID FETCH 2 (RFC822": fetched(2, moment, header) + OK,
        "UID FETCH 2 (BODY": fetched(2, literal("BODY[]", raw)) + OK,
    }
    with Scripted(script) as server:
        kept = on_script(ledger, server)
        for _ in range(6):
            with pytest.raises(RetryableError):
                read_all(ledger, kept, server)
        assert ledger.mailboxes.counts(kept) == {}
        read_all(ledger, kept, server)
        assert ledger.mailboxes.counts(kept) == {"quarantined": 1, "stored": 1}
        assert [folder.uid for folder in ledger.reading.folders(kept)] == [2]


def test_a_mail_that_was_put_aside_is_asked_for_once_a_day_or_when_a_person_says_so(ledger: Ledger, mailbox: MailboxRow) -> None:
    cursor = Cursor(7, 4)
    ledger.record.store(Batch(mailbox, "INBOX", cursor, (Arrival(4, state="quarantined"),)), NOW)
    assert ledger.record.quarantined(mailbox, "INBOX", cursor, NOW) == []
    assert ledger.record.quarantined(mailbox, "INBOX", cursor, NOW + timedelta(hours=1)) == [4]
    assert ledger.record.quarantined(mailbox, "INBOX", cursor) == [4]


def test_the_lag_is_of_mail_that_came_while_we_watched(ledger: Ledger, mailbox: MailboxRow) -> None:
    old, new = NOW - timedelta(days=300), NOW + timedelta(seconds=10)
    ledger.record.store(Batch(mailbox, "INBOX", Cursor(7, 1), (Arrival(1),), old, 5), NOW)
    (folder,) = ledger.reading.folders(mailbox)
    assert (folder.lag, folder.backlog) == (None, 5)
    ledger.mailboxes.note_good(mailbox, NOW)
    ledger.reading.caught_up(mailbox)
    ledger.record.store(Batch(ledger.mailboxes.refreshed(mailbox), "INBOX", Cursor(7, 2), (Arrival(2),), new), new + timedelta(seconds=2))
    (folder,) = ledger.reading.folders(mailbox)
    assert (folder.lag, folder.backlog) == (2.0, 0)
    assert ledger.reading.worst() == (2.0, 0)
