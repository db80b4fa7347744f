"""Looks what changed, puts it into the outbox, and delivers what is due: at least once, in order, one process at a time.

An attempt is marked after its answer. Who is killed in between sends the same message again, under the same name.
"""

import logging
import random
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from demur.notify.look import View
from demur.notify.post import Answer, Message, Post
from demur.notify.target import Target
from ledger.errors import OperatorError, RetryableError
from ledger.lease import lease
from ledger.ledger import Ledger
from ledger.outbox import Delivery, Fate, Note, new_name

log = logging.getLogger(__name__)

LOOK = 10.0
"""Seconds between two looks at what changed."""
DEADLINES = timedelta(hours=1)
AT_ONCE = 100
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=6)
MOST_PATIENCE = timedelta(days=2)
"""The longest pause that a receiver can ask for."""
GIVEN_UP = timedelta(days=5)
JITTER = 0.2


def pause_after(attempts: int, answer: Answer, chance: random.Random) -> timedelta:
    """How long to leave a target alone after so many failed attempts: twice as long each time, and at least what it asked for."""
    pause = min(FIRST_PAUSE * (1 << min(attempts, 20)), LONGEST_PAUSE) * (1 + chance.uniform(-JITTER, JITTER))
    return max(pause, min(timedelta(seconds=answer.retry_after or 0), MOST_PATIENCE))


class Notifier:
    """Makes news and delivers them."""

    def __init__(
        self, ledger: Ledger, targets: tuple[Target, ...], post: Post, now: Callable[[], datetime], question: float = LOOK
    ) -> None:
        """`question`: seconds between two looks."""
        self._ledger, self._post, self._now, self._question = ledger, post, now, question
        self.targets = {target.key: target for target in targets}
        self._stopping = threading.Event()
        self._chance = random.Random()  # noqa: S311 - jitter, no secret
        self._deadlines_at: datetime | None = None
        for target in targets:
            post.check(target)

    def run(self) -> None:
        """Look and deliver until `stop` is called."""
        while not self._stopping.is_set():
            try:
                self.turn()
            except (RetryableError, OperatorError) as error:
                log.warning("news are not told now: %s", error)
            except Exception:
                log.exception("telling news failed")
            self._stopping.wait(self._question * self._chance.uniform(0.5, 1))

    def stop(self) -> None:
        """End the loop; an attempt that is under way ends at its own deadline."""
        self._stopping.set()

    def turn(self) -> int:
        """One look and one round of deliveries; returns how many were taken. Nothing where another process is at it."""
        with lease(self._ledger.database, self._ledger.data, "notify") as held:
            if not held:
                return 0
            if not self.targets:
                self._ledger.outbox.forget_told()
                return 0
            self._look()
            return sum(1 for _ in self._delivered())

    def _look(self) -> None:
        now, outbox = self._now(), self._ledger.outbox
        deadlines = self._deadlines_at is None or now >= self._deadlines_at + DEADLINES
        notes = View(self._ledger, outbox.told(), now).notes(deadlines)
        if notes:
            outbox.write(notes, self._open(), now)
        if deadlines:
            self._deadlines_at = now

    def _open(self) -> list[str]:
        """The targets that have not asked to be left alone for good."""
        told = self._ledger.outbox.told()
        return [key for key in self.targets if f"target:{key}" not in told]

    def _delivered(self) -> Iterator[Delivery]:
        outbox, resting = self._ledger.outbox, set[str]()
        outbox.drop_others(self._open())
        for delivery in outbox.due(self._now(), AT_ONCE):
            if self._stopping.is_set() or delivery.target in resting:
                continue
            if self._deliver(delivery):
                yield delivery
            else:
                resting.add(delivery.target)

    def _deliver(self, delivery: Delivery) -> bool:
        target, outbox = self.targets[delivery.target], self._ledger.outbox
        answer = self._post.send(target, Message(delivery.name, delivery.kind, delivery.facts, delivery.at))
        log.info("news %s to target %s: %s", delivery.kind, target.title, answer.detail)
        if answer.taken:
            outbox.settle(delivery, Fate.DELIVERED, answer.detail)
        elif answer.gone:
            self._leave_alone(delivery, answer)
        elif self._now() > delivery.at + GIVEN_UP:
            outbox.settle(delivery, Fate.FAILED, answer.detail)
        else:
            outbox.put_off(delivery, self._now() + pause_after(delivery.attempts, answer, self._chance), answer.detail)
        return answer.taken

    def _leave_alone(self, delivery: Delivery, answer: Answer) -> None:
        self._ledger.outbox.settle(delivery, Fate.DROPPED, answer.detail)
        self._ledger.outbox.write([Note(f"target:{delivery.target}", answer.detail)], (), self._now())

    def waiting(self) -> list[Delivery]:
        """What is not told yet, or was given up, of the targets that there are now; oldest first."""
        return [each for each in self._ledger.outbox.waiting() if each.target in self.targets]

    def test(self) -> Iterator[tuple[Target, Answer]]:
        """Send every target a test message, those too that asked to be left alone; one that takes it is used again."""
        for target in self.targets.values():
            answer = self._post.send(target, Message(new_name(), "test", {}, self._now()))
            if answer.taken:
                self._ledger.outbox.write([Note(f"target:{target.key}", None)], (), self._now())
            yield target, answer
