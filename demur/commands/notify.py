"""`demur notify`: whom news reach, what waits, and whether a message gets there."""

import base64
import secrets
from typing import Annotated

import typer

from demur.commands.context import Json, composition
from demur.composition import Composition
from demur.output import print_json, print_table
from ledger.errors import OperatorError


def notify(
    test: Annotated[bool, typer.Option("--test", help="Send every target a test message.")] = False,
    pending: Annotated[bool, typer.Option("--pending", help="List what is not told yet, or was given up.")] = False,
    new_secret: Annotated[bool, typer.Option("--new-secret", help="Print a fresh secret for webhooks and exit.")] = False,
    json_: Json = False,
) -> None:
    """Say whom news reach (DEMUR_NOTIFY_URLS), try whether they do, list what waits. `demur run` delivers.

    Example: demur notify --test
    """
    if new_secret:
        typer.echo(f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}")
        return
    parts = composition()
    if test:
        _test(parts, json_)
    elif pending:
        _pending(parts, json_)
    else:
        _targets(parts, json_)


def _test(parts: Composition, json_: bool) -> None:
    if not parts.targets:
        raise OperatorError("there is nobody to tell: set DEMUR_NOTIFY_URLS")
    found = list(parts.notifier.test())
    if json_:
        print_json([{"target": target.title, "taken": answer.taken, "detail": answer.detail} for target, answer in found])
    else:
        for target, answer in found:
            typer.echo(f"{'ok ' if answer.taken else 'BAD'} {target.title}: {answer.detail}")
    bad = [target.title for target, answer in found if not answer.taken]
    if bad:
        raise OperatorError(f"DEMUR_NOTIFY_URLS: {len(bad)} of {len(found)} targets did not take the test message: {', '.join(bad)}")


def _pending(parts: Composition, json_: bool) -> None:
    titles = {target.key: target.title for target in parts.targets}
    found = parts.ledger.outbox.waiting()
    if json_:
        print_json(
            [
                {"id": d.name, "kind": d.kind, "target": titles.get(d.target), "state": d.state, "attempts": d.attempts}
                | {"at": d.at.isoformat(), "due_at": d.due_at.isoformat(), "detail": d.detail, "data": d.facts}
                for d in found
            ]
        )
        return
    if not found:
        typer.echo("Nothing waits.")
        return
    rows = [[d.at.strftime("%Y-%m-%d %H:%M"), d.kind, titles.get(d.target, "gone"), d.state, d.attempts, d.detail] for d in found]
    print_table(["made", "news", "target", "state", "attempts", "last answer"], rows)


def _targets(parts: Composition, json_: bool) -> None:
    titles = [target.title for target in parts.targets]
    if json_:
        print_json({"targets": titles, "deliveries": parts.ledger.outbox.counts()})
        return
    if not titles:
        typer.echo("Nobody is told: DEMUR_NOTIFY_URLS is not set.")
        return
    for title in titles:
        typer.echo(title)
    typer.echo(", ".join(f"{count} {fate}" for fate, count in sorted(parts.ledger.outbox.counts().items())) or "no news yet")
