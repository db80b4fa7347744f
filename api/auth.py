"""Who asks, and what they may see. Deny by default: a route without one of these guards is public on purpose."""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Form, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.services import Services, ServicesDep
from ledger.people import NAME, Bearer, User

COOKIE = "demur_session"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_HEADER = "X-CSRF-Token"
CHALLENGE = {"WWW-Authenticate": "Bearer"}
bearer_scheme = HTTPBearer(auto_error=False, description="A token made by `demur token create`.")


@dataclass(frozen=True, slots=True)
class Caller:
    """The owner of the token that came with a request. `csrf` is None where the token came in a header, which no other site can send."""

    bearer: Bearer
    csrf: str | None = None

    @property
    def may_write(self) -> bool:
        return self.bearer.may_write

    @property
    def admin(self) -> bool:
        return self.bearer.admin

    def sees(self, user_id: int) -> bool:
        """Whether the caller may know of this user at all."""
        return self.admin or self.bearer.user_id == user_id


def csrf_token(token: str) -> str:
    """What a form of this session must bring along: an HMAC that only the holder of the token can make (OWASP, CSRF prevention)."""
    return hmac.new(token.encode(), b"demur csrf", hashlib.sha256).hexdigest()


def caller_of(
    request: Request, services: ServicesDep, sent: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer_scheme)]
) -> Caller:
    """Whoever the token belongs to; a header outranks the cookie. Raises 401."""
    token = request.cookies.get(COOKIE, "") if "authorization" not in request.headers else ""
    shown = sent.credentials if sent else token
    session = services.sessions.bearer(token) if token else None
    bearer = session or (services.ledger.people.bearer(shown) if shown.startswith("demur_") else None)
    if bearer is None:
        raise HTTPException(401, "show a token: Authorization: Bearer demur_…", CHALLENGE)
    return Caller(bearer, csrf_token(token) if token else None)


CallerDep = Annotated[Caller, Depends(caller_of)]


def require_csrf(caller: Caller, brought: str) -> None:
    """Refuse a write that only the cookie vouches for. Raises 403."""
    if caller.csrf is not None and not hmac.compare_digest(caller.csrf.encode(), brought.encode(errors="replace")):
        raise HTTPException(403, "this form is out of date: load the page again")


def _require_write(caller: Caller) -> None:
    if not caller.may_write:
        raise HTTPException(403, "this token may only read")


def guard(request: Request, caller: CallerDep) -> None:
    """For JSON routes: a known token, and for every write its scope and (with a cookie) the header against forgery."""
    if request.method not in SAFE:
        require_csrf(caller, request.headers.get(CSRF_HEADER, ""))
        _require_write(caller)


def form_guard(caller: CallerDep, csrf: Annotated[str, Form()] = "") -> None:
    """For forms on pages: as `guard`, with the hidden field against forgery."""
    require_csrf(caller, csrf)
    _require_write(caller)


def user_seen(services: Services, caller: Caller, name: str) -> User:
    """The user called `name`. Raises 404 alike for one who does not exist and one whom the caller may not see."""
    user = services.ledger.people.find(name) if NAME.fullmatch(name) else None
    if user is None or not caller.sees(user.id):
        raise HTTPException(404, "there is no such user")
    return user


def own_user(services: Services, caller: Caller, name: str | None) -> User:
    """The user that a request acts for: the token's own, or the one an administrator names. Raises 404, or 422 when nobody is named."""
    if name is not None:
        return user_seen(services, caller, name)
    user = services.ledger.people.by_id(caller.bearer.user_id) if caller.bearer.user_id is not None else None
    if user is None:
        raise HTTPException(422, "an administrator must say for whom: user")
    return user


def owners_seen(services: Services, caller: Caller, sha256: str) -> list[User]:
    """The users who have this mail and whom the caller may see. Raises 404 when there are none."""
    ids = [user_id for user_id in services.ledger.record.owners(sha256) if caller.sees(user_id)] if _is_sha256(sha256) else []
    found = [user for user_id in ids if (user := services.ledger.people.by_id(user_id))]
    if not found:
        raise HTTPException(404, "there is no such message")
    return found


def _is_sha256(text: str) -> bool:
    return len(text) == 64 and not set(text) - set("0123456789abcdef")
