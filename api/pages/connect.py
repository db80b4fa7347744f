"""Connect a mailbox, in two steps: the address says where the mail is; the password is tested before anything is kept."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request
from pydantic import ValidationError
from starlette.responses import Response

from api.auth import Caller, CallerDep, form_guard
from api.entries import speaker
from api.language import N_, _
from api.pages.frame import back, show
from api.routes.mailboxes import connected
from api.schema import MailboxIn
from api.services import Services, ServicesDep
from api.words import problem
from ledger.people import NAME

router = APIRouter(include_in_schema=False)
FIELDS = ("host", "port", "login", "authserv_id")
EMPTY = dict.fromkeys((*FIELDS, "address", "aliases", "security"), "")


def _suggested_user(services: Services, caller: Caller, address: str) -> str:
    return speaker(services, caller) if not caller.admin else address.partition("@")[0].partition("+")[0]


def _step(request: Request, services: Services, caller: Caller, given: dict[str, str], trouble: str = "", code: int = 200) -> Response:
    """The form for an address. What was entered stays, but for the password."""
    address = given.get("address", "").strip()
    well_formed = address.count("@") == 1 and not address.startswith("@") and not address.endswith("@") and " " not in address
    found = services.provider(address) if well_formed and services.provider else None
    if address and not well_formed:
        trouble, code = trouble or _("This is not a mail address. One looks like anna@example.org."), 422
    values: dict[str, Any] = {"given": EMPTY | {"user": _suggested_user(services, caller, address)} | given, "provider": found}
    return show(request, services, caller, "connect.html", code, trouble=trouble, asks_password=well_formed, **values)


@router.get("/connect")
def connect_page(
    request: Request, services: ServicesDep, caller: CallerDep, address: Annotated[str, Query(max_length=320)] = ""
) -> Response:
    """First the address; with one in the address line what its provider needs."""
    return _step(request, services, caller, {"address": address} if address else {})


def _wanted(given: dict[str, str], password: str) -> MailboxIn:
    chosen = {name: given[name].strip() for name in FIELDS if given[name].strip()}
    aliases = given["aliases"].replace(",", " ").split()
    return MailboxIn.model_validate(
        chosen | {"address": given["address"].strip(), "password": password, "aliases": aliases, "security": given["security"]}
    )


@router.post("/connect", dependencies=[Depends(form_guard)])
def connect_form(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    address: Annotated[str, Form(max_length=320)] = "",
    password: Annotated[str, Form(max_length=4096)] = "",
    user: Annotated[str, Form(max_length=200)] = "",
    host: Annotated[str, Form(max_length=253)] = "",
    port: Annotated[str, Form(max_length=5)] = "",
    security: Annotated[str, Form(max_length=10)] = "tls",
    login: Annotated[str, Form(max_length=320)] = "",
    aliases: Annotated[str, Form(max_length=4000)] = "",
    authserv_id: Annotated[str, Form(max_length=253)] = "",
) -> Response:
    """Test the log-in and store the mailbox; what must be changed is said above the form."""
    given = {"address": address, "user": user, "host": host, "port": port, "security": security, "login": login}
    given |= {"aliases": aliases, "authserv_id": authserv_id}
    owner = user.strip() if caller.admin else speaker(services, caller)
    try:
        if not NAME.fullmatch(owner):
            raise HTTPException(422, N_("A user name has letters, digits and . _ @ + - only."))
        made = connected(services, caller, _wanted(given, password), owner)
    except ValidationError as error:
        return _step(request, services, caller, given, _("Something does not fit: {field}").format(field=error.errors()[0]["loc"][0]), 422)
    except HTTPException as refused:
        return _step(request, services, caller, given, problem(refused.detail), refused.status_code)
    return back(request, f"/mailboxes?new={quote(made.name)}")
