"""What all pages share: routes that only browsers match, the caller's name on top, and the way back after a form."""

from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response
from starlette.routing import Match
from starlette.types import Scope

from api.auth import Caller
from api.entries import speaker
from api.language import _
from api.report import waiting_count
from api.services import Services
from api.templating import page, rooted


class PageRoute(APIRoute):
    """A route that answers browsers only: a program that asks for the same path gets the JSON route behind it."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        headers = Headers(scope=scope)
        if scope["type"] == "http" and "text/html" not in headers.get("accept", "") and "hx-request" not in headers:
            return Match.NONE, {}
        return super().matches(scope)


def menu(admin: bool) -> list[tuple[str, str]]:
    """The pages of the navigation after the first: path and word."""
    found = [("review", _("Review")), ("mailboxes", _("Mailboxes"))]
    return [*found, ("models", _("Model")), ("stats", _("Statistics"))] if admin else found


def show(request: Request, services: Services, caller: Caller, template: str, code: int = 200, **values: Any) -> Response:
    """A page for a caller. Forms are shown only to a session that may write."""
    writes = caller.may_write and caller.csrf is not None
    shared = {
        "caller_name": speaker(services, caller),
        "csrf": caller.csrf,
        "may_write": writes,
        "admin": caller.admin,
        "menu": menu(caller.admin),
    }
    return page(request, template, code, now=services.now(), waits=waiting_count(services.ledger, caller.bearer.user_id), **shared | values)


def back(request: Request, path: str) -> Response:
    """After a form: load the page that shows what it did, so that reloading does not send it again."""
    return RedirectResponse(rooted(request, path), 303)
