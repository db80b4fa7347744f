"""How well it is proven that Meta sent a mail, and what that proof rested on."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Trust(StrEnum):
    """`unknown` means that the key could not be looked up: the only one that is worth another try."""

    PROVEN = "proven"
    UNPROVEN = "unproven"
    FORGED = "forged"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Seal:
    """What was checked, as it was seen at that time: keys rotate, and nobody can look them up again years later.

    `method`: dkim, arc or authentication-results. `key`: the DNS record; `signature` and `body_hash`: the tags b= and bh= (base64 without
    blanks). `signed_at`: when the mail was signed, by its t= or its signed Date. `digest`: SHA-256 over what was signed, the same in every
    copy of a mail, however it travelled; None where no signature was checked.
    """

    method: str
    domain: str
    selector: str | None = None
    algorithm: str | None = None
    key: str | None = None
    signature: str | None = None
    body_hash: str | None = None
    signed_at: datetime | None = None
    checked_at: datetime | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """A verdict on the sender with its reason and, where a signature or a provider's word was looked at, what it rests on."""

    trust: Trust
    reason: str
    seal: Seal | None = None
