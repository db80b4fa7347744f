"""What a look at a form's address found, and when several such looks add up to «broken» or «works». Pure: time comes with them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Finding(StrEnum):
    """What one look at a form's address found."""

    OK = "ok"
    NEEDS_LOGIN = "needs_login"
    REGION_LOCKED = "region_locked"
    REMOVED = "removed"
    MOVED = "moved"
    FORM_ERROR = "form_error"
    BLOCKED = "blocked"
    RATE_LIMITED = "rate_limited"
    UNREACHABLE = "unreachable"
    NOT_PROBED = "not_probed"


class Standing(StrEnum):
    """What all looks at one address add up to. `unclear`: none of them told enough, or not for long enough."""

    WORKS = "works"
    BROKEN = "broken"
    UNCLEAR = "unclear"


WORKING = frozenset({Finding.OK, Finding.MOVED})
FAILED = frozenset({Finding.REMOVED, Finding.FORM_ERROR})
"""Only what the site itself says about the form. A log-in wall, a region, a captcha, a limit or a silent network say nothing about it."""
FAILURES = 3
OUT_OF = 4
LONG_ENOUGH = timedelta(hours=24)
EXCERPT = 200
"""Characters of a page that are kept as evidence."""

MEANINGS = {
    Finding.OK: "the form is there",
    Finding.NEEDS_LOGIN: "the site asks to log in first, which says nothing about the form",
    Finding.REGION_LOCKED: "the site says that the form is not for this country",
    Finding.REMOVED: "the site says that the page is gone",
    Finding.MOVED: "the address leads to another form",
    Finding.FORM_ERROR: "the site answers with an error of its own",
    Finding.BLOCKED: "the site shows a program something else than the form",
    Finding.RATE_LIMITED: "the site asks to come back later",
    Finding.UNREACHABLE: "no page was reached",
    Finding.NOT_PROBED: "not looked at",
}


@dataclass(frozen=True, slots=True)
class Probe:
    """One look. `hops`: the hosts in the order they were asked; `address`: the IP address that the last one was asked at.

    `excerpt`: what of the page decided, at most 200 characters.
    """

    at: datetime
    finding: Finding
    http_status: int | None = None
    hops: tuple[str, ...] = ()
    excerpt: str = ""
    address: str | None = None

    @property
    def line(self) -> str:
        """The probe as one line of evidence."""
        status = f" (HTTP {self.http_status})" if self.http_status else ""
        return f"{self.at:%Y-%m-%d %H:%M} UTC {self.finding}{status}"


@dataclass(frozen=True, slots=True)
class Health:
    """Where an address stands, since when, and the probes that this rests on, oldest first."""

    standing: Standing
    since: datetime | None = None
    evidence: tuple[Probe, ...] = ()


def _failing(telling: Sequence[Probe]) -> tuple[Probe, ...]:
    """The shortest run up to the newest probe with failures at both ends, a day between them and three in all, if three of four failed."""
    newest, failures = telling[-1], 0
    for start in range(len(telling) - 1, -1, -1):
        failed = telling[start].finding in FAILED
        failures += failed
        if failed and failures >= FAILURES and newest.at - telling[start].at >= LONG_ENOUGH:
            run = telling[start:]
            return tuple(run) if failures * OUT_OF >= len(run) * FAILURES else ()
    return ()


def health_of(probes: Iterable[Probe]) -> Health:
    """Fold the probes of one address. One look that finds the form ends «broken», and what failed before it counts no more."""
    health = Health(Standing.UNCLEAR)
    telling: list[Probe] = []
    for probe in sorted(probes, key=lambda probe: probe.at):
        if probe.finding not in WORKING | FAILED:
            continue
        telling.append(probe)
        if probe.finding in WORKING:
            if health.standing is Standing.BROKEN:
                telling = [probe]
            if health.standing is not Standing.WORKS:
                health = Health(Standing.WORKS, probe.at, (probe,))
        elif run := _failing(telling):
            health = Health(Standing.BROKEN, health.since if health.standing is Standing.BROKEN else probe.at, run)
    return health
