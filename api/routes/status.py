"""Where the objections stand, and everything that led there."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Query

from api.auth import Caller, CallerDep, user_seen
from api.report import timeline, user_status, user_statuses
from api.routes.problems import problems
from api.schema import StatusPage, Timeline, UserStatus
from api.services import Services, ServicesDep
from ledger.outcome import Product
from ledger.people import User
from ledger.status import State

router = APIRouter(tags=["status"])
AT_ONCE = 100
NAME_BEFORE = r"^[\w.@+-]*$"


def _own(services: Services, caller: Caller, after: str) -> Iterator[User]:
    user = services.ledger.people.by_id(caller.bearer.user_id) if caller.bearer.user_id is not None else None
    if user and user.name > after:
        yield user


def _batches(
    services: Services, caller: Caller, state: State | None, product: Product | None, after: str, name: str, size: int
) -> Iterator[list[User]]:
    """Users that may match, by name, some at a time."""
    if not caller.admin:
        yield list(_own(services, caller, after))
        return
    while users := services.ledger.record.users_in(state, product, after, size, name):
        yield users
        after = users[-1].name


def _matches(status: UserStatus, state: State | None, product: Product | None, stale: bool | None) -> bool:
    if stale is not None and status.freshness.stale is not stale:
        return False
    if state is None and product is None:
        return True
    return any(state in (None, case.state) and product in (None, case.product) for case in status.cases)


def status_page(
    services: Services,
    caller: Caller,
    state: State | None,
    product: Product | None,
    stale: bool | None,
    after: str,
    limit: int,
    name: str = "",
) -> StatusPage:
    """Up to `limit` users after a name that the caller may see and that match; `state` and `product` in one case."""
    found: list[UserStatus] = []
    for users in _batches(services, caller, state, product, after, name, min(limit + 1, AT_ONCE)):
        statuses = user_statuses(services.ledger, users, services.now())
        found += [status for status in statuses if _matches(status, state, product, stale)]
        if len(found) > limit:
            return StatusPage(users=found[:limit], next=found[limit - 1].user)
    return StatusPage(users=found, next=None)


@router.get("/status", responses=problems(422))
def get_status_page(
    services: ServicesDep,
    caller: CallerDep,
    state: State | None = None,
    product: Product | None = None,
    stale: bool | None = None,
    after: Annotated[str, Query(max_length=200, pattern=NAME_BEFORE)] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> StatusPage:
    """All users the token may see, by name. `state` and `product` must hold of one case together."""
    return status_page(services, caller, state, product, stale, after, limit)


@router.get("/status/{user}", responses=problems(404))
def get_status(user: str, services: ServicesDep, caller: CallerDep) -> UserStatus:
    """One user: state, since when, because of which mail, what to do next, and how fresh that is."""
    return user_status(services.ledger, user_seen(services, caller, user), services.now())


@router.get("/status/{user}/timeline", responses=problems(404))
def get_timeline(user: str, services: ServicesDep, caller: CallerDep) -> Timeline:
    """Every entry of one user, newest first."""
    return timeline(services.ledger, user_seen(services, caller, user))
