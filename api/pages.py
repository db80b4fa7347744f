"""The pages for people: rendered here, without scripts, out of the same answers as the JSON."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from api.auth import Caller, CallerDep, form_guard, user_seen
from api.entries import correct, file_objection, speaker
from api.report import timeline, user_status
from api.routes.status import NAME_BEFORE, status_page
from api.schema import FilingIn, TimelineEntry
from api.services import Services, ServicesDep
from api.templating import page, rooted
from ledger.outcome import Outcome, Product
from ledger.status import State

router = APIRouter(include_in_schema=False)
CARDS = 6
"""So many users are shown with cards; more of them are a table."""
ROWS = 100


def _page(request: Request, services: Services, caller: Caller, template: str, **values: Any) -> Response:
    writes = caller.may_write and caller.csrf is not None
    name, now = speaker(services, caller), services.now()
    return page(request, template, caller_name=name, csrf=caller.csrf, may_write=writes, now=now, **values)


@router.get("/")
def overview(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    state: State | None = None,
    after: Annotated[str, Query(max_length=200, pattern=NAME_BEFORE)] = "",
) -> Response:
    """Where each objection stands that the token may see: cards for a few users, a table for an organisation."""
    shown = status_page(services, caller, state, None, None, after, ROWS)
    counts = services.ledger.record.users_by_state() if caller.admin else {}
    table = bool(after or shown.next or state) or len(shown.users) > CARDS
    values = {"users": shown.users, "next": shown.next, "state": state, "counts": counts, "products": list(Product)}
    return _page(request, services, caller, "table.html" if caller.admin and table else "overview.html", **values)


def _correctable(entries: list[TimelineEntry]) -> set[int]:
    """The numbers of the entries beside which «Not right?» stands: the newest on each mail."""
    newest: dict[str, int] = {}
    for entry in entries:
        if entry.message is not None:
            newest.setdefault(entry.message, entry.seq)
    return set(newest.values())


@router.get("/users/{user}")
def person_page(user: str, request: Request, services: ServicesDep, caller: CallerDep) -> Response:
    """One user: the cases, and all that happened."""
    owner = user_seen(services, caller, user)
    entries = timeline(services.ledger, owner).entries
    values = {"status": user_status(services.ledger, owner, services.now()), "entries": entries, "products": list(Product)}
    return _page(request, services, caller, "person.html", **values, correctable=_correctable(entries))


def _filing(product: str, track: str, on: str) -> FilingIn:
    try:
        return FilingIn.model_validate({"product": product, "track": track, "on": on or None})
    except ValidationError:
        raise HTTPException(422, "choose a product, and a day that exists") from None


@router.post("/users/{user}/filed", dependencies=[Depends(form_guard)])
def file_form(
    user: str,
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    product: Annotated[str, Form()] = "",
    track: Annotated[str, Form()] = "own_data",
    on: Annotated[str, Form()] = "",
) -> Response:
    """The form «I submitted it»."""
    owner, filing = user_seen(services, caller, user), _filing(product, track, on)
    file_objection(services, owner, filing.product, filing.track, filing.on, speaker(services, caller))
    return RedirectResponse(rooted(request, f"/users/{owner.name}"), 303)


@router.post("/users/{user}/messages/{sha256}/said", dependencies=[Depends(form_guard)])
def correct_form(
    user: str, sha256: str, request: Request, services: ServicesDep, caller: CallerDep, outcome: Annotated[Outcome, Form()]
) -> Response:
    """The form «Not right?»."""
    owner = user_seen(services, caller, user)
    if owner.id not in services.ledger.record.owners(sha256):
        raise HTTPException(404, "there is no such message")
    correct(services, caller, [owner], sha256, outcome, speaker(services, caller))
    return RedirectResponse(rooted(request, f"/users/{owner.name}#timeline"), 303)
