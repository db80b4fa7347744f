"""The language switch in the footer: a cookie, and back to where it was pressed."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from starlette.responses import RedirectResponse, Response

from api.language import COOKIE, languages
from api.templating import rooted

router = APIRouter(include_in_schema=False)
YEAR = 365 * 24 * 3600


def _own_path(to: str) -> str:
    """A path on this server; whatever could lead elsewhere becomes the first page."""
    return to if to.startswith("/") and not to.startswith("//") and "\\" not in to and to.isprintable() else "/"


@router.get("/language/{code}")
def choose_language(code: str, request: Request, to: Annotated[str, Query(max_length=2000)] = "/") -> Response:
    """Speak this language from now on. Changes nothing but the browser's own cookie."""
    if code not in languages():
        raise HTTPException(404, "there is no catalogue for this language")
    response = RedirectResponse(rooted(request, _own_path(to)), 303)
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, code, max_age=YEAR, path=rooted(request, "/"), httponly=True, samesite="lax", secure=secure)
    return response
