"""Counts over all users, for administrators."""

from dataclasses import asdict

from fastapi import APIRouter, HTTPException

from api.auth import CallerDep
from api.routes.problems import problems
from api.schema import StatisticsOut
from api.services import ServicesDep
from api.statistics import LEAST, statistics

router = APIRouter(tags=["stats"])


@router.get("/stats", responses=problems(403))
def get_stats(services: ServicesDep, caller: CallerDep) -> StatisticsOut:
    """Mails by what they say, per week, language and product; time to an answer; days with a broken form. Of five people or more."""
    if not caller.admin:
        raise HTTPException(403, "statistics are an administrator's business: this token is one user's")
    now = services.now()
    return StatisticsOut(as_of=now, least_people=LEAST, **asdict(statistics(services.ledger, now)))
