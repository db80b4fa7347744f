"""What the worker needs of a mailbox, whatever it is made of: folders, and what arrived in them after a cursor."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from ledger.mailboxes import Cursor
from ledger.record import Batch


class Mailbox(Protocol):
    """A mailbox that can be read and never changed."""

    def folders(self) -> list[str]:
        """Names of the folders to read, the one with new mail first."""

    def fetch_after(self, folder: str, cursor: Cursor | None, again: Sequence[int] = ()) -> Iterator[Batch]:
        """Batches of what arrived in a folder after `cursor`, oldest first; each brings the cursor that holds once it is stored.

        `again`: UIDs below the cursor that could not be read before and are tried once more.

        Raises RetryableError when the connection is lost: what was not yielded comes again next time.
        """

    def close(self) -> None:
        """End the connection without waiting for the server."""
