"""`demur replay`: what another model would change, before it changes it."""

import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from demur.commands.context import Json, composition
from demur.judge import registry
from demur.output import plain, print_json, print_table
from demur.parallel import MANY, spread

if TYPE_CHECKING:
    from ingest.replay import Moved, Redecided


def replay(
    model: Annotated[str | None, typer.Option(help="Version to decide with; the current one when left out.")] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Write the new decisions.")] = False,
    json_: Json = False,
) -> None:
    """Decide all stored mails again and show which states would change; `--apply` lets them.

    Example: demur replay --model 2026.11.22-1a2b3c
    """
    from ingest.replay import apply as write
    from ingest.replay import moved, redecide

    parts = composition()
    opened = registry(parts.settings.data).open(model) if model else parts.judge.model()
    users = parts.ledger.people.all()
    classify = partial(opened.predict, abstain_below=parts.settings.abstain_below)
    mails, states, written = [], [], 0
    with spread(parts.settings, worthwhile=parts.ledger.record.decided_mails() > MANY):
        for number, found in enumerate(redecide(parts.ledger, users, classify), start=1):
            if sys.stderr.isatty():
                sys.stderr.write(f"\r\x1b[K{number} of {len(users)} users" + ("\n" if number == len(users) else ""))
            mails += found
            states += moved(parts.ledger, found, parts.now())
            written += write(parts.ledger, found, parts.now()) if apply else 0
    if json_:
        print_json({"model": opened.version, "applied": apply, "written": written, **_plain(mails, states)})
    else:
        _print_changes(opened.version, apply, mails, states)


def _plain(mails: "list[Redecided]", states: "list[Moved]") -> dict[str, Any]:
    """Both lists as JSON data."""
    return {
        "mails": [
            {
                "user": m.user.name,
                "sha256": m.before.sha256,
                "before": m.before.outcome.value,
                "after": m.after.outcome.value,
                "abstained_before": m.before.abstained,
                "abstained_after": m.after.abstained,
            }
            for m in mails
        ],
        "states": [{"user": s.user.name, "product": s.product, "track": s.track, "before": s.before, "after": s.after} for s in states],
    }


def _print_changes(version: str, applied: bool, mails: "list[Redecided]", states: "list[Moved]") -> None:
    done = "were decided otherwise" if applied else "would be decided otherwise"
    typer.echo(f"Model {version}: {len(mails)} mails {done}, {len(states)} states {'changed' if applied else 'would change'}.")
    if states:
        print_table(["user", "account", "before", "after"], [[s.user.name, f"{s.product} {s.track}", s.before, s.after] for s in states])
    elif mails:
        rows = [[m.user.name, m.before.outcome, m.after.outcome, plain(m.before.subject)[:50]] for m in mails]
        print_table(["user", "before", "after", "subject"], rows)
