"""What another version would change, worked out in the background over all stored mails, one version at a time; nothing is written."""

import logging
import threading
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from api.imports import BUG
from api.models import Changes, MailChange, StateChange
from ledger.errors import DemurError, RetryableError
from ledger.outcome import Product, Track
from ledger.status import State

if TYPE_CHECKING:
    from classifier.model import Model
    from demur.composition import Composition
    from ingest.replay import Moved, Redecided

log = logging.getLogger(__name__)
SHOWN = 100
"""Mails and objections that are kept for the page; the rest is counted."""
BUSY = "another comparison is under way: wait for it to end"


def _mail(changed: "Redecided") -> MailChange:
    before, after = changed.before, changed.after
    outcomes = (before.outcome.value, after.outcome.value)
    return MailChange(changed.user.name, before.sha256, before.subject, *outcomes, before.abstained, after.abstained)


def _state(moved: "Moved") -> StateChange:
    return StateChange(moved.user.name, Product(moved.product), Track(moved.track), State(moved.before), State(moved.after))


def _with(found: Changes, mails: "list[Redecided]", states: "list[Moved]") -> Changes:
    """The changes with those of one more user."""
    return replace(
        found,
        done=found.done + 1,
        mails=(*found.mails, *map(_mail, mails))[:SHOWN],
        mails_all=found.mails_all + len(mails),
        states=(*found.states, *map(_state, states))[:SHOWN],
        states_all=found.states_all + len(states),
    )


class Comparer:
    """Compares in a thread of its own, and knows how far it is."""

    def __init__(self, parts: "Composition") -> None:
        self._parts = parts
        self._lock, self._stopping = threading.Lock(), threading.Event()
        self._thread: threading.Thread | None = None
        self._found: Changes | None = None

    @property
    def found(self) -> Changes | None:
        """What was found so far, if anything was asked."""
        return self._found

    def start(self, model: "Model") -> None:
        """Begin. Raises RetryableError while one is under way."""
        with self._lock:
            if self._found and self._found.state == "running":
                raise RetryableError(BUSY)
            self._found = Changes(model.version)
            self._thread = threading.Thread(target=self._run, args=(model,), name="comparing", daemon=True)
            self._thread.start()

    def _run(self, model: "Model") -> None:
        found = Changes(model.version)
        try:
            found = self._compared(model, found)
        except DemurError as error:
            found = replace(found, state="failed", detail=str(error))
        except Exception:  # the border of a thread: nobody above would hear of it
            log.exception("a comparison failed")
            found = replace(found, state="failed", detail=BUG)
        self._found = found

    def _compared(self, model: "Model", found: Changes) -> Changes:
        from ingest.replay import moved, redecide

        ledger, now = self._parts.ledger, self._parts.now()
        users = ledger.people.all()
        self._found = found = replace(found, of=len(users))
        for mails in redecide(ledger, users, partial(model.predict, abstain_below=self._parts.settings.abstain_below)):
            if self._stopping.is_set():
                break
            self._found = found = _with(found, mails, moved(ledger, mails, now))
        return replace(found, state="done")

    def stop(self) -> None:
        """End a comparison that is under way, after the user whose mails are looked at."""
        self._stopping.set()
        if self._thread:
            self._thread.join()
