"""The three programs put together: settings in, working parts out."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from demur.judge import Judge
from demur.models import OwnModels
from demur.progress import training_progress
from demur.secrets import KNOWN
from demur.settings import Settings
from ledger.errors import OperatorError
from ledger.ledger import Ledger, open_ledger
from ledger.mailboxes import MailboxRow
from ledger.vault import KeyFile, Vault

if TYPE_CHECKING:
    from demur.notify.notifier import Notifier
    from demur.notify.target import Target
    from ingest.bearer import Bearers
    from ingest.decide import Decider
    from ingest.imap import ImapMailbox
    from ingest.keys import Keys
    from ingest.lifeline import Lifeline
    from ingest.line import Line
    from ingest.prober import Prober


def utc_now() -> datetime:
    """The clock of the whole program."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Composition:
    """Everything a command needs, made when first used."""

    settings: Settings
    now: Callable[[], datetime] = utc_now

    @cached_property
    def key_file(self) -> KeyFile:
        """The data folder's own keys; not used where the settings bring others."""
        return KeyFile(self.settings.data / "secret.key")

    @cached_property
    def vault(self) -> Vault:
        """Opens and seals secrets with the settings' key or the data folder's."""
        if self.settings.secret_key:
            KNOWN.add(*self.settings.secret_key.get_secret_value().split(","))
            return Vault([key.strip() for key in self.settings.secret_key.get_secret_value().split(",") if key.strip()])
        keys = self.key_file.keys()
        KNOWN.add(*keys)
        return Vault(keys, self.key_file.newer)

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger. Raises OperatorError when the data folder cannot be used."""
        data = self.settings.data
        try:
            data.mkdir(parents=True, exist_ok=True, mode=0o700)
            vault = self.vault
        except OSError as error:
            raise OperatorError(
                f"cannot use the data folder {data}: {error.strerror}; set DEMUR_DATA to a folder that you may write to"
            ) from None
        if self.settings.database_url:
            KNOWN.add(urlsplit(self.settings.url).password or "")
        return open_ledger(self.settings.url, data, vault)

    def close(self) -> None:
        """End a training that is under way and give the database's connections back, where there are any."""
        if "models" in self.__dict__:
            self.models.close()
        if "ledger" in self.__dict__:
            self.ledger.database.close()

    @cached_property
    def judge(self) -> Judge:
        """The classifier."""
        return Judge(self.settings.data, self.settings.abstain_below, training_progress(sys.stderr))

    @cached_property
    def models(self) -> OwnModels:
        """The registry and its trainings."""
        return OwnModels(self)

    @cached_property
    def keys(self) -> "Keys":
        """DKIM keys from DNS."""
        from ingest.keys import Keys

        return Keys(self.settings.name_servers)

    @cached_property
    def decider(self) -> "Decider":
        """Turns stored mail into entries."""
        from ingest.decide import Decider

        return Decider(self.ledger, self.judge, self.keys, self.now, self.settings.sealers)

    @cached_property
    def line(self) -> "Line":
        """How form links are reached: by the names that DNS has for them, on the public internet only."""
        from ingest.address import Resolver
        from ingest.line import Line

        return Line(Resolver(self.settings.name_servers).addresses)

    @cached_property
    def prober(self) -> "Prober":
        """Looks at form links. Raises OperatorError unless the operator allowed it."""
        from ingest.fetch import Fetcher
        from ingest.prober import Prober

        if not self.settings.probe_links:
            raise OperatorError("looking at links asks Meta's servers: set DEMUR_PROBE_LINKS=on to allow it")
        return Prober(self.ledger, Fetcher(self.line), self.now)

    @property
    def issuers(self) -> Path:
        """The operator's own identity providers."""
        return self.settings.data / "oauth.toml"

    @cached_property
    def bearers(self) -> "Bearers":
        """Gives out access tokens for mailboxes that were connected with OAuth."""
        from ingest.bearer import Bearers

        return Bearers(self.ledger, self.issuers, self.now, KNOWN.add)

    @cached_property
    def notifier(self) -> "Notifier":
        """Tells what changed. Raises OperatorError when a target cannot be used as it is written."""
        from demur.notify.notifier import Notifier
        from demur.notify.post import Post

        return Notifier(self.ledger, self.targets, Post(self.line, self.now), self.now)

    @cached_property
    def targets(self) -> "tuple[Target, ...]":
        """Where news are sent. Raises OperatorError when DEMUR_NOTIFY_URLS cannot be read."""
        from demur.notify.target import targets_of

        urls, secret = self.settings.notify_urls, self.settings.notify_secret
        return targets_of(urls.get_secret_value() if urls else "", secret.get_secret_value() if secret else "", self.vault)

    def connect(self, row: MailboxRow, lifeline: "Lifeline | None" = None) -> "ImapMailbox":
        """Open a mailbox's connection."""
        from ingest.grant import EARLY
        from ingest.imap import ImapMailbox

        allowed = self.settings.allow_loopback_mail
        if row.settings.oauth is None:
            password = self.ledger.mailboxes.password(row)
            KNOWN.add(password)
            return ImapMailbox(row, password, allowed, lifeline=lifeline)
        return self.bearers.tried(
            row, lambda grant: ImapMailbox(row, grant.access, allowed, lifeline=lifeline, good_until=grant.expires_at - EARLY)
        )
