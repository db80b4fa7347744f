"""Pages out of templates. Autoescape is on for all of them: what came by mail is only ever text."""

from pathlib import Path
from typing import Any

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from api import words

FOLDER = Path(__file__).parent
environment = Environment(
    loader=FileSystemLoader(FOLDER / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
environment.filters |= {"day": words.day, "moment": words.moment, "clock": words.clock, "person": words.person}
environment.globals |= {"words": words}


def rooted(request: Request, path: str) -> str:
    """A path of ours as the browser sees it, behind whatever prefix a proxy adds."""
    return str(request.scope.get("root_path", "")).rstrip("/") + path


def page(request: Request, template: str, code: int = 200, **values: Any) -> HTMLResponse:
    """A rendered page. `caller_name` and `csrf` are None for a visitor without a session."""
    defaults = {"root": rooted(request, ""), "caller_name": None, "csrf": None, "may_write": False}
    return HTMLResponse(environment.get_template(template).render(defaults | values), code)
