"""What the front door hands to the API: the ledger, the clock, and the callables that belong to the other programs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request

from api.imports import Imports
from api.login import Sessions
from api.models import Models
from api.reading import Reading
from api.source import ModelCard, no_card
from ledger.ledger import Ledger
from ledger.mailboxes import MailboxRow
from ledger.people import User


@dataclass(frozen=True, slots=True)
class NewMailbox:
    """A mailbox that somebody wants to have read; what is None is found from the address."""

    user: str
    address: str
    password: str = field(repr=False)
    host: str | None = None
    port: int | None = None
    security: str = "tls"
    login: str | None = None
    folders: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    authserv_id: str | None = None
    oauth: str | None = None


@dataclass(frozen=True, slots=True)
class Provider:
    """Where the mail of an address is, and in plain words where its password comes from. `password`: a password is taken at all."""

    name: str
    host: str
    port: int
    login: str
    help: str
    password: bool
    authserv_id: str | None


@dataclass(frozen=True, slots=True)
class Services:
    """Everything the routes need. A callable that is None makes its route answer 503.

    `now`: the aware time. `ready`: what is not ready, and why (part → reason); empty when all is.
    `ingest`: take in one raw mail for a user and decide it; returns the mail's sha256.
    `read_text`: raw mail → subject, sender, text.
    `read_mail`: raw mail → everything that its page shows, one-time codes blotted out.
    `imports`: files under way. `sessions`: who logged in with the link of this process.
    `connect`: test the log-in and store the mailbox; raises OperatorError with what to change, RetryableError when the server is away.
    `provider`: the provider of a mail address, None when it cannot be found.
    `import_files`: take in files of mails for a user; told how many were seen so far; returns (seen, recorded, could not be read).
    `models`: the registry and its trainings.
    `model_card`: the files of a model's card by name, none for a model that is gone. `program`: what runs, with its version.
    `look_again`: decide a user's waiting mails anew, because an address is known; returns how many further entries that made.
    """

    ledger: Ledger
    now: Callable[[], datetime]
    ready: Callable[[], dict[str, str]]
    ingest: Callable[[User, bytes], str] | None = None
    read_text: Callable[[bytes], tuple[str, str, str]] | None = None
    connect: Callable[[NewMailbox], MailboxRow] | None = None
    model_card: ModelCard = no_card
    program: str = "demur"
    metrics_enabled: bool = True
    models: Models | None = None
    look_again: Callable[[User], int] | None = None
    probing: bool = False
    provider: Callable[[str], Provider | None] | None = None
    import_files: Callable[[User, Sequence[Path], Callable[[int], None]], tuple[int, int, int]] | None = None
    imports: Imports = field(default_factory=Imports)
    sessions: Sessions = field(default_factory=Sessions)
    read_mail: Callable[[bytes], Reading] | None = None


def services_of(request: Request) -> Services:
    """The services of the application that serves this request."""
    services: Services = request.app.state.services
    return services


ServicesDep = Annotated[Services, Depends(services_of)]
