"""Who a mail says it is from, and whether that is one of Meta's domains. Nothing here is proof: see `authenticate`."""

import re
from collections.abc import Sequence
from email.utils import getaddresses

META_DOMAINS = ("facebookmail.com", "facebook.com", "instagram.com", "meta.com", "metamail.com", "fb.com", "whatsapp.com")
"""Meta's organisational domains, as Meta itself lists its senders (2026). A subdomain counts, a look-alike does not."""

MAX_HEADER = 50_000
DOMAIN = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")


def domain_of(address: str) -> str:
    """The domain of an address in lower case, or an empty string."""
    return address.rpartition("@")[2].lower() if "@" in address else ""


def meta_domain(domain: str) -> str | None:
    """The organisational domain of Meta's that `domain` is or lies under: an exact match of ASCII labels, or None."""
    if not DOMAIN.fullmatch(domain):
        return None
    return next((d for d in META_DOMAINS if domain == d or domain.endswith("." + d)), None)


def is_meta(address: str) -> bool:
    """Whether an address is at one of Meta's domains."""
    return meta_domain(domain_of(address)) is not None


def mailboxes_in(values: Sequence[str]) -> list[tuple[str, str]]:
    """(display name, address) pairs of address headers. QUIRK: nested comments exhaust the standard library's stack."""
    try:
        return [pair for pair in getaddresses([value[:MAX_HEADER] for value in values]) if any(pair)]
    except (RecursionError, ValueError, IndexError, TypeError):
        return []


def only_sender(headers: Sequence[str]) -> tuple[str, str, str | None]:
    """The one address in a mail's From headers: (address, display name, defect).

    Without exactly one header that holds exactly one plain address there is no sender, and `defect` says why. The name decides nothing.
    """
    if not headers:
        return "", "", "no From header"
    if len(headers) > 1:
        return "", "", f"{len(headers)} From headers"
    pairs = mailboxes_in(headers)
    name, address = pairs[0] if pairs else ("", "")
    if len(pairs) > 1 or headers[0].count("<") > 1:
        return "", name, "several addresses in From"
    if "@" not in address or not address.isascii():
        return "", name, "no plain address in From"
    return address.strip().lower(), name, None
