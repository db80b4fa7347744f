"""Raw mails for the tests, made of a few words."""

from ingest.parse import parse
from ledger.message import Message

META = "Facebook <notification@facebookmail.com>"
ANNA = "Anna Example <anna@example.org>"


def letter(
    body: str | bytes = "Hello, we have received your objection.",
    *,
    sender: str = META,
    to: str = ANNA,
    subject: str = "About your request",
    kind: str = "text/plain; charset=utf-8",
    extra: tuple[str, ...] = (),
) -> bytes:
    """One mail with CRLF line ends; `extra` are whole header lines."""
    head = [
        f"From: {sender}",
        f"To: {to}",
        f"Subject: {subject}",
        "Date: Tue, 13 May 2025 09:12:00 +0200",
        "MIME-Version: 1.0",
        f"Content-Type: {kind}",
        *extra,
    ]
    words = body if isinstance(body, bytes) else body.replace("\n", "\r\n").encode()
    return "\r\n".join(head).encode() + b"\r\n\r\n" + words


def multipart(*parts: bytes, subtype: str = "mixed", boundary: str = "frontier", **headers: str) -> bytes:
    """A mail of several parts; each part is its own headers, an empty line and its content."""
    lines = b"".join(b"--" + boundary.encode() + b"\r\n" + part + b"\r\n" for part in parts)
    return letter(lines + b"--" + boundary.encode() + b"--\r\n", kind=f'multipart/{subtype}; boundary="{boundary}"', **headers)


def parsed(text: str, subject: str = "About your request", kind: str = "text/plain; charset=utf-8") -> Message:
    """The message that a mail with this text becomes."""
    return parse(letter(text, subject=subject, kind=kind))
