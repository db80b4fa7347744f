"""Raw bytes to `Message`: the one border behind which mail-parser works. Total: whatever comes in, a Message goes out."""

import codecs
import email
import logging
import re
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import Header, decode_header
from email.message import Message as Mime
from email.utils import collapse_rfc2231_value, parsedate_to_datetime
from typing import TypeVar

import mailparser

from ingest.caps import capped, normalised
from ingest.identity import identity
from ingest.markup import render
from ingest.quote import Split, split
from ingest.sender import mailboxes_in, only_sender
from ledger.message import Anchor, Frame, Message
from ledger.text import clean

T = TypeVar("T")

MAX_TEXT = 64 * 1024
"""Characters of text that are judged; no answer is longer."""
MAX_PART = 1024 * 1024
MAX_HTML = 512 * 1024
"""Characters of one text part, and of all HTML parts together, that are looked at."""
logging.getLogger("mailparser").setLevel(logging.CRITICAL)  # it would log what it finds in mails

MAX_DECODED = 10_000
"""Characters of a header that are decoded. MEASURED: the standard library is quadratic in broken RFC 2047 words, 252 KB take 50 seconds."""
URL = re.compile(r"https?://[^\s<>\"']{4,2000}")
WRITTEN_FORM = re.compile(
    r"(?i)(?<![\w@./-])(?:https?://)?((?:[a-z0-9-]{1,30}\.){0,3}(?:facebook|instagram|whatsapp|meta)\.com/[^\s<>\"'()]{4,200})"
)
"""An address on one of Meta's hosts that stands in a text to be read or typed, with or without its scheme."""
NO_CHARSETS = frozenset({"idna", "punycode", "raw-unicode-escape", "unicode-escape"})
"""Codecs of Python's that are no charset of any mail: some are quadratic, some make lone surrogates."""
CARRIER = "application/x-demur-mail"
ATTACHED = re.compile(rb"(?im)^(content-type[ \t]*:(?:[ \t]|\r\n[ \t])*)message/(?:rfc822|global)(?=[\s;])")
DELIVERED = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To")


@dataclass(slots=True)
class Parts:
    """The readable parts of one mail."""

    plain: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)
    originals: list[bytes] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)


def header_texts(mime: Mime, name: str) -> list[str]:
    """All values of a header as they stand, unfolded; never a `Header` object, never an exception."""
    return [_one_line(value) for value in mime.get_all(name, [])]


def _one_line(value: object) -> str:
    # QUIRK: compat32 returns a `Header` object for raw 8-bit headers.
    text = value.encode() if isinstance(value, Header) else str(value)
    return re.sub(r"[\r\n]+[ \t]*", " ", text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")).strip()


def decoded(value: str) -> str:
    """An RFC 2047 header in plain characters; what cannot be decoded stays as it stands."""
    value = value[:MAX_DECODED]
    try:
        chunks = decode_header(value)
    except (HeaderParseError, ValueError):
        return value
    return "".join(_characters(chunk, charset) if isinstance(chunk, bytes) else chunk for chunk, charset in chunks)


def _characters(data: bytes, charset: str | None) -> str:
    """Text of bytes in a charset that may be unknown or a lie: as declared, as UTF-8, as far as it goes. Never lone surrogates."""
    return _decoded_as(data, charset)[0]


def _decoded_as(data: bytes, charset: str | None) -> tuple[str, bool]:
    """(text, whether it is as declared)."""
    declared = _codec(charset) if charset else None
    for name in (declared, "utf-8"):
        try:
            if name:
                return _scalars(data.decode(name)), name == declared or not charset
        except (LookupError, ValueError):
            continue
    return _scalars(data.decode(declared if declared and declared != "ascii" else "latin-1", "replace")), False


def _scalars(text: str) -> str:
    """QUIRK: some codecs (UTF-7) make lone surrogates, which are no characters."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _codec(name: object) -> str | None:
    """Python's own name of a charset, or None for what is no charset of text."""
    try:
        bytes(4).decode(str(name))  # it raises where a codec is none of text
        codec = codecs.lookup(str(name)).name
    except (LookupError, ValueError):
        return None
    return codec if codec not in NO_CHARSETS else None


def _first(mime: Mime, name: str) -> str:
    values = header_texts(mime, name)
    return values[0] if values else ""


def _addresses(values: list[str]) -> tuple[str, ...]:
    found = [address.strip().lower() for _, address in mailboxes_in(values) if "@" in address]
    return tuple(dict.fromkeys(found))


def moment(value: str) -> datetime | None:
    """A header date as an aware datetime in UTC, or None where it is no date (zones and years may be absurd)."""
    try:
        found = parsedate_to_datetime(value)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None


def received_moment(mime: Mime) -> datetime | None:
    """When the user's own server took the mail in, as its topmost Received header says."""
    stamp = _first(mime, "Received").rpartition(";")[2].strip()
    return moment(stamp) if stamp else None


def _original(part: Mime) -> bytes | None:
    """The raw bytes of a mail that is attached as a part, or None when the part is something else."""
    if part.is_multipart():
        return None
    carried = part.get_content_type() == CARRIER
    if not carried and not (part.get_filename() or "").lower().endswith(".eml"):
        return None
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes) or not payload:
        return None
    return payload.replace(CARRIER.encode(), b"message/rfc822") if carried else payload


def _prepare(mime: Mime) -> Parts:
    """Make a tree harmless for parsers: attached mails and payloads that are no text are taken out, text is decoded and cut."""
    parts = Parts()
    stack = [mime]
    while stack:
        part = stack.pop()
        if part.is_multipart():
            stack.extend(child for child in reversed(list(part.get_payload())) if isinstance(child, Mime))
        elif (raw := _original(part)) is not None:
            parts.originals.append(raw)
            _become(part, CARRIER, "")
        elif part.get_content_maintype() != "text":
            part.set_payload("")
        else:
            parts.defects += _decode(part)
    return parts


def _become(part: Mime, content_type: str, payload: str) -> None:
    for name in ("Content-Type", "Content-Transfer-Encoding"):
        del part[name]
    part["Content-Type"] = content_type
    part.set_payload(payload)


def _decode(part: Mime) -> list[str]:
    """Put a text part's characters in the place of its bytes."""
    payload = part.get_payload(decode=True)
    charset = collapse_rfc2231_value(part.get_param("charset") or "")
    text, as_declared = _decoded_as(payload if isinstance(payload, bytes) else b"", charset)
    _become(part, part.get_content_type(), text[:MAX_PART])
    return [] if as_declared else ["text is not in the charset that it declares"]


def _by_mail_parser(mime: Mime) -> Parts:
    bare = copy(mime)
    for name in {key for key in mime if not key.lower().startswith("content-")}:
        del bare[name]  # it would decode every header, whatever that takes
    parsed = mailparser.MailParser(bare)
    return Parts(list(parsed.text_plain), list(parsed.text_html), defects=sorted(parsed.defects_categories))


def _leaves(mime: Mime) -> Iterator[Mime]:
    for part in mime.walk():
        if not part.is_multipart() and part.get_content_maintype() == "text":
            yield part


def _by_stdlib(mime: Mime) -> Parts:
    parts = Parts(defects=["mail-parser failed, read by the standard library"])
    for leaf in _leaves(mime):
        (parts.html if leaf.get_content_subtype() == "html" else parts.plain).append(str(leaf.get_payload()))
    return parts


def _parts(mime: Mime, raw: bytes) -> Parts:
    """The readable parts, by the first reader that survives the mail: mail-parser, the standard library, bare bytes."""
    prepared = _guarded(_prepare, mime)
    for reader in (_by_mail_parser, _by_stdlib) if prepared else ():
        parts = _guarded(reader, mime)
        if prepared and parts is not None:
            return Parts(parts.plain, parts.html, prepared.originals, [*prepared.defects, *parts.defects])
    return Parts([raw[:MAX_TEXT].decode("utf-8", "replace")], defects=["no parser could read it"])


def _guarded(step: Callable[[Mime], T], mime: Mime) -> T | None:
    """Run a step of a parser. Libraries raise anything on hostile mail: it becomes a defect, never an exception."""
    try:
        return step(mime)
    except Exception:
        return None


def _body(parts: Parts) -> tuple[str, str, list[Anchor], list[str]]:
    """The text that a reader sees, the hidden text, the links. HTML is what mail programs show where there is both."""
    shown, hidden = list[str](), list[str]()
    anchors, defects = list[Anchor](), list[str]()
    size = 0
    for markup in parts.html:
        size += len(markup)
        if shown and (size > MAX_HTML or sum(map(len, shown)) > MAX_TEXT):
            defects.append("too many pages of HTML, the rest was left out")
            break
        rendered = render(markup)
        shown.append(rendered.text)
        hidden.append(rendered.hidden)
        anchors += rendered.anchors
        defects += rendered.defects
    plain = "\n\n".join(parts.plain)
    text = "\n\n".join(shown)
    if len(text.split()) < min(3, len(plain.split())):
        text = plain
    anchors += _written_addresses(plain[:MAX_TEXT], "\n\n".join(shown)[:MAX_TEXT], anchors)
    return clean(text[:MAX_TEXT]), clean("\n".join(hidden)[:MAX_TEXT]), anchors, defects


def _written_addresses(plain: str, shown: str, anchors: list[Anchor]) -> list[Anchor]:
    """Addresses that stand in the text: all of plain text, Meta's of a page; not what a link is called: it may lead elsewhere."""
    words = "\n".join(anchor.text for anchor in anchors)
    typed = [f"https://{address}" for address in WRITTEN_FORM.findall(f"{plain}\n{shown}") if address not in words]
    seen = {anchor.href for anchor in anchors}
    return [Anchor(url, "") for url in dict.fromkeys(u.rstrip(").,;:>") for u in (*URL.findall(plain), *typed)) if url not in seen]


def _opened(safe: bytes) -> Mime:
    """The tree of parts. Attached mails stay closed, so that their bytes, and with them their DKIM signatures, come out as they went in."""
    return email.message_from_bytes(ATTACHED.sub(rb"\1" + CARRIER.encode(), safe))


def parse(raw: bytes) -> Message:
    """Read one raw mail. Never raises; what was wrong with the mail is in `Message.defects`."""
    raw = normalised(raw)
    sha256, _ = identity(raw)
    safe, defects = capped(raw)
    mime = _guarded(lambda _: _opened(safe), Mime())
    if mime is None:
        return Message(
            sha256, len(raw), text=clean(safe[:MAX_TEXT].decode("utf-8", "replace")), defects=(*defects, "no parser could read it")
        )
    parts = _parts(mime, safe)
    text, hidden, anchors, more = _body(parts)
    subject = clean(decoded(_first(mime, "Subject")))[:1000].replace("\n", " ")
    address, name, doubt = only_sender(header_texts(mime, "From"))
    divided = split(subject, text)
    original = parts.originals[0] if parts.originals else None
    message = Message(
        sha256=sha256,
        size=len(raw),
        subject=subject,
        note=divided.note,
        sender=address,
        sender_name=clean(decoded(name))[:300],
        to=_addresses(header_texts(mime, "To")),
        delivered_to=_addresses([v for h in DELIVERED for v in header_texts(mime, h)]),
        date=moment(_first(mime, "Date")),
        received=received_moment(mime),
        message_id=clean(_first(mime, "Message-ID"))[:500] or None,
        frame=divided.frame,
        original_sender=divided.original_sender,
        text=divided.text,
        hidden=hidden,
        quoted=divided.quoted,
        anchors=tuple(anchors[:500]),
        original=original,
        defects=(*defects, *parts.defects, *more, *([doubt] if doubt else [])),
    )
    return _with_original(message, divided)


def _with_original(message: Message, divided: Split) -> Message:
    """Where a mail does nothing but carry another as an attachment, the attached one's words are what it says."""
    if message.original is None or message.frame is Frame.REPLY:
        return message
    inner = parse(message.original)
    if not inner.text:
        return message
    return replace(
        message,
        note=f"{message.subject}\n{message.text}".strip(),
        frame=Frame.ATTACHED,
        text=inner.text,
        quoted=inner.quoted,
        hidden=inner.hidden,
        anchors=inner.anchors,
        original_sender=inner.sender,
        to=inner.to,
        delivered_to=(*message.to, *message.delivered_to),
        subject=inner.subject or message.subject,
        defects=(*message.defects, *inner.defects),
    )
