"""DKIM keys from DNS. No answer is not the same as no key: the one is worth another try, the other is a verdict."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import dns.exception
import dns.name
import dns.nameserver
import dns.resolver

TIMEOUT = 4.0
"""Seconds for one look-up in all."""
SILENCE_REMEMBERED = 20.0
"""Seconds that a silent DNS is not asked again for the same name: a mailbox full of mail must not wait for it mail by mail."""
REMEMBERED = 600.0
"""Seconds that an answer is used again: a mailbox holds many mails of one selector."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key record as seen, None where the name has none; `reachable` is False when DNS did not answer."""

    record: str | None
    reachable: bool = True


class KeySource(Protocol):
    """Where keys come from."""

    def look_up(self, name: str) -> Key: ...


class Keys:
    """Looks keys up and remembers them for ten minutes. Safe to use from several threads."""

    def __init__(self, nameservers: tuple[tuple[str, int], ...] = (), monotonic: Callable[[], float] = time.monotonic) -> None:
        """`nameservers`: (address, port) pairs; empty for the system's own."""
        self._nameservers = nameservers
        self._monotonic = monotonic
        self._known: dict[str, tuple[float, Key]] = {}
        self._lock = threading.Lock()

    def _resolver(self) -> dns.resolver.Resolver:
        resolver = dns.resolver.Resolver(configure=not self._nameservers)
        if self._nameservers:
            resolver.nameservers = [dns.nameserver.Do53Nameserver(address, port) for address, port in self._nameservers]
        resolver.lifetime = TIMEOUT
        return resolver

    def look_up(self, name: str) -> Key:
        """The TXT record at `name` (`selector._domainkey.domain`)."""
        now = self._monotonic()
        with self._lock:
            known = self._known.get(name)
        if known and now < known[0]:
            return known[1]
        key = self._ask(name)
        lasting = REMEMBERED if key.reachable else SILENCE_REMEMBERED
        with self._lock:
            self._known[name] = (self._monotonic() + lasting, key)
        return key

    def _ask(self, name: str) -> Key:
        try:
            wanted = dns.name.from_text(name)
        except (dns.exception.DNSException, ValueError):
            return Key(None)  # a selector that is no name has no key, however often it is asked for
        try:
            answer = self._resolver().resolve(wanted, "TXT", search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return Key(None)
        except (dns.exception.DNSException, OSError, ValueError):
            return Key(None, reachable=False)
        record = b"".join(next(iter(answer)).strings).decode("ascii", "replace")
        return Key(record)
