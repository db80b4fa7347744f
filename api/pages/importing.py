"""Bring saved mails: files go up, are read in the background, and the page tells how far that is."""

import shutil
import tempfile
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, HTTPException, Request, UploadFile
from starlette.responses import Response

from api.auth import Caller, CallerDep, form_guard, own_user
from api.body_limit import FILES
from api.entries import speaker
from api.imports import Import
from api.language import N_, _
from api.pages.frame import back, show
from api.services import Services, ServicesDep
from ledger.people import NAME, User

router = APIRouter(include_in_schema=False)
KINDS = frozenset({".eml", ".mbox", ".mbx", ".zip"})
MOST_FILES = 500


def _form(request: Request, services: Services, caller: Caller, user: str, trouble: str = "", code: int = 200) -> Response:
    values: dict[str, Any] = {"user": user, "trouble": trouble, "most": FILES // 1024 // 1024, "kinds": ",".join(sorted(KINDS))}
    return show(request, services, caller, "import.html", code, **values)


@router.get("/import")
def import_page(request: Request, services: ServicesDep, caller: CallerDep, user: str = "") -> Response:
    """The form."""
    return _form(request, services, caller, user or ("" if caller.admin else speaker(services, caller)))


def _owner(services: Services, caller: Caller, user: str) -> User:
    """Whose mails these are; an administrator may name somebody new. Raises 404 and 422."""
    if not caller.admin:
        return own_user(services, caller, None)
    if not NAME.fullmatch(user):
        raise HTTPException(422, N_("A user name has letters, digits and . _ @ + - only."))
    return services.ledger.people.ensure(user, services.now())


def _kept(files: list[UploadFile]) -> tuple[Path, list[Path]]:
    """The files in a folder of their own, under numbers: a name from outside is never a path. Raises 422 for what is no mail."""
    named = [file for file in files if file.filename]
    kinds = [Path(file.filename or "").suffix.lower() for file in named]
    if not named or len(named) > MOST_FILES or set(kinds) - KINDS:
        raise HTTPException(422, N_("Choose files that end in .eml, .mbox or .zip."))
    folder = Path(tempfile.mkdtemp(prefix="demur-import-"))
    paths = [folder / f"{number}{kind}" for number, kind in enumerate(kinds)]
    for path, file in zip(paths, named, strict=True):
        with path.open("wb") as out:
            shutil.copyfileobj(file.file, out)
    return folder, paths


@router.post("/import", dependencies=[Depends(form_guard)])
def import_form(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    files: Annotated[list[UploadFile], File()],
    user: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Begin to read the files; the page that follows tells how far that is."""
    do = services.import_files
    if do is None:
        raise HTTPException(503, _("mail cannot be taken in here: the worker is not part of this process"))
    try:
        owner = _owner(services, caller, user.strip())
        folder, paths = _kept(files)
    except HTTPException as refused:
        return _form(request, services, caller, user, _(refused.detail), refused.status_code)
    begun = services.imports.start(owner.id, folder, lambda noticed: do(owner, paths, noticed))
    return back(request, f"/import/{begun.number}")


def _seen(services: Services, caller: Caller, number: str) -> tuple[Import, User]:
    found = services.imports.find(number)
    owner = services.ledger.people.by_id(found.user_id) if found and caller.sees(found.user_id) else None
    if found is None or owner is None:
        raise HTTPException(404, "there is no such import")
    return found, owner


@router.get("/import/{number}")
def import_progress(number: str, request: Request, services: ServicesDep, caller: CallerDep) -> Response:
    """How far an import is, or how it ended; asks again by itself while it runs."""
    found, owner = _seen(services, caller, number)
    return show(request, services, caller, "import_progress.html", job=found, user=owner.name)
