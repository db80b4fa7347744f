"""The loop that runs for months: one thread waits on all connections, a small pool does the work, two threads decide what was stored.

A mailbox is either waiting (its socket is watched) or in a turn (a pool thread stores what is new). IDLE is only a hint: every slice ends
with a look at all folders. Whatever happens to a connection, the next turn opens a new one.
"""

import logging
import selectors
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta

from ingest.decide import Counts, Decider
from ingest.imap import IdleRefusedError, ImapMailbox
from ingest.lifeline import Lifeline
from ingest.pace import USUAL, Pace
from ingest.refusal import BusyServerError
from ingest.stage import Stage
from ingest.sync import WrongFolderError, audit, note_failure, store_new
from ingest.watch import Watch
from ledger.errors import OperatorError, RetryableError
from ledger.lease import lease
from ledger.ledger import Ledger
from ledger.mailboxes import Health, MailboxRow

log = logging.getLogger(__name__)
THREADS = 8
Connect = Callable[[MailboxRow, Lifeline], ImapMailbox]


class Worker:
    """Keeps all connected mailboxes read until it is stopped."""

    def __init__(self, ledger: Ledger, connect: Connect, decider: Decider, now: Callable[[], datetime], pace: Pace = USUAL) -> None:
        self._ledger, self._connect, self._decider, self._now, self._pace = ledger, connect, decider, now, pace
        self._watches: dict[int, Watch] = {}
        self._selector = selectors.DefaultSelector()
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="mailbox")
        self._stage = Stage(self._decide)
        self._stopping = threading.Event()

    def run(self) -> None:
        """Work until `stop` is called."""
        refreshed = 0.0
        while not self._stopping.is_set():
            if time.monotonic() - refreshed >= self._pace.refresh:
                self._refresh()
                self._free_stuck()
                refreshed = time.monotonic()
            for watch, woken in self._ready(0.2):
                self._start_turn(watch, woken)
        self._close_all()

    def stop(self) -> None:
        """End the loop; a turn that is under way finishes its transaction first."""
        self._stopping.set()

    # which mailboxes there are

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
        watch = self._watches.get(row.id)
        if watch is None:
            self._watches[row.id] = Watch(row, due=time.monotonic() + self._still_out(row))
            self._stage.ask(row, thorough=False)
            return
        forgiven = watch.row.failures > 0 and row.failures == 0 and watch.connection is None
        if not watch.busy and (watch.row.settings != row.settings or forgiven):
            self._unwatch(watch)
            self._drop(watch)
            watch.due = 0.0
        if not watch.busy:
            watch.row = row

    def _still_out(self, row: MailboxRow) -> float:
        """Seconds that a new start has to wait, too: a wrong password or a used-up quota does not get better by a restart."""
        left = (row.retry_at - self._now()).total_seconds() if row.retry_at else 0.0
        return left if left > self._pace.backoff_most or row.state is Health.AUTHENTICATION_ERROR else 0.0

    def _forget(self, number: int) -> None:
        watch = self._watches[number]
        if not watch.busy:
            self._unwatch(watch)
            self._drop(watch)
            del self._watches[number]

    # whose turn it is

    def _ready(self, timeout: float) -> list[tuple[Watch, bool]]:
        """Mailboxes whose server said something (True), or whose time has come."""
        spoken = {key.data for key, _ in self._selector.select(timeout)}
        now = time.monotonic()
        return [(w, n in spoken) for n, w in self._watches.items() if not w.busy and (n in spoken or w.due <= now)]

    def _unwatch(self, watch: Watch) -> None:
        if watch.connection:
            with suppress(KeyError, ValueError, OSError):
                self._selector.unregister(watch.connection.client.socket())

    def _start_turn(self, watch: Watch, woken: bool) -> None:
        watch.begin(woken)
        self._unwatch(watch)
        self._pool.submit(self._turn, watch)

    def _free_stuck(self) -> None:
        """Cut the connection of turns that make no progress, and say so: their thread comes free, the next turn opens a new one."""
        for watch in self._watches.values():
            if watch.is_stuck(self._pace):
                watch.is_marked = True
                error = self._stuck()
                log.error("mailbox %s: %s", watch.row.id, error)
                watch.cut()
                with suppress(RetryableError, OperatorError):
                    note_failure(self._ledger, watch.row, error, self._now(), self._pace)

    def _stuck(self) -> RetryableError:
        return RetryableError(f"a look made no progress for {self._pace.stuck / 60:.0f} minutes and was cut off")

    # one turn

    def _turn(self, watch: Watch) -> None:
        """One look at a mailbox; never raises, so that no mailbox stops another."""
        watch.began = time.monotonic()
        try:
            with lease(self._ledger.database, self._ledger.data, f"mailbox-{watch.row.id}") as held:
                if held:
                    self._look(watch)
                else:
                    watch.due = time.monotonic() + self._pace.refresh
        except (RetryableError, OperatorError) as error:
            self._failed(watch, error)
        except Exception:
            log.exception("a turn of mailbox %s failed", watch.row.id)
            self._drop(watch)
            watch.due = time.monotonic() + self._pace.poll
        finally:
            self._hand_back(watch)

    def _hand_back(self, watch: Watch) -> None:
        """Watch the socket again, and only then let the loop have the mailbox."""
        try:
            if watch.connection:
                self._selector.register(watch.connection.client.socket(), selectors.EVENT_READ, watch.row.id)
        except (KeyError, ValueError, OSError):
            self._drop(watch)
            watch.due = time.monotonic()
        finally:
            watch.busy = False

    def _look(self, watch: Watch) -> None:
        if watch.idling and not self._is_awake(watch):
            return
        if watch.connection and watch.connection.has_ended(self._now()):
            self._drop(watch)
        connection = watch.connection or self._opened(watch)
        counts = self._read(watch, connection)
        watch.proven = True
        watch.learn(counts.watched)
        self._rest(watch, connection, short=counts.seen > 0 or not watch.looked)
        watch.looked = True

    def _read(self, watch: Watch, connection: ImapMailbox) -> Counts:
        """Store what is new, and have it decided. A folder that its owner has to put right is noted, and the others go on being watched."""
        quiet = False
        try:
            counts = store_new(self._ledger, watch.row, connection, now=self._now(), everything=False)
            quiet = counts.seen == 0 and not audit(self._ledger, watch.row, connection, self._now())
            self._ledger.mailboxes.note_good(watch.row, self._now())
        except WrongFolderError as error:
            counts = error.counts
            self._noted(watch, error)
        finally:
            self._stage.ask(watch.row, thorough=quiet)
        return counts

    def _is_awake(self, watch: Watch) -> bool:
        """End IDLE; False, and it goes on, where the server only said that it is still there."""
        assert watch.connection
        if watch.woken and not watch.connection.spoke():
            return False
        watch.idling = False
        watch.connection.idle_done()
        return True

    def _opened(self, watch: Watch) -> ImapMailbox:
        watch.lifeline = Lifeline()
        watch.connection = self._connect(watch.row, watch.lifeline)
        watch.opened, watch.proven = time.monotonic(), False
        return watch.connection

    def _rest(self, watch: Watch, connection: ImapMailbox, short: bool) -> None:
        """Have the server tell of new mail, where it can; what it has told by now counts as well."""
        if connection.can_idle and time.monotonic() >= watch.polls_until:
            self._idle(watch, connection)
        watch.rest(self._pace, short)
        if watch.idling and connection.overheard():
            watch.due = time.monotonic()

    def _idle(self, watch: Watch, connection: ImapMailbox) -> None:
        try:
            connection.idle()
            watch.idling = True
        except IdleRefusedError as error:
            log.info("mailbox %s: %s", watch.row.id, error)
            self._drop(watch)
            watch.polls_until = time.monotonic() + self._pace.idle_again

    def _failed(self, watch: Watch, error: RetryableError | OperatorError) -> None:
        """Drop the connection; note the failure unless that was done, or the link was a good one and may only have had its time."""
        if watch.is_marked:
            error = self._stuck()
        steady = watch.is_steady(self._pace)
        self._drop(watch)
        if steady and not watch.is_marked and isinstance(error, RetryableError) and not isinstance(error, BusyServerError):
            log.info("mailbox %s: the link is gone, it is opened again: %s", watch.row.id, error)
            watch.due = time.monotonic()
            return
        watch.due = time.monotonic() + self._pace.poll
        with suppress(RetryableError, OperatorError):
            watch.row = row = self._noted(watch, error)
            log.warning("mailbox %s: %s", row.id, error)
            watch.due = time.monotonic() + max((row.retry_at - self._now()).total_seconds(), 0.0) if row.retry_at else watch.due

    def _noted(self, watch: Watch, error: RetryableError | OperatorError) -> MailboxRow:
        mailboxes = self._ledger.mailboxes
        if watch.lifeline and watch.lifeline.answered:
            mailboxes.note_answer(watch.row, self._now() - timedelta(seconds=time.monotonic() - watch.lifeline.answered))
        if not watch.is_marked:
            note_failure(self._ledger, mailboxes.refreshed(watch.row), error, self._now(), self._pace)
        return mailboxes.refreshed(watch.row)

    def _drop(self, watch: Watch) -> None:
        watch.idling = False
        if watch.connection:
            watch.connection.close()
            watch.connection = None

    # what was stored

    def _decide(self, row: MailboxRow, thorough: bool) -> None:
        self._decider.decide(row, self._stopping.is_set)
        if thorough and not self._stopping.is_set():
            self._decider.assign(row)
            self._decider.look_again(row)

    # the end

    def _close_all(self) -> None:
        """Let turns finish their transaction; those that only wait for a server lose their connection after a grace."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        end = time.monotonic() + self._pace.grace
        while any(watch.busy for watch in self._watches.values()) and time.monotonic() < end:
            time.sleep(0.05)
        for watch in self._watches.values():
            self._unwatch(watch)
            watch.cut()
        self._pool.shutdown(wait=True)
        for watch in self._watches.values():
            self._drop(watch)
        self._stage.stop()
        self._selector.close()
