"""Where a name leads: its addresses from DNS, asked once, and whether these lie on the public internet."""

import ipaddress
import socket
from collections.abc import Sequence

import dns.exception
import dns.nameserver
import dns.resolver

from ledger.errors import RetryableError

TIMEOUT = 4.0
"""Seconds for one name in all."""
NAT64 = ipaddress.ip_network("64:ff9b::/96")
"""RFC 6052 §2.1: the last 32 bits are an IPv4 address."""
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def _inside(address: Address) -> Address:
    """The IPv4 address that an IPv6 address only carries (mapped, 6to4, NAT64), else the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def is_public(text: str) -> bool:
    """Whether an address is one of the public internet's: not private, loopback, link-local, shared, multicast, reserved or carried."""
    try:
        outer = ipaddress.ip_address(text)
    except ValueError:
        return False
    address = _inside(outer)
    carried = address is not outer and isinstance(outer, ipaddress.IPv6Address)
    return address.is_global and not (carried or address.is_multicast or address.is_reserved or address.is_unspecified)


class Resolver:
    """Asks DNS for the addresses of a name."""

    def __init__(self, nameservers: tuple[tuple[str, int], ...] = ()) -> None:
        """`nameservers`: (address, port) pairs; empty for the system's own."""
        self._nameservers = nameservers

    def addresses(self, host: str) -> Sequence[str]:
        """All addresses of a name, IPv4 first. Raises RetryableError when DNS has none or does not answer."""
        try:
            resolver = dns.resolver.Resolver(configure=not self._nameservers)
            if self._nameservers:
                resolver.nameservers = [dns.nameserver.Do53Nameserver(address, port) for address, port in self._nameservers]
            resolver.lifetime = TIMEOUT
            found = resolver.resolve_name(host, search=False, lifetime=TIMEOUT)
            return [*found.addresses(socket.AF_INET), *found.addresses(socket.AF_INET6)]
        except (dns.exception.DNSException, OSError, ValueError):
            raise RetryableError(f"DNS has no address for {host}") from None
