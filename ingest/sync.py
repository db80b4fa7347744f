"""One pass over one mailbox: store what is new, then decide it. Nothing is decided from a connection, nothing is lost by a kill."""

import logging
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from ingest.bearer import ConsentError
from ingest.decide import Counts, Decider
from ingest.imap import AuthenticationError
from ingest.mailbox import Mailbox, StumbledError
from ingest.pace import USUAL, Pace
from ingest.refusal import BusyServerError
from ledger.errors import OperatorError, RetryableError
from ledger.ledger import Ledger
from ledger.mailboxes import Health, MailboxRow
from ledger.record import Batch

log = logging.getLogger(__name__)

TRIES = 3
DAILY = timedelta(days=1)
AUDITED_AT_ONCE = 10_000
AFTER_REFUSAL = timedelta(hours=1)
AFTER_TRIES = timedelta(days=1)
"""A wrong password tried again and again locks accounts: three tries, an hour apart, then one a day, in case that the provider erred."""
Noticed = Callable[[MailboxRow, Counts], None]


def backoff(failures: int, pace: Pace = USUAL, spread: Callable[[float, float], float] = random.uniform) -> timedelta:
    """How long to wait after so many failures before this one: doubling, capped, and spread out.

    Mailboxes that fell silent together do not come back together.
    """
    most = min(pace.backoff_first * 2.0 ** min(failures, 20), pace.backoff_most)
    return timedelta(seconds=spread(most / 2, most))


class WrongFolderError(OperatorError):
    """One folder needs its owner; the others were read. `counts`: what they brought."""

    def __init__(self, words: str, counts: Counts) -> None:
        self.counts = counts
        super().__init__(words)


def store_new(
    ledger: Ledger,
    row: MailboxRow,
    mailbox: Mailbox,
    noticed: Noticed = lambda row, counts: None,
    now: datetime | None = None,
    everything: bool = True,
) -> Counts:
    """Store everything new in all folders, batch by batch with its cursor. Raises what `Mailbox` raises; what was stored stays.

    A folder that its owner has to put right keeps no other from being read: it is raised at the end. `everything`: mail that was put aside
    is asked for again in any case, else once a day.
    """
    now = now or datetime.now(UTC)
    counts = Counts()
    wrong: list[OperatorError] = []
    for folder in mailbox.folders():
        with _put_off(wrong):
            for batch in _new_batches(ledger, row, mailbox, folder, None if everything else now - DAILY):
                ledger.record.store(batch, datetime.now(UTC))
                _count(counts, batch, mailbox.watched)
                noticed(row, counts)
    if wrong:
        raise WrongFolderError(str(wrong[0]), counts)
    ledger.reading.caught_up(row)
    return counts


@contextmanager
def _put_off(wrong: list[OperatorError]) -> Iterator[None]:
    try:
        yield
    except AuthenticationError:
        raise
    except OperatorError as error:
        wrong.append(error)


def _new_batches(ledger: Ledger, row: MailboxRow, mailbox: Mailbox, folder: str, tried_before: datetime | None) -> Iterator[Batch]:
    cursor = ledger.mailboxes.cursor(row, folder)
    again = ledger.record.quarantined(row, folder, cursor, tried_before)
    try:
        yield from mailbox.fetch_after(folder, cursor, again, ledger.reading.stumbles(row, folder))
    except StumbledError:
        ledger.reading.stumbled(row, folder)
        raise


def audit(ledger: Ledger, row: MailboxRow, mailbox: Mailbox, now: datetime) -> bool:
    """Compare a slice of one folder's UIDs with what is recorded, and store what the cursor missed; False when no audit is due.

    A server's search may leave mail out, and UIDs may appear below the cursor; each folder is gone through once a day.
    """
    due = ledger.reading.audit_due(row, now - DAILY)
    if due is None:
        return False
    low, high = due.after + 1, min(due.after + AUDITED_AT_ONCE, due.cursor.uid)
    known = ledger.reading.known_uids(row, due.folder, due.cursor.uidvalidity, low, high)
    for batch in mailbox.fetch_missed(due.folder, due.cursor, low, high, known):
        ledger.record.store(batch, now)
        log.warning("mailbox %s: an audit found %s mails that had been missed", row.id, len(batch.arrivals))
    ledger.reading.audited(row, due, high, now)
    return True


def _count(counts: Counts, batch: Batch, watched: str) -> None:
    counts.seen += len(batch.arrivals)
    counts.watched += len(batch.arrivals) if batch.folder == watched else 0
    counts.candidates += sum(arrival.sha256 is not None for arrival in batch.arrivals)
    counts.skip("not a candidate", sum(arrival.state == "skipped" for arrival in batch.arrivals))
    for state in ("gone", "quarantined"):
        counts.skip(state, sum(arrival.state == state for arrival in batch.arrivals))


def note_failure(ledger: Ledger, row: MailboxRow, error: RetryableError | OperatorError, now: datetime, pace: Pace = USUAL) -> None:
    """Write a failed look into the mailbox's health, with when to try again."""
    if isinstance(error, ConsentError):
        ledger.mailboxes.note_bad(row, Health.AUTHENTICATION_ERROR, str(error), now + AFTER_TRIES)
        return
    if isinstance(error, AuthenticationError):
        before = row.failures if row.state is Health.AUTHENTICATION_ERROR else 0
        often = before + 1 >= TRIES
        words = (
            f"{error}. It is tried {'only once a day' if often else 'again in an hour'}; `demur connect {row.name}` takes a new password"
        )
        ledger.mailboxes.note_bad(row, Health.AUTHENTICATION_ERROR, words, now + (AFTER_TRIES if often else AFTER_REFUSAL))
        return
    before = row.failures if row.state is Health.CONNECT_ERROR else 0
    wait = error.wait.after(before) if isinstance(error, BusyServerError) else backoff(before, pace)
    ledger.mailboxes.note_bad(row, Health.CONNECT_ERROR, str(error), now + wait)


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
            counts = store_new(ledger, row, mailbox, noticed, now())
            while audit(ledger, row, mailbox, now()):
                continue
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
    counts.add(decider.retry(row))
    counts.recorded += again.recorded + decider.look_again(row)
    return counts
