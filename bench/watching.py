"""How soon a dead link is noticed, how soon a mail is stored: `python -m bench.watching [--whole]`; keeps bench/results/watching.md.

`--whole` waits for a half-open link at the product's own pace (five minutes); without it that is measured with a slice twenty times shorter.
"""

import argparse
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from cryptography.fernet import Fernet

from bench.results_file import keep
from bench.soak.entry import Plan, decider_of, ledger_of, utc_now
from bench.soak.proxy import FaultProxy
from demur.demo.signing import new_key
from ingest.identity import identity
from ingest.imap import ImapMailbox
from ingest.lifeline import Lifeline
from ingest.pace import USUAL, Pace
from ingest.worker import Worker
from ledger.ledger import Ledger
from ledger.mailboxes import MailboxRow, MailboxSettings
from ledger.record import Batch
from tests.e2e.story import from_meta
from tests.rig.dovecot import PASSWORD, Dovecot, new_home
from tests.rig.free import until

Rows = list[tuple[str, str]]


class Watched:
    """A worker on mailboxes behind a proxy; notes when it logged in and when it stored which mail."""

    def __init__(self, folder: Path, server: Dovecot, proxy: FaultProxy, pace: Pace) -> None:
        self.plan = Plan(folder, Fernet.generate_key().decode())
        self.ledger: Ledger = ledger_of(self.plan)
        self.logins: list[float] = []
        self.stored: dict[str, float] = {}
        self._pace = pace
        for name, port in proxy.ports.items():
            self.ledger.mailboxes.save(name, MailboxSettings("imap", "localhost", port, "tls", name, str(server.certificate)), PASSWORD)
        store = self.ledger.record.store

        def noting(batch: Batch, *more: object) -> None:
            store(batch, *more)  # type: ignore[arg-type]
            self.stored |= {a.sha256: time.monotonic() for a in batch.arrivals if a.sha256}

        self.ledger.record.store = noting  # type: ignore[method-assign]
        self.worker = Worker(self.ledger, self._connect, decider_of(self.plan, self.ledger), utc_now, pace)
        self._thread = threading.Thread(target=self.worker.run)
        self._thread.start()

    def _connect(self, row: MailboxRow, lifeline: Lifeline) -> ImapMailbox:
        found = ImapMailbox(row, PASSWORD, False, self._pace, lifeline)
        self.logins.append(time.monotonic())
        return found

    def settled(self) -> bool:
        """Whether everybody idles for a whole slice."""
        watches = list(self.worker._watches.values())
        return bool(watches) and all(w.idling and w.whole_slice and not w.busy for w in watches)

    def stop(self) -> None:
        """End the worker."""
        self.worker.stop()
        self._thread.join()
        self.ledger.database.close()


@contextmanager
def watched(server: Dovecot, names: list[str], pace: Pace) -> Iterator[tuple[Watched, FaultProxy]]:
    """A worker that has settled on these mailboxes."""
    with tempfile.TemporaryDirectory(prefix="demur-watch-") as folder, FaultProxy(server.port, names) as proxy:
        found = Watched(Path(folder), server, proxy, pace)
        try:
            until(found.settled, 120, "everybody idling")
            yield found, proxy
        finally:
            found.stop()


def ended_links(server: Dovecot) -> Rows:
    """From FIN or RST to the next log-in; then the CPU while the server stays away."""
    rows, chance = [], random.Random(1)
    with watched(server, ["ended"], replace(USUAL, steady=1.0)) as (found, proxy):
        for kind in ("fin", "rst"):
            took = []
            for _ in range(10):
                until(found.settled, 60, "idling")
                time.sleep(1.1)
                known, start = len(found.logins), time.monotonic()
                proxy.hit(kind, chance)
                until(lambda known=known: len(found.logins) > known, 60, "the next log-in")
                took.append(found.logins[known] - start)
            rows.append(
                (
                    f"{kind.upper()} while idling → logged in again, 10 times",
                    f"median {statistics.median(took):.2f} s, most {max(took):.2f} s",
                )
            )
        until(found.settled, 60, "idling")
        proxy.refuse("ended", True)
        cpu, start = time.process_time(), time.monotonic()
        time.sleep(30)
        rows.append(
            (
                "CPU of worker and proxy, link dead, server away for 30 s",
                f"{(time.process_time() - cpu) / (time.monotonic() - start):.1%} of a core",
            )
        )
    return rows


def half_open_link(server: Dovecot, pace: Pace, words: str) -> Rows:
    """From the moment when nothing passes any more to the next log-in."""
    with watched(server, ["forgotten"], pace) as (found, proxy):
        known, start, cpu = len(found.logins), time.monotonic(), time.process_time()
        proxy.hit("blackhole", random.Random(1))
        until(lambda: len(found.logins) > known, 2 * (pace.slice + pace.read), "the next log-in")
        took = found.logins[known] - start
        share = (time.process_time() - cpu) / took
    return [(f"half-open link while idling → logged in again, {words}", f"{took:.1f} s, {share:.1%} of a core")]


def delivery(server: Dovecot, mailboxes: int = 50, mails: int = 600, each_second: float = 10.0) -> Rows:
    """From delivery to stored, mails to random ones of many mailboxes."""
    key, chance, delivered = new_key("watching"), random.Random(1), dict[str, float]()
    names = [f"many{number}@example.org" for number in range(mailboxes)]
    for name in names:
        server.maildir(name)
    with watched(server, names, USUAL) as (found, _):
        for number in range(mails):
            name = chance.choice(names)
            raw = from_meta(key, "receipt", name, number / 100, product=f"Facebook {number}")
            delivered[identity(raw)[0]] = time.monotonic()
            server.deliver(name, raw)
            time.sleep(chance.expovariate(each_second))
        until(lambda: delivered.keys() <= found.stored.keys(), 60, "all mails")
        waits = sorted(found.stored[sha] - at for sha, at in delivered.items())
    spread = f"p50 {waits[mails // 2]:.2f} s, p99 {waits[int(mails * 0.99)]:.2f} s, most {waits[-1]:.2f} s"
    return [(f"delivery → stored, {mailboxes} mailboxes, {mails} mails, {each_second:.0f} each second", spread)]


def main() -> None:
    """Measure everything, keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--whole", action="store_true")
    whole = parser.parse_args().whole
    server = Dovecot(new_home())
    server.start()
    try:
        rows = ended_links(server) + delivery(server)
        short = replace(USUAL, slice=USUAL.slice / 20, farewell=USUAL.farewell / 20)
        rows += half_open_link(server, short, "slice and farewell twenty times shorter")
        if whole:
            rows += half_open_link(server, USUAL, "at the product's pace")
    finally:
        server.stop()
    keep("watching", "Dead links and new mail", rows)


if __name__ == "__main__":
    main()
