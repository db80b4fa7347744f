"""`demur export`, `verify`: the evidence bundle and its offline check."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, cast

import typer

from demur.commands.context import Json, UserName, composition
from demur.output import plain, print_json
from ledger.errors import OperatorError

if TYPE_CHECKING:
    from api.evidence.verify import Verification

FACTS = ("user", "exported_at", "program", "entries", "mails")


def export(
    user: UserName,
    output: Annotated[Path, typer.Option("-o", "--output", help="The zip file to write.")],
    json_: Json = False,
) -> None:
    """Write everything about a user's objections into one signed zip: mails, verdicts, timeline, hashes.

    Example: demur export anna -o anna.zip
    """
    from api.evidence.bundle import Source, write_bundle
    from demur.program import PROGRAM, model_card

    parts = composition()
    person = parts.ledger.people.require(user)
    source = Source(parts.ledger, lambda version: model_card(parts, version), PROGRAM)
    with replacing(output) as file:
        made = write_bundle(source, person, parts.now(), file)
    counts = {"files": made.files, "entries": made.entries, "mails": made.mails}
    if json_:
        print_json({"user": user, "file": str(output), **counts, "fingerprint": made.fingerprint})
        return
    typer.echo(f"{output}: {made.files} files, {made.entries} entries, {made.mails} mails of {user}.")
    typer.echo(f"Signed by {made.fingerprint}")
    typer.echo("Keep that number apart from the file: with it, `demur verify` tells whether the file is the one that was made here.")


@contextmanager
def replacing(output: Path) -> Iterator[BinaryIO]:
    """A file that becomes `output` in one step when all went well. Raises OperatorError when it cannot be written."""
    try:
        with tempfile.TemporaryDirectory(dir=output.parent, prefix=".demur-") as folder:
            new = Path(folder) / "new"
            with new.open("w+b") as file:
                yield cast(BinaryIO, file)
            new.replace(output)
    except OSError as error:
        raise OperatorError(f"--output: cannot write {output}: {error.strerror}") from None


def verify(
    file: Annotated[Path, typer.Argument(help="A bundle that `demur export` wrote.")],
    fingerprint: Annotated[str | None, typer.Option(help="The number that `demur export` printed.")] = None,
    json_: Json = False,
) -> None:
    """Check a bundle: offline, without account or database. Names what was altered; exit code 2 then.

    Example: demur verify anna.zip
    """
    from api.evidence.verify import plain_fingerprint
    from api.evidence.verify import verify as verified

    wanted = plain_fingerprint(fingerprint) if fingerprint else None
    found = verified(file, wanted)
    _print_json(found, wanted) if json_ else _print(found, wanted)
    if not found.whole:
        names = list(dict.fromkeys(finding.what for finding in found.findings))
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        raise OperatorError(plain(f"{file} is not what was exported: {names[0]}{more}"))


def _print_json(found: "Verification", wanted: str | None) -> None:
    altered = [{"what": finding.what, "why": finding.why} for finding in found.findings]
    signed = {"whole": found.whole, "fingerprint": found.fingerprint, "compared": wanted is not None, "files": found.files}
    print_json(signed | {name: found.facts.get(name) for name in FACTS} | {"altered": altered})


def _print(found: "Verification", wanted: str | None) -> None:
    for finding in found.findings:
        typer.echo(plain(f"{finding.what}: {finding.why}"))
    if found.whole:
        facts = found.facts
        counts = f"{found.files} files, {facts['entries']} entries, {facts['mails']} mails"
        typer.echo(plain(f"Whole: {counts} of {facts['user']}, exported {facts['exported_at']}."))
        typer.echo(f"Signed by {found.fingerprint}")
        typer.echo("That is the key you named." if wanted else "Whose key that is only the number from the export tells: --fingerprint.")
