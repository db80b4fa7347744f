"""How the reading of each folder goes: lag, backlog, stumbles, audits; when a mailbox last answered; when a mail was put aside."""

import sqlalchemy as sa
from alembic import op

from ledger.tables import Moment

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("mailboxes", sa.Column("answered_at", Moment(timezone=True), nullable=True))
    op.add_column("cursors", sa.Column("backlog", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("cursors", sa.Column("lag", sa.Float(), nullable=True))
    op.add_column("cursors", sa.Column("stumbles", sa.Integer(), server_default="0", nullable=False))
    op.add_column("cursors", sa.Column("audited_uid", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("cursors", sa.Column("audited_at", Moment(timezone=True), nullable=True))
    op.add_column("locations", sa.Column("tried_at", Moment(timezone=True), nullable=True))
