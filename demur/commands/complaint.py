"""`demur complaint`: the draft of a complaint to the data protection authority."""

from typing import Annotated

import typer

from demur.commands.context import Json, UserName, composition
from demur.output import plain, print_json
from ledger.errors import OperatorError
from ledger.outcome import Product


def complaint(
    user: UserName,
    product: Annotated[Product | None, typer.Option(help="Only this product; all of them when left out.")] = None,
    language: Annotated[str | None, typer.Option(help="Two letters; the user's, else the authority's, when left out.")] = None,
    json_: Json = False,
) -> None:
    """Draft a complaint about each objection that was refused, contradicted or not answered in time, from the ledger's facts.

    Example: demur complaint anna --language de
    """
    from api.complaint import complaints
    from api.letter import languages
    from api.report import complaint_out

    if language and language not in languages():
        raise OperatorError(f"--language: letters are written in {', '.join(languages())}")
    parts = composition()
    found = complaints(parts.ledger, parts.ledger.people.require(user), parts.now(), product, language)
    if json_:
        print_json({"user": user, "complaints": [complaint_out(one).model_dump(mode="json") for one in found]})
        return
    if not found:
        typer.echo(f"No objection of {user}'s is refused, contradicted or overdue: there is nothing to complain about.")
    for one in found:
        _print(user, one.text, one.authority)


def _print(user: str, text: str, authority: object) -> None:
    from api.authority import AS_OF, Authority

    if isinstance(authority, Authority):
        typer.echo(f"To: {authority.name} ({authority.english}), {authority.url}" + (f", {authority.email}" if authority.email else ""))
        typer.echo(f"    as known on {AS_OF}: look at the page before you send it." + (f" {authority.note}" if authority.note else ""))
    else:
        typer.echo(f"To: your data protection authority; `demur user {user} --country` says which one that is.")
    typer.echo("A draft: read it, put in what is missing, send only what you can stand for.\n")
    typer.echo("\n".join(plain(line) for line in text.split("\n")))
