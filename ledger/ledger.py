"""The ledger as one thing: people, mailboxes and the record over one database."""

from dataclasses import dataclass
from pathlib import Path

from ledger.database import Database
from ledger.links import Links
from ledger.mailboxes import Mailboxes
from ledger.outbox import Outbox
from ledger.people import People, User
from ledger.reading import Reading
from ledger.record import Record
from ledger.vault import Vault


@dataclass(frozen=True, slots=True)
class Ledger:
    """Everything that is stored, for one organisation. `data` is the folder for locks, `vault` what seals and signs."""

    database: Database
    data: Path
    people: People
    mailboxes: Mailboxes
    record: Record
    links: Links
    outbox: Outbox
    vault: Vault
    reading: Reading

    def forget(self, user: User) -> dict[str, int]:
        """Really delete a user with entries, raw mails and mailboxes that serve nobody else; return how many of each."""
        own = [row for row in self.mailboxes.all() if list(self.people.of_mailbox(row.id)) == [user]]
        counts = {"entries": len(self.record.entries(user)), "addresses": len(self.people.addresses(user)), "mailboxes": len(own)}
        mails = sum(self.mailboxes.remove(row) for row in own) + self.people.remove(user)
        self.database.wipe()
        return counts | {"mails": mails}


def open_ledger(url: str, data: Path, vault: Vault) -> Ledger:
    """Open the database, bring it to this version's schema. Raises OperatorError when that cannot be done."""
    database = Database(url)
    database.migrate()
    organisation = database.organisation_id()
    return Ledger(
        database,
        data,
        People(database, organisation),
        Mailboxes(database, vault, organisation),
        Record(database, vault, organisation),
        Links(database, organisation),
        Outbox(database, organisation),
        vault,
        Reading(database, organisation),
    )
