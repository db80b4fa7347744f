"""Raw mail that nothing needs any more: no entry is about it, and it waits for no decision."""

from sqlalchemy import Connection, delete, exists

from ledger.tables import entries, locations, messages

WAITING = ("stored", "unassigned", "stuck")


def drop_leftovers(connection: Connection, organisation: int) -> int:
    """Delete an organisation's leftovers; return how many mails that were."""
    known = exists().where(entries.c.organisation_id == organisation, entries.c.sha256 == messages.c.sha256)
    waits = exists().where(
        locations.c.organisation_id == organisation, locations.c.sha256 == messages.c.sha256, locations.c.state.in_(WAITING)
    )
    return connection.execute(delete(messages).where(messages.c.organisation_id == organisation, ~known, ~waits)).rowcount
