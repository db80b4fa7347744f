"""Which copy of a signed mail counts, and for whom: one signature is one fact, however often and wherever it is delivered.

A signature stays valid in every copy that anybody sends on. The rule knows no order: it says the same whichever copy came first.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Replay(StrEnum):
    """Why a mail that Meta signed counts for nothing here."""

    COPY = "copy"
    FOREIGN = "foreign"
    OLD = "old"


REASONS = {
    Replay.COPY: "a second copy of a mail that counts already",
    Replay.FOREIGN: "the same signed mail lies with another user, to whom it may belong",
    Replay.OLD: "delivered long after Meta signed it: somebody may have sent it again",
}


@dataclass(frozen=True, slots=True)
class Claim:
    """A copy of a signed mail that lies with a user. `addressed`: its own, signed To is the user's address."""

    user_id: int
    sha256: str
    at: datetime
    addressed: bool


def replays(claims: Iterable[Claim]) -> dict[tuple[int, str], Replay | None]:
    """Of all copies of one signed mail, by user and sha256, which are replays.

    It counts for those whom it is addressed to, or else for the only user who has it; of one user's copies the first to arrive counts.
    """
    copies = sorted(claims, key=lambda claim: (claim.at, claim.sha256))
    holders = {claim.user_id for claim in copies}
    owners = {claim.user_id for claim in copies if claim.addressed} or (holders if len(holders) == 1 else set())
    found: dict[tuple[int, str], Replay | None] = {}
    seen = set[int]()
    for claim in copies:
        late = Replay.COPY if claim.user_id in seen else None
        found[claim.user_id, claim.sha256] = late if claim.user_id in owners else Replay.FOREIGN
        seen.add(claim.user_id)
    return found
