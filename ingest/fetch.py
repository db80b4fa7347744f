"""One address of a form is fetched: allow-listed hosts only, each hop's address resolved once, checked and kept for the connection.

No cookies, no referrer, no proxy, no query that a mail brought. Size and time are limited as a whole, however slowly a server drips.
"""

import time
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import httpx2

from ingest.line import NETWORK_ERRORS, STEP, Line, Pinned, RefusedError, Transport, resolved
from ingest.link import LOG_IN_PATHS
from ingest.probe import Judgement, Page, allowed, judge, judged_address
from ledger.errors import RetryableError
from ledger.probe import Finding

DEADLINE = 20.0
"""Seconds for one probe, all hops together."""
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


@dataclass(frozen=True, slots=True)
class Fetched:
    """How a look ended: the finding, the last status, the hosts that were asked, and the address of the last."""

    judgement: Judgement
    status: int | None = None
    hops: tuple[str, ...] = ()
    address: str | None = None
    retry_after: float | None = None


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
        except NETWORK_ERRORS as error:
            return walk.result(Judgement(Finding.UNREACHABLE, f"the connection failed ({type(error).__name__})"))


class _Walk:
    """The hops of one look."""

    def __init__(self, url: str, line: Line, end: float) -> None:
        self._asked, self._line, self._end = url, line, end
        self._hops: list[str] = []
        self._status: int | None = None
        self._pinned: Pinned | None = None
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
        self._pinned = Pinned(resolved(host, self._line), self._line.dial, self._end)
        left = max(self._end - time.monotonic(), 0.001)
        timeout = httpx2.Timeout(min(STEP, left))
        with (
            httpx2.Client(transport=Transport(self._pinned, self._line.context), timeout=timeout, trust_env=False) as client,
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
