"""Nobody fills the memory: a request body that grows beyond its route's limit is refused while it arrives."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAIL = 25 * 1024 * 1024
"""What common providers accept as one mail."""
FILES = 200 * 1024 * 1024
"""A year of one person's mail; larger archives go through `demur import`."""
OTHER = 256 * 1024


def limit_of(path: str) -> int:
    """How many bytes a request to this path may bring."""
    return {"/messages": MAIL, "/import": FILES}.get(path, OTHER)


def _announced(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "0")
    return int(length) if length.isdecimal() else 0


class BodyLimit:
    """ASGI middleware that counts what arrives. What a route never reads is never refused."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, _counting(scope, receive) if scope["type"] == "http" else receive, send)


def _counting(scope: Scope, receive: Receive) -> Receive:
    limit, announced, arrived = limit_of(scope["path"]), _announced(scope), 0

    async def counted() -> Message:
        nonlocal arrived
        if announced > limit:
            raise HTTPException(413, f"the body is larger than {limit} bytes")
        message = await receive()
        arrived += len(message.get("body", b""))
        if arrived > limit:
            raise HTTPException(413, f"the body is larger than {limit} bytes")
        return message

    return counted
