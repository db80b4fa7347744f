"""A ledger, a receiver, a notifier between them, and a clock that the test sets."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from demur.composition import utc_now
from demur.notify.notifier import Notifier
from demur.notify.post import Post
from demur.notify.target import Target, targets_of
from ledger.ledger import Ledger, open_ledger
from ledger.outcome import Outcome
from ledger.people import User
from ledger.vault import Vault
from tests.ledger.archive import CANARY, arrival, batch, mailbox, verdict
from tests.ledger.story import START, moment
from tests.rig.receiver import HOSTS, SECRET, Receiver, receiver

HOOK = f"webhook+https://{HOSTS[0]}/in/{CANARY}#{SECRET}"


@pytest.fixture(scope="session")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    with receiver(tmp_path_factory.mktemp("receiver")) as started:
        yield started


@pytest.fixture(scope="session")
def key() -> str:
    return Fernet.generate_key().decode()


@pytest.fixture
def opened(tmp_path: Path, key: str) -> Iterator[Ledger]:
    ledger = open_ledger(f"sqlite:///{tmp_path / 'demur.sqlite3'}", tmp_path, Vault([key]))
    yield ledger
    ledger.database.close()


@dataclass
class Office:
    """Users whose mails are told by hand, and whoever tells the news of them."""

    ledger: Ledger
    rig: Receiver
    now: datetime = field(default_factory=lambda: moment(2))
    urls: str = HOOK
    mails: int = 0
    notifier: Notifier = field(init=False)

    def __post_init__(self) -> None:
        self.rig.reset()
        self.open()

    def targets(self) -> tuple[Target, ...]:
        return targets_of(self.urls, "", self.ledger.vault)

    def open(self, urls: str | None = None) -> None:
        """A notifier as it is after a start."""
        self.urls = self.urls if urls is None else urls
        self.notifier = Notifier(self.ledger, self.targets(), Post(self.rig.line, utc_now, 5), lambda: self.now)

    def user(self, name: str = "anna") -> User:
        user = self.ledger.people.ensure(name, START - timedelta(days=30))
        self.ledger.people.add_addresses(user, [f"{name}@example.org"])
        return user

    def mail(self, outcome: Outcome, days: float, name: str = "anna", **facts: Any) -> None:
        """A decided mail of Meta's."""
        self.mails += 1
        user = self.user(name)
        found = self.ledger.mailboxes.find(f"{name}@example.org") or mailbox(self.ledger, user, name=f"{name}@example.org")
        mail = arrival(self.mails, days=days)
        self.ledger.record.store(batch(found, mail))
        usual = {"subject": f"Secret subject {CANARY}", "phrases": (f"secret phrase {CANARY}",)}
        self.ledger.record.decide(found, {mail.sha256 or "": "decided"}, [verdict(user, mail, outcome, **(usual | facts))], self.now)

    def turn(self, **passed: float) -> list[Any]:
        """Some time, one turn; what arrived in it, with signatures that hold."""
        before = len(self.rig.server.calls)
        self.now += timedelta(**passed)
        self.notifier.turn()
        return self.rig.verified()[before:]

    def begun(self) -> "Office":
        """With the first look behind it."""
        assert self.turn() == []
        return self


@pytest.fixture
def office(opened: Ledger, rig: Receiver) -> Office:
    return Office(opened, rig)
