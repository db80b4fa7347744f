"""How a request leaves this machine: each name resolved once, all its addresses public, the connection held to what was checked.

Whoever makes requests – to forms, to where news are sent – makes them over a `Line`.
"""

import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import httpcore2
import httpx2

from ingest.address import is_public
from ledger.errors import RetryableError

STEP = 8.0
"""Seconds that a server may be silent."""
NETWORK_ERRORS = (
    httpx2.HTTPError,
    httpx2.InvalidURL,
    httpcore2.NetworkError,
    httpcore2.TimeoutException,
    httpcore2.ProtocolError,
    httpcore2.UnsupportedProtocol,
    OSError,
)
Addresses = Callable[[str], Iterable[str]]
Dial = Callable[[str, int], tuple[str, int]]


class RefusedError(Exception):
    """An address to which no request may go; the message says why."""


def straight(address: str, port: int) -> tuple[str, int]:
    """Connect where the name leads."""
    return address, port


@dataclass(frozen=True, slots=True)
class Line:
    """How connections are made. Tests lead public addresses to a server on this machine with `dial`; no setting does."""

    addresses: Addresses
    dial: Dial = straight
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context)


class _Stream(httpcore2.NetworkStream):
    """A connection that ends at a deadline, whatever single timeouts would allow."""

    def __init__(self, inner: httpcore2.NetworkStream, end: float) -> None:
        self._inner, self._end = inner, end

    def _left(self, timeout: float | None) -> float:
        left = self._end - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout("the deadline has passed")
        return min(left, timeout if timeout is not None else left)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, self._left(timeout)), self._end)

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)


class Pinned(httpcore2.NetworkBackend):
    """Connects to addresses that were checked, whatever name is asked for: TLS and Host keep the name. `used` is the one that answered."""

    def __init__(self, addresses: Sequence[str], dial: Dial, end: float) -> None:
        self._addresses, self._dial, self._end = addresses, dial, end
        self._plain = httpcore2.SyncBackend()
        self.used: str | None = None

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        *others, last = self._addresses
        for address in others:
            try:
                return self._connected(address, port, timeout)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        return self._connected(last, port, timeout)

    def _connected(self, address: str, port: int, timeout: float | None) -> httpcore2.NetworkStream:
        target, target_port = self._dial(address, port)
        left = min(max(self._end - time.monotonic(), 0.001), timeout or STEP)
        self.used = address
        return _Stream(self._plain.connect_tcp(target, target_port, left), self._end)


class Transport(httpx2.BaseTransport):
    """httpx2 over a connection that is pinned."""

    def __init__(self, pinned: Pinned, context: ssl.SSLContext) -> None:
        self._pool = httpcore2.ConnectionPool(ssl_context=context, network_backend=pinned)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        url = httpcore2.URL(scheme=request.url.raw_scheme, host=request.url.raw_host, port=request.url.port, target=request.url.raw_path)
        content = request.stream if isinstance(request.stream, httpx2.SyncByteStream) else None
        sent = httpcore2.Request(request.method, url, headers=request.headers.raw, content=content, extensions=request.extensions)
        response = self._pool.handle_request(sent)
        return httpx2.Response(response.status, headers=response.headers, stream=_Body(response), extensions=response.extensions)

    def close(self) -> None:
        self._pool.close()


class _Body(httpx2.SyncByteStream):
    def __init__(self, response: httpcore2.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


def resolved(host: str, line: Line) -> list[str]:
    """The first address of each family that a host has, asked for once. Raises RefusedError when any of them all is not public."""
    found = list(line.addresses(host))
    for address in found:
        if not is_public(address):
            raise RefusedError(f"{host} leads to {address}, which is not on the public internet")
    if not found:
        raise RetryableError(f"DNS has no address for {host}")
    families = {":" in address: address for address in reversed(found)}
    return [families[modern] for modern in (False, True) if modern in families]
