"""Form links and the probes of them; links of mails that were decided before are taken over."""

import json

import sqlalchemy as sa
from alembic import op

from ledger.tables import Moment

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    links = op.create_table(
        "links",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("product", sa.String(length=20), nullable=True),
        sa.Column("track", sa.String(length=20), nullable=True),
        sa.Column("first_seen", Moment(timezone=True), nullable=False),
        sa.Column("due_at", Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_links_organisation_id_organisations"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_links")),
        sa.UniqueConstraint("organisation_id", "url", name="uq_links_url"),
    )
    op.create_table(
        "probes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("link_id", sa.Integer(), nullable=False),
        sa.Column("at", Moment(timezone=True), nullable=False),
        sa.Column("finding", sa.String(length=20), nullable=False),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("hops", sa.Text(), nullable=False),
        sa.Column("excerpt", sa.String(length=200), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["link_id"], ["links.id"], name=op.f("fk_probes_link_id_links"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_probes_organisation_id_organisations"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_probes")),
    )
    op.create_index("ix_probes_link_id", "probes", ["link_id", "at"], unique=False)
    _take_over(op.get_bind(), links)


def _take_over(connection: sa.Connection, links: sa.Table) -> None:
    """The forms that proven mails named, each with the first case that it was named for."""
    entries = sa.table("entries", sa.column("organisation_id"), sa.column("kind"), sa.column("at", Moment()), sa.column("body"))
    query = sa.select(entries.c.organisation_id, entries.c.at, entries.c.body).where(entries.c.kind == "decision").order_by(entries.c.at)
    known: dict[tuple[int, str], dict[str, object]] = {}
    for organisation, at, text in connection.execute(query):
        body = json.loads(text)
        if (url := body.get("form_url")) and body["trust"] == "proven":
            row = {"organisation_id": organisation, "url": url, "product": body["product"], "track": body["track"], "first_seen": at}
            known.setdefault((organisation, url), row)
    if known:
        connection.execute(sa.insert(links), list(known.values()))
