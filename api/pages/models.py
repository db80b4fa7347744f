"""The model: how good it is, which versions there are, train, promote, go back. For administrators, as over JSON."""

from collections.abc import Callable

from fastapi import APIRouter, Depends, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.auth import Caller, CallerDep, form_guard
from api.language import _
from api.pages.frame import PageRoute, back, show
from api.routes.models import ModelsDep, delete_shadow, post_comparison, post_promote, post_rollback, post_shadow, post_train
from api.services import Services, ServicesDep

router = APIRouter(include_in_schema=False, route_class=PageRoute)
forms = APIRouter(include_in_schema=False, dependencies=[Depends(form_guard)])


def _shown(request: Request, services: Services, caller: Caller, models: ModelsDep, trouble: str = "", code: int = 200) -> Response:
    cards = models.cards()
    current = next((card for card in cards if card.current), None)
    values = {"cards": cards, "current": current, "training": models.progress(), "changes": models.changes(), "trouble": trouble}
    return show(request, services, caller, "models.html", code, **values)


@router.get("/models")
def models_page(request: Request, services: ServicesDep, caller: CallerDep, models: ModelsDep) -> Response:
    """The version in use with its report, and the others; asks again by itself while one is trained."""
    return _shown(request, services, caller, models)


def _done(request: Request, services: Services, caller: Caller, models: ModelsDep, change: Callable[[], object]) -> Response:
    """Do it and show the page again, with what stood against it."""
    try:
        change()
    except HTTPException as refused:
        if refused.status_code != 409:
            raise
        return _shown(request, services, caller, models, _(refused.detail), 409)
    return back(request, "/models")


@forms.post("/models/page/train")
def train_form(request: Request, services: ServicesDep, caller: CallerDep, models: ModelsDep) -> Response:
    """Begin a training."""
    return _done(request, services, caller, models, lambda: post_train(models))


@forms.post("/models/page/rollback")
def rollback_form(request: Request, services: ServicesDep, caller: CallerDep, models: ModelsDep) -> Response:
    """Let the version before decide again."""
    return _done(request, services, caller, models, lambda: post_rollback(models))


@forms.post("/models/page/unshadow")
def unshadow_form(request: Request, services: ServicesDep, caller: CallerDep, models: ModelsDep) -> Response:
    """Let no version predict beside the current one."""
    return _done(request, services, caller, models, lambda: delete_shadow(models))


@forms.post("/models/page/{version}/promote")
def promote_form(version: str, request: Request, services: ServicesDep, caller: CallerDep, models: ModelsDep) -> Response:
    """Let a version decide."""
    return _done(request, services, caller, models, lambda: post_promote(version, models))


@forms.post("/models/page/{version}/compare")
def compare_form(version: str, request: Request, services: ServicesDep, caller: CallerDep, models: ModelsDep) -> Response:
    """Work out what a version would change; nothing is written."""
    return _done(request, services, caller, models, lambda: post_comparison(version, models))


@forms.post("/models/page/{version}/shadow")
def shadow_form(version: str, request: Request, services: ServicesDep, caller: CallerDep, models: ModelsDep) -> Response:
    """Let a version predict beside the current one."""
    return _done(request, services, caller, models, lambda: post_shadow(version, models))


router.include_router(forms)
