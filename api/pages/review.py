"""What waits for a person's word: one mail of each template at a time, with what made it doubtful."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import Response

from api.auth import Caller, CallerDep, form_guard, own_user, owners_seen
from api.entries import correct, speaker
from api.pages.frame import PageRoute, back, show
from api.reading import marked
from api.report import message, review_queue
from api.schema import ReviewItem, ReviewQueue
from api.services import Services, ServicesDep
from ledger.outcome import Outcome

router = APIRouter(include_in_schema=False, route_class=PageRoute)
forms = APIRouter(include_in_schema=False)


def _queue(services: Services, caller: Caller) -> ReviewQueue:
    return review_queue(services.ledger, None if caller.admin else own_user(services, caller, None))


def _item(services: Services, caller: Caller, item: ReviewItem) -> dict[str, Any]:
    """One mail of a template, read for its question."""
    sha256 = item.messages[0]
    owner = owners_seen(services, caller, sha256)[0]
    found, stored = message(services.ledger, owner, sha256, None), services.ledger.record.mail(sha256)
    reading = services.read_mail(stored.raw) if stored and services.read_mail else None
    return {
        "item": item,
        "mail": found,
        "user": owner.name,
        "reading": reading,
        "pieces": marked(reading.text, item.phrases) if reading else [],
    }


@router.get("/review")
def review_page(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    at: Annotated[int, Query(ge=0, le=100_000)] = 0,
    settled: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    last: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """The item at a place in the queue: first what no model could decide, then what nothing proves."""
    queue = _queue(services, caller)
    items = [*queue.groups, *queue.unproven]
    place = at if at < len(items) else 0
    shown = _item(services, caller, items[place]) if items else {"item": None}
    values: dict[str, Any] = {
        "addresses": queue.addresses,
        "at": place,
        "of": len(items),
        "settled": settled,
        "doubted": place < len(queue.groups),
        "last": last,
    }
    return show(request, services, caller, "review.html", **values | shown)


@forms.post("/review/{sha256}/said", dependencies=[Depends(form_guard)])
def review_form(
    sha256: str,
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    outcome: Annotated[Outcome, Form()],
    at: Annotated[int, Form(ge=0, le=100_000)] = 0,
) -> Response:
    """A person's word on one mail and on those of its template that wait; then the next one."""
    owners = owners_seen(services, caller, sha256)
    count = correct(services, caller, owners, sha256, outcome, speaker(services, caller))
    return back(request, f"/review?at={at}&settled={count}&last={sha256}")


@forms.get("/review/{sha256}")
def change_page(sha256: str, request: Request, services: ServicesDep, caller: CallerDep) -> Response:
    """A mail that was settled, to say something else of it."""
    owner = owners_seen(services, caller, sha256)[0]
    return back(request, f"/users/{owner.name}/messages/{sha256}")


router.include_router(forms)
