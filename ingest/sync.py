"""One pass over one mailbox: store what is new, then decide it. Nothing is decided from a connection, nothing is lost by a kill."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from ingest.decide import Counts, Decider
from ingest.imap import AuthenticationError
from ingest.mailbox import Mailbox
from ledger.errors import OperatorError, RetryableError
from ledger.ledger import Ledger
from ledger.mailboxes import Health, MailboxRow
from ledger.record import Batch

BACKOFF_FIRST = timedelta(seconds=5)
BACKOFF_MOST = timedelta(minutes=15)
AFTER_REFUSAL = timedelta(hours=1)
"""A wrong password tried again and again locks accounts."""
Noticed = Callable[[MailboxRow, Counts], None]


def backoff(failures: int) -> timedelta:
    """How long to wait after so many failures in a row: doubling, capped."""
    return min(BACKOFF_FIRST * 2.0 ** min(failures, 10), BACKOFF_MOST)


def store_new(ledger: Ledger, row: MailboxRow, mailbox: Mailbox, noticed: Noticed = lambda row, counts: None) -> Counts:
    """Store everything new in all folders, batch by batch with its cursor. Raises what `Mailbox` raises; what was stored stays."""
    counts = Counts()
    for folder in mailbox.folders():
        cursor = ledger.mailboxes.cursor(row, folder)
        for batch in mailbox.fetch_after(folder, cursor, ledger.record.quarantined(row, folder, cursor)):
            ledger.record.store(batch)
            _count(counts, batch)
            noticed(row, counts)
    return counts


def _count(counts: Counts, batch: Batch) -> None:
    counts.seen += len(batch.arrivals)
    counts.candidates += sum(arrival.sha256 is not None for arrival in batch.arrivals)
    counts.skip("not a candidate", sum(arrival.state == "skipped" for arrival in batch.arrivals))
    for state in ("gone", "quarantined"):
        counts.skip(state, sum(arrival.state == state for arrival in batch.arrivals))


def note_failure(ledger: Ledger, row: MailboxRow, error: RetryableError | OperatorError, now: datetime) -> None:
    """Write a failed look into the mailbox's health, with when to try again."""
    if isinstance(error, AuthenticationError):
        ledger.mailboxes.note_bad(row, Health.AUTHENTICATION_ERROR, str(error), now + AFTER_REFUSAL)
    else:
        ledger.mailboxes.note_bad(row, Health.CONNECT_ERROR, str(error), now + backoff(row.failures))


def sync(
    ledger: Ledger,
    row: MailboxRow,
    connect: Callable[[MailboxRow], Mailbox],
    decider: Decider,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    noticed: Noticed = lambda row, counts: None,
) -> Counts:
    """One whole pass: connect, store, decide, look again at what was unknown. A failed connection is noted and raised."""
    try:
        mailbox = connect(row)
        try:
            counts = store_new(ledger, row, mailbox, noticed)
        finally:
            mailbox.close()
    except (RetryableError, OperatorError) as error:
        note_failure(ledger, row, error, now())
        decider.decide(row)
        raise
    ledger.mailboxes.note_good(row, now())
    decided = decider.decide(row)
    again = decider.assign(row)
    counts.add(decided)
    counts.recorded += again.recorded + decider.look_again(row)
    return counts
