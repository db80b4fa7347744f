"""A mail without what is personal in it: the same parts, the same decisive words, nobody's names. And the check that nothing is left.

Names are found by what stands around them (headers, addresses, greetings); a name in the middle of a sentence has to be given.
"""

import email
import html
import re
from collections.abc import Iterable, Iterator
from email import policy
from email.message import EmailMessage, Message
from email.utils import formataddr, parsedate_to_datetime

from ingest.parse import decoded, header_texts
from ingest.personal import address, names_around, replaced
from ingest.pseudonym import Found, Pseudonyms
from ingest.sender import is_meta, mailboxes_in
from ledger.errors import OperatorError

MARK = "X-Demur-Fixture"
PEOPLE = ("From", "To", "Cc", "Reply-To", "Sender")
KEPT = frozenset({"from", "to", "cc", "subject", "date", "message-id", "mime-version", "x-demur-fixture"})
"""Headers that a redacted mail may have; others name servers, programs, cases and people."""
MESSAGE_ID = re.compile(r"<\d+@example\.org>")
NOON = "12:00:00 +0000"
TAG = re.compile(r"(<!--.*?-->|<style\b.*?</style\s*>|<script\b.*?</script\s*>|<[^>]*>)", re.DOTALL | re.IGNORECASE)
QUOTED = re.compile(r"(=\s*)(\"[^\"]*\"|'[^']*')")
LAYOUT = re.compile(
    r"(?:style|class|width|height|align|valign|bgcolor|color|border|cellpadding|cellspacing|role|lang|dir|charset)\s*$", re.IGNORECASE
)


LOOKS = 3
"""How often a mail is gone through: a name may come to light only when what stood around it is gone."""


def redacted(raw: bytes, names: Iterable[str] = ()) -> bytes:
    """The mail with stand-ins for everything personal. Raises OperatorError for what is no mail, or too broken to be sure of."""
    known, looked_at = set(names), raw
    for _ in range(LOOKS):
        made = _done(_Redaction(looked_at, known))
        left = leftovers(made, known)
        if not left:
            return made
        more = {found.value for found in left if found.kind == "name"} - known
        looked_at = raw if more else made
        known |= more
    raise OperatorError("this mail is too broken to be redacted: something personal would be left")


def _done(redaction: "_Redaction") -> bytes:
    """The border to the standard library's mail classes, which raise anything on mail that is broken enough."""
    try:
        return redaction.mail()
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise OperatorError(f"this mail is too broken to be redacted ({type(error).__name__})") from None


def leftovers(raw: bytes, names: Iterable[str] = ()) -> list[Found]:
    """What is personal in a mail that was redacted: empty when it can be shared."""
    redaction = _Redaction(raw, names)
    _done(redaction)
    unmarked = [] if header_texts(redaction.mime, MARK) == ["redacted"] else [Found("header", f"{MARK}: redacted is missing")]
    return unmarked + redaction.stand_ins.found


class _Redaction:
    """One mail on its way."""

    def __init__(self, raw: bytes, names: Iterable[str], stand_ins: Pseudonyms | None = None, inherited: Iterable[str] = ()) -> None:
        self.mime = email.message_from_bytes(raw, policy=policy.compat32)
        if not self.mime.keys():
            raise OperatorError("this is no mail: it has no header lines")
        self.stand_ins = stand_ins or Pseudonyms()
        headers = [decoded(value) for name in PEOPLE for value in header_texts(self.mime, name)]
        people = [name for name, found in mailboxes_in(headers) if not is_meta(found)]
        texts = [_plain(part) for part in self.mime.walk() if part.get_content_maintype() == "text"]
        self.names = names_around(people, [*texts, *(v for v in headers if not is_meta(v))], names) | set(inherited)
        self._boundaries = 0
        self._attachments = 0

    def mail(self) -> bytes:
        """The whole mail."""
        made = EmailMessage(policy=policy.SMTP)
        for name, value in self._headers():
            made[name] = " ".join(value.split())
        part = self._part(self.mime)
        for name, value in part.items():
            if name.lower() not in KEPT:
                made[name] = value
        made["MIME-Version"] = "1.0"
        made.set_payload(part.get_payload())
        return made.as_bytes()

    def text(self, text: str) -> str:
        """A text without what is personal."""
        return replaced(text, self.names, self.stand_ins)

    def _headers(self) -> Iterator[tuple[str, str]]:
        for name in self.mime:
            if name.lower() not in KEPT and not name.lower().startswith("content-"):
                self.stand_ins.dropped("header", name)
        for name in ("From", "To", "Cc"):
            if values := header_texts(self.mime, name):
                yield name, self._people(values)
        yield "Subject", self.text(decoded(next(iter(header_texts(self.mime, "Subject")), "")))
        if day := _day(next(iter(header_texts(self.mime, "Date")), "")):
            yield "Date", day
        yield "Message-ID", self._message_id()
        yield MARK, "redacted"

    def _message_id(self) -> str:
        known = next(iter(header_texts(self.mime, "Message-ID")), "")
        if known and not MESSAGE_ID.fullmatch(known):
            self.stand_ins.dropped("header", "Message-ID")
        return known if MESSAGE_ID.fullmatch(known) else "<1@example.org>"

    def _people(self, values: list[str]) -> str:
        shown = ((self.text(decoded(name)), address(found, self.stand_ins) if "@" in found else "") for name, found in mailboxes_in(values))
        return ", ".join(map(formataddr, shown))

    def _part(self, part: Message) -> EmailMessage:
        kind, sub = part.get_content_maintype(), part.get_content_subtype()
        if part.get_content_type() == "message/rfc822" and part.is_multipart():
            return self._attached(_inner(part))
        if part.is_multipart():
            return self._multipart(part, sub)
        name = part.get_filename() or ""
        payload = part.get_payload(decode=True)
        if name.lower().endswith(".eml") and isinstance(payload, bytes) and payload.strip():
            return self._attached(payload)
        return self._leaf(part, sub) if kind == "text" else self._emptied(part)

    def _multipart(self, part: Message, sub: str) -> EmailMessage:
        self._boundaries += 1
        made = EmailMessage(policy=policy.SMTP)
        made["Content-Type"] = f'multipart/{sub}; boundary="part{self._boundaries}"'
        made.set_payload([self._part(child) for child in part.get_payload() if isinstance(child, Message)])
        return made

    def _leaf(self, part: Message, sub: str) -> EmailMessage:
        text = _text(part)
        made = EmailMessage(policy=policy.SMTP)
        made.set_content(self._html(text) if sub == "html" else self.text(text), subtype=sub, charset="utf-8", cte="quoted-printable")
        return made

    def _attached(self, raw: bytes) -> EmailMessage:
        inner = _Redaction(raw, (), self.stand_ins, self.names)
        made = EmailMessage(policy=policy.SMTP)
        made["Content-Type"] = "message/rfc822"
        made["Content-Disposition"] = 'attachment; filename="attached.eml"'
        made.set_payload([email.message_from_bytes(inner.mail(), policy=policy.SMTP)])
        return made

    def _emptied(self, part: Message) -> EmailMessage:
        """An attachment that is there and holds nothing."""
        self._attachments += 1
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes) and payload.strip():
            self.stand_ins.dropped("attachment", part.get_content_type())
        made = EmailMessage(policy=policy.SMTP)
        made["Content-Type"] = part.get_content_type()
        if part.get_content_disposition():
            made["Content-Disposition"] = f'{part.get_content_disposition()}; filename="attachment{self._attachments}"'
        made["Content-Transfer-Encoding"] = "base64"
        made.set_payload("")
        return made

    def _html(self, markup: str) -> str:
        return "".join(self._tag(piece) if piece.startswith("<") else self._shown(piece) for piece in TAG.split(markup))

    def _shown(self, piece: str) -> str:
        return html.escape(self.text(html.unescape(piece)), quote=False)

    def _tag(self, tag: str) -> str:
        if tag.startswith("<!--"):
            return self.text(tag)
        if tag[:6].lower() == "<style" or tag[:7].lower() == "<script":
            return self.text(tag)
        return QUOTED.sub(lambda found: found[0] if LAYOUT.search(tag[: found.start()]) else self._value(found), tag)

    def _value(self, found: re.Match[str]) -> str:
        return f'{found[1]}"{html.escape(self.text(html.unescape(found[2][1:-1])))}"'


def _inner(part: Message) -> bytes:
    """The bytes of an attached mail."""
    return b"".join(child.as_bytes() for child in part.get_payload() if isinstance(child, Message))


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    for charset in (part.get_content_charset(), "utf-8"):
        try:
            return data.decode(charset or "utf-8")
        except (LookupError, ValueError):
            continue
    return data.decode("latin-1")


def _plain(part: Message) -> str:
    """A part's words as a reader sees them, roughly: enough to find a greeting."""
    text = _text(part)
    if part.get_content_subtype() != "html":
        return text
    pieces = [piece for piece in TAG.split(text) if piece.strip() and not piece.startswith("<")]
    return "\n".join(html.unescape(piece) for piece in pieces)


def _day(value: str) -> str | None:
    """The day of a date; the time of day may tell whose mail it is."""
    try:
        when = parsedate_to_datetime(value)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
    return f"{when:%a, %d %b %Y} {NOON}"
