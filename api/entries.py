"""What a person says over HTTP becomes an entry: a correction or a filing."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from fastapi import HTTPException

from api.auth import Caller
from api.language import N_
from api.services import Services
from ledger.entry import filing_of
from ledger.outcome import Outcome, Product, Track
from ledger.people import User
from ledger.settle import settle

EAST = timedelta(hours=14)
"""Where the day begins first (UTC+14): «today» there may be tomorrow in UTC."""
GDPR_APPLIES = date(2018, 5, 25)


def speaker(services: Services, caller: Caller) -> str:
    """The name under which the caller's word is written down."""
    user = services.ledger.people.by_id(caller.bearer.user_id) if caller.bearer.user_id is not None else None
    return user.name if user else N_("administrator")


def correct(services: Services, caller: Caller, users: Sequence[User], sha256: str, outcome: Outcome, by: str) -> int:
    """Write a person's word on one mail, for each user who has it, and on the waiting mails of its template that the caller may see."""
    record = services.ledger.record
    scope = record.users_in_doubt() if caller.admin else users
    return settle(record, users, scope, sha256, outcome, by, services.now())


def file_objection(services: Services, user: User, product: Product, track: Track, on: date | None, by: str) -> bool:
    """Write «I submitted the form»; False when it was written before. Raises 422 for a day that cannot be."""
    now = services.now()
    if on is not None:
        _check_day(on, now)
    at, filing = filing_of(product, track, on, by, now)
    return services.ledger.record.write(user, at, filing, now)


def _check_day(on: date, now: datetime) -> None:
    if on > (now + EAST).date():
        raise HTTPException(422, "on: that day has not come yet")
    if on < GDPR_APPLIES:
        raise HTTPException(422, f"on: there was no such form before {GDPR_APPLIES.isoformat()}")
