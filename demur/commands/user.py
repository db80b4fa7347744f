"""`demur user`: where a user lives and what they read."""

from typing import Annotated

import typer

from demur.commands.context import Json, UserName, composition
from demur.output import print_json
from ledger.errors import OperatorError
from ledger.holiday import known_country
from ledger.people import Profile


def user(
    name: UserName,
    country: Annotated[str | None, typer.Option(help="Where they live (two letters): holidays, and the authority.")] = None,
    language: Annotated[str | None, typer.Option(help="What they read, two letters: the language of letters.")] = None,
    json_: Json = False,
) -> None:
    """Say or show where a user lives and what they read. The user is made when new.

    Example: demur user anna --country DE --language de
    """
    parts = composition()
    people = parts.ledger.people
    person = people.ensure(name, parts.now()) if country or language else people.require(name)
    known = people.profile(person)
    profile = Profile(known_country(country) if country else known.country, _language(language) if language else known.language)
    if profile != known:
        people.set_profile(person, profile)
    if json_:
        print_json({"user": name, "country": profile.country, "language": profile.language})
    else:
        where = f"lives in {profile.country}" if profile.country else "lives nobody said where: only weekends move deadlines"
        typer.echo(f"{name} {where}, reads {profile.language or 'nobody said what: letters are English'}.")


def _language(text: str) -> str:
    code = text.strip().lower()
    if len(code) != 2 or not (code.isascii() and code.isalpha()):
        raise OperatorError("--language: give the two letters of a language, as in de, fr or en")
    return code
