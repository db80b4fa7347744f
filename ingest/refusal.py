"""What a server's response code says about when to come back (RFC 5530; RFC 9051 §7.1; [THROTTLED] is a provider's own)."""

import re
from dataclasses import dataclass
from datetime import timedelta

from ledger.errors import RetryableError

CODE = re.compile(r"\[(OVERQUOTA|LIMIT|THROTTLED|UNAVAILABLE|INUSE|SERVERBUG|ALERT)\b", re.IGNORECASE)


WANTS_PERSON = re.compile(r"\[ALERT\].*(password|browser|web log-?in)", re.IGNORECASE | re.DOTALL)
"""QUIRK: Gmail refuses a log-in with «[ALERT] Application-specific password required» and «[ALERT] Please log in via your web browser»."""


@dataclass(frozen=True, slots=True)
class Wait:
    """How long to stay away: doubled with each refusal in a row, from `first` to `most`."""

    first: timedelta
    most: timedelta

    def after(self, failures: int) -> timedelta:
        """The wait after so many failures before this one."""
        return min(self.first * 2.0 ** min(failures, 20), self.most)


BRIEFLY = Wait(timedelta(seconds=30), timedelta(minutes=15))
LONGER = Wait(timedelta(minutes=5), timedelta(hours=1))
WAITS = {
    "UNAVAILABLE": BRIEFLY,
    "INUSE": BRIEFLY,
    "SERVERBUG": BRIEFLY,
    "LIMIT": LONGER,
    "THROTTLED": LONGER,
    "ALERT": LONGER,
    "OVERQUOTA": Wait(timedelta(hours=1), timedelta(hours=24)),
}
"""Who comes back too early is kept out longer: Gmail blocks for about a day after its daily bandwidth is used up."""


class BusyServerError(RetryableError):
    """The server said «not now», and with which code."""

    def __init__(self, where: str, code: str) -> None:
        self.wait = WAITS[code]
        super().__init__(f"{where} is not to be asked at the moment [{code}]")


def busy(where: str, words: object) -> BusyServerError | None:
    """The error for what a server said, where it holds a code for «not now». Its own words are not passed on."""
    found = None if WANTS_PERSON.search(str(words)) else CODE.search(str(words))
    return BusyServerError(where, found.group(1).upper()) if found else None
