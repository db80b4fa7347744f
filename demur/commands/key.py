"""`demur key`: which keys seal what is stored, another one for all of it, and forgetting an old one."""

import sys
from typing import Annotated

import typer
from cryptography.fernet import Fernet

from demur.commands.context import Json, composition
from demur.composition import Composition
from demur.output import print_json
from ledger.errors import OperatorError
from ledger.lease import lease
from ledger.rotation import Rotation, droppable
from ledger.vault import key_id

NEW_KEY = "put a new key (`demur doctor --new-key`) first in DEMUR_SECRET_KEY, with a comma and the old one behind it, then run this again"


def rotation_of(parts: Composition) -> Rotation:
    """The rotation of this installation's secrets."""
    return Rotation(parts.ledger.database, parts.vault)


def key_list(json_: Json = False) -> None:
    """List the keys by their ids, the newest first, with how many stored secrets each seals.

    Example: demur key list
    """
    parts = composition()
    counts = rotation_of(parts).counts()
    names = [*parts.vault.ids, *sorted(counts.keys() - set(parts.vault.ids))]
    rows = [{"key": name or None, "secrets": counts[name], "here": name in parts.vault.ids or not name} for name in names]
    if json_:
        print_json(rows)
        return
    for row in rows:
        missing = "" if row["here"] else "  MISSING: put it back behind the newer ones"
        typer.echo(f"{row['key'] or 'unnamed '}  {row['secrets']} secrets{missing}")


def key_rotate(json_: Json = False) -> None:
    """Make a new key and seal every stored password, token and mail with it. Can be ended and run again at any time.

    Example: demur key rotate
    """
    parts = composition()
    with lease(parts.ledger.database, parts.settings.data, "rotation") as held:
        if not held:
            raise OperatorError("another Demur is rotating the keys at this moment")
        _begin(parts)
        moved = 0
        for count in rotation_of(parts).run():
            moved += count
            if sys.stderr.isatty():
                typer.echo(f"\r{moved} secrets", err=True, nl=False)
    if json_:
        print_json({"key": parts.vault.ids[0], "secrets": moved, "old": list(parts.vault.ids[1:])})
        return
    typer.echo(f"{moved} secrets are sealed with key {parts.vault.ids[0]} now.")
    for old in parts.vault.ids[1:]:
        typer.echo(f"Backups made before need key {old}; `demur key drop {old}` forgets it here.")


def _begin(parts: Composition) -> None:
    """A new key in front of the others; none where an earlier run made one and did not end."""
    unfinished = sum(count for name, count in rotation_of(parts).counts().items() if name != parts.vault.ids[0])
    if unfinished and len(parts.vault.ids) > 1:
        return
    if parts.settings.secret_key:
        if not unfinished:
            raise OperatorError(NEW_KEY)
        return
    parts.key_file.write([Fernet.generate_key().decode(), *parts.key_file.keys()])
    parts.__dict__.pop("vault")
    parts.__dict__.pop("ledger").database.close()


def key_drop(name: Annotated[str, typer.Argument(help="The id of an old key.")]) -> None:
    """Forget an old key that seals nothing any more. Backups made with it can then not be read without a copy of it.

    Example: demur key drop 3f9ac1d2
    """
    parts = composition()
    droppable(rotation_of(parts), parts.vault, name)
    if parts.settings.secret_key:
        raise OperatorError(f"take key {name} out of DEMUR_SECRET_KEY yourself: nothing needs it any more")
    kept = parts.key_file.keys()
    parts.key_file.write([each for each in kept if key_id(each) != name])
    typer.echo(f"key {name} is forgotten")
