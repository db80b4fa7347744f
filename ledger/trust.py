"""How well it is proven that Meta sent a mail."""

from dataclasses import dataclass
from enum import StrEnum


class Trust(StrEnum):
    """`unknown` means that the key could not be looked up: the only one that is worth another try."""

    PROVEN = "proven"
    UNPROVEN = "unproven"
    FORGED = "forged"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Proof:
    """A verdict on the sender with what it rests on. `key` is the DNS record as it was seen, because keys rotate."""

    trust: Trust
    reason: str
    domain: str | None = None
    selector: str | None = None
    key: str | None = None
    signature: str | None = None
