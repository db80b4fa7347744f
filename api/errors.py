"""Errors as answers: JSON for programs, a page for browsers. What a client sent is never sent back, what is inside never shown."""

import json
import logging
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from api.headers import headers_for
from api.language import N_
from api.templating import page, rooted
from ledger.errors import OperatorError, RetryableError

log = logging.getLogger(__name__)
HEADINGS = {
    403: N_("Not allowed"),
    404: N_("There is nothing here"),
    422: N_("Something does not fit"),
    500: N_("Something went wrong"),
    503: N_("Not just now"),
}
AWAY = "the ledger cannot be reached just now; its operator finds the reason in the log"
BUG = "something went wrong inside Demur; its operator finds the reason in the log"


def wants_html(request: Request) -> bool:
    """Whether a browser asks for a page; a program names no HTML."""
    return "text/html" in request.headers.get("accept", "")


def _json(status: int, detail: object, headers: dict[str, str] | None = None) -> Response:
    """ASCII JSON: a lone surrogate in a field's name must not break the answer."""
    return Response(json.dumps({"detail": detail}), status, headers, "application/json")


def answer(request: Request, status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    """A problem in the form that the client asked for."""
    if not wants_html(request):
        return _json(status, detail, headers)
    heading = HEADINGS.get(status, HTTPStatus(status).phrase)
    response = page(request, "error.html", status, heading=heading, detail=detail)
    response.headers.update(headers or {})
    return response


def _allowed(request: Request) -> dict[str, str]:
    """All methods of a path for `Allow` (RFC 9110 §10.2.1): the router names only those of the route that it saw first."""
    path = str(getattr(request.scope.get("route"), "path", "")).replace(":path}", "}")
    methods = request.app.openapi()["paths"].get(path, {})
    return {"Allow": ", ".join(sorted(method.upper() for method in methods))} if methods else {}


def on_http_exception(request: Request, error: Exception) -> Response:
    """A refusal; a browser without a session is led to the log-in."""
    assert isinstance(error, HTTPException)
    if error.status_code == 401 and request.method == "GET" and wants_html(request):
        return RedirectResponse(rooted(request, "/login"), 303)
    headers = dict(error.headers or {}) | (_allowed(request) if error.status_code == 405 else {})
    return answer(request, error.status_code, error.detail, headers)


def on_invalid(request: Request, error: Exception) -> Response:
    """What does not fit in a request: where and why, without the values."""
    assert isinstance(error, RequestValidationError)
    faults = [{"loc": list(fault["loc"]), "msg": fault["msg"], "type": fault["type"]} for fault in error.errors()]
    if wants_html(request):
        return answer(request, 422, "; ".join(f"{fault['loc'][-1]}: {fault['msg']}" for fault in faults))
    return _json(422, faults)


def on_away(request: Request, error: Exception) -> Response:
    """The database is busy or gone: the operator reads why in the log, the client only that it may try again."""
    log.error("%s %s: %s", request.method, getattr(request.scope.get("route"), "path", "-"), error)
    return answer(request, 503, AWAY, {"Retry-After": "30"})


def on_bug(request: Request, error: Exception) -> Response:
    """A bug. The server logs the traceback; this answer is made outside of all middleware and brings its own headers."""
    return answer(request, 500, BUG, headers_for(request.url.path))


def add_handlers(app: FastAPI) -> None:
    """Answer every error in our own words."""
    app.add_exception_handler(HTTPException, on_http_exception)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(OperatorError, on_away)
    app.add_exception_handler(RetryableError, on_away)
    app.add_exception_handler(Exception, on_bug)
