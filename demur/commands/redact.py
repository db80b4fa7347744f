"""`demur redact`: a mail that can be shared."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from demur.commands.context import Json
from demur.output import plain, print_json
from ledger.errors import OperatorError

if TYPE_CHECKING:
    from ingest.pseudonym import Found

SHOWN = 60


def redact(
    file: Annotated[Path, typer.Argument(help="A mail (.eml).")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Where to write it; stdout when left out.")] = None,
    name: Annotated[list[str] | None, typer.Option(help="A name that stands in the middle of a sentence (repeat).")] = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing: say what personal things are left; exit code 2 then.")] = False,
    json_: Json = False,
) -> None:
    """Take names, addresses, numbers, tokens, tracking and signatures out of a mail; its parts and decisive words stay.

    Example: demur redact mail.eml -o fixtures/receipt/en-mine.1.eml
    """
    from ingest.redact import leftovers, redacted

    try:
        raw = file.read_bytes()
        if check:
            _check(file, leftovers(raw, name or ()), json_)
            return
        made = redacted(raw, name or ())
        if output:
            output.write_bytes(made)
    except OSError as error:
        raise OperatorError(f"cannot use {error.filename}: {error.strerror}") from None
    if not output:
        sys.stdout.buffer.write(made)
    left = leftovers(made, name or ())
    if left:
        raise OperatorError(f"something is left in it ({left[0].kind}): `demur redact --check` shows what; do not share it yet")
    typer.echo("Now read it: only you know whether somebody is still in it (--name takes more names).", err=output is None)


def _check(file: Path, found: "list[Found]", json_: bool) -> None:
    if json_:
        print_json({"file": str(file), "left": [{"kind": one.kind, "value": one.value} for one in found]})
    else:
        for one in found:
            typer.echo(f"{one.kind}: {plain(one.value)[:SHOWN]}")
    if found:
        raise OperatorError(f"{file}: {len(found)} personal things are left")
    if not json_:
        typer.echo("Nothing is left that looks personal.")
