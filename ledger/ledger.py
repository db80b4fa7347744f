"""The ledger as one thing: people, mailboxes and the record over one database."""

from dataclasses import dataclass
from pathlib import Path

from ledger.database import Database
from ledger.mailboxes import Mailboxes
from ledger.people import People
from ledger.record import Record
from ledger.vault import Vault


@dataclass(frozen=True, slots=True)
class Ledger:
    """Everything that is stored, for one organisation. `data` is the folder for locks."""

    database: Database
    data: Path
    people: People
    mailboxes: Mailboxes
    record: Record


def open_ledger(url: str, data: Path, vault: Vault) -> Ledger:
    """Open the database, bring it to this version's schema. Raises OperatorError when that cannot be done."""
    database = Database(url)
    database.migrate()
    organisation = database.organisation_id()
    return Ledger(
        database, data, People(database, organisation), Mailboxes(database, vault, organisation), Record(database, vault, organisation)
    )
