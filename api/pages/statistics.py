"""Counts over all users for administrators, as over JSON: small cells are not shown, here as little as in what is downloaded."""

import csv
import io
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from api.auth import CallerDep
from api.pages.frame import PageRoute, show
from api.parquet import has_parquet, parquet_bytes
from api.routes.stats import get_stats
from api.services import ServicesDep
from api.statistics import rows, statistics
from ledger.outcome import Outcome

router = APIRouter(include_in_schema=False, route_class=PageRoute)
downloads = APIRouter(include_in_schema=False)
PARQUET = "application/vnd.apache.parquet"
DIMENSIONS = ("week", "product", "language")


@router.get("/stats")
def statistics_page(request: Request, services: ServicesDep, caller: CallerDep) -> Response:
    """Three tables of mails, and how long answers and broken forms take."""
    found = get_stats(services, caller)
    cells = {(cell.dimension, cell.key, cell.outcome): cell.mails for cell in found.outcomes}
    keys = {name: sorted({cell.key for cell in found.outcomes if cell.dimension == name}, reverse=name == "week") for name in DIMENSIONS}
    values: dict[str, Any] = {
        "parquet": has_parquet(),
        "found": found,
        "cells": cells,
        "keys": keys,
        "outcomes": [o for o in Outcome if o is not Outcome.UNRELATED],
    }
    return show(request, services, caller, "statistics.html", **values)


@downloads.get("/stats/table.csv")
def statistics_csv(services: ServicesDep, caller: CallerDep) -> Response:
    """The same as one flat table for spreadsheets."""
    get_stats(services, caller)
    table = rows(statistics(services.ledger, services.now()))
    out = io.StringIO()
    writer = csv.DictWriter(out, ["measure", "dimension", "key", "outcome", "value"])
    writer.writeheader()
    writer.writerows(table)
    headers = {"Content-Disposition": 'attachment; filename="demur-statistics.csv"'}
    return Response(out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


@downloads.get("/stats/table.parquet")
def statistics_parquet(services: ServicesDep, caller: CallerDep) -> Response:
    """The same as one flat table for data frames; 404 where pyarrow is not installed."""
    get_stats(services, caller)
    if not has_parquet():
        raise HTTPException(404, "Parquet needs pyarrow, which is not installed here")
    headers = {"Content-Disposition": 'attachment; filename="demur-statistics.parquet"'}
    return Response(parquet_bytes(rows(statistics(services.ledger, services.now()))), media_type=PARQUET, headers=headers)


router.include_router(downloads)
