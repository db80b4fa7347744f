"""A real ledger with a clock that tests set, the application over it, and short ways to fill it."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.testclient import TestClient

from api.app import create_app
from api.services import NewMailbox, Services
from ledger.entry import Decision
from ledger.ledger import Ledger
from ledger.mailboxes import Cursor, MailboxRow, MailboxSettings
from ledger.outcome import Outcome, Product, Track
from ledger.people import User
from ledger.record import Arrival, Batch, Verdict
from ledger.trust import Trust
from tests.api.shelf import Shelf

NOW = datetime(2025, 6, 1, 12, 0, tzinfo=UTC)
IMAP = MailboxSettings("imap", "imap.example.org", 993, login="someone")


@dataclass
class World:
    """A ledger with a clock that tests set, and short ways to fill it."""

    ledger: Ledger
    now: datetime = NOW
    problems: dict[str, str] = field(default_factory=dict)
    connected: list[NewMailbox] = field(default_factory=list)
    models: Shelf = field(default_factory=Shelf)
    looked_again: list[User] = field(default_factory=list)
    services: Services = field(init=False)

    def __post_init__(self) -> None:
        self.services = Services(
            self.ledger,
            lambda: self.now,
            lambda: self.problems,
            self.ingest,
            read_text,
            self.connect,
            models=self.models,
            look_again=self.look_again,
        )

    def user(self, name: str) -> User:
        return self.ledger.people.ensure(name, self.now)

    def token(self, name: str | None, scope: str = "write") -> str:
        return self.ledger.people.make_token(self.user(name) if name else None, scope, self.now)

    def mailbox(self, name: str, *users: str, settings: MailboxSettings = IMAP, looked: timedelta | None = None) -> MailboxRow:
        row = self.ledger.mailboxes.save(name, settings, "top-secret-password")
        for user in users:
            self.ledger.people.serve(row.id, self.user(user))
        if looked is not None:
            self.ledger.mailboxes.note_good(row, self.now - looked)
        return self.ledger.mailboxes.require(name)

    def mail(self, user: str, outcome: str, day: str, raw: bytes | None = None, **changes: Any) -> str:
        """Store and decide one mail that arrived at noon; returns its sha256."""
        at = datetime.fromisoformat(f"{day}T12:00:00+00:00")
        owner = self.user(user)
        raw = raw or f"{user} {outcome} {day} {sorted(changes.items())}".encode()
        sha256 = hashlib.sha256(raw).hexdigest()
        box = self.ledger.mailboxes.find(f"{user}-import") or self.mailbox(f"{user}-import", user, settings=MailboxSettings("import"))
        uid = int(sha256[:8], 16)
        self.ledger.record.store(Batch(box, "INBOX", Cursor(1, uid), (Arrival(uid, sha256, raw, at, "stored"),)))
        decision = replace(decision_of(sha256, outcome), **changes)
        self.ledger.record.decide(box, {sha256: "decided"}, [Verdict(owner, at, decision)], self.now)
        return sha256

    def ingest(self, user: User, raw: bytes) -> str:
        return self.mail(user.name, "receipt", "2025-05-20", raw)

    def look_again(self, user: User) -> int:
        self.looked_again.append(user)
        return 1

    def connect(self, wanted: NewMailbox) -> MailboxRow:
        self.connected.append(wanted)
        return self.mailbox(wanted.address, wanted.user)


def decision_of(sha256: str, outcome: str) -> Decision:
    """A sure, proven, bound decision."""
    return Decision(
        sha256=sha256,
        outcome=Outcome(outcome),
        confidence=0.98,
        abstained=False,
        model="2025.06.01-abc123",
        trust=Trust.PROVEN,
        trust_reason="DKIM d=facebookmail.com",
        product=Product.INSTAGRAM,
        track=Track.OWN_DATA,
        bound=True,
        bound_reason="To is the user's address",
        subject=f"About your request ({outcome})",
        phrases=(f"we say {outcome}",),
        language="en",
    )


def read_text(raw: bytes) -> tuple[str, str, str]:
    """The stand-in for the parser: a mail here is its subject, sender and text, one per line."""
    lines = [*raw.decode(errors="replace").split("\n", 2), "", ""]
    return lines[0], lines[1], lines[2]


def bearer(token: str) -> dict[str, str]:
    """The header that shows a token."""
    return {"Authorization": f"Bearer {token}"}


def client_of(world: World) -> TestClient:
    """A client without a token, which follows no redirect."""
    return TestClient(create_app(world.services), base_url="http://127.0.0.1:8000", follow_redirects=False)
