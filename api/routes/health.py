"""For machines that watch: is the process alive, can it serve, and its numbers. No token, no personal data."""

from fastapi import APIRouter, HTTPException, Request
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import JSONResponse, Response

from api.metrics import Metrics
from api.routes.problems import problems
from api.schema import Readiness
from api.services import ServicesDep

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process is alive. No I/O and no thread, so that it answers when all threads are busy."""
    return {"status": "ok"}


@router.get("/readyz", response_model=Readiness, responses={503: {"model": Readiness, "description": "not ready, and why"}})
def readyz(services: ServicesDep) -> Response:
    """Whether requests can be served just now; 503 with the reasons when not."""
    reasons = services.ready()
    return JSONResponse({"ready": not reasons, "reasons": reasons}, 503 if reasons else 200)


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, 404: problems(404)[404]},
)
def metrics(request: Request, services: ServicesDep) -> Response:
    """Prometheus' text format; 404 when switched off."""
    if not services.metrics_enabled:
        raise HTTPException(404, "metrics are switched off (DEMUR_METRICS)")
    numbers: Metrics = request.app.state.metrics
    return Response(numbers.text(), headers={"Content-Type": CONTENT_TYPE_LATEST})
