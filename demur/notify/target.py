"""Where news are sent, as DEMUR_NOTIFY_URLS says: webhooks of our own kind, and everything that Apprise knows.

The addresses hold passwords and tokens: nothing that is shown or logged has more of them than the kind, and a webhook's host.
"""

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ledger.errors import OperatorError
from ledger.vault import Vault

WEBHOOK = "webhook+https"
ADDRESS = re.compile(r"[\s,]+(?=[A-Za-z][\w.+-]*://)")
"""What separates two addresses; a comma inside of one does not."""
SECRET_BYTES = range(24, 65)
"""Standard Webhooks 1.0, «Signature scheme»."""


@dataclass(frozen=True, slots=True)
class Target:
    """One address. `key` stands for it in the database and cannot be turned back; `title` is what people are shown."""

    key: str
    title: str
    url: str = field(repr=False)
    secret: str = field(default="", repr=False)

    @property
    def is_webhook(self) -> bool:
        return bool(self.secret)


def targets_of(urls: str, secret: str, vault: Vault) -> tuple[Target, ...]:
    """The targets that a setting names, each once. Raises OperatorError that says which of them is wrong, never what it says."""
    found = [url.strip().strip(",") for url in ADDRESS.split(urls.strip()) if url.strip(" ,\n\t")]
    named = {target.key: target for number, url in enumerate(found, start=1) for target in [_target(number, url, secret, vault)]}
    return tuple(named.values())


def _target(number: int, url: str, secret: str, vault: Vault) -> Target:
    key = hmac.new(vault.derived("notify"), url.encode(), hashlib.sha256).hexdigest()[:16]
    scheme, found, rest = url.partition("://")
    if not found or not rest.strip("/"):
        raise _wrong(number, "is no address")
    if scheme.lower() != WEBHOOK:
        return Target(key, f"{number} {re.sub(r'[^a-z0-9+.-]', '', scheme.lower())[:20]}", url)
    return _webhook(number, key, f"https://{rest}", secret)


def _webhook(number: int, key: str, url: str, secret: str) -> Target:
    plain, _, fragment = url.partition("#")
    try:
        parts = urlsplit(plain)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        raise _wrong(number, "is no address") from None
    if not host or parts.username is not None or parts.password is not None or "\\" in plain:
        raise _wrong(number, "has no host, or a name and password in it")
    return Target(key, f"{number} webhook {host}", plain, _checked(number, fragment or secret))


def _checked(number: int, secret: str) -> str:
    """A secret that can sign. Raises OperatorError when it is missing or no `whsec_…`."""
    if not secret:
        raise _wrong(number, "is a webhook without a secret: add #whsec_… to it, or set DEMUR_NOTIFY_SECRET")
    try:
        raw = base64.b64decode(secret.removeprefix("whsec_") + "==")
    except (binascii.Error, ValueError):
        raw = b""
    if not secret.startswith("whsec_") or len(raw) not in SECRET_BYTES:
        raise _wrong(number, "has a secret that is not whsec_ and 24 to 64 bytes in base64: `demur notify --new-secret` prints one")
    return secret


def _wrong(number: int, what: str) -> OperatorError:
    return OperatorError(f"DEMUR_NOTIFY_URLS: address {number} {what}")
