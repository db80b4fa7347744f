"""What is to be written: a decision on a mail, and for whom."""

from dataclasses import dataclass
from datetime import datetime

from ledger.entry import Decision
from ledger.people import User


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision for one user, with the arrival of the mail it is about."""

    user: User
    at: datetime
    decision: Decision
