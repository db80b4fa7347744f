"""Whose mail it is: the addresses it was sent to, against the addresses of the users that a mailbox serves.

Only the `To` of the mail itself (which DKIM signs) binds what is decisive: `Delivered-To` is written by whoever sends the mail on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ingest.family import family_of
from ledger.message import Message
from ledger.people import User, untagged

ONLY_DELIVERED = "only Delivered-To names the user"
UNKNOWN_ADDRESS = "To is none of the user's known addresses"
MAY_CHANGE = frozenset({ONLY_DELIVERED, UNKNOWN_ADDRESS})
"""Reasons that vanish once the user says that an address is theirs."""


@dataclass(frozen=True, slots=True)
class Binding:
    """A user that a mail belongs to. `bound`: firmly enough for a decisive outcome. `addressed`: its own To is the user's address."""

    user: User
    bound: bool
    reason: str
    addressed: bool = False


def _tag(address: str) -> str:
    return address.partition("@")[0].partition("+")[2]


def _owners(address: str, served: Mapping[User, frozenset[str]]) -> list[User]:
    """The users of one address: it is theirs, or its plus-tag is their name, or it is theirs without the tag."""
    exact = [user for user, own in served.items() if address in own]
    if exact:
        return exact
    tagged = [user for user, own in served.items() if _tag(address) == user.name.lower() and untagged(address) in own]
    return tagged or [user for user, own in served.items() if untagged(address) in own]


def _first_owners(addresses: tuple[str, ...], served: Mapping[User, frozenset[str]]) -> list[User]:
    return list(dict.fromkeys(user for address in addresses for user in _owners(address, served)))


def decisive_enough(binding: Binding, message: Message) -> Binding:
    """The binding, weakened where strangers write into the mail: a name or a comment must not decide a case."""
    family = family_of(message)
    return replace(binding, bound=False, reason=f"strangers write into {family}") if family and binding.bound else binding


def bind(message: Message, served: Mapping[User, frozenset[str]]) -> list[Binding]:
    """The users that a mail is for, and whether it may decide; none when a shared mailbox cannot tell."""
    return [decisive_enough(binding, message) for binding in _bound(message, served)]


def _bound(message: Message, served: Mapping[User, frozenset[str]]) -> list[Binding]:
    if owners := _first_owners(message.to, served):
        return [Binding(user, True, "To is the user's address", addressed=True) for user in owners]
    if owners := _first_owners(message.delivered_to, served):
        return [Binding(user, False, ONLY_DELIVERED) for user in owners]
    if len(served) != 1:
        return []
    user, own = next(iter(served.items()))
    if not own:
        return [Binding(user, True, "imported as the user's mail")]
    return [Binding(user, False, UNKNOWN_ADDRESS)]
