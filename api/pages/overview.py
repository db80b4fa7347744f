"""Where each objection stands that the caller may see: cards for a few users, a table for an organisation."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.auth import CallerDep
from api.pages.frame import show
from api.routes.status import NAME_BEFORE, status_page
from api.services import ServicesDep
from ledger.outcome import Product
from ledger.status import State

router = APIRouter(include_in_schema=False)
CARDS = 6
"""So many users are shown with cards; more of them are a table."""
ROWS = 25
"""Users on one page of the table."""


@router.get("/")
def overview(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    state: State | None = None,
    product: Product | None = None,
    stale: bool | None = None,
    name: Annotated[str, Query(max_length=200)] = "",
    after: Annotated[str, Query(max_length=200, pattern=NAME_BEFORE)] = "",
) -> Response:
    """The first page. The filters are part of the address, so that they can be bookmarked."""
    shown = status_page(services, caller, state, product, stale, after, ROWS, name)
    counts = services.ledger.record.users_by_state() if caller.admin else {}
    filters = {"state": state, "product": product, "stale": stale, "name": name}
    table = caller.admin and (bool(after or shown.next or any(filters.values())) or len(shown.users) > CARDS)
    values: dict[str, Any] = {"users": shown.users, "next": shown.next, "counts": counts, "filters": filters, "products": list(Product)}
    return show(request, services, caller, "table.html" if table else "overview.html", **values)
