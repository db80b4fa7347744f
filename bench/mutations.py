"""Whole and damaged mails through parse and extract, in processes with limits: `python -m bench.mutations [FOLDER…] [--mutations N]`.

Fails on any exception, on a mail that takes over 2 seconds of a core, and where a process needs over 300 MB for one of its mails.
"""

import argparse
import multiprocessing
import re
import resource
import signal
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import FrameType

from bench.mutate import mutated
from bench.results_file import keep
from ingest.decide import read

SECONDS, MEGABYTES = 2.0, 300
HUNG = 60
"""Seconds by the clock after which a mail counts as one that never ends; the machine has other work, too."""
ADDRESS_SPACE = 2 * 2**30
AT_ONCE = 1000
MAILS: list[bytes] = []
"""Each process has its own copy."""
MAIL_NAMES = ("*.eml", "*.msg", "*.txt", "*.mbox")


class HungError(BaseException):
    """A mail did not end. No `Exception`: no border may keep it."""


@dataclass(slots=True)
class Findings:
    """What was seen. `slow`, `raised` and `large` name mails by number; whole ones have numbers below zero."""

    count: int = 0
    slowest: float = 0.0
    slowest_at: tuple[int, str] = (0, "")
    spent: float = 0.0
    peak: int = 0
    peak_at: tuple[int, str] = (0, "")
    raised: list[tuple[int, str]] = field(default_factory=list)
    slow: list[tuple[int, str]] = field(default_factory=list)
    unread: int = 0
    done: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Findings") -> None:
        """Add what another share of the mails led to."""
        if other.slowest > self.slowest:
            self.slowest, self.slowest_at = other.slowest, other.slowest_at
        self.count += other.count
        self.spent += other.spent
        self.unread += other.unread
        if other.peak > self.peak:
            self.peak, self.peak_at = other.peak, other.peak_at
        self.raised += other.raised
        self.slow += other.slow
        self.done += other.done


def mails_of(folders: list[Path]) -> list[bytes]:
    """The raw mails below folders, in the order of their names."""
    paths = {path for folder in folders for name in MAIL_NAMES for path in folder.rglob(name)}
    return [path.read_bytes() for path in sorted(paths)]


def _hung(number: int, frame: FrameType | None) -> None:
    raise HungError


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")  # proc_pid_clear_refs(5): the highest resident size is reset


def _peak() -> int:
    """The highest resident size of this process since `_forget_peak`, in MB."""
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) // 1024 if found else 0


def _try(found: Findings, number: int, what: str, raw: bytes) -> None:
    _forget_peak()
    started = time.process_time()
    signal.alarm(HUNG)
    try:
        message = read(raw)
        found.unread += "no parser could read it" in message.defects
    except (Exception, HungError) as error:  # the border of the measurement: whatever comes is what it looks for
        found.raised.append((number, f"{what}: {type(error).__name__}: {str(error)[:120]}"))
    finally:
        signal.alarm(0)
    seconds = time.process_time() - started
    if (peak := _peak()) > found.peak:
        found.peak, found.peak_at = peak, (number, what)
    found.count += 1
    found.spent += seconds
    if seconds > found.slowest:
        found.slowest, found.slowest_at = seconds, (number, what)
    if seconds > SECONDS:
        found.slow.append((number, f"{what}: {seconds:.1f} s, {len(raw)} bytes"))


def _start(folders: list[Path]) -> None:
    """A process begins: its limits, and the mails that it damages."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    signal.signal(signal.SIGALRM, _hung)
    MAILS.extend(mails_of(folders))


def _share(numbers: range, seed: int) -> Findings:
    """What mails of these numbers lead to."""
    found = Findings()
    for number in numbers:
        done, raw = mutated(MAILS, number, seed) if number >= 0 else ((), MAILS[-1 - number])
        found.done.update(set(done))
        _try(found, number, " + ".join(done) or "whole", raw)
    return found


def run(folders: list[Path], whole: int, mutations: int, seed: int, processes: int) -> Findings:
    """What all mails led to; said on stderr as it goes. Ctrl-C ends the run early, and what was found by then counts."""
    shares = [range(start, min(start + AT_ONCE, mutations)) for start in range(-whole, mutations, AT_ONCE)]
    total = Findings()
    with multiprocessing.get_context("spawn").Pool(processes, _start, (folders,)) as pool, suppress(KeyboardInterrupt):
        for found in pool.imap_unordered(partial(_share, seed=seed), shares):
            total.add(found)
            print(
                f"{total.count} mails, slowest {total.slowest:.2f} s, {total.peak} MB at {total.peak_at}",
                *found.raised,
                *found.slow,
                file=sys.stderr,
            )
    return total


def _rows(found: Findings, processes: int, mails: int, seed: int, seconds: float) -> list[tuple[str, str]]:
    rows = [
        ("whole mails", f"{mails}"),
        ("damaged mails", f"{found.count - mails} (seed {seed})"),
        ("exceptions", f"{len(found.raised)}"),
        (f"mails over {SECONDS:.0f} s", f"{len(found.slow)}"),
        ("slowest mail", f"{found.slowest:.2f} s of a core (number {found.slowest_at[0]}: {found.slowest_at[1]})"),
        ("mean", f"{found.spent / found.count * 1000:.1f} ms of a core"),
        (
            f"most memory of a process (limit {MEGABYTES} MB)",
            f"{found.peak} MB, interpreter and all whole mails included (number {found.peak_at[0]}: {found.peak_at[1]})",
        ),
        ("mails that no parser could read (kept as bare text)", f"{found.unread}"),
        ("whole run", f"{seconds:.0f} s on {processes} processes"),
    ]
    return rows + [(name, f"{count} mails") for name, count in found.done.most_common()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path, default=[Path("fixtures")])
    parser.add_argument("--mutations", type=int, default=200_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", type=int, help="write the damaged mail of this number to stdout, and do nothing else")
    given = parser.parse_args()
    mails = mails_of(given.folders)
    if not mails:
        raise SystemExit("there are no mails in these folders")
    if given.show is not None:
        sys.stdout.buffer.write(mutated(mails, given.show, given.seed)[1] if given.show >= 0 else mails[-1 - given.show])
        return
    started = time.perf_counter()
    found = run(given.folders, len(mails), given.mutations, given.seed, given.processes)
    keep(
        "mutations",
        "Whole and damaged mails through parse and extract",
        _rows(found, given.processes, len(mails), given.seed, time.perf_counter() - started),
    )
    bad = [*found.raised, *found.slow]
    for number, what in sorted(bad):
        print(f"{number}: {what}")
    if bad or found.peak > MEGABYTES:
        raise SystemExit(f"{len(bad)} mails broke a limit")


if __name__ == "__main__":
    main()
