"""Connecting a mailbox, for the command line and for HTTP alike: find the server, test the log-in, store it."""

import ipaddress
import socket
from typing import TYPE_CHECKING

from api.services import NewMailbox
from demur.composition import Composition
from demur.secrets import KNOWN
from ledger.errors import OperatorError
from ledger.mailboxes import MailboxRow, MailboxSettings
from ledger.people import normalised

if TYPE_CHECKING:
    from ingest.grant import Grant

DEFAULT_PORTS = {"tls": 993, "starttls": 143, "loopback": 143}


def settings_for(wanted: NewMailbox, ca_file: str | None = None, fingerprint: str | None = None) -> tuple[MailboxSettings, str]:
    """The mailbox's settings, filled in from the provider table or the domain's SRV records, and the provider's help text.

    Raises OperatorError when the server cannot be found or takes no passwords.
    """
    from ingest.provider import announced_provider, known_provider, login_of

    address = normalised(wanted.address)
    if address.count("@") != 1 or address.startswith("@") or address.endswith("@"):
        raise OperatorError("ADDRESS is a mail address, like anna@example.org")
    provider = None if wanted.host else known_provider(address) or announced_provider(address)
    if provider and not provider.password and not wanted.oauth:
        raise OperatorError(provider.help)
    if wanted.host is None and provider is None:
        raise OperatorError(f"the mail server of {address.partition('@')[2]} is not known: give --host")
    settings = MailboxSettings(
        kind="imap",
        host=wanted.host or (provider.host if provider else ""),
        port=wanted.port or (provider.port if provider else DEFAULT_PORTS.get(wanted.security, 993)),
        security=wanted.security,
        login=wanted.login or (login_of(provider, address) if provider else address),
        ca_file=ca_file,
        folders=wanted.folders,
        authserv_id=wanted.authserv_id or (provider.authserv_id if provider else None),
        oauth=wanted.oauth,
        fingerprint=fingerprint,
    )
    return settings, provider.help if provider else ""


def refuse_private(settings: MailboxSettings, allowed: bool) -> None:
    """Refuse servers inside the own network: whoever connects over HTTP must not reach what only this machine reaches."""
    try:
        found = {info[4][0] for info in socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)}
    except OSError:
        return
    if not allowed and not all(ipaddress.ip_address(str(address).partition("%")[0]).is_global for address in found):
        raise OperatorError(f"{settings.host} is not on the public internet: set DEMUR_ALLOW_LOOPBACK_MAIL=1 to allow it")


def connect_mailbox(parts: Composition, wanted: NewMailbox, settings: MailboxSettings, grant: "Grant | None" = None) -> MailboxRow:
    """Test the log-in, then store user, addresses and mailbox. Nothing is stored when the log-in fails.

    `grant`: what an identity provider gave, in place of a password.

    In a shared mailbox its address stays with the first user; the others are told apart by their aliases.
    """
    from ingest.imap import leave, open_client

    KNOWN.add(wanted.password, *((grant.access, grant.refresh, grant.client_secret) if grant else ()))
    address = normalised(wanted.address)
    client = open_client(settings, grant.access if grant else wanted.password, parts.settings.allow_loopback_mail)
    leave(client)
    person = parts.ledger.people.ensure(wanted.user, parts.now())
    row = parts.ledger.mailboxes.save(address, settings, grant.text() if grant else wanted.password)
    served = parts.ledger.people.of_mailbox(row.id)
    somebody_elses = any(address in own for other, own in served.items() if other != person)
    own = wanted.aliases if somebody_elses and wanted.aliases else (address, *wanted.aliases)
    parts.ledger.people.add_addresses(person, own)
    parts.ledger.people.serve(row.id, person)
    return row
