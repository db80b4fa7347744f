"""The draft of a complaint to the user's data protection authority, and where the user lives, on which it depends."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from pydantic import ValidationError
from starlette.responses import Response

from api.auth import CallerDep, form_guard, user_seen
from api.complaint import complaints
from api.language import N_, _
from api.pages.frame import PageRoute, back, show
from api.report import complaint_out
from api.routes.people import patch_profile
from api.schema import ProfileIn
from api.services import ServicesDep
from ledger.errors import OperatorError

router = APIRouter(include_in_schema=False, route_class=PageRoute)
forms = APIRouter(include_in_schema=False)


@router.get("/users/{user}/complaint")
def complaint_page(user: str, request: Request, services: ServicesDep, caller: CallerDep) -> Response:
    """One draft for each objection that was refused, contradicted or not answered in time; nothing is sent."""
    owner, trouble = user_seen(services, caller, user), ""
    try:
        found = [complaint_out(one) for one in complaints(services.ledger, owner, services.now(), None, None)]
    except OperatorError as error:
        found, trouble = [], _(str(error))
    profile = services.ledger.people.profile(owner)
    values: dict[str, Any] = {"user": owner.name, "found": found, "profile": profile, "trouble": trouble}
    return show(request, services, caller, "complaint.html", **values)


@forms.post("/users/{user}/profile", dependencies=[Depends(form_guard)])
def profile_form(
    user: str,
    services: ServicesDep,
    request: Request,
    caller: CallerDep,
    country: Annotated[str, Form(max_length=2)] = "",
    language: Annotated[str, Form(max_length=2)] = "",
) -> Response:
    """Say where the user lives and what they read."""
    try:
        said = ProfileIn.model_validate({"country": country.strip() or None, "language": language.strip().lower() or None})
    except ValidationError:
        raise HTTPException(422, N_("Country and language are two letters each, as in DE and de.")) from None
    patch_profile(user, said, services, caller)
    return back(request, f"/users/{user_seen(services, caller, user).name}/complaint")


router.include_router(forms)
