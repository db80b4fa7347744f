"""The queue of what waits for a person."""

from fastapi import APIRouter

from api.auth import CallerDep, own_user
from api.report import review_queue
from api.routes.problems import problems
from api.schema import ReviewQueue
from api.services import ServicesDep

router = APIRouter(tags=["review"])


@router.get("/review", responses=problems(404, 422))
def get_review(services: ServicesDep, caller: CallerDep, user: str | None = None) -> ReviewQueue:
    """What no model could decide, and what nothing proves, grouped by template. An administrator sees all users', or those of one."""
    everyone = caller.admin and user is None
    return review_queue(services.ledger, None if everyone else own_user(services, caller, user))
