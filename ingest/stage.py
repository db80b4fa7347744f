"""The second stage: what was stored is decided apart from all connections, so that no server waits for it.

A mailbox waits here at most once.
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from ledger.errors import OperatorError, RetryableError
from ledger.mailboxes import MailboxRow

log = logging.getLogger(__name__)
THREADS = 2
Work = Callable[[MailboxRow, bool], None]


class Stage:
    """Runs `work(mailbox, thorough)` in the background, for each mailbox one at a time."""

    def __init__(self, work: Work, threads: int = THREADS) -> None:
        self._work = work
        self._waiting: dict[int, tuple[MailboxRow, bool]] = {}
        self._running: set[int] = set()
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="decide")

    def ask(self, row: MailboxRow, thorough: bool) -> None:
        """Have a mailbox's stored mail decided soon. `thorough`: and what was doubtful looked at again."""
        with self._lock:
            known = self._waiting.get(row.id)
            self._waiting[row.id] = (row, thorough or (known is not None and known[1]))
            if known is None and row.id not in self._running:
                self._pool.submit(self._run, row.id)

    def _run(self, number: int) -> None:
        with self._lock:
            row, thorough = self._waiting.pop(number)
            self._running.add(number)
        try:
            self._work(row, thorough)
        except (RetryableError, OperatorError) as error:
            log.warning("mail of mailbox %s waits for a decision: %s", number, error)
        except Exception:
            log.exception("mail of mailbox %s waits for a decision", number)
        finally:
            self._done(number)

    def _done(self, number: int) -> None:
        with self._lock:
            self._running.discard(number)
            if number in self._waiting:
                try:
                    self._pool.submit(self._run, number)
                except RuntimeError:  # it is being stopped: what waits is found again at the next start
                    self._waiting.clear()

    def stop(self) -> None:
        """End; what is being decided is finished, what waits is found again at the next start."""
        self._pool.shutdown(wait=True, cancel_futures=True)
