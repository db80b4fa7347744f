"""«I submitted the form»: starts the clock."""

from fastapi import APIRouter, Response

from api.auth import CallerDep, user_seen
from api.entries import file_objection, speaker
from api.report import user_status
from api.routes.problems import WRITES, problems
from api.schema import FilingIn, UserStatus
from api.services import ServicesDep

router = APIRouter(tags=["filings"])


@router.post(
    "/users/{user}/filings",
    status_code=201,
    responses=problems(404, 422, *WRITES) | {200: {"model": UserStatus, "description": "it was known already"}},
)
def post_filing(user: str, filing: FilingIn, response: Response, services: ServicesDep, caller: CallerDep) -> UserStatus:
    """Write down that the form was submitted, now or on a day; answers with the status that follows."""
    owner = user_seen(services, caller, user)
    new = file_objection(services, owner, filing.product, filing.track, filing.on, speaker(services, caller))
    response.status_code = 201 if new else 200
    return user_status(services.ledger, owner, services.now())
