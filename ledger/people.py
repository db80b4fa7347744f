"""Users, their addresses, and the tokens they show."""

import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from ledger.database import Database
from ledger.errors import OperatorError
from ledger.leftovers import drop_leftovers
from ledger.tables import addresses, declined_addresses, mailbox_users, tokens, users

FEED = "feed"
NAME = re.compile(r"[\w.@+-]{1,200}", re.ASCII)


@dataclass(frozen=True, slots=True)
class User:
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Profile:
    """Where a user lives (ISO 3166, two capital letters) and what they read (ISO 639-1, two small letters); None: not said."""

    country: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who shows a token. `user_id` is None for an administrator, who may see all users."""

    user_id: int | None
    admin: bool
    scope: str

    @property
    def may_write(self) -> bool:
        return self.scope == "write"


def normalised(address: str) -> str:
    """An address as it is compared: trimmed and in lower case."""
    return address.strip().strip("<>").lower()


def untagged(address: str) -> str:
    """An address without its plus-tag: `anna+meta@example.org` is `anna@example.org`."""
    local, at, domain = address.partition("@")
    return local.split("+", 1)[0] + at + domain


class People:
    """All reads and writes about persons, inside one organisation."""

    def __init__(self, database: Database, organisation: int) -> None:
        self._db, self._org = database, organisation

    def ensure(self, name: str, now: datetime) -> User:
        """The user called `name`, made when new. Raises OperatorError for a name that does not fit in an address line."""
        if not NAME.fullmatch(name):
            raise OperatorError("--user: a user name has letters, digits and . _ @ + - only")
        if found := self.find(name):
            return found
        with self._db.write() as connection:
            connection.execute(self._db.insert_new(users).values(organisation_id=self._org, name=name, created_at=now))
        found = self.find(name)
        assert found
        return found

    def find(self, name: str) -> User | None:
        """The user called `name`, or None."""
        query = select(users.c.id, users.c.name).where(users.c.organisation_id == self._org, users.c.name == name)
        with self._db.read() as connection:
            row = connection.execute(query).one_or_none()
        return User(row.id, row.name) if row else None

    def require(self, name: str) -> User:
        """The user called `name`. Raises OperatorError when there is none."""
        if found := self.find(name):
            return found
        raise OperatorError(
            f"there is no user {name}: `demur connect ADDRESS --user {name}` or `demur import PATH --user {name}` makes one"
        )

    def all(self, after: str = "", limit: int | None = None) -> list[User]:
        """Users by name, those that come after `after`."""
        query = select(users.c.id, users.c.name).where(users.c.organisation_id == self._org, users.c.name > after)
        with self._db.read() as connection:
            return [User(row.id, row.name) for row in connection.execute(query.order_by(users.c.name).limit(limit))]

    def add_addresses(self, user: User, new: Iterable[str]) -> None:
        """Note that these addresses are the user's."""
        rows = [{"organisation_id": self._org, "user_id": user.id, "address": normalised(a)} for a in new if "@" in a]
        if rows:
            with self._db.write() as connection:
                connection.execute(self._db.insert_new(addresses), rows)

    def decline_address(self, user: User, address: str) -> None:
        """Note that the user said of an address that it is not theirs: it is not asked for again."""
        row = {"organisation_id": self._org, "user_id": user.id, "address": normalised(address)}
        with self._db.write() as connection:
            connection.execute(self._db.insert_new(declined_addresses).values(row))

    def accept_address(self, user: User, address: str) -> None:
        """Note that an address is the user's, whatever was said before."""
        own = (declined_addresses.c.user_id == user.id, declined_addresses.c.address == normalised(address))
        with self._db.write() as connection:
            connection.execute(delete(declined_addresses).where(*own))
        self.add_addresses(user, [address])

    def declined(self, user: User) -> list[str]:
        """The addresses that the user said are not theirs, sorted."""
        query = select(declined_addresses.c.address).where(declined_addresses.c.user_id == user.id)
        with self._db.read() as connection:
            return sorted(connection.scalars(query.where(declined_addresses.c.organisation_id == self._org)))

    def owners_of(self, address: str) -> list[User]:
        """The users whose address this is, by name."""
        query = select(users.c.id, users.c.name).join(addresses, addresses.c.user_id == users.c.id)
        where = (addresses.c.organisation_id == self._org, addresses.c.address == normalised(address))
        with self._db.read() as connection:
            return [User(row.id, row.name) for row in connection.execute(query.where(*where).order_by(users.c.name))]

    def addresses(self, user: User) -> list[str]:
        """The user's addresses, sorted."""
        query = select(addresses.c.address).where(addresses.c.organisation_id == self._org, addresses.c.user_id == user.id)
        with self._db.read() as connection:
            return sorted(connection.scalars(query))

    def of_mailbox(self, mailbox_id: int) -> dict[User, frozenset[str]]:
        """The users that a mailbox serves, each with their addresses."""
        served = select(users.c.id, users.c.name, addresses.c.address)
        served = served.join(mailbox_users, mailbox_users.c.user_id == users.c.id).outerjoin(addresses, addresses.c.user_id == users.c.id)
        served = served.where(mailbox_users.c.mailbox_id == mailbox_id, mailbox_users.c.organisation_id == self._org)
        found: dict[User, set[str]] = {}
        with self._db.read() as connection:
            for row in connection.execute(served.order_by(users.c.name)):
                found.setdefault(User(row.id, row.name), set()).update({row.address} - {None})
        return {user: frozenset(own) for user, own in found.items()}

    def serve(self, mailbox_id: int, user: User) -> None:
        """Note that a mailbox holds this user's mail."""
        with self._db.write() as connection:
            row = {"organisation_id": self._org, "user_id": user.id, "mailbox_id": mailbox_id}
            connection.execute(self._db.insert_new(mailbox_users).values(row))

    def unserve(self, mailbox_id: int, user: User) -> None:
        """Note that a mailbox no longer holds this user's mail; the mailbox stays for the others."""
        with self._db.write() as connection:
            own = (mailbox_users.c.mailbox_id == mailbox_id, mailbox_users.c.user_id == user.id)
            connection.execute(delete(mailbox_users).where(*own, mailbox_users.c.organisation_id == self._org))

    def profile(self, user: User) -> Profile:
        """Where a user lives and what they read."""
        return self.profiles([user])[user]

    def profiles(self, some: Iterable[User]) -> dict[User, Profile]:
        """Where each of these users lives and what they read."""
        wanted = {user.id: user for user in some}
        query = select(users.c.id, users.c.country, users.c.language).where(users.c.organisation_id == self._org, users.c.id.in_(wanted))
        with self._db.read() as connection:
            return {wanted[row.id]: Profile(row.country, row.language) for row in connection.execute(query)}

    def set_profile(self, user: User, profile: Profile) -> None:
        """Note where a user lives and what they read."""
        where = (users.c.organisation_id == self._org, users.c.id == user.id)
        with self._db.write() as connection:
            connection.execute(update(users).where(*where).values(country=profile.country, language=profile.language))

    def make_token(self, user: User | None, scope: str, now: datetime) -> str:
        """A new token for a user, or for an administrator when `user` is None. Only its SHA-256 is kept."""
        token = "demur_" + secrets.token_urlsafe(32)
        row = {
            "organisation_id": self._org,
            "user_id": user.id if user else None,
            "admin": user is None,
            "scope": scope,
            "digest": hashlib.sha256(token.encode()).hexdigest(),
            "created_at": now,
        }
        with self._db.write() as connection:
            connection.execute(insert(tokens).values(row))
        return token

    def revoke(self, token: str) -> None:
        """Make a token worthless."""
        digest = hashlib.sha256(token.encode()).hexdigest()
        with self._db.write() as connection:
            connection.execute(delete(tokens).where(tokens.c.organisation_id == self._org, tokens.c.digest == digest))

    def bearer(self, token: str) -> Bearer | None:
        """Who a token belongs to, or None. The look-up is by digest, so that its time tells nothing about a token."""
        digest = hashlib.sha256(token.encode()).hexdigest()
        query = select(tokens.c.user_id, tokens.c.admin, tokens.c.scope).where(tokens.c.digest == digest, tokens.c.scope != FEED)
        with self._db.read() as connection:
            row = connection.execute(query.where(tokens.c.organisation_id == self._org)).one_or_none()
        return Bearer(row.user_id, row.admin, row.scope) if row else None

    def feed_user(self, token: str) -> User | None:
        """The user whose calendar a feed token opens, or None. Such a token opens nothing else: it stands in addresses."""
        digest = hashlib.sha256(token.encode()).hexdigest()
        query = select(users.c.id, users.c.name).join(tokens, tokens.c.user_id == users.c.id)
        where = (tokens.c.organisation_id == self._org, tokens.c.digest == digest, tokens.c.scope == FEED)
        with self._db.read() as connection:
            row = connection.execute(query.where(*where)).one_or_none()
        return User(row.id, row.name) if row else None

    def by_id(self, user_id: int) -> User | None:
        """The user with this id, or None."""
        query = select(users.c.id, users.c.name).where(users.c.organisation_id == self._org, users.c.id == user_id)
        with self._db.read() as connection:
            row = connection.execute(query).one_or_none()
        return User(row.id, row.name) if row else None

    def remove(self, user: User) -> int:
        """Delete the user, all rows that are theirs alone and the mails that then nothing needs; return how many mails went."""
        with self._db.write() as connection:
            connection.execute(delete(users).where(users.c.organisation_id == self._org, users.c.id == user.id))
            return drop_leftovers(connection, self._org)
