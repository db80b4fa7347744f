"""One message to one target, and what it answered. A webhook goes over a line that is pinned; Apprise makes its own requests."""

import ipaddress
import json
import logging
import socket
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx2

from demur.notify.target import Target
from demur.notify.words import in_words
from ingest.address import is_public
from ingest.line import NETWORK_ERRORS, STEP, Addresses, Line, Pinned, RefusedError, Transport, resolved
from ledger.errors import OperatorError, RetryableError

DEADLINE = 15.0
"""Seconds for one attempt."""
GONE = 410
"""Standard Webhooks 1.0: the receiver wants no more."""
AGENT = "Demur/0.1 (+https://github.com/demur-project/demur)"
MISSING = "telling news needs `pip install 'demur[notify]'`, or unset DEMUR_NOTIFY_URLS"


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent: `name` is the same at every attempt."""

    name: str
    kind: str
    facts: Mapping[str, Any]
    at: datetime

    @property
    def body(self) -> str:
        """The JSON of a webhook; the same bytes at every attempt."""
        return json.dumps({"type": self.kind, "timestamp": self.at.astimezone(UTC).isoformat(), "data": dict(self.facts)}, sort_keys=True)


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of an attempt, in our own words. `gone`: the target wants no more; `retry_after`: seconds that it asked for."""

    taken: bool
    detail: str
    gone: bool = False
    retry_after: float | None = None


class Post:
    """Sends to webhooks and to Apprise's services."""

    def __init__(self, line: Line, now: Callable[[], datetime], deadline: float = DEADLINE) -> None:
        self._line = replace(line, addresses=_or_literal(line.addresses))
        self._now, self._deadline = now, deadline

    def send(self, target: Target, message: Message) -> Answer:
        """One attempt. Never raises for what the network or the receiver does; OperatorError where an extra is missing."""
        try:
            return self._webhook(target, message) if target.is_webhook else self._apprise(target, message)
        except RefusedError as refused:
            return Answer(False, f"not sent: {refused}")
        except RetryableError as error:
            return Answer(False, str(error))
        except NETWORK_ERRORS as error:
            return Answer(False, f"the connection failed ({type(error).__name__})")

    def check(self, target: Target) -> None:
        """Raises OperatorError when a target cannot be used as it is written. Asks nobody."""
        _signer(target.secret) if target.is_webhook else _plugin(target)

    def _webhook(self, target: Target, message: Message) -> Answer:
        host = urlsplit(target.url).hostname or ""
        end = time.monotonic() + self._deadline
        pinned = Pinned(resolved(host, self._line), self._line.dial, end)
        with (
            httpx2.Client(transport=Transport(pinned, self._line.context), timeout=httpx2.Timeout(STEP), trust_env=False) as client,
            client.stream(
                "POST", target.url, headers=self._headers(target, message), content=message.body.encode(), follow_redirects=False
            ) as response,
        ):
            return _answer(response, self._now())

    def _headers(self, target: Target, message: Message) -> dict[str, str]:
        # QUIRK: standardwebhooks takes the timestamp's wall clock as UTC: it must be UTC.
        at = self._now().astimezone(UTC)
        signature = _signer(target.secret).sign(msg_id=message.name, timestamp=at, data=message.body)
        signed = {"webhook-id": message.name, "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}
        return {"User-Agent": AGENT, "Content-Type": "application/json", "Connection": "close"} | signed

    def _apprise(self, target: Target, message: Message) -> Answer:
        plugin = _plugin(target)
        for host in _hosts(plugin):
            _check_host(host, self._line)
        title, text = in_words(message.kind, message.facts)
        taken = plugin.notify(body=text, title=title)
        return Answer(True, "taken") if taken else Answer(False, "the service did not take it")


def _answer(response: httpx2.Response, now: datetime) -> Answer:
    status = response.status_code
    if 200 <= status < 300:
        return Answer(True, f"HTTP {status}")
    if 300 <= status < 400:
        return Answer(False, f"HTTP {status}: redirects are not followed, name the address that it leads to")
    return Answer(False, f"HTTP {status}", status == GONE, _seconds(response.headers.get("Retry-After"), now))


def _seconds(value: str | None, now: datetime) -> float | None:
    """Retry-After (RFC 9110 §10.2.3) in seconds: a number, or a date."""
    if not value or len(value) > 40:
        return None
    if value.isascii() and value.isdigit():
        return float(value[:9])
    with suppress(ValueError, TypeError):
        return max((parsedate_to_datetime(value) - now).total_seconds(), 0)
    return None


def _or_literal(addresses: Addresses) -> Addresses:
    """A name's addresses; of an address written as such, itself."""

    def found(host: str) -> Iterable[str]:
        with suppress(ValueError):
            return [str(ipaddress.ip_address(host))]
        return addresses(host)

    return found


def _signer(secret: str) -> Any:
    try:
        from standardwebhooks import Webhook
    except ModuleNotFoundError:
        raise OperatorError(MISSING) from None
    return Webhook(secret)


def _plugin(target: Target) -> Any:
    try:
        from apprise import Apprise
    except ModuleNotFoundError:
        raise OperatorError(MISSING) from None
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)  # it would write addresses with their tokens
    plugin = Apprise.instantiate(target.url)
    if plugin is None:
        raise OperatorError(
            f"DEMUR_NOTIFY_URLS: address {target.title} is nothing that Apprise knows; a webhook begins with webhook+https://"
        )
    return plugin


def _hosts(plugin: Any) -> set[str]:
    """The names of servers that an address itself names; services at a place of their own have none."""
    named = any("{host}" in template or "{domain}" in template for template in plugin.templates)
    hosts = (getattr(plugin, name, None) for name in ("host", "smtp_host"))
    return {host for host in hosts if named and isinstance(host, str) and host}


def _check_host(host: str, line: Line) -> None:
    """Raises RefusedError when a server's name leads to an address that is not public.

    A name without a dot may be a topic instead of a server: it is asked of this machine, and refused only where it leads somewhere.
    """
    if "." in host or ":" in host:
        resolved(host, line)
        return
    with suppress(OSError):
        for *_, where in socket.getaddrinfo(host, None):
            if not is_public(str(where[0])):
                raise RefusedError(f"{host} leads to {where[0]}, which is not on the public internet")
