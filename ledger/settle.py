"""A person's word on one mail, and on every mail of the same template that waits for one."""

from collections.abc import Iterable
from datetime import datetime

from ledger.entry import Correction
from ledger.outcome import Outcome
from ledger.people import User
from ledger.record import Record
from ledger.status import Judged, judged_mails
from ledger.trust import Trust


def _waits(judged: Judged) -> bool:
    """Only mail whose sender is proven is settled along with another: nobody's forgery rides on a person's word."""
    return judged.correction is None and judged.decision.abstained and judged.decision.trust is Trust.PROVEN


def settle(record: Record, owners: Iterable[User], scope: Iterable[User], sha256: str, outcome: Outcome, by: str, now: datetime) -> int:
    """Write the word for the mail of its `owners`, and for the waiting mails of its template in the ledgers of `scope`.

    Returns how many mails it settled, the first included.
    """
    templates: set[str] = set()
    for owner in owners:
        templates |= {j.decision.template for j in judged_mails(record.entries(owner)) if j.decision.sha256 == sha256}
        record.write(owner, now, Correction(sha256, outcome, by, now), now)
    settled = {sha256}
    for user in scope:
        for judged in judged_mails(record.entries(user)):
            if judged.decision.template in templates - {""} and _waits(judged):
                record.write(user, now, Correction(judged.decision.sha256, outcome, by, now), now)
                settled.add(judged.decision.sha256)
    return len(settled)
