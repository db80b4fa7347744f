"""`demur connect`, `import`, `sync`: getting mail in."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.services import NewMailbox
from demur.commands.context import Json, composition
from demur.composition import Composition
from demur.connecting import connect_mailbox, settings_for
from demur.consenting import client_for, consented
from demur.output import print_json
from ledger.errors import OperatorError, RetryableError
from ledger.mailboxes import MailboxRow, MailboxSettings
from ledger.people import normalised

if TYPE_CHECKING:
    from ingest.grant import Grant


def connect(
    address: Annotated[str, typer.Argument(help="The mailbox's address.")],
    user: Annotated[str | None, typer.Option(help="Whose objections these are; asked for on a terminal.")] = None,
    host: Annotated[str | None, typer.Option(help="IMAP server; found for the usual providers.")] = None,
    port: Annotated[int | None, typer.Option(help="IMAP port; 993 for tls, 143 otherwise.")] = None,
    security: Annotated[str, typer.Option(help="tls, starttls, or loopback (plain text, this machine only).")] = "tls",
    ca_file: Annotated[Path | None, typer.Option(help="Certificate (PEM) of the server's own CA.")] = None,
    fingerprint: Annotated[str | None, typer.Option(help="SHA-256 of the server's certificate, where no CA signed it.")] = None,
    login: Annotated[str | None, typer.Option(help="Log-in name where it is not the address.")] = None,
    password_file: Annotated[Path | None, typer.Option(help="File with the password, `-` for stdin; asked for on a terminal.")] = None,
    folder: Annotated[list[str] | None, typer.Option(help="Read only these folders (repeat).")] = None,
    alias: Annotated[list[str] | None, typer.Option(help="Another address of the user's (repeat).")] = None,
    authserv_id: Annotated[str | None, typer.Option(help="Whose Authentication-Results headers may count as proof.")] = None,
    oauth: Annotated[
        str | None, typer.Option(help="Ask this identity provider instead of for a password: microsoft, google, your own.")
    ] = None,
    client_id: Annotated[str | None, typer.Option(help="With --oauth: the client id of the app that you registered.")] = None,
    paste: Annotated[bool, typer.Option(help="With --oauth: the browser is on another machine, paste where it ends.")] = False,
    json_: Json = False,
) -> None:
    """Connect a mailbox, read-only: find the server, test the log-in, store it encrypted.

    Example: demur connect anna@gmx.net --user anna
    """
    name = user or _asked("User name", address.partition("@")[0])
    parts = composition()
    wanted = NewMailbox(name, address, "", host, port, security, login, tuple(folder or ()), tuple(alias or ()), authserv_id, oauth)
    wanted = _as_before(parts, wanted, password_file)
    settings, hint = settings_for(wanted, str(ca_file.resolve()) if ca_file else None, fingerprint)
    if hint and not wanted.oauth:
        typer.echo(hint, err=True)
    if wanted.oauth:
        row = connect_mailbox(parts, wanted, settings, _grant(parts, settings, oauth, address, client_id, paste))
    else:
        row = connect_mailbox(parts, replace(wanted, password=_password(parts, address, password_file)), settings)
    if json_:
        print_json({"mailbox": row.name, "user": name, "host": settings.host, "port": settings.port})
    else:
        typer.echo(f"{row.name} is connected for {name}, read-only. `demur sync` reads it once, `demur run` keeps reading.")


def _asked(what: str, default: str | None = None, hidden: bool = False) -> str:
    if not sys.stdin.isatty():
        option = "--password-file" if hidden else "--user"
        raise OperatorError(f"{what.lower()} is missing: give {option}")
    return str(typer.prompt(what, default=default, hide_input=hidden, err=True))


def _as_before(parts: Composition, wanted: NewMailbox, password_file: Path | None) -> NewMailbox:
    """A mailbox that was connected with OAuth stays so until it is given a password."""
    known = parts.ledger.mailboxes.find(normalised(wanted.address))
    if known is None or wanted.oauth or password_file or not known.settings.oauth:
        return wanted
    return replace(wanted, oauth=known.settings.oauth)


def _grant(parts: Composition, settings: MailboxSettings, asked: str | None, address: str, client_id: str | None, paste: bool) -> "Grant":
    """A grant that was asked for now, or the one that the mailbox has already."""
    from ingest.issuer import issuer_called

    if asked is None:
        return parts.bearers.fresh(parts.ledger.mailboxes.require(normalised(address)))
    issuer = issuer_called(asked, parts.issuers)
    return consented(issuer, client_for(issuer, parts.settings, client_id), settings.login, paste)


def _password(parts: Composition, address: str, password_file: Path | None) -> str:
    """The password from a file or a terminal; a mailbox that is connected already keeps its own."""
    if password_file is None:
        known = parts.ledger.mailboxes.find(normalised(address))
        if known and not sys.stdin.isatty():
            return parts.ledger.mailboxes.password(known)
        return _asked("Password", hidden=True)
    try:
        text = sys.stdin.read() if str(password_file) == "-" else password_file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise OperatorError(f"--password-file: cannot read {password_file} ({type(error).__name__})") from None
    if not text.strip():
        raise OperatorError(f"--password-file: {password_file} is empty")
    return text.rstrip("\r\n")


def sync(
    mailbox: Annotated[str | None, typer.Option(help="Only this mailbox.")] = None,
    json_: Json = False,
) -> None:
    """Look at every mailbox once, then exit: what was seen, kept, decided, left out and why.

    Example: demur sync
    """
    parts = composition()
    rows = [parts.ledger.mailboxes.require(mailbox)] if mailbox else [r for r in parts.ledger.mailboxes.all() if r.settings.kind == "imap"]
    if not rows:
        raise OperatorError("there is no mailbox yet: `demur connect ADDRESS --user NAME` adds one")
    results = [_sync_one(parts, row) for row in rows]
    _report(results, json_)
    failed = [result for result in results if result.get("error")]
    if failed:
        raise OperatorError(f"{failed[0]['mailbox']}: {failed[0]['error']}" + (f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""))


def _sync_one(parts: Composition, row: MailboxRow) -> dict[str, Any]:
    from ingest.sync import sync as sync_mailbox
    from ledger.lease import lease

    with lease(parts.ledger.database, parts.settings.data, f"mailbox-{row.id}") as held:
        if not held:
            return {"mailbox": row.name, "error": "another Demur is reading it at this moment"}
        try:
            counts = sync_mailbox(parts.ledger, row, parts.connect, parts.decider, parts.now, _progress)
        except (OperatorError, RetryableError) as error:
            return {"mailbox": row.name, "error": str(error)}
    return _counted(row.name, counts)


def _counted(name: str, counts: Any) -> dict[str, Any]:
    return {"mailbox": name, "seen": counts.seen, "candidates": counts.candidates, "recorded": counts.recorded, "skipped": counts.skipped}


def _progress(row: MailboxRow, counts: Any) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{row.name}: {counts.seen} seen, {counts.candidates} candidates")
        sys.stderr.flush()


def _report(results: list[dict[str, Any]], json_: bool) -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")
    if json_:
        totals = {key: sum(result.get(key, 0) for result in results) for key in ("seen", "candidates", "recorded")}
        skipped: dict[str, int] = {}
        for result in results:
            for reason, count in result.get("skipped", {}).items():
                skipped[reason] = skipped.get(reason, 0) + count
        print_json({**totals, "skipped": skipped, "mailboxes": results})
        return
    for result in results:
        if "error" not in result:
            left_out = ", ".join(f"{count} {reason}" for reason, count in result["skipped"].items()) or "nothing"
            counted = ", ".join(f"{result[key]} {key}" for key in ("seen", "candidates", "recorded"))
            typer.echo(f"{result['mailbox']}: {counted}; left out: {left_out}")


def import_(
    paths: Annotated[list[Path], typer.Argument(help="Mails (.eml), folders, Maildir, mbox (also Takeout's), zip of .eml.")],
    user: Annotated[str, typer.Option(help="Whose mails these are.")],
    authserv_id: Annotated[str | None, typer.Option(help="Whose Authentication-Results headers may count as proof.")] = None,
    json_: Json = False,
) -> None:
    """Read saved mails into a user's ledger. Reading the same mails again changes nothing.

    Example: demur import ~/Takeout/Mail.mbox --user anna
    """
    from ingest.importing import import_mails

    parts = composition()
    for path in paths:
        if not path.exists():
            raise OperatorError(f"{path} does not exist")
    person = parts.ledger.people.ensure(user, parts.now())
    row = parts.ledger.mailboxes.save(f"import:{user}", MailboxSettings(kind="import", authserv_id=authserv_id), None)
    parts.ledger.people.serve(row.id, person)
    counts, errors = import_mails(parts.ledger, row, paths, parts.decider, _progress)
    parts.ledger.mailboxes.note_good(row, parts.now())
    result = _counted(row.name, counts) | {"errors": errors}
    if json_:
        print_json(result)
    else:
        _report([result], False)
        for error in errors:
            typer.echo(f"{error['path']}: {error['error']}", err=True)
    if counts.seen == 0:
        raise OperatorError(f"{paths[0]}: no mails there (.eml, Maildir, mbox or a zip of .eml)")
    if errors:
        raise OperatorError(f"{len(errors)} of {counts.seen + len(errors)} mails could not be read")
