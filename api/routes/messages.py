"""Single mails: bring one, read one, say what one really means."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request

from api.auth import CallerDep, own_user, owners_seen
from api.entries import correct, speaker
from api.report import message
from api.routes.problems import WRITES, problems
from api.schema import CorrectionIn, MessageOut, Stored
from api.services import Services, ServicesDep
from ledger.people import User

router = APIRouter(tags=["messages"])
MAIL_BODY = {"requestBody": {"required": True, "content": {"message/rfc822": {"schema": {"type": "string", "format": "binary"}}}}}


async def mail_body(request: Request) -> bytes:
    """The raw body, limited by `BodyLimit`. Raises 422 when there is none."""
    raw = await request.body()
    if not raw.strip():
        raise HTTPException(422, "the body must be a mail (.eml)")
    return raw


@router.post("/messages", status_code=201, responses=problems(404, 422, *WRITES), openapi_extra=MAIL_BODY)
def post_message(
    services: ServicesDep, caller: CallerDep, raw: Annotated[bytes, Depends(mail_body)], user: Annotated[str | None, Query()] = None
) -> Stored:
    """Bring your own mail: the body is one .eml (up to 25 MB), decided for the token's user. Bringing it again changes nothing."""
    owner = own_user(services, caller, user)
    if services.ingest is None:
        raise HTTPException(503, "mail cannot be taken in here: the worker is not part of this process")
    sha256 = services.ingest(owner, raw)
    return Stored(sha256=sha256, recorded=owner.id in services.ledger.record.owners(sha256))


def _shown(services: Services, owner: User, sha256: str) -> MessageOut:
    found = message(services.ledger, owner, sha256, services.read_text)
    if found is None:
        raise HTTPException(404, "there is no such message")
    return found


@router.get("/messages/{sha256}", responses=problems(404))
def get_message(sha256: str, services: ServicesDep, caller: CallerDep) -> MessageOut:
    """One mail as plain text, with what is decided of it. Codes are blotted out."""
    return _shown(services, owners_seen(services, caller, sha256)[0], sha256)


@router.post("/messages/{sha256}/correction", status_code=201, responses=problems(404, 422, *WRITES))
def post_correction(sha256: str, said: CorrectionIn, services: ServicesDep, caller: CallerDep) -> MessageOut:
    """A person's word on one mail: it outranks every model, for ever; of several, the last counts."""
    owners = owners_seen(services, caller, sha256)
    correct(services, caller, owners, sha256, said.outcome, said.by or speaker(services, caller))
    return _shown(services, owners[0], sha256)
