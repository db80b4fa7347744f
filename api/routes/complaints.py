"""Drafts of complaints."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query

from api.auth import CallerDep, user_seen
from api.complaint import complaints
from api.report import complaint_out
from api.routes.problems import problems
from api.schema import Complaints
from api.services import ServicesDep
from ledger.errors import OperatorError
from ledger.outcome import Product

router = APIRouter(tags=["complaints"])


@router.get("/users/{user}/complaint", responses=problems(404, 409, 422))
def get_complaint(
    user: str,
    services: ServicesDep,
    caller: CallerDep,
    product: Product | None = None,
    language: Annotated[str | None, Query(pattern=r"^[a-z]{2}$")] = None,
) -> Complaints:
    """A letter to the user's data protection authority for each objection that was refused, contradicted or not answered in time."""
    owner = user_seen(services, caller, user)
    try:
        found = complaints(services.ledger, owner, services.now(), product, language)
    except OperatorError as error:
        raise HTTPException(409, str(error)) from None
    return Complaints(user=owner.name, complaints=[complaint_out(complaint) for complaint in found])
