"""What the API is handed: the callables that it must not import itself."""

from api.login import Sessions
from api.reading import Reading, ShownLink
from api.services import NewMailbox, Services
from demur.composition import Composition
from demur.connecting import connect_mailbox, refuse_private, settings_for
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


def ingest_one(parts: Composition, user: User, raw: bytes) -> str:
    """Take one raw mail into a user's ledger; return its hash."""
    from ingest.identity import identity
    from ingest.importing import import_raw

    row = parts.ledger.mailboxes.find(f"import:{user.name}") or parts.ledger.mailboxes.save(
        f"import:{user.name}", MailboxSettings(kind="import"), None
    )
    parts.ledger.people.serve(row.id, user)
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


def connect(parts: Composition, wanted: NewMailbox) -> MailboxRow:
    """Connect a mailbox that was asked for over HTTP."""
    settings, _ = settings_for(wanted)
    refuse_private(settings, parts.settings.allow_loopback_mail)
    return connect_mailbox(parts, wanted, settings)


def services(parts: Composition, sessions: Sessions) -> Services:
    """The API's services for this composition."""
    return Services(
        ledger=parts.ledger,
        now=parts.now,
        ready=lambda: _ready(parts),
        ingest=lambda user, raw: ingest_one(parts, user, raw),
        read_text=_text,
        connect=lambda wanted: connect(parts, wanted),
        metrics_enabled=parts.settings.metrics,
        models=parts.models,
        probing=parts.settings.probe_links,
        sessions=sessions,
        read_mail=lambda raw: read_mail(parts, raw),
    )
