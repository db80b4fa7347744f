"""The mailboxes that are read: how each is, what to do about it, try again, remove."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from api.auth import CallerDep, form_guard
from api.pages.frame import PageRoute, back, show
from api.routes.mailboxes import delete_mailbox, mailbox_seen, mailboxes_seen
from api.services import ServicesDep
from ledger.mailboxes import Health

router = APIRouter(include_in_schema=False, route_class=PageRoute)

AT_ONCE = 20


@router.get("/mailboxes")
def mailboxes_page(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    new: Annotated[str, Query(max_length=320)] = "",
    first: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> Response:
    """What the caller may see, some at a time. While one was never read through, the page asks again by itself."""
    found = mailboxes_seen(services, caller, first, AT_ONCE + 1)
    shown, more = found[:AT_ONCE], len(found) > AT_ONCE
    newest = {box.name: services.ledger.mailboxes.newest_mail(services.ledger.mailboxes.require(box.name)) for box in shown}
    reading = any(box.kind == "imap" and box.checked_at is None and box.state is Health.CONNECTED for box in shown)
    return show(
        request,
        services,
        caller,
        "mailboxes.html",
        boxes=shown,
        following=first + AT_ONCE if more else None,
        newest=newest,
        reading=reading,
        new=new,
    )


forms = APIRouter(include_in_schema=False, dependencies=[Depends(form_guard)])


@forms.post("/mailboxes/{name:path}/retry")
def retry_form(name: str, request: Request, services: ServicesDep, caller: CallerDep) -> Response:
    """Forget the failures of a mailbox: the worker looks at it at once."""
    mailbox = mailbox_seen(services, caller, name)
    services.ledger.mailboxes.save(mailbox.name, mailbox.settings, None)
    return back(request, "/mailboxes")


@forms.post("/mailboxes/{name:path}/remove")
def remove_form(name: str, request: Request, services: ServicesDep, caller: CallerDep) -> Response:
    """Stop reading a mailbox and forget its password; what was found stays."""
    delete_mailbox(name, services, caller)
    return back(request, "/mailboxes")


router.include_router(forms)
