"""The calendar feed. Calendars send no headers: a feed token in the address opens it, and opens nothing else."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.security import HTTPAuthorizationCredentials
from starlette.responses import Response

from api.auth import CHALLENGE, bearer_scheme, caller_of, own_user
from api.calendar import deadlines
from api.routes.problems import Responses, problems
from api.services import ServicesDep
from ledger.people import User

router = APIRouter(tags=["deadlines"])
CALENDAR: Responses = {200: {"content": {"text/calendar": {"schema": {"type": "string"}}}, "description": "the calendar"}}


def feed_user(
    request: Request,
    services: ServicesDep,
    sent: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer_scheme)],
    token: Annotated[str | None, Query(max_length=200, description="A feed token; anything else sends its token as a header.")] = None,
    user: Annotated[str | None, Query(max_length=200)] = None,
) -> User:
    """Whose calendar it is. Raises 401, 404, or 422 when an administrator names nobody."""
    if token is None:
        return own_user(services, caller_of(request, services, sent), user)
    found = services.ledger.people.feed_user(token)
    if found is None or user not in (None, found.name):
        raise HTTPException(401, "this is no feed token: make one with `demur token create --user NAME --scope feed`", CHALLENGE)
    return found


@router.get("/deadlines.ics", response_class=Response, responses=problems(404, 422) | CALENDAR)
def get_deadlines(services: ServicesDep, user: Annotated[User, Depends(feed_user)]) -> Response:
    """The days on which Meta's answers are due, with an alarm a week before. No word of any mail, only product and state."""
    content = deadlines(user, services.ledger.record.status(user).cases, services.now())
    return Response(content, media_type="text/calendar", headers={"Content-Disposition": 'inline; filename="deadlines.ics"'})
