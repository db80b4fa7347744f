"""The tables. Every row carries its organisation; what belongs to one person carries the user, too."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """An aware datetime, kept in UTC. QUIRK: SQLite drops the zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _owned(*, user: bool = False) -> list[Column[Any]]:
    columns: list[Column[Any]] = [Column("organisation_id", ForeignKey("organisations.id", ondelete="CASCADE"), nullable=False)]
    if user:
        columns.append(Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False))
    return columns


organisations = Table(
    "organisations", metadata, Column("id", Integer, primary_key=True), Column("name", String(200), nullable=False, unique=True)
)

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    *_owned(),
    Column("name", String(200), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("country", String(2)),
    Column("language", String(2)),
    UniqueConstraint("organisation_id", "name", name="uq_users_name"),
)

addresses = Table(
    "addresses",
    metadata,
    *_owned(user=True),
    Column("address", String(320), nullable=False),
    UniqueConstraint("organisation_id", "address", "user_id", name="uq_addresses_address"),
    Index("ix_addresses_user_id", "user_id"),
)

mailboxes = Table(
    "mailboxes",
    metadata,
    Column("id", Integer, primary_key=True),
    *_owned(),
    Column("name", String(320), nullable=False),
    Column("settings", Text, nullable=False),
    Column("secret", LargeBinary),
    Column("state", String(40), nullable=False),
    Column("detail", Text),
    Column("checked_at", Moment),
    Column("retry_at", Moment),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("answered_at", Moment),
    UniqueConstraint("organisation_id", "name", name="uq_mailboxes_name"),
)

mailbox_users = Table(
    "mailbox_users",
    metadata,
    *_owned(user=True),
    Column("mailbox_id", ForeignKey("mailboxes.id", ondelete="CASCADE"), nullable=False),
    UniqueConstraint("mailbox_id", "user_id", name="uq_mailbox_users_mailbox"),
    Index("ix_mailbox_users_user_id", "user_id"),
)

cursors = Table(
    "cursors",
    metadata,
    *_owned(),
    Column("mailbox_id", ForeignKey("mailboxes.id", ondelete="CASCADE"), primary_key=True),
    Column("folder", String(1000), primary_key=True),
    Column("uidvalidity", BigInteger, nullable=False),
    Column("uid", BigInteger, nullable=False),
    Column("backlog", BigInteger, nullable=False, server_default="0"),
    Column("lag", Float),
    Column("stumbles", Integer, nullable=False, server_default="0"),
    Column("audited_uid", BigInteger, nullable=False, server_default="0"),
    Column("audited_at", Moment),
)

messages = Table(
    "messages",
    metadata,
    Column("organisation_id", ForeignKey("organisations.id", ondelete="CASCADE"), primary_key=True),
    Column("sha256", String(64), primary_key=True),
    Column("raw", LargeBinary, nullable=False),
    Column("size", Integer, nullable=False),
    Column("arrived_at", Moment, nullable=False),
)

locations = Table(
    "locations",
    metadata,
    *_owned(),
    Column("mailbox_id", ForeignKey("mailboxes.id", ondelete="CASCADE"), primary_key=True),
    Column("folder", String(1000), primary_key=True),
    Column("uidvalidity", BigInteger, primary_key=True),
    Column("uid", BigInteger, primary_key=True),
    Column("sha256", String(64)),
    Column("state", String(20), nullable=False),
    Column("tried_at", Moment),
    Index("ix_locations_sha256", "sha256"),
)

entries = Table(
    "entries",
    metadata,
    Column("id", Integer, primary_key=True),
    *_owned(user=True),
    Column("seq", Integer, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("key", String(300), nullable=False),
    Column("sha256", String(64)),
    Column("at", Moment, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Column("body", Text, nullable=False),
    Column("hash", String(64), nullable=False),
    UniqueConstraint("user_id", "seq", name="uq_entries_seq"),
    UniqueConstraint("user_id", "key", name="uq_entries_key"),
    Index("ix_entries_sha256", "sha256"),
)

claims = Table(
    "claims",
    metadata,
    Column("organisation_id", ForeignKey("organisations.id", ondelete="CASCADE"), nullable=False),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("digest", String(64), primary_key=True),
    Column("sha256", String(64), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("addressed", Boolean, nullable=False),
    Column("replay", String(20)),
    Index("ix_claims_digest", "organisation_id", "digest"),
)

declined_addresses = Table(
    "declined_addresses",
    metadata,
    Column("organisation_id", ForeignKey("organisations.id", ondelete="CASCADE"), nullable=False),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("address", String(320), primary_key=True),
)

cases = Table(
    "cases",
    metadata,
    *_owned(),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("product", String(20), primary_key=True),
    Column("track", String(20), primary_key=True),
    Column("state", String(30), nullable=False),
    Column("since", Moment),
    Index("ix_cases_state", "organisation_id", "state"),
)

links = Table(
    "links",
    metadata,
    Column("id", Integer, primary_key=True),
    *_owned(),
    Column("url", String(500), nullable=False),
    Column("product", String(20)),
    Column("track", String(20)),
    Column("first_seen", Moment, nullable=False),
    Column("due_at", Moment),
    UniqueConstraint("organisation_id", "url", name="uq_links_url"),
)

probes = Table(
    "probes",
    metadata,
    Column("id", Integer, primary_key=True),
    *_owned(),
    Column("link_id", ForeignKey("links.id", ondelete="CASCADE"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("finding", String(20), nullable=False),
    Column("http_status", Integer),
    Column("hops", Text, nullable=False),
    Column("excerpt", String(200), nullable=False),
    Column("address", String(64)),
    Index("ix_probes_link_id", "link_id", "at"),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Integer, primary_key=True),
    *_owned(),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE")),
    Column("scope", String(10), nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("admin", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
)

news = Table(
    "news",
    metadata,
    Column("id", Integer, primary_key=True),
    *_owned(),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE")),
    Column("name", String(40), nullable=False, unique=True),
    Column("kind", String(30), nullable=False),
    Column("body", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_news_user_id", "user_id"),
)

deliveries = Table(
    "deliveries",
    metadata,
    *_owned(),
    Column("news_id", ForeignKey("news.id", ondelete="CASCADE"), primary_key=True),
    Column("target", String(16), primary_key=True),
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("detail", String(200), nullable=False),
    Index("ix_deliveries_state", "state", "due_at"),
)

told = Table(
    "told",
    metadata,
    Column("organisation_id", ForeignKey("organisations.id", ondelete="CASCADE"), primary_key=True),
    Column("subject", String(120), primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE")),
    Column("value", String(200), nullable=False),
    Index("ix_told_user_id", "user_id"),
)
