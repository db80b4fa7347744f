"""The outbox: news, their deliveries to each target, and what was told last of each subject."""

import sqlalchemy as sa
from alembic import op

from ledger.tables import Moment

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    _news()
    _deliveries()
    _told()


def _organisation(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_organisation_id_organisations")
    return sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=name, ondelete="CASCADE")


def _user(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f(f"fk_{table}_user_id_users"), ondelete="CASCADE")


def _news() -> None:
    op.create_table(
        "news",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", Moment(timezone=True), nullable=False),
        _organisation("news"),
        _user("news"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_news")),
        sa.UniqueConstraint("name", name=op.f("uq_news_name")),
    )
    op.create_index("ix_news_user_id", "news", ["user_id"], unique=False)


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("news_id", sa.Integer(), nullable=False),
        sa.Column("target", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", Moment(timezone=True), nullable=False),
        sa.Column("detail", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["news_id"], ["news.id"], name=op.f("fk_deliveries_news_id_news"), ondelete="CASCADE"),
        _organisation("deliveries"),
        sa.PrimaryKeyConstraint("news_id", "target", name=op.f("pk_deliveries")),
    )
    op.create_index("ix_deliveries_state", "deliveries", ["state", "due_at"], unique=False)


def _told() -> None:
    op.create_table(
        "told",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("value", sa.String(length=200), nullable=False),
        _organisation("told"),
        _user("told"),
        sa.PrimaryKeyConstraint("organisation_id", "subject", name=op.f("pk_told")),
    )
    op.create_index("ix_told_user_id", "told", ["user_id"], unique=False)
