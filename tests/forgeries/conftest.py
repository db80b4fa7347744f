"""One ledger for each class of forgeries: Anna's mailbox on a path of saved mails, the real model, keys from a name server on loopback."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from demur.demo.nameserver import NameServer
from demur.demo.signing import SigningKey
from demur.judge import Judge
from ingest.decide import Counts, Decider
from ingest.importing import import_mails
from ingest.keys import Keys
from ledger.ledger import Ledger, open_ledger
from ledger.mailboxes import MailboxSettings
from ledger.people import User
from ledger.status import Case, Judged, judged_mails
from ledger.vault import Vault
from tests.forgeries.corpus import EVIL, LOOK_ALIKES, Forger
from tests.forgeries.letters import ANNA, BEN, decisive_letters, harmless_letters

OURS = (
    "facebookmail.com", "support.facebook.com", "groups.facebook.com", "marketplace.facebook.com", "mail.instagram.com", "business.fb.com",
    "mediapartnerships.fb.com", "priority.facebookmail.com", "global.metamail.com", "support.whatsapp.com", "meta.com", "com",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Desk:
    """Two users, a mailbox each, and everything that decides their mail."""

    ledger: Ledger
    decider: Decider
    folder: Path
    users: dict[str, User]

    def reads(self, mails: Sequence[bytes], user: str = "anna", pin: str | None = None) -> Counts:
        """Put mails into a folder and import it for a user's mailbox."""
        place = self.folder / f"mail-{len(list(self.folder.iterdir()))}"
        place.mkdir()
        for number, raw in enumerate(mails):
            (place / f"{number:05}.eml").write_bytes(raw)
        row = self.ledger.mailboxes.save(f"{user}@desk", MailboxSettings(kind="import", authserv_id=pin), None)
        self.ledger.people.serve(row.id, self.users[user])
        counts, errors = import_mails(self.ledger, row, [place], self.decider, lambda row, counts: None)
        assert not errors
        return counts

    def cases(self, user: str = "anna") -> tuple[Case, ...]:
        """What a user's entries add up to."""
        return self.ledger.record.status(self.users[user]).cases

    def mails(self, user: str = "anna") -> list[Judged]:
        """Every mail that is in a user's ledger."""
        return judged_mails(self.ledger.record.entries(self.users[user]))


@pytest.fixture(scope="session")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    """The shipped model."""
    return Judge(tmp_path_factory.mktemp("judge"), None, lambda step, done, total: None)


@pytest.fixture(scope="session")
def short_key() -> SigningKey:
    """A key of 512 bits, as Meta would never use one. Fixed: today's libraries make no such key any more."""
    from tests.ingest.test_authenticate import SMALL

    return SMALL


@pytest.fixture(scope="session")
def meta_dns(signing_key: SigningKey, short_key: SigningKey) -> Iterator[NameServer]:
    """Keys of Meta's domains, of a forger's, and weak ones."""
    records = {signing_key.name(domain): signing_key.record for domain in (*OURS, *LOOK_ALIKES, EVIL)}
    records[short_key.name("facebookmail.com")] = short_key.record
    records["testing._domainkey.facebookmail.com"] = signing_key.record.replace("v=DKIM1;", "v=DKIM1; t=y;")
    records["withdrawn._domainkey.facebookmail.com"] = "v=DKIM1; k=rsa; p="
    with NameServer(records) as server:
        yield server


@pytest.fixture(scope="session")
def meta_keys(meta_dns: NameServer) -> Keys:
    host, port = meta_dns.address.rsplit(":", 1)
    return Keys(((host, int(port)),))


@pytest.fixture(scope="session")
def forger(judge: Judge, signing_key: SigningKey, short_key: SigningKey) -> Forger:
    return Forger(decisive_letters(judge), harmless_letters(judge, 8), signing_key, short_key)


@pytest.fixture(scope="session")
def made_database(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A database with its tables and nothing in them, and its key."""
    folder, key = tmp_path_factory.mktemp("desk"), Fernet.generate_key().decode()
    open_ledger(f"sqlite:///{folder}/demur.sqlite3", folder, Vault([key])).database.close()
    return folder / "demur.sqlite3", key


@pytest.fixture
def desk(tmp_path: Path, made_database: tuple[Path, str], judge: Judge, meta_keys: Keys) -> Iterator[Desk]:
    """An empty ledger with Anna and Ben, whose addresses are known."""
    database, key = made_database
    shutil.copy(database, tmp_path / "demur.sqlite3")
    ledger = open_ledger(f"sqlite:///{tmp_path}/demur.sqlite3", tmp_path, Vault([key]))
    now = datetime.now(UTC)
    users = {name: ledger.people.ensure(name, now) for name in ("anna", "ben")}
    ledger.people.add_addresses(users["anna"], [ANNA])
    ledger.people.add_addresses(users["ben"], [BEN])
    (tmp_path / "folders").mkdir()
    yield Desk(ledger, Decider(ledger, judge, meta_keys, lambda: datetime.now(UTC)), tmp_path / "folders", users)
    ledger.database.close()
