"""What a drawing needs: points in the drawing's own units, so that templates only place them. No library, no script."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from api.schema import LinkOut, ProbeOut
from ledger.probe import FAILED, WORKING, Finding

DAYS = 30
"""So many days of probes are drawn, the last one being today."""


@dataclass(frozen=True, slots=True)
class ProbeDay:
    """One square: `tone` is a class of the stylesheet; None of a day without a look. `x`: its place, 0 being the oldest."""

    day: date
    x: int
    tone: str
    finding: Finding | None


def _tone(findings: Sequence[Finding]) -> tuple[str, Finding | None]:
    """A day's worst look that says something about the form."""
    for tone, kinds in (("broken", FAILED), ("good", WORKING)):
        if found := next((finding for finding in findings if finding in kinds), None):
            return tone, found
    return ("quiet", findings[0]) if findings else ("none", None)


def probe_days(probes: Sequence[ProbeOut], now: datetime) -> list[ProbeDay]:
    """The last thirty days of a form's probes, oldest first."""
    found = []
    for x in range(DAYS):
        on = now.date() - timedelta(days=DAYS - 1 - x)
        found.append(ProbeDay(on, x, *_tone([probe.finding for probe in probes if probe.at.date() == on])))
    return found


def links_of_case(links: Sequence[LinkOut], product: str, track: str) -> list[LinkOut]:
    """The form links of one case."""
    return [link for link in links if link.product == product and link.track == track]


def probe_summary(probes: Sequence[ProbeOut], now: datetime) -> list[tuple[Finding, int]]:
    """How many looks of the drawn days found what, the most frequent first: `probe_days` in words."""
    since = now.date() - timedelta(days=DAYS - 1)
    return Counter(probe.finding for probe in probes if probe.at.date() >= since).most_common()


def polyline(points: Sequence[tuple[float, float]], most: float = 1.0) -> str:
    """Points (0 to 1 across, 0 to `most` up) as an SVG `points` attribute in a drawing of 100 by 100."""
    return " ".join(f"{100 * x:.1f},{100 - 100 * min(y / most, 1.0):.1f}" for x, y in points)
