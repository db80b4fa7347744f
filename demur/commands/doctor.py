"""`demur doctor`: is everything in order, and if not, what to do."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated

import typer

from demur.commands.context import Json, composition
from demur.composition import Composition
from demur.output import plain, print_json
from ledger.errors import DemurError, OperatorError
from ledger.health import advice
from ledger.mailboxes import Health

ENOUGH_DISK = 500 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    good: bool
    detail: str


def doctor(
    new_key: Annotated[bool, typer.Option("--new-key", help="Print a fresh DEMUR_SECRET_KEY and exit.")] = False,
    json_: Json = False,
) -> None:
    """Check settings, key, database, mailboxes, model and disk; say what to do.

    Example: demur doctor
    """
    if new_key:
        from cryptography.fernet import Fernet

        typer.echo(Fernet.generate_key().decode())
        return
    parts = composition()
    found = list(_findings(parts))
    if json_:
        print_json([{"what": f.what, "good": f.good, "detail": f.detail} for f in found])
    else:
        for finding in found:
            typer.echo(f"{'ok ' if finding.good else 'BAD'} {finding.what}: {plain(finding.detail)}")
    bad = [finding for finding in found if not finding.good]
    if bad:
        raise OperatorError(f"{len(bad)} of {len(found)} checks need you: {bad[0].what}: {bad[0].detail}")


def _checked(what: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(what, True, check())
    except DemurError as error:
        return Finding(what, False, str(error))


def _findings(parts: Composition) -> Iterator[Finding]:
    yield _checked("data folder", lambda: _data(parts))
    database = _checked("database", lambda: _database(parts))
    yield database
    yield _checked("model", lambda: f"{parts.judge.model().version} opens")
    yield _checked("disk", lambda: _disk(parts))
    yield Finding("DKIM keys", True, f"asked of {parts.settings.nameservers or 'the system’s name servers'}")
    if database.good:
        yield _checked("news", lambda: _news(parts))
        yield from _mailboxes(parts)
        yield from _chains(parts)
        yield from _asked(parts)


def _data(parts: Composition) -> str:
    data = parts.settings.data
    _ = parts.ledger
    if not os.access(data, os.W_OK):
        raise OperatorError(f"{data} is not writable: set DEMUR_DATA to a folder that you may write to")
    return str(data)


def _database(parts: Composition) -> str:
    users = len(parts.ledger.people.all())
    return f"{parts.ledger.database.url.get_backend_name()}, {users} {'user' if users == 1 else 'users'}"


def _disk(parts: Composition) -> str:
    free = shutil.disk_usage(parts.settings.data if parts.settings.data.exists() else "/").free
    if free < ENOUGH_DISK:
        raise OperatorError(f"{free // 2**20} MB are free where DEMUR_DATA lies: make room")
    return f"{free // 2**30} GB free"


def _news(parts: Composition) -> str:
    """Whether the targets are usable as they are written, and whether anything could not be told."""
    if not parts.targets:
        return "told to nobody: DEMUR_NOTIFY_URLS is not set"
    waiting = parts.notifier.waiting()
    stuck = [each for each in waiting if each.attempts]
    if stuck:
        raise OperatorError(f"{len(stuck)} could not be told so far ({stuck[0].detail}): `demur notify --pending` lists them")
    return f"told to {', '.join(target.title for target in parts.targets)}; {len(waiting)} wait"


def _mailboxes(parts: Composition) -> Iterator[Finding]:
    rows = parts.ledger.mailboxes.all()
    if not rows:
        yield Finding("mailboxes", True, "none yet: `demur connect ADDRESS --user NAME`")
    for row in rows:
        states = parts.ledger.mailboxes.counts(row)
        counts = ", ".join(f"{count} {state}" for state, count in sorted(states.items())) or "nothing read yet"
        good = row.state in (Health.CONNECTED, Health.DISABLED)
        hint = advice(row, states, parts.now())
        detail = f"{counts}{f'; {hint}' if hint else ''}" if good else f"{row.state.value}: {row.detail}; {hint}"
        yield Finding(f"mailbox {row.name}", good, detail)


def _asked(parts: Composition) -> Iterator[Finding]:
    """Addresses that Meta wrote to and that may be a user's: not a fault, but mail waits for the answer."""
    asked = [address for user in parts.ledger.people.all() for address in parts.ledger.record.status(user).asked_addresses]
    if asked:
        yield Finding("addresses", True, f"{len(asked)} may be a user's, mail waits for the answer: `demur review`")


def _chains(parts: Composition) -> Iterator[Finding]:
    """The hash chain of every user's entries, and the projection that /status filters by."""
    broken = [(user.name, number) for user in parts.ledger.people.all() if (number := parts.ledger.record.broken_chain(user)) is not None]
    stale = [user.name for user in parts.ledger.people.all() if not parts.ledger.record.rebuild(user)]
    detail = f"entry {broken[0][1]} of {broken[0][0]} was altered: restore a backup" if broken else "hash chains whole, projections right"
    if stale and not broken:
        detail = f"hash chains whole, projection of {', '.join(stale)} rebuilt"
    yield Finding("entries", not broken, detail)
