"""The command line: every command, and what becomes of errors."""

import os
import signal
import sys
from types import FrameType
from typing import Annotated

import typer
from click.exceptions import ClickException

from demur import __version__
from demur.commands import address
from demur.commands.classify import classify
from demur.commands.complaint import complaint
from demur.commands.context import close
from demur.commands.counts import stats
from demur.commands.doctor import doctor
from demur.commands.evidence import export, verify
from demur.commands.key import key_drop, key_list, key_rotate
from demur.commands.links import links
from demur.commands.look import probe
from demur.commands.mailbox import connect, import_, sync
from demur.commands.mailboxes import mailboxes
from demur.commands.model import evaluate, models, promote, rollback, train
from demur.commands.notify import notify
from demur.commands.redact import redact
from demur.commands.replay import replay
from demur.commands.review import review
from demur.commands.run import run
from demur.commands.shadow import shadow
from demur.commands.status import correct, filed, forget, status, token_create
from demur.commands.user import user
from ledger.errors import DemurError

app = typer.Typer(
    name="demur",
    help="Says where each objection to Meta's AI training stands, from the mails that Meta sent.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
token = typer.Typer(help="API tokens.", no_args_is_help=True)
token.command("create")(token_create)
app.add_typer(token, name="token")
key = typer.Typer(help="The keys that seal what is stored.", no_args_is_help=True)
key.command("list")(key_list)
key.command("rotate")(key_rotate)
key.command("drop")(key_drop)
app.add_typer(key, name="key")
addresses = typer.Typer(help="Whose an address is that Meta wrote to.", no_args_is_help=True)
addresses.command("add")(address.add)
addresses.command("decline")(address.decline)
addresses.command("list")(address.addresses)
app.add_typer(addresses, name="address")
for name, command in (
    ("run", run),
    ("connect", connect),
    ("import", import_),
    ("sync", sync),
    ("mailboxes", mailboxes),
    ("status", status),
    ("probe", probe),
    ("classify", classify),
    ("train", train),
    ("evaluate", evaluate),
    ("models", models),
    ("promote", promote),
    ("rollback", rollback),
    ("shadow", shadow),
    ("replay", replay),
    ("review", review),
    ("correct", correct),
    ("filed", filed),
    ("user", user),
    ("complaint", complaint),
    ("export", export),
    ("verify", verify),
    ("stats", stats),
    ("redact", redact),
    ("forget", forget),
    ("links", links),
    ("notify", notify),
    ("doctor", doctor),
):
    app.command(name)(command)


@app.callback(invoke_without_command=True)
def about(version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False) -> None:
    """Says where each objection to Meta's AI training stands, from the mails that Meta sent."""
    if version:
        typer.echo(__version__)
        raise typer.Exit


def _terminated(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main(arguments: list[str] | None = None) -> int:
    """Run one command. Exit codes: 0 done, 1 a bug, 2 the operator must act, 130 interrupted."""
    os.umask(0o077)  # whatever is written here is for its owner's eyes
    signal.signal(signal.SIGTERM, _terminated)
    try:
        result = app(args=arguments, standalone_mode=False)
        return result if isinstance(result, int) else 0
    except DemurError as error:
        print(f"demur: {error}", file=sys.stderr)
        return 2
    except ClickException as error:
        error.show()
        return 2
    except (KeyboardInterrupt, typer.Abort):
        print("demur: stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    finally:
        close()
