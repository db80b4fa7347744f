"""A user's evidence as one file."""

import tempfile
from collections.abc import Iterator
from typing import BinaryIO, cast

from fastapi import APIRouter
from starlette.responses import Response, StreamingResponse

from api.auth import CallerDep, user_seen
from api.evidence.bundle import Source, write_bundle
from api.routes.problems import Responses, problems
from api.services import ServicesDep

router = APIRouter(tags=["evidence"])
IN_MEMORY = 8 << 20
CHUNK = 1 << 16
ZIP: Responses = {200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}, "description": "the bundle"}}


def _streamed(file: BinaryIO) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while chunk := file.read(CHUNK):
            yield chunk


@router.get("/users/{user}/evidence.zip", response_class=Response, responses=problems(404) | ZIP)
def get_evidence(user: str, services: ServicesDep, caller: CallerDep) -> StreamingResponse:
    """Everything about one user's objections, signed; `demur verify` checks it. `Demur-Fingerprint` names the key: keep it elsewhere."""
    owner = user_seen(services, caller, user)
    file = cast(BinaryIO, tempfile.SpooledTemporaryFile(IN_MEMORY))  # noqa: SIM115 – closed when it was sent
    made = write_bundle(Source(services.ledger, services.model_card, services.program), owner, services.now(), file)
    name = f"demur-evidence-{services.now():%Y-%m-%d}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Demur-Fingerprint": made.fingerprint}
    return StreamingResponse(_streamed(file), media_type="application/zip", headers=headers)
