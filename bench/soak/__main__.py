"""The soak: `python -m bench.soak --seconds 600`. Prints as it goes, compares at the end, keeps the result in `bench/results/`; exit 1 on any loss."""

import argparse
import logging
import multiprocessing
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from datetime import datetime
from pathlib import Path

from cryptography.fernet import Fernet

from bench.results_file import keep
from bench.soak.entry import POINTS, STEPS, Plan, decider_of, ledger_of, run, utc_now
from bench.soak.proxy import FaultProxy
from bench.soak.verdict import Verdict, judge
from bench.soak.world import World, at_a_rate
from demur.demo.signing import new_key
from ingest.imap import ImapMailbox
from ingest.sync import sync
from ledger.errors import DemurError
from ledger.ledger import Ledger
from ledger.mailboxes import Health, MailboxSettings
from tests.rig.dovecot import PASSWORD, Dovecot, new_home

PER_HOUR = {"mails": 56_000, "faults": 2_600, "kills": 560, "resets": 112, "restarts": 20, "meddling": 2_400, "watching": 1_200}
MAILBOXES = 8
QUIET_WITHIN = 120.0
LONGEST_LIFE = 15.0
"""Seconds, about: so that kills go on when there were enough early."""


class Soak:
    """One run of so many seconds."""

    def __init__(self, seconds: float, seed: int, mailboxes: int = MAILBOXES, haste: float = 1.0, quiet: bool = False) -> None:
        """`haste`: how many times more happens than usual."""
        self.seconds, self._chance, self._quiet = seconds, random.Random(seed), quiet
        self._expected = {what: count * haste * seconds / 3600 for what, count in PER_HOUR.items()}
        self._data = Path(tempfile.mkdtemp(prefix="demur-soak-"))
        self._key = new_key("soak")
        self._names = [f"soak{number}@example.org" for number in range(mailboxes)]
        records = {self._key.name("facebookmail.com"): self._key.record}
        self._plan = Plan(self._data, Fernet.generate_key().decode(), records)
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["bench.soak.entry", "bench.soak.verdict", "bench.soak.world", "bench.results_file"])
        self.kills: Counter[str] = Counter()
        self.errors: list[str] = []
        self._points: list[str] = []
        self._seed = seed

    def run(self) -> Verdict:
        """Set up, disturb, quieten, compare, clear away."""
        self._warm_up()
        server = Dovecot(new_home())
        server.start()
        try:
            with FaultProxy(server.port, self._names) as proxy:
                self.world = World(server, proxy, self._key, self._names, self._seed)
                ledger = ledger_of(self._plan)
                self._connect(ledger, server, proxy)
                self._disturb(ledger)
                proxy.heal()
                self._quieten(ledger)
                found = judge(ledger, self.world, self._data, self._plan.log)
                ledger.database.close()
        finally:
            server.stop()
            shutil.rmtree(server.home, ignore_errors=True)
        return found

    def _warm_up(self) -> None:
        """Have everything imported once: each life is a fork of that."""
        first = self._context.Process(target=int)
        first.start()
        first.join()

    def clear_away(self) -> None:
        """Delete the run's data."""
        shutil.rmtree(self._data, ignore_errors=True)

    def _connect(self, ledger: Ledger, server: Dovecot, proxy: FaultProxy) -> None:
        for name in self._names:
            settings = MailboxSettings("imap", "localhost", proxy.ports[name], "tls", name, str(server.certificate))
            row = ledger.mailboxes.save(name, settings, PASSWORD)
            user = ledger.people.ensure(name, utc_now())
            ledger.people.add_addresses(user, [name])
            ledger.people.serve(row.id, user)

    # while it runs

    def _disturb(self, ledger: Ledger) -> None:
        stop = threading.Event()
        works = {
            "mails": self.world.deliver,
            "faults": self.world.fault,
            "resets": self.world.reset,
            "restarts": self.world.restart,
            "meddling": self.world.meddle,
            "watching": self.world.watch,
        }
        threads = [at_a_rate(work, self._expected[what], self.seconds, stop, self.errors) for what, work in works.items()]
        self._keep_killing(ledger)
        stop.set()
        for thread in threads:
            thread.join(60)

    def _keep_killing(self, ledger: Ledger) -> None:
        start = shown = time.monotonic()
        target = self._expected["kills"]
        while (elapsed := time.monotonic() - start) < self.seconds:
            left = max(target - sum(self.kills.values()), 1)
            self._one_life(min((self.seconds - elapsed) / left, LONGEST_LIFE))
            if time.monotonic() - shown > 5:
                shown = time.monotonic()
                self._show(ledger, elapsed)

    def _one_life(self, patience: float) -> None:
        """Start a worker; it dies at a point of its work, or at any moment."""
        point = self._next_point() if self._chance.random() < 0.7 else ""
        plan = Plan(self._plan.data, self._plan.key, self._plan.records, point, self._chance.choice((1, 1, 2, 4)))
        works = self._context.Event()
        process = self._context.Process(target=run, args=(plan, works))
        process.start()
        works.wait(30)  # a life begins with the work, however busy the machine is
        process.join(patience * (1.6 if point else self._chance.uniform(0.1, 1.6)))
        where = point or "any moment"
        if process.is_alive():
            process.kill()
            process.join()
            where = "any moment"
        if process.exitcode == -signal.SIGKILL:
            self.kills[where] += 1
        else:
            self.errors.append(f"worker ended with {process.exitcode}")

    def _next_point(self) -> str:
        """Every point once, in any order, before one comes again."""
        if not self._points:
            self._points = self._chance.sample(POINTS, len(POINTS))
        return self._points.pop()

    def _show(self, ledger: Ledger, elapsed: float) -> None:
        if self._quiet:
            return
        done = self.world.done
        stored = sum(sum(ledger.mailboxes.counts(ledger.mailboxes.require(name)).values()) for name in self._names)
        cells = (
            done["mails"],
            self.world.faults,
            sum(self.kills.values()),
            done["resets"],
            stored,
            len(self.world.changed),
            len(self.errors),
        )
        if not self._plan.log.exists() or elapsed < 10:
            print(f"{'seconds':>8}{'mails':>8}{'faults':>8}{'kills':>8}{'resets':>8}{'places':>9}{'changed':>9}{'errors':>8}", flush=True)
        widths = (8, 8, 8, 8, 9, 9, 8)
        print(f"{elapsed:8.0f}" + "".join(f"{cell:{width}}" for cell, width in zip(cells, widths, strict=True)), flush=True)

    # afterwards

    def _quieten(self, ledger: Ledger) -> None:
        """Let an undisturbed worker finish, end it as a service manager does, then look at every mailbox once more."""
        works = self._context.Event()
        process = self._context.Process(target=run, args=(self._plan, works))
        process.start()
        works.wait(30)
        start, end = utc_now(), time.monotonic() + QUIET_WITHIN
        while time.monotonic() < end and not self._is_quiet(ledger, start):
            time.sleep(0.5)
        process.terminate()
        process.join(30)
        if process.exitcode != 0:
            self.errors.append(f"the last worker ended with {process.exitcode}")
            process.kill()
        logging.getLogger("ingest").addHandler(logging.FileHandler(self._plan.log))
        for name in self._names:
            self._last_look(ledger, name)

    def _is_quiet(self, ledger: Ledger, since: datetime) -> bool:
        """Whether every mailbox was looked at since then, and nothing waits for a decision."""
        rows = [ledger.mailboxes.require(name) for name in self._names]
        waiting = sum(ledger.mailboxes.counts(row).get("stored", 0) for row in rows)
        return not waiting and all(r.state is Health.CONNECTED and r.checked_at and r.checked_at > since for r in rows)

    def _last_look(self, ledger: Ledger, name: str) -> None:
        row = ledger.mailboxes.require(name)
        if row.state is Health.AUTHENTICATION_ERROR:
            self.errors.append(f"{name} is thought to have a wrong password")
        try:
            sync(ledger, row, lambda r: ImapMailbox(r, PASSWORD), decider_of(self._plan, ledger))
        except DemurError as error:
            self.errors.append(f"last look: {error}")


def rows_of(soak: Soak, found: Verdict, took: float) -> list[tuple[str, str]]:
    """The result as a table."""
    done = soak.world.done
    faults = ", ".join(
        f"{kind} {done[kind]}" for kind in ("fin", "rst", "cut", "blackhole", "refuse", "delay", "trickle", "bye", "restarts")
    )
    named = sum(count for where, count in soak.kills.items() if where != "any moment")
    return [
        ("seconds, with the comparison", f"{soak.seconds:.0f}, {took:.0f}"),
        ("mails delivered", f"{done['mails']}"),
        ("network faults", f"{soak.world.faults}: {faults}"),
        (
            "kills (SIGKILL)",
            f"{sum(soak.kills.values())}: {named} at {len(soak.kills) - 1} of {len(POINTS)} points around {len(STEPS) + 1} named steps",
        ),
        ("UIDVALIDITY resets", f"{done['resets']}, two folders each"),
        ("another program", f"{done['flags']} × flagged, {done['expunges']} × expunged, {done['moves']} × moved, up to five mails each"),
        ("Meta's mails that must be in the ledger", f"{found.looked_at} ({found.left_out} more were expunged by the other program)"),
        ("lost", f"{found.lost} of Meta's, {found.unread} places of any mail"),
        ("missed by a cursor, found by an audit", f"{found.missed} times"),
        ("duplicates", f"{found.duplicates}"),
        ("foreign", f"{found.foreign}"),
        ("flags or MODSEQ of untouched mails changed", f"{found.changed} in {done['comparisons']} comparisons"),
        ("secrets in log (DEBUG), database, files", f"{found.hits}"),
        ("tracebacks in the log", f"{found.tracebacks}"),
        ("broken chains, wrong projections", f"{found.broken_chains}"),
        ("errors of the soak itself", f"{len(soak.errors)}"),
    ]


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--haste", type=float, default=1.0, help="how many times more happens than usual")
    parser.add_argument("--name", default="", help="keep the result as bench/results/NAME.md")
    parser.add_argument("--keep-data", action="store_true", help="leave the run's data folder for a look")
    chosen = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    start = time.monotonic()
    soak = Soak(chosen.seconds, chosen.seed, haste=chosen.haste)
    found = soak.run()
    table = rows_of(soak, found, time.monotonic() - start)
    if chosen.name:
        keep(chosen.name, f"Soak of {chosen.seconds / 60:.0f} minutes", table)
    else:
        print("\n".join(f"{what}: {figure}" for what, figure in table))
    for line in (*soak.world.changed[:10], *soak.errors[:20]):
        print(line, file=sys.stderr)
    if chosen.keep_data or not found.is_good:
        print(f"data: {soak._data}", file=sys.stderr)
    else:
        soak.clear_away()
    return 0 if found.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
