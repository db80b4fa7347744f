"""Access tokens for mailboxes: renewed shortly before they end, by one at a time, and kept before they are used.

A provider may replace the refresh token with every renewal, and drop the old one when the new one is first seen. What it gave is
therefore committed before anybody uses it: a crash before that leaves the old one, which still holds; a crash after it the new one.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from ingest.grant import Grant
from ingest.imap import AuthenticationError
from ingest.issuer import issuer_called
from ingest.token_endpoint import WithdrawnError, renewed
from ledger.errors import RetryableError
from ledger.lease import lease
from ledger.ledger import Ledger
from ledger.mailboxes import MailboxRow

T = TypeVar("T")
PATIENCE = 40.0
"""Seconds to wait for another process that renews the same token."""


class ConsentError(AuthenticationError):
    """Only the mailbox's owner can help: the provider asks for their consent again."""


class Bearers:
    """Gives out access tokens of the ledger's mailboxes. `issuers`: the operator's own identity providers."""

    def __init__(
        self, ledger: Ledger, issuers: Path, now: Callable[[], datetime], conceal: Callable[..., None] = lambda *secrets: None
    ) -> None:
        """`conceal` is told every token before it is used, so that logs can hide it."""
        self._ledger, self._issuers, self._now, self._conceal = ledger, issuers, now, conceal

    def fresh(self, row: MailboxRow, refused: str = "") -> Grant:
        """A grant that holds for more than a few minutes and whose token is not `refused`. Raises ConsentError, RetryableError."""
        end = time.monotonic() + PATIENCE
        while True:
            if self._holds(kept := self._kept(row), refused):
                return kept
            with self._lease(row) as mine:
                if mine:
                    kept = self._kept(row)
                    return kept if self._holds(kept, refused) else self._renewed(row, kept)
            if time.monotonic() > end:
                raise RetryableError("another Demur renews the access token and does not end")
            time.sleep(0.1)

    def tried(self, row: MailboxRow, log_in: Callable[[Grant], T]) -> T:
        """Log in; a token that is refused before its time is renewed once."""
        grant = self.fresh(row)
        try:
            return log_in(grant)
        except AuthenticationError:
            return log_in(self.fresh(row, refused=grant.access))

    def _kept(self, row: MailboxRow) -> Grant:
        return self._concealed(Grant.read(self._ledger.mailboxes.password(row)))

    def _concealed(self, grant: Grant) -> Grant:
        self._conceal(grant.access, grant.refresh, grant.client_secret)
        return grant

    def _holds(self, grant: Grant, refused: str) -> bool:
        return not grant.is_due(self._now()) and grant.access != refused

    def _lease(self, row: MailboxRow) -> AbstractContextManager[bool]:
        return lease(self._ledger.database, self._ledger.data, f"grant-{row.id}")

    def _renewed(self, row: MailboxRow, kept: Grant) -> Grant:
        try:
            grant = self._concealed(renewed(issuer_called(kept.issuer, self._issuers), kept, self._now()))
        except WithdrawnError as error:
            raise ConsentError(f"{error}. It needs you: `demur connect {row.name} --oauth {kept.issuer}` asks for consent again") from None
        self._ledger.mailboxes.keep_secret(row, grant.text())
        return grant
