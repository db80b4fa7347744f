"""A grant: what an identity provider gave for one mailbox. Kept sealed; its access token is used until shortly before it ends."""

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta

from ledger.errors import OperatorError

EARLY = timedelta(minutes=5)
"""A token is renewed so long before its end, and not sooner: who renews at every log-in is taken for an attacker."""
LASTING = timedelta(hours=1)
"""For tokens that come without `expires_in`, which RFC 6749 §5.1 only recommends."""


@dataclass(frozen=True, slots=True)
class Grant:
    """Tokens with what renews them. `expires_at` is aware."""

    issuer: str
    client_id: str
    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_at: datetime
    client_secret: str = field(default="", repr=False)

    def is_due(self, now: datetime) -> bool:
        """Whether the access token ends soon, or has."""
        return now >= self.expires_at - EARLY

    def text(self) -> str:
        """As it is sealed."""
        return json.dumps(asdict(self) | {"expires_at": self.expires_at.isoformat()})

    @classmethod
    def read(cls, text: str) -> "Grant":
        """What `text` wrote. Raises OperatorError for anything else."""
        try:
            values = json.loads(text)
            return cls(**(values | {"expires_at": datetime.fromisoformat(values["expires_at"])}))
        except (ValueError, TypeError, KeyError):
            raise OperatorError("the mailbox holds no permission of an identity provider: connect it again with --oauth") from None


def lasting_until(seconds: object, now: datetime) -> datetime:
    """When a token ends that lasts so many seconds; a provider's nonsense counts as the usual hour."""
    try:
        lasting = timedelta(seconds=float(str(seconds)))
        return (now + lasting).astimezone(UTC) if timedelta(0) < lasting else now + LASTING
    except (ValueError, OverflowError):
        return now + LASTING
