"""`demur mailboxes`: how each mailbox is, how far and how late it is read, and what to do."""

from datetime import datetime
from typing import Any

import typer

from demur.commands.context import Json, composition
from demur.output import print_json, print_table


def mailboxes(json_: Json = False) -> None:
    """List the mailboxes: state, last good look, how far and how late they are read, what to do.

    Example: demur mailboxes
    """
    from api.report import mailbox_out

    parts = composition()
    served = parts.ledger.people.of_mailbox
    found = [mailbox_out(parts.ledger, m, [u.name for u in served(m.id)], parts.now()) for m in parts.ledger.mailboxes.all()]
    if json_:
        print_json({"mailboxes": [one.model_dump(mode="json") for one in found]})
    elif not found:
        typer.echo("no mailbox yet: `demur connect ADDRESS --user NAME`")
    else:
        print_table(("mailbox", "state", "looked", "read up to", "lag", "backlog", "what to do"), [_cells(one) for one in found])


def _cells(one: Any) -> list[str]:
    lags = [folder.lag for folder in one.reading if folder.lag is not None]
    return [
        one.name,
        one.state.value,
        _moment(one.checked_at),
        ", ".join(f"{folder.folder} {folder.uid}" for folder in one.reading),
        f"{max(lags):.1f} s" if lags else "",
        str(sum(folder.backlog for folder in one.reading) or ""),
        one.advice or "",
    ]


def _moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else "never"
