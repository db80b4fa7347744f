"""The models: which there are, how good they are, who decides; train one, promote one, go back. For administrators."""

from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, HTTPException

from api.auth import CallerDep
from api.models import Changes, ModelCard, Models, Training
from api.routes.problems import problems
from api.schema import ModelList
from api.services import ServicesDep
from ledger.errors import OperatorError, RetryableError

T = TypeVar("T")


def administrators_models(services: ServicesDep, caller: CallerDep) -> Models:
    """The models, for an administrator. Raises 403 for anybody else: one model decides for all users."""
    if not caller.admin:
        raise HTTPException(403, "models are an administrator's business: this token is one user's")
    if services.models is None:
        raise HTTPException(503, "there are no models here: the classifier is not part of this process")
    return services.models


ModelsDep = Annotated[Models, Depends(administrators_models)]
router = APIRouter(tags=["models"])
REFUSALS = problems(403)
CHANGES = problems(403, 409)


def _listed(models: Models) -> ModelList:
    return ModelList(current=models.current(), shadow=models.shadow(), models=models.cards(), training=models.progress())


def _or_conflict(change: Callable[[], T]) -> T:
    """The change, or 409 with the reason why things stand against it."""
    try:
        return change()
    except (OperatorError, RetryableError) as error:
        raise HTTPException(409, str(error)) from None


def _known(models: Models, version: str) -> ModelCard:
    found = models.card(version)
    if found is None:
        raise HTTPException(404, "there is no such model")
    return found


@router.get("/models", responses=REFUSALS)
def get_models(models: ModelsDep) -> ModelList:
    """Every version with its card, newest first, and which of them decides."""
    return _listed(models)


@router.post("/models/train", status_code=202, responses=CHANGES)
def post_train(models: ModelsDep) -> Training:
    """Begin to train on labelled and reviewed mails in the background; it decides only when it is not worse. 409 while one runs."""
    return _or_conflict(models.train)


@router.get("/models/training", responses=REFUSALS)
def get_training(models: ModelsDep) -> Training:
    """How far the training is, or how the last one ended."""
    return models.progress()


@router.post("/models/rollback", responses=CHANGES)
def post_rollback(models: ModelsDep) -> ModelList:
    """Let the model before the current one decide again."""
    _or_conflict(models.rollback)
    return _listed(models)


@router.delete("/models/shadow", responses=CHANGES)
def delete_shadow(models: ModelsDep) -> ModelList:
    """Let no model predict beside the current one."""
    _or_conflict(lambda: models.set_shadow(None))
    return _listed(models)


@router.post("/models/{version}/promote", responses=problems(403, 404, 409))
def post_promote(version: str, models: ModelsDep) -> ModelList:
    """Let a version decide from now on."""
    _known(models, version)
    _or_conflict(lambda: models.promote(version))
    return _listed(models)


@router.post("/models/{version}/comparison", status_code=202, responses=problems(403, 404, 409))
def post_comparison(version: str, models: ModelsDep) -> Changes | None:
    """Begin to work out what a version would change if it decided all stored mails. Nothing is written. 409 while one is worked out."""
    _known(models, version)
    _or_conflict(lambda: models.compare(version))
    return models.changes()


@router.get("/models/comparison", responses=REFUSALS)
def get_comparison(models: ModelsDep) -> Changes | None:
    """How far the comparison is, or what the last one found; null when there was none since the start."""
    return models.changes()


@router.post("/models/{version}/shadow", responses=problems(403, 404, 409))
def post_shadow(version: str, models: ModelsDep) -> ModelList:
    """Let a version predict beside the current one; it decides nothing."""
    _known(models, version)
    _or_conflict(lambda: models.set_shadow(version))
    return _listed(models)
