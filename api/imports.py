"""Files of mails that are being read: one thread each, with their progress. In memory only; doing it again changes nothing."""

import logging
import secrets
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from api.language import N_
from ledger.errors import OperatorError, RetryableError

log = logging.getLogger(__name__)
MOST = 100
"""Imports that are remembered; the oldest goes first."""
AT_ONCE = 2
BUG = N_("Something went wrong inside Demur; its operator finds the reason in the log.")
Work = Callable[[Callable[[int], None]], tuple[int, int, int]]


@dataclass(slots=True)
class Import:
    """One upload of a user's: mails `seen`, `recorded` in the ledger, and `unreadable` ones. When `failed`, `detail` says why."""

    number: str
    user_id: int
    state: Literal["running", "done", "failed"] = "running"
    seen: int = 0
    recorded: int = 0
    unreadable: int = 0
    detail: str = ""


class Imports:
    """All imports of this process. Safe to use from several threads."""

    def __init__(self) -> None:
        self._known: dict[str, Import] = {}
        self._places = threading.BoundedSemaphore(AT_ONCE)
        self._lock = threading.Lock()

    def find(self, number: str) -> Import | None:
        """An import by its number, or None."""
        with self._lock:
            return self._known.get(number)

    def start(self, user_id: int, folder: Path, work: Work) -> Import:
        """Begin to read in the background; `folder` with the uploaded files is deleted at the end."""
        begun = Import(secrets.token_urlsafe(12), user_id)
        with self._lock:
            self._known[begun.number] = begun
            while len(self._known) > MOST:
                del self._known[next(iter(self._known))]
        threading.Thread(target=self._run, args=(begun, folder, work), name="import", daemon=True).start()
        return begun

    def _run(self, begun: Import, folder: Path, work: Work) -> None:
        def noticed(seen: int) -> None:
            begun.seen = seen

        try:
            with self._places:
                begun.seen, begun.recorded, begun.unreadable = work(noticed)
            begun.state = "done"
        except (OperatorError, RetryableError) as error:
            begun.state, begun.detail = "failed", str(error)
        except Exception:  # the border of a thread: nobody above would hear of it
            log.exception("an import failed")
            begun.state, begun.detail = "failed", BUG
        finally:
            shutil.rmtree(folder, ignore_errors=True)
