"""Where a user lives and what they read: for holidays, authorities and letters."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    with op.batch_alter_table("users") as users:
        users.add_column(sa.Column("country", sa.String(length=2), nullable=True))
        users.add_column(sa.Column("language", sa.String(length=2), nullable=True))
