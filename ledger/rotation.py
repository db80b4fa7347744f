"""Another key for everything that is sealed: in batches, each kept by itself, so that it can be ended and begun again at any time."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, func, literal, select, update
from sqlalchemy.sql.schema import Column

from ledger.database import Database
from ledger.errors import OperatorError
from ledger.tables import mailboxes, messages
from ledger.vault import ID, Vault, sealed_with

AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Sealed:
    """A column that holds sealed values. `keys` name a row, the last of them in order; `purpose` what it was sealed for."""

    column: Column[Any]
    keys: tuple[Column[Any], ...]
    purpose: Callable[[Any], str]


EVERYTHING = (
    Sealed(mailboxes.c.secret, (mailboxes.c.id, mailboxes.c.name), lambda row: f"mailbox:{row.name}"),
    Sealed(messages.c.raw, (messages.c.organisation_id, messages.c.sha256), lambda row: f"mail:{row.sha256}"),
)


class Rotation:
    """Moves what is sealed to the vault's newest key."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._db, self._vault = database, vault

    def counts(self) -> Counter[str]:
        """How many values each key seals, by its id; empty for those that name none."""
        found: Counter[str] = Counter()
        for place in EVERYTHING:
            head = func.substr(place.column, 1, ID + 1, type_=LargeBinary)
            query = select(head, func.count()).where(place.column.is_not(None)).group_by(head)
            with self._db.read() as connection:
                for start, count in connection.execute(query):
                    found[sealed_with(bytes(start))] += count
        return found

    def run(self) -> Iterator[int]:
        """Seal everything anew, batch by batch; yields how many values each batch moved. Raises OperatorError where a key is missing."""
        for place in EVERYTHING:
            while moved := self._batch(place):
                yield moved

    def _batch(self, place: Sealed) -> int:
        with self._db.write() as connection:
            query = select(place.column.label("sealed"), *place.keys).where(self._is_older(place.column)).limit(AT_ONCE)
            rows = connection.execute(query).all()
            for row in rows:
                purpose = place.purpose(row)
                values = {place.column.name: self._vault.seal(purpose, self._vault.open(purpose, row.sealed))}
                own = (key == getattr(row, key.name) for key in place.keys)
                connection.execute(update(place.column.table).where(*own, place.column == row.sealed).values(values))
            return len(rows)

    def _is_older(self, column: Column[Any]) -> ColumnElement[bool]:
        newest = literal(self._vault.ids[0].encode() + b":", LargeBinary)
        return column.is_not(None) & (func.substr(column, 1, ID + 1, type_=LargeBinary) != newest)


def droppable(rotation: Rotation, vault: Vault, name: str) -> None:
    """Raise OperatorError unless nothing needs the key of that id any more."""
    if name not in vault.ids:
        raise OperatorError(f"there is no key {name}: `demur key list` lists them")
    if name == vault.ids[0]:
        raise OperatorError(f"{name} is the newest key: `demur key rotate` makes another")
    counts = rotation.counts()
    if left := counts[name] + counts[""]:
        raise OperatorError(f"{left} stored secrets may still need key {name}: run `demur key rotate` first")
