"""`demur review`: what waits for a person's word, one question after another in a terminal, as a list elsewhere."""

import getpass
import sys
from typing import Annotated, Any

import typer

from demur.commands.context import Json, composition
from demur.output import plain, print_json, print_table
from ledger.errors import OperatorError


def review(
    by: Annotated[str | None, typer.Option(help="Who answers; the name of your account on this machine when left out.")] = None,
    list_: Annotated[bool, typer.Option("--list", help="List only, also in a terminal.")] = False,
    json_: Json = False,
) -> None:
    """Answer what no model could decide, one question for each template; a list where nobody sits at a terminal.

    Example: demur review, or demur review --list and then demur correct SHA256 rejection --by anna
    """
    from api.report import review_queue

    parts = composition()
    queue = review_queue(parts.ledger, None)
    if json_:
        print_json(queue.model_dump(mode="json"))
    elif list_ or not (sys.stdin.isatty() and sys.stdout.isatty()):
        _print_list(queue.model_dump(mode="json"))
    else:
        from demur.interview import Interview, single_keys

        with single_keys():
            Interview(parts, by or _account()).run(queue)


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise OperatorError("--by NAME: say who answers, this machine has no name for your account") from None


def _print_list(queue: dict[str, Any]) -> None:
    rows = [["?", group] for group in queue["groups"]] + [["not proven", group] for group in queue["unproven"]]
    for asked in queue["addresses"]:
        who, where = asked["user"], plain(asked["address"])
        typer.echo(f"Is {where} an address of {who}'s? {asked['count']} mails wait for it: `demur address add {who} {where}`, or `decline`")
    if not rows:
        if not queue["addresses"]:
            typer.echo("Nothing to review.")
        return
    columns = ["why", "mails", "best guess", "sure", "subject", "sha256"]
    print_table(
        columns,
        [[why, g["count"], g["outcome"], f"{g['confidence']:.0%}", plain(g["subject"])[:50], g["messages"][0][:12]] for why, g in rows],
    )
