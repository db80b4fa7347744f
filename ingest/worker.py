"""The loop that runs for months: one thread waits on all idling connections, a small pool does the work.

A mailbox is either idling (its socket is watched) or in a turn (a pool thread stores what is new, then decides it). IDLE is only a hint:
every slice ends with a look at all folders. Whatever happens to a connection, the next turn opens a new one.
"""

import logging
import selectors
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from ingest.decide import Decider
from ingest.imap import ImapMailbox
from ingest.sync import note_failure, store_new
from ledger.errors import OperatorError, RetryableError
from ledger.lease import lease
from ledger.ledger import Ledger
from ledger.mailboxes import Health, MailboxRow

log = logging.getLogger(__name__)

FIRST_SLICE = 2.0
"""Seconds. QUIRK: mail that arrives between the last look and IDLE may be announced in the bytes that answer IDLE, which nobody
watches: the first slice after a look is short, so that such mail waits two seconds and not five minutes."""
SLICE = 270.0
"""Seconds of one IDLE: under five minutes, because routers and servers forget silent connections."""
POLL = 60.0
"""Seconds between looks where the server has no IDLE."""
REFRESH = 2.0
"""Seconds between looks at the list of mailboxes: what `demur connect` adds is read at once."""
GRACE = 4.0
"""Seconds that turns have to end by themselves when the worker is stopped."""
THREADS = 4
Connect = Callable[[MailboxRow], ImapMailbox]


@dataclass(slots=True)
class Watch:
    """One mailbox in the loop. `due` is a monotonic time; `busy` while a pool thread has it."""

    row: MailboxRow
    connection: ImapMailbox | None = None
    idling: bool = False
    looked: bool = False
    due: float = 0.0
    busy: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)


class Worker:
    """Keeps all connected mailboxes read until it is stopped."""

    def __init__(self, ledger: Ledger, connect: Connect, decider: Decider, now: Callable[[], datetime]) -> None:
        self._ledger, self._connect, self._decider, self._now = ledger, connect, decider, now
        self._watches: dict[int, Watch] = {}
        self._selector = selectors.DefaultSelector()
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="mailbox")
        self._stopping = threading.Event()

    def run(self) -> None:
        """Work until `stop` is called."""
        refreshed = 0.0
        while not self._stopping.is_set():
            if time.monotonic() - refreshed >= REFRESH:
                self._refresh()
                refreshed = time.monotonic()
            for watch in self._ready(0.2):
                self._start_turn(watch)
        self._close_all()

    def stop(self) -> None:
        """End the loop; a turn that is under way finishes its transaction first."""
        self._stopping.set()

    def _refresh(self) -> None:
        try:
            found = self._ledger.mailboxes.all()
        except (RetryableError, OperatorError) as error:
            log.warning("the list of mailboxes cannot be read: %s", error)
            return
        rows = {row.id: row for row in found if row.settings.kind == "imap" and row.state is not Health.DISABLED}
        for gone in self._watches.keys() - rows.keys():
            self._forget(gone)
        for row in rows.values():
            self._take_up(row)

    def _take_up(self, row: MailboxRow) -> None:
        watch = self._watches.setdefault(row.id, Watch(row))
        forgiven = watch.row.failures > 0 and row.failures == 0 and watch.connection is None
        if not watch.busy and (watch.row.settings != row.settings or forgiven):
            self._unwatch(watch)
            self._drop(watch)
            watch.due = 0.0
        if not watch.busy:
            watch.row = row

    def _forget(self, number: int) -> None:
        watch = self._watches[number]
        if not watch.busy:
            self._unwatch(watch)
            self._drop(watch)
            del self._watches[number]

    def _ready(self, timeout: float) -> list[Watch]:
        """Mailboxes whose server said something, or whose time has come."""
        spoken = [key.data for key, _ in self._selector.select(timeout)]
        now = time.monotonic()
        return [w for w in self._watches.values() if not w.busy and (w in spoken or w.due <= now)]

    def _unwatch(self, watch: Watch) -> None:
        if watch.idling and watch.connection:
            with suppress(KeyError, ValueError, OSError):
                self._selector.unregister(watch.connection.client.socket())

    def _start_turn(self, watch: Watch) -> None:
        watch.busy = True
        self._unwatch(watch)
        self._pool.submit(self._turn, watch)

    def _turn(self, watch: Watch) -> None:
        """One look at a mailbox and the decisions on what it brought; never raises, so that no mailbox stops another."""
        try:
            with lease(self._ledger.database, self._ledger.data, f"mailbox-{watch.row.id}") as held:
                if held:
                    self._look(watch)
                else:
                    watch.due = time.monotonic() + REFRESH
        except (RetryableError, OperatorError) as error:
            self._failed(watch, error)
        except Exception:
            log.exception("a turn of mailbox %s failed", watch.row.id)
            self._drop(watch)
            watch.due = time.monotonic() + POLL
        finally:
            self._hand_back(watch)

    def _hand_back(self, watch: Watch) -> None:
        """Watch the socket again, and only then let the loop have the mailbox."""
        try:
            if watch.idling and watch.connection:
                self._selector.register(watch.connection.client.socket(), selectors.EVENT_READ, watch)
        except (KeyError, ValueError, OSError):
            self._drop(watch)
            watch.due = time.monotonic()
        finally:
            watch.busy = False

    def _look(self, watch: Watch) -> None:
        if watch.connection is None:
            watch.connection = self._connect(watch.row)
        elif watch.idling:
            watch.idling = False
            watch.connection.idle_done()
        counts = store_new(self._ledger, watch.row, watch.connection)
        self._ledger.mailboxes.note_good(watch.row, self._now())
        self._wait_for_more(watch, short=counts.seen > 0 or not watch.looked)
        watch.looked = True
        self._decider.decide(watch.row)
        if not counts.seen:
            self._decider.assign(watch.row)
            self._decider.look_again(watch.row)

    def _wait_for_more(self, watch: Watch, short: bool) -> None:
        assert watch.connection
        if watch.connection.can_idle:
            watch.connection.idle()
            watch.idling = True
            watch.due = time.monotonic() + (FIRST_SLICE if short else SLICE)
        else:
            watch.due = time.monotonic() + POLL

    def _failed(self, watch: Watch, error: RetryableError | OperatorError) -> None:
        self._drop(watch)
        with suppress(RetryableError, OperatorError):
            row = self._ledger.mailboxes.refreshed(watch.row)
            note_failure(self._ledger, row, error, self._now())
            watch.row = row = self._ledger.mailboxes.refreshed(watch.row)
            watch.due = time.monotonic() + max((row.retry_at - self._now()).total_seconds() if row.retry_at else POLL, 1.0)
            log.warning("mailbox %s: %s", row.id, error)
            return
        watch.due = time.monotonic() + POLL

    def _drop(self, watch: Watch) -> None:
        watch.idling = False
        if watch.connection:
            watch.connection.close()
            watch.connection = None

    def _close_all(self) -> None:
        """Let turns finish their transaction; those that only wait for a server lose their connection after a grace."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        end = time.monotonic() + GRACE
        while any(watch.busy for watch in self._watches.values()) and time.monotonic() < end:
            time.sleep(0.05)
        for watch in self._watches.values():
            self._unwatch(watch)
            self._drop(watch)
        self._pool.shutdown(wait=True)
        self._selector.close()
