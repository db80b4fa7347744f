"""The log-in of browsers: a session or a token, kept in a cookie that no script reads and no other site sends."""

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Query, Request
from starlette.responses import RedirectResponse, Response

from api.auth import COOKIE, CallerDep, require_csrf
from api.language import N_
from api.services import Services, ServicesDep
from api.templating import page, rooted

router = APIRouter(include_in_schema=False)
UNKNOWN = N_("This token is not known. Make a new one with “demur token create”.")
USED = N_("This link was used already, or Demur was started anew since: the terminal shows a new one at the next start.")


def _require_same_site(request: Request) -> None:
    """Another site must not log a browser in under its own token (W3C Fetch Metadata)."""
    if request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        raise HTTPException(403, "this log-in was sent by another site: open the link or the form yourself")


def _logged_in(request: Request, services: Services) -> bool:
    return services.sessions.bearer(request.cookies.get(COOKIE, "")) is not None


def _log_in(request: Request, services: Services, token: str) -> Response:
    _require_same_site(request)
    token = token.strip()
    kept = services.sessions.exchange(token) or (token if services.ledger.people.bearer(token) else None)
    link = token.startswith("demur_link_")
    if kept is None and not (link and _logged_in(request, services)):
        return page(request, "login.html", 401, problem=USED if link else UNKNOWN)
    response = RedirectResponse(rooted(request, "/"), 303)
    if kept:
        secure = request.url.scheme == "https"
        response.set_cookie(COOKIE, kept, path=rooted(request, "/"), httponly=True, samesite="strict", secure=secure)
    return response


@router.get("/login")
def login_page(request: Request, services: ServicesDep, token: Annotated[str | None, Query(max_length=200)] = None) -> Response:
    """The form; with a token in the address (the link that the terminal prints, good for one time) the log-in itself."""
    return page(request, "login.html", problem=None) if token is None else _log_in(request, services, token)


@router.post("/login")
def login(request: Request, services: ServicesDep, token: Annotated[str, Form(max_length=200)] = "") -> Response:
    """Log in with the token out of the form."""
    return _log_in(request, services, token)


@router.post("/logout")
def logout(request: Request, services: ServicesDep, caller: CallerDep, csrf: Annotated[str, Form()] = "") -> Response:
    """End the session, or forget the token in this browser; the token itself stays valid."""
    require_csrf(caller, csrf)
    services.sessions.end(request.cookies.get(COOKIE, ""))
    response = RedirectResponse(rooted(request, "/login"), 303)
    response.delete_cookie(COOKIE, path=rooted(request, "/"), httponly=True, samesite="strict")
    return response
