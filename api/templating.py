"""Pages out of templates. Autoescape is on for all of them: what came by mail is only ever text.

Rule: in a template `_()` gets a literal only, because gettext's answer counts as safe; what is looked up by a variable goes through `tr`.
"""

from pathlib import Path
from typing import Any

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from api import charts, language, marks, words

FOLDER = Path(__file__).parent
OPTIONS: dict[str, Any] = {"trim_blocks": True, "lstrip_blocks": True}
environment = Environment(
    loader=FileSystemLoader(FOLDER / "templates"), autoescape=True, undefined=StrictUndefined, extensions=["jinja2.ext.i18n"], **OPTIONS
)
environment.install_gettext_callables(language._, language.ngettext, newstyle=True)  # type: ignore[attr-defined]
environment.filters |= {"day": language.day, "clock": language.clock, "number": language.number, "tr": language._}
environment.filters |= {"moment": words.moment, "person": words.person}
environment.globals |= {"words": words, "marks": marks, "charts": charts}


def rooted(request: Request, path: str) -> str:
    """A path of ours as the browser sees it, behind whatever prefix a proxy adds."""
    return str(request.scope.get("root_path", "")).rstrip("/") + path


def page(request: Request, template: str, code: int = 200, **values: Any) -> HTMLResponse:
    """A rendered page. `caller_name` and `csrf` are None for a visitor without a session."""
    defaults = {
        "root": rooted(request, ""),
        "here": request.url.path,
        "query": request.url.query,
        "lang": language.current(),
        "languages": language.languages(),
        "caller_name": None,
        "csrf": None,
        "may_write": False,
        "waits": 0,
    }
    return HTMLResponse(environment.get_template(template).render(defaults | values), code)
