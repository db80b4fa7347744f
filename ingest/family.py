"""Whether a mail is of a family whose text strangers write: genuine mail from Meta that must not decide anything."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ingest.sender import domain_of
from ledger.message import Message

TABLE = Path(__file__).parent / "families.toml"
SPEAKS_OF_OBJECTION = frozenset({"OBJECTION", "OBJECT", "RIGHT_TO_OBJECT", "REQUEST", "AI_AT_META", "PRIVACY"})


@dataclass(frozen=True, slots=True)
class Family:
    """One family: exact senders, domains with all below them, and groups of concepts in the subject."""

    name: str
    senders: frozenset[str]
    domains: tuple[str, ...]
    subjects: tuple[frozenset[str], ...]

    def has(self, message: Message) -> bool:
        """Whether a mail is one of these."""
        domain = domain_of(message.author)
        if message.author in self.senders or any(domain == d or domain.endswith("." + d) for d in self.domains):
            return True
        concepts = {hit.concept for hit in message.subject_hits}
        return not concepts & SPEAKS_OF_OBJECTION and any(group <= concepts for group in self.subjects)


@cache
def families() -> tuple[Family, ...]:
    """All families of the table."""
    with TABLE.open("rb") as file:
        entries = tomllib.load(file)["family"]
    return tuple(
        Family(e["name"], frozenset(e["senders"]), tuple(e["domains"]), tuple(frozenset(group) for group in e["subjects"])) for e in entries
    )


def family_of(message: Message) -> str | None:
    """The name of the family that a mail belongs to, or None."""
    return next((family.name for family in families() if family.has(message)), None)
