"""Mailboxes on the test run's Dovecot."""

from ingest.imap import ImapMailbox
from ledger.mailboxes import Health, MailboxRow, MailboxSettings
from tests.rig.dovecot import PASSWORD, Dovecot


def row(server: Dovecot, user: str, **changes: object) -> MailboxRow:
    """The mailbox of a mail user, over TLS; `changes` are settings."""
    settings: dict[str, object] = {
        "kind": "imap",
        "host": "localhost",
        "port": server.port,
        "security": "tls",
        "login": user,
        "ca_file": str(server.certificate),
    }
    return MailboxRow(1, user, MailboxSettings(**(settings | changes)), Health.CONNECTED, None, None, None, 0)  # type: ignore[arg-type]


def opened(server: Dovecot, user: str, password: str = PASSWORD, **changes: object) -> ImapMailbox:
    """An open mailbox of a mail user."""
    return ImapMailbox(row(server, user, **changes), password, allow_loopback=True)
