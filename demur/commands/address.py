"""`demur address`: whose an address is, where Meta wrote to one that is not known."""

from typing import Annotated

import typer

from demur.commands.context import Json, UserName, composition
from demur.output import plain, print_json
from demur.web import look_again
from ledger.errors import OperatorError
from ledger.people import normalised

Address = Annotated[str, typer.Argument(help="The mail address.")]


def add(user: UserName, address: Address, json_: Json = False) -> None:
    """Say that an address is a user's: mail that Meta signed to it counts from now on, waiting mail included.

    Example: demur address add anna anna.old@example.org
    """
    _say(user, address, True, json_)


def decline(user: UserName, address: Address, json_: Json = False) -> None:
    """Say that an address is not a user's: it is not asked for again.

    Example: demur address decline anna info@example.org
    """
    _say(user, address, False, json_)


def _say(user: str, address: str, yours: bool, json_: bool) -> None:
    address = normalised(address)
    if address.count("@") != 1 or address.startswith("@") or address.endswith("@"):
        raise OperatorError("ADDRESS is a mail address, like anna@example.org")
    parts = composition()
    people = parts.ledger.people
    person = people.require(user)
    (people.accept_address if yours else people.decline_address)(person, address)
    decided = look_again(parts, person)
    if json_:
        print_json({"user": user, "address": address, "yours": yours, "decided": decided})
    elif yours:
        again = f" {decided} waiting mails were decided anew." if decided else ""
        typer.echo(f"Noted: {plain(address)} is an address of {user}.{again}")
    else:
        typer.echo(f"Noted: {plain(address)} is not an address of {user}; it is not asked for again.")


def addresses(user: UserName, json_: Json = False) -> None:
    """List the addresses of a user, and those that are asked about or were declined.

    Example: demur address list anna
    """
    parts = composition()
    person = parts.ledger.people.require(user)
    asked = list(parts.ledger.record.status(person).asked_addresses)
    found = {"addresses": parts.ledger.people.addresses(person), "asked": asked, "declined": parts.ledger.people.declined(person)}
    if json_:
        print_json({"user": user, **found})
        return
    for what, some in found.items():
        typer.echo(f"{what}: {', '.join(map(plain, some)) or 'none'}")
