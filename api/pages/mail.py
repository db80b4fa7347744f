"""One mail: its text with the deciding words marked, who proved it, and what else was found."""

from typing import Any

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from api.auth import CallerDep, user_seen
from api.pages.frame import show
from api.reading import Reading, marked
from api.report import message
from api.schema import MessageOut
from api.services import Services, ServicesDep
from api.templating import page
from ledger.people import User

router = APIRouter(include_in_schema=False)


def _found(services: Services, owner: User, sha256: str) -> tuple[MessageOut, Reading | None]:
    """A mail and its reading, None where its bytes are not kept or cannot be read here. Raises 404."""
    found = message(services.ledger, owner, sha256, None)
    if found is None:
        raise HTTPException(404, "there is no such message")
    stored = services.ledger.record.mail(sha256)
    return found, services.read_mail(stored.raw) if stored and services.read_mail else None


@router.get("/users/{user}/messages/{sha256}")
def mail_page(user: str, sha256: str, request: Request, services: ServicesDep, caller: CallerDep) -> Response:
    """The mail as a page; for htmx only the text, to be opened in the timeline."""
    owner = user_seen(services, caller, user)
    found, reading = _found(services, owner, sha256)
    pieces = marked(reading.text, found.phrases) if reading else []
    values: dict[str, Any] = {"mail": found, "reading": reading, "pieces": pieces, "user": owner.name}
    if "hx-request" in request.headers:
        return page(request, "mail_text.html", **values)
    return show(request, services, caller, "mail.html", **values)
