"""One mailbox in the worker's loop: its connection, and when it is to be looked at next."""

import time
from dataclasses import dataclass

from ingest.imap import ImapMailbox
from ingest.lifeline import Lifeline
from ingest.pace import Pace
from ledger.mailboxes import MailboxRow


@dataclass(slots=True)
class Watch:
    """A mailbox, its connection and its times (all monotonic).

    `due`: when to look, whatever the server says. `busy`: its turn waits for a pool thread, or has one since `began`. `woken`: this turn
    came because the server spoke. `proven`: a look ended well on this connection. `mute`: mail came that IDLE did not announce.
    `polls_until`: IDLE was refused and is not asked for before. `is_marked`: the turn was found to be stuck.
    """

    row: MailboxRow
    connection: ImapMailbox | None = None
    lifeline: Lifeline | None = None
    idling: bool = False
    opened: float = 0.0
    due: float = 0.0
    busy: bool = False
    began: float = 0.0
    woken: bool = False
    proven: bool = False
    looked: bool = False
    whole_slice: bool = False
    mute: bool = False
    polls_until: float = 0.0
    is_marked: bool = False

    def begin(self, woken: bool) -> None:
        """A turn is asked for."""
        self.busy, self.woken, self.began, self.is_marked = True, woken, 0.0, False

    def is_stuck(self, pace: Pace) -> bool:
        """Whether its turn has made no progress for too long: no step begun, nothing answered."""
        progress = max(self.began, self.lifeline.answered if self.lifeline else 0.0)
        return self.busy and self.began > 0 and not self.is_marked and time.monotonic() - progress > pace.stuck

    def cut(self) -> None:
        """End the connection under the turn that uses it."""
        if self.lifeline:
            self.lifeline.cut()

    def is_steady(self, pace: Pace) -> bool:
        """Whether its connection was good for long enough to be opened again at once."""
        return self.connection is not None and self.proven and time.monotonic() - self.opened >= pace.steady

    def learn(self, arrived: int) -> None:
        """Judge the server by the slice that ended: mail that it let us find by ourselves means that it announces none."""
        if arrived:
            self.mute = self.whole_slice and not self.woken

    def rest(self, pace: Pace, short: bool) -> None:
        """Wait for the server to speak, but no longer than a slice."""
        length = pace.first_slice if short else pace.poll if self.mute else pace.slice
        self.whole_slice = self.idling and not short
        self.due = time.monotonic() + (length if self.idling else pace.poll)
