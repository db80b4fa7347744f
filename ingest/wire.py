"""What goes on the wire to a mail server: one line at a time, whoever built it.

QUIRK: imapclient writes CR and LF in arguments to the wire as commands of their own (its issue 657); here is the last place to refuse that.
"""

import re
from typing import Any

from ledger.errors import OperatorError

FORBIDDEN = re.compile(rb"[\r\n\0]|\{\d+\+?\}\Z")
"""Also the announcement of a literal (RFC 9051 §4.3), which would swallow the line after it."""


class HostileArgumentError(OperatorError):
    """Something that was to be sent would have been more than one command."""


def one_line(data: bytes) -> bytes:
    """The same bytes, when they are one line. Raises HostileArgumentError before anything is sent."""
    if FORBIDDEN.search(data.removesuffix(b"\r\n")):
        raise HostileArgumentError("a name or password holds a line break or a zero byte: it is not sent to any server")
    return data


def inside_a_line(argument: bytes) -> None:
    """Raises HostileArgumentError for an argument that would end its line."""
    if FORBIDDEN.search(argument):
        one_line(b"\n")


class OneLine:
    """For a connection of imaplib's: all that it sends goes through `one_line`. Nothing here sends literals."""

    def send(self, data: bytes) -> Any:
        """See imaplib.IMAP4.send."""
        return super().send(one_line(bytes(data)))  # type: ignore[misc]
