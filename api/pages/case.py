"""One user and one objection: the cases, all that happened, and the two forms by which a person adds to it."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from pydantic import ValidationError
from starlette.responses import Response

from api.auth import CallerDep, form_guard, user_seen
from api.charts import links_of_case
from api.entries import correct, file_objection, speaker
from api.pages.frame import back, show
from api.report import link_histories, timeline, user_status
from api.routes.addresses import say
from api.schema import FilingIn, TimelineEntry
from api.services import ServicesDep
from ledger.outcome import Outcome, Product, Track

router = APIRouter(include_in_schema=False)


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
    values: dict[str, Any] = {"status": user_status(services.ledger, owner, services.now()), "entries": entries, "products": list(Product)}
    return show(request, services, caller, "person.html", **values, correctable=_correctable(entries))


@router.get("/users/{user}/cases/{product}/{track}")
def case_page(user: str, product: Product, track: Track, request: Request, services: ServicesDep, caller: CallerDep) -> Response:
    """One objection: where it stands, its clock, and what led there. 404 for one that nothing is known of."""
    status = user_status(services.ledger, owner := user_seen(services, caller, user), services.now())
    case = next((case for case in status.cases if (case.product, case.track) == (product, track)), None)
    if case is None:
        raise HTTPException(404, "there is no such objection")
    entries = [entry for entry in timeline(services.ledger, owner).entries if (entry.product, entry.track) == (product, track)]
    links = links_of_case(link_histories(services.ledger, owner), product, track)
    values: dict[str, Any] = {
        "links": links,
        "probing": services.probing,
        "status": status,
        "case": case,
        "entries": entries,
        "correctable": _correctable(entries),
    }
    return show(request, services, caller, "case.html", **values)


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
    return back(request, f"/users/{owner.name}")


@router.post("/users/{user}/addresses/said", dependencies=[Depends(form_guard)])
def address_form(
    user: str,
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    address: Annotated[str, Form(max_length=320)],
    yours: Annotated[bool, Form()],
) -> Response:
    """The form «Is this address yours?»."""
    owner = user_seen(services, caller, user)
    say(services, caller, owner, address, yours)
    return back(request, f"/users/{owner.name}")


@router.post("/users/{user}/messages/{sha256}/said", dependencies=[Depends(form_guard)])
def correct_form(
    user: str, sha256: str, request: Request, services: ServicesDep, caller: CallerDep, outcome: Annotated[Outcome, Form()]
) -> Response:
    """The form «Not right?»."""
    owner = user_seen(services, caller, user)
    if owner.id not in services.ledger.record.owners(sha256):
        raise HTTPException(404, "there is no such message")
    correct(services, caller, [owner], sha256, outcome, speaker(services, caller))
    return back(request, f"/users/{owner.name}#timeline")
