"""Looks at form links when they are due, writes down what was found, and tells the cases that rest on them.

One process at a time; one request to a host at a time with a pause between; what is no canonical form address is never asked.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from ingest.fetch import Fetched, Fetcher
from ingest.probe import may_be_probed
from ledger.entry import LinkProbe
from ledger.errors import OperatorError, RetryableError
from ledger.lease import lease
from ledger.ledger import Ledger
from ledger.links import FormLink, History
from ledger.people import User
from ledger.probe import FAILED, Finding, Health, Probe, Standing
from ledger.status import Case, State

log = logging.getLogger(__name__)

USUAL = timedelta(hours=8)
AFTER_FAILURE = timedelta(hours=4)
AFTER_REFUSAL = timedelta(hours=24)
"""Where a site does not want to be asked: blocked, too often."""
MOST_WAIT = timedelta(days=7)
JITTER = 0.15
"""Share of a pause by which it is longer or shorter, so that not every installation asks at the same minute."""
BETWEEN = 10.0
"""Seconds between two requests to one host."""
AT_ONCE = 50
LOOK = 60.0
"""Seconds between two questions to the ledger for what is due."""
USERS_AT_ONCE = 200
REFUSED = frozenset({Finding.BLOCKED, Finding.RATE_LIMITED})
RESTING = (State.NOTIFIED, State.LINK_BROKEN)


@dataclass(frozen=True, slots=True)
class Look:
    """A link and what was found this time."""

    link: FormLink
    probe: Probe


def pause_after(fetched: Fetched, chance: random.Random) -> timedelta:
    """How long to leave a link alone: eight hours, less after a failure, a day or what the site asks for after a refusal."""
    finding = fetched.judgement.finding
    pause = AFTER_FAILURE if finding in FAILED else AFTER_REFUSAL if finding in REFUSED else USUAL
    pause *= 1 + chance.uniform(-JITTER, JITTER)
    return min(max(pause, timedelta(seconds=fetched.retry_after or 0)), MOST_WAIT)


class Pace:
    """Holds back until a host may be asked again."""

    def __init__(self, between: float, wait: Callable[[float], object]) -> None:
        self._between, self._wait = between, wait
        self._free: dict[str, float] = {}

    def take_turn(self, host: str) -> None:
        """Wait for this host's turn."""
        now = time.monotonic()
        if (left := self._free.get(host, now) - now) > 0:
            self._wait(left)
        self._free[host] = time.monotonic() + self._between


class Prober:
    """Probes links and writes what follows from it."""

    def __init__(
        self, ledger: Ledger, fetcher: Fetcher, now: Callable[[], datetime], between: float = BETWEEN, question: float = LOOK
    ) -> None:
        """`between`: seconds between two requests to one host; `question`: between two questions to the ledger for what is due."""
        self._ledger, self._fetcher, self._now, self._question = ledger, fetcher, now, question
        self._resting: dict[str, datetime] = {}
        self._stopping = threading.Event()
        self._pace = Pace(between, self._stopping.wait)
        self._chance = random.Random()  # noqa: S311 - jitter, no secret

    def run(self) -> None:
        """Probe what is due until `stop` is called."""
        while not self._stopping.wait(self._question * self._chance.uniform(0.5, 1)):
            try:
                for look in self.due_looks():
                    log.info("probed %s: %s", look.link.url, look.probe.finding)
            except (RetryableError, OperatorError) as error:
                log.warning("links are not probed now: %s", error)
            except Exception:
                log.exception("probing links failed")

    def stop(self) -> None:
        """End the loop; a look that is under way ends at its own deadline."""
        self._stopping.set()

    def due_looks(self) -> Iterator[Look]:
        """Look at the links that are due; nothing where another process does."""
        with lease(self._ledger.database, self._ledger.data, "links") as held:
            if held and (due := self._ledger.links.due(self._now(), AT_ONCE)):
                yield from self._looks(due)

    def all_looks(self) -> Iterator[Look]:
        """Look at every link, due or not. Raises OperatorError while another process does."""
        with lease(self._ledger.database, self._ledger.data, "links") as held:
            if not held:
                raise OperatorError("links are being probed by another process right now: try again in a minute")
            yield from self._looks(self._ledger.links.all())

    def _looks(self, links: list[FormLink]) -> Iterator[Look]:
        for link in links:
            if self._stopping.is_set():
                return
            host = urlsplit(link.url).hostname or ""
            if (until := self._resting.get(host, self._now())) > self._now():
                self._ledger.links.put_off(link, until)
            else:
                yield self._look(link, host)
        Consequences(self._ledger, self._now).draw()

    def _look(self, link: FormLink, host: str) -> Look:
        if not may_be_probed(link.url):
            probe, pause = Probe(self._now(), Finding.NOT_PROBED, excerpt="not the plain address of a form"), MOST_WAIT
        else:
            self._pace.take_turn(host)
            fetched = self._fetcher.look(link.url)
            said = fetched.judgement
            probe = Probe(self._now(), said.finding, fetched.status, fetched.hops, said.excerpt, fetched.address)
            pause = pause_after(fetched, self._chance)
            if said.finding is Finding.RATE_LIMITED:
                self._resting[host] = probe.at + pause
        self._ledger.links.note(link, probe, probe.at + pause)
        return Look(link, probe)


class Consequences:
    """Writes into the ledgers of those whose case rests on a form that it broke, or works again."""

    def __init__(self, ledger: Ledger, now: Callable[[], datetime]) -> None:
        self._ledger, self._now = ledger, now

    def draw(self) -> int:
        """Bring all cases up to what the probes say; returns how many entries were written. Doing it again changes nothing."""
        settled = {h.link.url: h for h in self._ledger.links.histories() if h.health.standing is not Standing.UNCLEAR}
        if not settled:
            return 0
        users = {user for state in RESTING for user in self._users_in(state)}
        return sum(self._tell(user, settled) for user in sorted(users, key=lambda user: user.id))

    def _users_in(self, state: State) -> Iterator[User]:
        after = ""
        while users := self._ledger.record.users_in(state, None, after, USERS_AT_ONCE):
            yield from users
            after = users[-1].name

    def _tell(self, user: User, settled: dict[str, History]) -> int:
        found = [entry for case in self._ledger.record.status(user).cases if (entry := consequence(case, settled))]
        return sum(self._ledger.record.write(user, entry.probed_at, entry, self._now()) for entry in found)


def consequence(case: Case, settled: dict[str, History]) -> LinkProbe | None:
    """What the history of a case's form means for the case: an entry to write, or None."""
    rests_on = case.because.probe.url if case.because and case.because.probe else case.form
    history = settled.get(rests_on or "")
    if history is None or case.state not in RESTING or case.since is None:
        return None
    broken = history.health.standing is Standing.BROKEN
    by_probe = case.because is not None and case.because.probe is not None
    news = case.state is State.NOTIFIED if broken else by_probe
    last = history.health.evidence[-1]
    return _entry(case, history, last, broken) if news and last.at > case.since else None


def _entry(case: Case, history: History, last: Probe, broken: bool) -> LinkProbe:
    return LinkProbe(
        product=case.product,
        track=case.track,
        url=history.link.url,
        broken=broken,
        finding=last.finding,
        probed_at=last.at,
        http_status=last.http_status,
        excerpt=last.excerpt,
        evidence=_lines(history.health),
    )


def _lines(health: Health) -> tuple[str, ...]:
    """The looks behind a standing, at most ten: the first and the last ones."""
    lines = tuple(probe.line for probe in health.evidence)
    return lines if len(lines) <= 10 else (*lines[:3], "…", *lines[-6:])
