"""How to reach a provider: a table of the usual ones, else the standard's SRV records, else the usual name."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import dns.exception
import dns.resolver

from ingest.sender import domain_of

TABLE = Path(__file__).parent / "providers.toml"


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider. `help`: in plain words where the password comes from. `login`: `address` or `local` (the part before @)."""

    name: str
    host: str
    port: int = 993
    login: str = "address"
    password: bool = True
    authserv_id: str | None = None
    help: str = ""


@cache
def _by_domain() -> dict[str, Provider]:
    with TABLE.open("rb") as file:
        entries = tomllib.load(file)["provider"]
    return {domain: Provider(**{k: v for k, v in entry.items() if k != "domains"}) for entry in entries for domain in entry["domains"]}


def known_provider(address: str) -> Provider | None:
    """The provider of an address when it is in the table."""
    return _by_domain().get(domain_of(address))


def announced_provider(address: str) -> Provider | None:
    """What the domain itself announces for IMAP over TLS (RFC 6186 §3.4), or None. Asks DNS, nothing else."""
    domain = domain_of(address)
    try:
        answers = sorted(dns.resolver.resolve(f"_imaps._tcp.{domain}", "SRV", lifetime=5), key=lambda a: (a.priority, -a.weight))
    except (dns.exception.DNSException, OSError):
        return None
    target = str(answers[0].target).rstrip(".") if answers else ""
    return Provider(domain, target, int(answers[0].port)) if target else None


def login_of(provider: Provider, address: str) -> str:
    """The user name that the provider expects."""
    return address.partition("@")[0] if provider.login == "local" else address
