"""The worker process of the soak: the product's worker, started without its web side, that kills itself at a named step when it is told to.

The product knows nothing of this: the steps are its own functions, wrapped here.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import wraps
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import ingest.imap
from demur.logs import set_up_logging
from ingest.decide import Decider
from ingest.imap import ImapMailbox
from ingest.keys import Key
from ingest.lifeline import Lifeline
from ingest.pace import Pace
from ingest.worker import Worker
from ledger.database import Database
from ledger.ledger import Ledger, open_ledger
from ledger.mailboxes import Mailboxes, MailboxRow
from ledger.message import Message
from ledger.outcome import Outcome
from ledger.prediction import Prediction
from ledger.reading import Reading
from ledger.record import Record
from ledger.vault import Vault

STEPS: dict[str, tuple[Any, str]] = {
    "log in": (ingest.imap, "open_client"),
    "fetch": (ImapMailbox, "_read"),
    "idle": (ImapMailbox, "idle"),
    "end of idle": (ImapMailbox, "idle_done"),
    "store": (Record, "store"),
    "rows": (Record, "_forget_stale"),
    "cursor": (Record, "_advance"),
    "health": (Mailboxes, "note_good"),
    "audit": (Reading, "audited"),
    "decide": (Decider, "_decide_some"),
    "entries": (Record, "_append"),
    "projection": (Record, "_project"),
    "states": (Record, "_drop_unrelated"),
}
POINTS = [f"{when} {step}" for step in (*STEPS, "commit") for when in ("before", "after")]
PACE = Pace(
    connect=5,
    read=4,
    command=10,
    farewell=2,
    slice=6,
    first_slice=0.5,
    poll=2,
    idle_again=10,
    refresh=1,
    steady=5,
    stuck=20,
    grace=3,
    backoff_first=0.2,
    backoff_most=2,
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a worker process works on, and where it is to die: at the `count`th time of `point`, one of `POINTS`."""

    data: Path
    key: str
    records: dict[str, str] = field(default_factory=dict)
    point: str = ""
    count: int = 1
    pace: Pace = PACE

    @property
    def log(self) -> Path:
        return self.data / "worker.log"


class FixedKeys:
    """DKIM keys without DNS."""

    def __init__(self, records: dict[str, str]) -> None:
        self._records = records

    def look_up(self, name: str) -> Key:
        """The key record at a name."""
        return Key(self._records.get(name))


def by_phrases(messages: Sequence[Message]) -> list[Prediction]:
    """A classifier that is there at once: the first deciding phrase."""
    said = [[p.outcome for p in m.phrases if p.deciding and not p.conditional] for m in messages]
    return [Prediction(found[0] if found else Outcome.UNRELATED, 0.9, not found, "soak", {}) for found in said]


def utc_now() -> datetime:
    """The clock."""
    return datetime.now(UTC)


def ledger_of(plan: Plan) -> Ledger:
    """The soak's ledger."""
    return open_ledger(f"sqlite:///{plan.data}/demur.sqlite3", plan.data, Vault([plan.key]))


def decider_of(plan: Plan, ledger: Ledger) -> Decider:
    """Decides with the soak's keys and classifier."""
    return Decider(ledger, by_phrases, FixedKeys(plan.records), utc_now)


class Trap:
    """Kills this process at a point of the plan."""

    def __init__(self, point: str, count: int) -> None:
        self._point, self._left = point, count

    def passes(self, point: str) -> None:
        """The work has come to a point."""
        if point == self._point:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def around(self, step: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """A function with a point before and one after it."""

        @wraps(work)
        def trapped(*arguments: Any, **options: Any) -> Any:
            self.passes(f"before {step}")
            result = work(*arguments, **options)
            self.passes(f"after {step}")
            return result

        return trapped

    def set(self) -> None:
        """Put the trap around every step."""
        for step, (owner, name) in STEPS.items():
            setattr(owner, name, self.around(step, getattr(owner, name)))
        write = Database.write

        @contextmanager
        def trapped(database: Database) -> Iterator[Any]:
            with write(database) as connection:
                yield connection
                self.passes("before commit")
            self.passes("after commit")

        Database.write = trapped  # type: ignore[method-assign]


def run(plan: Plan, works: Event | None = None) -> None:
    """Work until stopped with SIGTERM, or killed; `works` is set when the work begins."""
    log = os.open(plan.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    sys.stderr = os.fdopen(2, "w", buffering=1)
    set_up_logging("DEBUG", "text")
    Trap(plan.point, plan.count).set()
    ledger = ledger_of(plan)

    def connect(row: MailboxRow, lifeline: Lifeline) -> ImapMailbox:
        return ImapMailbox(row, ledger.mailboxes.password(row), False, plan.pace, lifeline)

    worker = Worker(ledger, connect, decider_of(plan, ledger), utc_now, plan.pace)
    signal.signal(signal.SIGTERM, lambda number, frame: worker.stop())
    thread = threading.Thread(target=worker.run)
    thread.start()
    if works:
        works.set()
    while thread.is_alive():
        thread.join(0.5)
    ledger.database.close()
