"""The form links that mails named, and what looking at them found."""

from fastapi import APIRouter

from api.auth import CallerDep, own_user
from api.report import link_histories
from api.routes.problems import problems
from api.schema import LinkList
from api.services import ServicesDep

router = APIRouter(tags=["links"])


@router.get("/links", responses=problems(404, 422))
def get_links(services: ServicesDep, caller: CallerDep, user: str | None = None) -> LinkList:
    """Form links with the history of their probes. An administrator sees all, or those that one user's mails name."""
    everyone = caller.admin and user is None
    owner = None if everyone else own_user(services, caller, user)
    return LinkList(probing=services.probing, links=link_histories(services.ledger, owner))
