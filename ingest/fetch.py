"""One address of a form is fetched: allow-listed hosts only, each hop's address resolved once, checked and kept for the connection.

No cookies, no referrer, no proxy, no query that a mail brought. Size and time are limited as a whole, however slowly a server drips.
"""

import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import httpcore2
import httpx2

from ingest.address import is_public
from ingest.link import LOG_IN_PATHS
from ingest.probe import Judgement, Page, allowed, judge, judged_address
from ledger.errors import RetryableError
from ledger.probe import Finding

DEADLINE = 20.0
"""Seconds for one probe, all hops together."""
STEP = 8.0
"""Seconds that a server may be silent."""
MAX_BYTES = 1024 * 1024
MAX_HOPS = 5
MAX_LOCATION = 4096
HEADERS = {
    "User-Agent": "Demur/0.1 (+https://github.com/demur-project/demur; looks whether Meta's objection forms can be opened)",
    "Accept": "text/html",
    "Accept-Language": "en",
    "Accept-Encoding": "identity",
    "Connection": "close",
}
REDIRECTS = frozenset({301, 302, 303, 307, 308})
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


@dataclass(frozen=True, slots=True)
class Fetched:
    """How a look ended: the finding, the last status, the hosts that were asked, and the address of the last."""

    judgement: Judgement
    status: int | None = None
    hops: tuple[str, ...] = ()
    address: str | None = None
    retry_after: float | None = None


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


class _Pinned(httpcore2.NetworkBackend):
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


class _Transport(httpx2.BaseTransport):
    """httpx2 over a connection that is pinned."""

    def __init__(self, pinned: _Pinned, context: ssl.SSLContext) -> None:
        self._pool = httpcore2.ConnectionPool(ssl_context=context, network_backend=pinned)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        url = httpcore2.URL(scheme=request.url.raw_scheme, host=request.url.raw_host, port=request.url.port, target=request.url.raw_path)
        sent = httpcore2.Request(request.method, url, headers=request.headers.raw, extensions=request.extensions)
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


def _led_to(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        raise RefusedError("no address") from None


def checked_host(url: str) -> str:
    """The host of an address that may be asked. Raises RefusedError that says why another may not."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise RefusedError("no address") from None
    if parts.scheme != "https":
        raise RefusedError("not over TLS")
    if parts.username is not None or parts.password is not None or port not in (None, 443) or "\\" in url:
        raise RefusedError("an address with a name, password or port in it")
    if not allowed(host):
        raise RefusedError(f"the host {host[:80]} is not one of Meta's form hosts")
    return host


def _resolved(host: str, line: Line) -> list[str]:
    """The first address of each family that a host has, asked for once. Raises RefusedError when any of them all is not public."""
    found = list(line.addresses(host))
    for address in found:
        if not is_public(address):
            raise RefusedError(f"{host} leads to {address}, which is not on the public internet")
    if not found:
        raise RetryableError(f"DNS has no address for {host}")
    families = {":" in address: address for address in reversed(found)}
    return [families[modern] for modern in (False, True) if modern in families]


class Fetcher:
    """Looks at one address at a time, from the first hop to the page at the end."""

    def __init__(self, line: Line, deadline: float = DEADLINE) -> None:
        self._line, self._deadline = line, deadline

    def look(self, url: str) -> Fetched:
        """Fetch a form's address and judge what comes. Never raises for what the network or the site does."""
        walk = _Walk(url, self._line, time.monotonic() + self._deadline)
        try:
            return walk.result(walk.to_the_end())
        except RefusedError as refused:
            return walk.result(Judgement(Finding.UNREACHABLE, f"not followed: {refused}"))
        except RetryableError as error:
            return walk.result(Judgement(Finding.UNREACHABLE, str(error)))
        except (
            httpx2.HTTPError,
            httpx2.InvalidURL,
            OSError,
            httpcore2.NetworkError,
            httpcore2.TimeoutException,
            httpcore2.ProtocolError,
        ) as error:
            return walk.result(Judgement(Finding.UNREACHABLE, f"the connection failed ({type(error).__name__})"))


class _Walk:
    """The hops of one look."""

    def __init__(self, url: str, line: Line, end: float) -> None:
        self._asked, self._line, self._end = url, line, end
        self._hops: list[str] = []
        self._status: int | None = None
        self._pinned: _Pinned | None = None
        self._retry_after: float | None = None

    def result(self, judgement: Judgement) -> Fetched:
        return Fetched(judgement, self._status, tuple(self._hops), self._pinned.used if self._pinned else None, self._retry_after)

    def to_the_end(self) -> Judgement:
        """Follow redirects by hand; each hop is checked as the first was."""
        url = self._asked
        for _ in range(MAX_HOPS + 1):
            page, location = self._hop(url)
            if location is None:
                return judge(self._asked, page)
            url = _led_to(url, location)
            checked_host(url)
            if said := judged_address(self._asked, url):
                return said
            if urlsplit(url).path.startswith(LOG_IN_PATHS):
                raise RefusedError("a link that may log somebody in")
        return Judgement(Finding.UNREACHABLE, f"redirects without end, {MAX_HOPS} were followed")

    def _hop(self, url: str) -> tuple[Page, str | None]:
        host = checked_host(url)
        self._hops.append(host)
        self._pinned = _Pinned(_resolved(host, self._line), self._line.dial, self._end)
        left = max(self._end - time.monotonic(), 0.001)
        timeout = httpx2.Timeout(min(STEP, left))
        with (
            httpx2.Client(transport=_Transport(self._pinned, self._line.context), timeout=timeout, trust_env=False) as client,
            client.stream("GET", url, headers=HEADERS, follow_redirects=False) as response,
        ):
            self._status = response.status_code
            self._retry_after = _seconds(response.headers.get("Retry-After"))
            location = response.headers.get("Location", "")
            if response.status_code in REDIRECTS and 0 < len(location) <= MAX_LOCATION:
                return Page(url, response.status_code), location
            return Page(url, response.status_code, _text(response)), None


def _text(response: httpx2.Response) -> str:
    """The beginning of a body; what comes after the first megabyte is left unread."""
    kept = bytearray()
    for chunk in response.iter_raw():
        kept += chunk[: MAX_BYTES - len(kept)]
        if len(kept) >= MAX_BYTES:
            break
    return kept.decode("utf-8", "replace")


def _seconds(value: str | None) -> float | None:
    """Retry-After in seconds (RFC 9110 §10.2.3); a date is not worth parsing: the usual pause is long enough."""
    return float(value) if value and value.isascii() and value.isdigit() and len(value) < 8 else None
