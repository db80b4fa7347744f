"""`demur status`, `filed`, `correct`, `token`, `forget`: the ledger for people in a terminal."""

from datetime import datetime
from typing import Annotated, Any

import typer

from demur.commands.context import Json, UserName, composition
from demur.output import plain, print_json, print_table
from ledger.entry import filing_of
from ledger.errors import OperatorError
from ledger.outcome import Outcome, Product, Track
from ledger.people import FEED
from ledger.settle import settle

WORDS = {
    "none": "nothing yet",
    "notified": "you were told, you have not objected",
    "link_broken": "the form did not work",
    "verifying": "a code waits to be entered",
    "pending": "Meta has it, no answer yet",
    "needs_information": "Meta wants more from you",
    "confirmed": "your objection is honoured",
    "rejected": "refused",
    "contradicted": "confirmed and refused",
}
MARKS = {
    "confirmed": "✓",
    "rejected": "✗",
    "contradicted": "!",
    "needs_information": "?",
    "link_broken": "✗",
    "pending": "…",
    "verifying": "…",
}


def status(
    user: Annotated[str | None, typer.Argument(help="Name of the user; all users when left out.")] = None,
    json_: Json = False,
) -> None:
    """Say where each objection stands, since when, because of which mail, and what to do next.

    Example: demur status anna
    """
    from api.report import user_status

    parts = composition()
    people = parts.ledger.people
    found = [people.require(user)] if user else people.all()
    if not found:
        raise OperatorError("there is no user yet: `demur connect ADDRESS --user NAME` or `demur import PATH --user NAME` makes one")
    statuses = [user_status(parts.ledger, person, parts.now()) for person in found]
    if json_:
        data = [s.model_dump(mode="json") for s in statuses]
        print_json(data[0] if user else {"users": data, "next": None})
        return
    for one in statuses:
        _print_status(one.model_dump(mode="json"))


def _print_status(data: dict[str, object]) -> None:
    freshness: dict[str, object] = data["freshness"]  # type: ignore[assignment]
    checked = str(freshness["checked_at"] or "never")[:16].replace("T", " ")
    typer.echo(f"{data['user']}   looked {checked}" + ("   STALE: a mailbox could not be read" if freshness["stale"] else ""))
    rows = []
    for case in data["cases"]:  # type: ignore[attr-defined]
        because = case["because"] or {}
        why = f"«{because['phrases'][0]}»" if because.get("phrases") else because.get("subject") or because.get("decided_by") or ""
        new = " (new wording)" if "new_wording" in case["flags"] else ""
        step = case["next_step"]
        track = "" if case["track"] == "own_data" else " (third parties)"
        mark = "!" if case["overdue"] else MARKS.get(case["state"], "·")
        rows.append([mark, case["product"] + track, case["state"], str(case["since"])[:10], plain(why)[:50] + new, _next(step)])
    if rows:
        print_table(["", "account", "state", "since", "because of", "next"], rows)
    else:
        typer.echo("  no mail from Meta about AI training yet")
    if data["unproven"] or data["needs_review"]:
        typer.echo(f"  {data['unproven']} not proven to be Meta's, {data['needs_review']} to review (`demur review`)")
    for asked in data["asked_addresses"]:  # type: ignore[attr-defined]
        typer.echo(
            f"  Meta wrote to {plain(asked)}: is that {data['user']}'s? `demur address add {data['user']} {plain(asked)}`, or `decline`"
        )
    for box in freshness["mailboxes"]:  # type: ignore[attr-defined]
        if box["state"] != "connected":
            typer.echo(f"  {box['name']}: {box['state']} – {box['detail']}")
    typer.echo("")


def _next(step: dict[str, Any]) -> str:
    """The next step in one line: what to do, until when, what Meta asked for, who takes a complaint."""
    until = f" until {step['due']}" if step["due"] else ""
    asks = f" Meta asks for {', '.join(step['asks'])}." if step["asks"] else ""
    whom = f" Yours: {plain(step['authority'])}." if step["authority"] else ""
    return f"{step['text']}{until}{asks}{whom}"


def filed(
    user: UserName,
    product: Annotated[Product, typer.Option(help="Which product the form was for.")],
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day; today when left out.")] = None,
    track: Annotated[Track, typer.Option(help="The objection, or the form for information from third parties.")] = Track.OWN_DATA,
    json_: Json = False,
) -> None:
    """Note «I submitted the form»: the month for an answer starts. The user is made when new.

    Example: demur filed anna --product instagram --on 2025-05-13
    """
    parts = composition()
    now = parts.now()
    if on and on.date() > now.date():
        raise OperatorError("--on lies in the future: give the day on which the form was sent")
    person = parts.ledger.people.ensure(user, now)
    at, filing = filing_of(product, track, on.date() if on else None, user, now)
    new = parts.ledger.record.write(person, at, filing, now)
    if json_:
        print_json({"user": user, "product": product.value, "track": track.value, "on": filing.on.isoformat(), "new": new})
    else:
        typer.echo(f"Noted: {user} objected for {product.value} on {filing.on}." if new else "That was noted before.")


def correct(
    sha256: Annotated[str, typer.Argument(help="The mail, as `demur review` names it (its first 8 characters are enough).")],
    outcome: Annotated[Outcome, typer.Argument(help="What the mail says.")],
    by: Annotated[str, typer.Option(help="Who says so.")],
    json_: Json = False,
) -> None:
    """Say what a mail means. A person's word outranks every model, for ever.

    Example: demur correct 3f9ac1d2 confirmation --by anna
    """
    parts = composition()
    record, now = parts.ledger.record, parts.now()
    whole = record.completed(sha256)
    owners = [person for number in record.owners(whole) if (person := parts.ledger.people.by_id(number))]
    settled = settle(record, owners, record.users_in_doubt(), whole, outcome, by, now)
    if json_:
        print_json({"sha256": whole, "outcome": outcome.value, "by": by, "settled": settled})
    else:
        also = f" This settles {settled - 1} more of the same template." if settled > 1 else ""
        typer.echo(f"Noted: {whole[:8]} is {outcome.value}, says {by}.{also}")


def forget(user: UserName, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False, json_: Json = False) -> None:
    """Really delete a user: entries, mails, addresses, mailboxes that serve nobody else.

    Example: demur forget anna --yes
    """
    parts = composition()
    person = parts.ledger.people.require(user)
    if not yes:
        typer.confirm(f"Delete everything about {user}? This cannot be undone", abort=True, err=True)
    deleted = parts.ledger.forget(person)
    if json_:
        print_json({"user": user, "deleted": deleted})
    else:
        typer.echo(f"Deleted for {user}: " + ", ".join(f"{count} {what}" for what, count in deleted.items()) + ".")


def token_create(
    user: Annotated[str | None, typer.Option(help="The user that the token is for.")] = None,
    admin: Annotated[bool, typer.Option("--admin", help="A token that sees all users.")] = False,
    scope: Annotated[str, typer.Option(help="read, write, or feed (opens the calendar alone).")] = "read",
    json_: Json = False,
) -> None:
    """Make an API token. It is shown once and stored hashed.

    Example: demur token create --user anna
    """
    if scope not in ("read", "write", FEED):
        raise OperatorError("--scope is read, write or feed")
    if scope == FEED and admin:
        raise OperatorError("a feed is one user's: give --user NAME")
    if bool(user) == admin:
        raise OperatorError("give either --user NAME or --admin")
    parts = composition()
    token = parts.ledger.people.make_token(parts.ledger.people.require(user) if user else None, scope, parts.now())
    print_json({"token": token, "user": user, "admin": admin, "scope": scope}) if json_ else typer.echo(token)
