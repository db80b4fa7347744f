"""When an answer is due: GDPR Art. 12(3), counted as Regulation (EEC) 1182/71 says."""

import calendar
from collections.abc import Container
from datetime import date, timedelta

ANSWER_MONTHS = 1
"""GDPR Art. 12(3): without undue delay and in any event within one month of receipt."""
EXTENSION_MONTHS = 2
"""GDPR Art. 12(3): may be extended by two further months."""
WEEKEND = 5


def months_after(start: date, months: int) -> date:
    """The same day `months` calendar months later, or the last day of that month (Regulation 1182/71 Art. 3(2)(c))."""
    index = start.month - 1 + months
    year, month = start.year + index // 12, index % 12 + 1
    return date(year, month, min(start.day, calendar.monthrange(year, month)[1]))


def answer_due(start: date, extended: bool = False, paused_days: int = 0, holidays: Container[date] = frozenset()) -> date:
    """The last day on which an answer is in time.

    The day of the event does not count (Regulation 1182/71 Art. 3(1)). An end on a Saturday, Sunday or one of `holidays` moves to the
    next working day (Art. 3(4)).
    """
    due = months_after(start, ANSWER_MONTHS + (EXTENSION_MONTHS if extended else 0)) + timedelta(days=paused_days)
    while due.weekday() >= WEEKEND or due in holidays:
        due += timedelta(days=1)
    return due
