"""Decisive texts of the fixtures, as letters that anybody can put into an envelope of their own: one of each outcome in each language."""

import email
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

from demur.demo.signing import SigningKey
from ingest.decide import read
from ledger.message import Frame, Message
from ledger.outcome import DECISIVE, Outcome
from ledger.prediction import Prediction
from tests.ingest.labelled import FIXTURES, language_code, paths

META = "Meta <notification@facebookmail.com>"
DOMAIN = "facebookmail.com"
ANNA, BEN = "anna@example.org", "ben@example.org"
START = datetime(2025, 5, 1, 9, 0, tzinfo=UTC)
CONTENT = ("mime-version", "content-type", "content-transfer-encoding")
Classify = Callable[[Sequence[Message]], list[Prediction]]


@dataclass(frozen=True, slots=True)
class Letter:
    """A subject and a body with its content headers, as they stand in a fixture; the rest of the envelope is whoever's."""

    name: str
    outcome: Outcome
    subject: bytes
    content: bytes
    body: bytes
    number: int = 0

    @property
    def sent(self) -> datetime:
        return START + timedelta(hours=self.number)

    def raw(self, sender: str | None = META, to: str | None = ANNA, subject: bytes | None = None, extra: bytes = b"") -> bytes:
        """The mail with CRLF line ends; without From or To where they are None; `extra` are whole header lines."""
        head = [b"From: " + sender.encode()] if sender is not None else []
        head += [b"To: " + to.encode()] if to is not None else []
        date = format_datetime(self.sent).encode()
        head += [b"Subject: " + (self.subject if subject is None else subject), b"Date: " + date]
        return b"\r\n".join(head) + b"\r\n" + extra + self.content + b"\r\n" + self.body

    def signed(self, key: SigningKey, sender: str = META, to: str = ANNA, subject: bytes | None = None, extra: bytes = b"") -> bytes:
        """The mail as Meta would sign it."""
        return key.sign(self.raw(sender, to, subject, extra), sender.rpartition("@")[2].rstrip(">"))


def letter_of(path: Path, number: int = 0) -> Letter:
    """A fixture without its envelope."""
    raw = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    head, _, body = raw.partition(b"\r\n\r\n")
    fields = email.message_from_bytes(head + b"\r\n\r\n")
    kept = [f"{name}: {value}\r\n".encode("utf-8", "surrogateescape") for name, value in fields.items() if name.lower() in CONTENT]
    subject = str(fields["Subject"]).encode("utf-8", "surrogateescape")
    return Letter(f"{path.parent.name}/{path.stem}", Outcome(path.parent.name), subject, b"".join(kept), body, number)


def from_meta(path: Path) -> bool:
    """Whether a fixture is Meta's own mail, not one that somebody passed on."""
    message = read(path.read_bytes())
    return message.frame is Frame.DIRECT and message.from_meta


def _shortest_of_each_language(found: Iterable[Path]) -> list[Path]:
    first: dict[str, Path] = {}
    for path in sorted(found, key=lambda path: (path.stat().st_size, path.name)):
        if language_code(path) not in first and from_meta(path):
            first[language_code(path)] = path
    return [first[code] for code in sorted(first)]


def decisive_letters(classify: Classify) -> list[Letter]:
    """A confirmation and a rejection in each language, those that the model is sure of: what a forger would copy."""
    chosen = [letter_of(path) for outcome in sorted(DECISIVE) for path in _shortest_of_each_language(paths(outcome))]
    said = classify([read(letter.raw()) for letter in chosen])
    sure = [letter for letter, p in zip(chosen, said, strict=True) if p.outcome is letter.outcome and not p.abstained]
    return [replace(letter, number=number) for number, letter in enumerate(sure)]


def harmless_letters(classify: Classify, count: int) -> list[Letter]:
    """Mails of Meta's about something else: what a forger may get hold of with a good signature."""
    chosen = [letter_of(path) for path in sorted((FIXTURES / "unrelated").glob("*.eml"))[::5] if from_meta(path)]
    said = classify([read(letter.raw()) for letter in chosen])
    unrelated = [letter for letter, p in zip(chosen, said, strict=True) if p.outcome is Outcome.UNRELATED and not p.abstained]
    return [replace(letter, number=5000 + number) for number, letter in enumerate(unrelated[:count])]
