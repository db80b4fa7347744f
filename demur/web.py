"""What the API is handed: the callables that it must not import itself."""

from collections.abc import Callable, Sequence
from pathlib import Path

from api.login import Sessions
from api.reading import Reading, ShownLink
from api.services import NewMailbox, Provider, Services
from demur.composition import Composition
from demur.connecting import connect_mailbox, refuse_private, settings_for
from demur.program import PROGRAM, model_card
from ledger.errors import DemurError
from ledger.mailboxes import MailboxRow, MailboxSettings
from ledger.people import User


def _ready(parts: Composition) -> dict[str, str]:
    """Why Demur cannot serve, by part; empty when it can."""
    problems = {}
    for name, check in (("database", lambda: parts.ledger.people.all(limit=1)), ("model", parts.judge.model)):
        try:
            check()
        except DemurError as error:
            problems[name] = str(error)
    return problems


def _imports(parts: Composition, user: User) -> MailboxRow:
    """The mailbox under which a user's own files are kept."""
    name = f"import:{user.name}"
    row = parts.ledger.mailboxes.find(name) or parts.ledger.mailboxes.save(name, MailboxSettings(kind="import"), None)
    parts.ledger.people.serve(row.id, user)
    return row


def ingest_one(parts: Composition, user: User, raw: bytes) -> str:
    """Take one raw mail into a user's ledger; return its hash."""
    from ingest.identity import identity
    from ingest.importing import import_raw

    row = _imports(parts, user)
    import_raw(parts.ledger, row, raw, parts.decider)
    parts.ledger.mailboxes.note_good(row, parts.now())
    return identity(raw)[0]


def _text(raw: bytes) -> tuple[str, str, str]:
    from ingest.decide import read
    from ledger.text import masked_codes

    message = read(raw)
    return masked_codes(message.subject), message.sender, masked_codes(message.text)


def read_mail(parts: Composition, raw: bytes) -> Reading:
    """Everything that a mail's page shows."""
    from ingest.decide import read
    from ledger.text import masked_codes

    message = read(raw)
    (prediction,) = parts.judge([message])
    return Reading(
        subject=masked_codes(message.subject),
        sender=message.sender,
        to=message.to,
        text=masked_codes(message.text),
        note=masked_codes(message.note),
        quoted=masked_codes(message.quoted),
        hidden=masked_codes(message.hidden),
        links=tuple(ShownLink(link.url, masked_codes(link.text), link.form) for link in message.links),
        probabilities=prediction.probabilities,
    )


def provider(address: str) -> Provider | None:
    """The provider of an address: known, announced by its domain, or None."""
    from ingest.provider import announced_provider, known_provider, login_of

    found = known_provider(address) or announced_provider(address)
    if found is None:
        return None
    return Provider(found.name, found.host, found.port, login_of(found, address), found.help, found.password, found.authserv_id)


def import_files(parts: Composition, user: User, paths: Sequence[Path], noticed: Callable[[int], None]) -> tuple[int, int, int]:
    """Take in files of mails for a user: how many were seen, recorded, and could not be read."""
    from ingest.importing import import_mails

    row = _imports(parts, user)
    counts, errors = import_mails(parts.ledger, row, paths, parts.decider, lambda _, counts: noticed(counts.seen))
    parts.ledger.mailboxes.note_good(row, parts.now())
    return counts.seen, counts.recorded, len(errors)


def connect(parts: Composition, wanted: NewMailbox) -> MailboxRow:
    """Connect a mailbox that was asked for over HTTP."""
    settings, _ = settings_for(wanted)
    refuse_private(settings, parts.settings.allow_loopback_mail)
    return connect_mailbox(parts, wanted, settings)


def look_again(parts: Composition, user: User) -> int:
    """Decide anew what waits for an address of a user's; returns how many further entries that made."""
    made = 0
    for row in parts.ledger.mailboxes.of_users([user])[user]:
        made += parts.decider.assign(row).recorded + parts.decider.look_again(row)
    return made


def services(parts: Composition, sessions: Sessions) -> Services:
    """The API's services for this composition."""
    return Services(
        ledger=parts.ledger,
        now=parts.now,
        ready=lambda: _ready(parts),
        ingest=lambda user, raw: ingest_one(parts, user, raw),
        read_text=_text,
        connect=lambda wanted: connect(parts, wanted),
        model_card=lambda version: model_card(parts, version),
        program=PROGRAM,
        metrics_enabled=parts.settings.metrics,
        models=parts.models,
        look_again=lambda user: look_again(parts, user),
        probing=parts.settings.probe_links,
        provider=provider,
        import_files=lambda user, paths, noticed: import_files(parts, user, paths, noticed),
        sessions=sessions,
        read_mail=lambda raw: read_mail(parts, raw),
    )
