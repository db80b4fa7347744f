"""What the worker needs of a mailbox, whatever it is made of: folders, and what arrived in them after a cursor."""

from collections.abc import Iterator, Sequence, Set
from typing import Protocol

from ledger.errors import RetryableError
from ledger.mailboxes import Cursor
from ledger.record import Batch


class StumbledError(RetryableError):
    """Reading failed over a mail, not over the way to the server."""


class Mailbox(Protocol):
    """A mailbox that can be read and never changed."""

    @property
    def watched(self) -> str:
        """The folder whose new mail is announced."""

    def folders(self) -> list[str]:
        """Names of the folders to read, the one with new mail first."""

    def fetch_after(self, folder: str, cursor: Cursor | None, again: Sequence[int] = (), stumbles: int = 0) -> Iterator[Batch]:
        """Batches of what arrived in a folder after `cursor`, oldest first; each brings the cursor that holds once it is stored.

        `again`: UIDs below the cursor that could not be read before and are tried once more. `stumbles`: how often in a row reading on from
        here has failed; after a few the mails are read one by one, after a few more the first one is put aside.

        Raises RetryableError when the connection is lost, StumbledError when that happened over a mail: what was not yielded comes again.
        """

    def fetch_missed(self, folder: str, cursor: Cursor, low: int, high: int, known: Set[int]) -> Iterator[Batch]:
        """Batches of what lies between two UIDs, up to the cursor, and is not `known`."""

    def close(self) -> None:
        """End the connection without waiting for the server."""
