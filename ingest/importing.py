"""Saved mails into the ledger: the same way as from a mailbox, with the folder named by the path."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from email import message_from_bytes
from itertools import islice
from pathlib import Path

from ingest.decide import Counts, Decider
from ingest.folder import FoundMail, mails_in
from ingest.identity import identity
from ingest.parse import moment, received_moment
from ledger.ledger import Ledger
from ledger.mailboxes import MailboxRow
from ledger.record import Arrival, Batch

AT_ONCE = 100
FOLDER = "import"
Noticed = Callable[[MailboxRow, Counts], None]


def arrival_time(raw: bytes) -> datetime:
    """When a saved mail arrived: as the last server wrote in Received, else its Date header, else now."""
    head = raw[: raw.find(b"\r\n\r\n") + 4 or None][: 256 * 1024]
    try:
        mime = message_from_bytes(head)
        found = received_moment(mime) or moment(str(mime.get("Date", "")))
    except (ValueError, RecursionError, LookupError):
        found = None
    return found or datetime.now(UTC)


def _arrival(mail: FoundMail) -> Arrival:
    """QUIRK: saved mails have no UID; 48 bits of their hash serve, so that the same mail has the same place."""
    sha256, kept = identity(mail.raw)
    return Arrival(int(sha256[:12], 16), sha256, kept, arrival_time(kept), "stored")


def _all(paths: Iterable[Path]) -> Iterator[FoundMail]:
    for path in paths:
        yield from mails_in(path)


def import_raw(ledger: Ledger, row: MailboxRow, raw: bytes, decider: Decider) -> Counts:
    """Store and decide one raw mail."""
    ledger.record.store(Batch(row, FOLDER, None, (_arrival(FoundMail("-", raw)),)))
    return decider.decide(row)


def import_mails(
    ledger: Ledger, row: MailboxRow, paths: Sequence[Path], decider: Decider, noticed: Noticed
) -> tuple[Counts, list[dict[str, str]]]:
    """Store and decide all mails at some paths. Returns counts and, for what could not be read, path and reason."""
    counts, errors = Counts(), list[dict[str, str]]()
    found = _all(paths)
    while some := list(islice(found, AT_ONCE)):
        errors += [{"path": mail.path, "error": mail.error} for mail in some if mail.error is not None]
        arrivals = tuple(_arrival(mail) for mail in some if mail.error is None)
        ledger.record.store(Batch(row, FOLDER, None, arrivals))
        counts.seen += len(arrivals)
        counts.candidates += len(arrivals)
        noticed(row, counts)
    counts.add(decider.decide(row))
    counts.add(decider.assign(row))
    counts.recorded += decider.look_again(row)
    return counts, errors
