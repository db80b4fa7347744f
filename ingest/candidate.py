"""Which mails may concern an objection, judged from outside, so that the bodies of all others are never fetched.

A mail is a candidate when Meta's domains stand in its addresses, when its subject speaks of Meta, its products or an objection, or when
it passes another mail on: as its subject says, or as an attachment from Meta, which the server lists in its BODYSTRUCTURE. After its body
was read, `Message.about_meta` decides whether it is kept. Recall is measured in bench/results/candidates.md.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from ingest.lexicon import codes, language
from ingest.parse import decoded
from ingest.pattern import Matcher, pattern_words
from ingest.quote import subject_kind
from ingest.sender import META_DOMAINS, is_meta, mailboxes_in, meta_domain
from ledger.text import clean, words_of

HEADERS = ("From", "Sender", "Reply-To", "To", "Delivered-To", "Subject", "Date", "References", "In-Reply-To", "Content-Type")
MAX_DEPTH = 30
SUBJECT_CONCEPTS = ("META", "PRODUCT", "AI_AT_META", "OBJECTION", "OBJECT", "RIGHT_TO_OBJECT", "ACCOUNTS_CENTRE")


@cache
def _subjects() -> Matcher[str]:
    """The telling words of every language at once: a subject is too short to know its language."""
    values = {value for code in codes() for name in SUBJECT_CONCEPTS for value in language(code).concepts.get(name, ())}
    return Matcher((pattern_words(value), value) for value in sorted(values))


def _names_meta(value: str) -> bool:
    return any(is_meta(address) for _, address in mailboxes_in([value]))


def worth_fetching(headers: Mapping[str, str]) -> str | None:
    """Why a mail with these headers (names in lower case, values raw) is a candidate, or None when it is not."""
    if any(_names_meta(headers.get(name, "")) for name in ("from", "sender", "reply-to")):
        return "from Meta"
    if _names_meta(headers.get("to", "")):
        return "to Meta"
    if any(domain in headers.get(name, "").lower() for name in ("from", "references", "in-reply-to") for domain in META_DOMAINS):
        return "answers or names Meta"
    subject = clean(decoded(headers.get("subject", ""))[:1000])
    if subject_kind(subject) == "forward":
        return "passes a mail on"
    if next(_subjects().find(words_of(subject).folded), None):
        return "subject speaks of it"
    return None


def may_carry_mail(headers: Mapping[str, str]) -> bool:
    """Whether it is worth asking the server what a mail is made of: only such mails have attachments."""
    return headers.get("content-type", "").strip().lower().startswith(("multipart/mixed", "message/"))


def carries_mail(structure: Any) -> bool:
    """Whether a BODYSTRUCTURE (as imapclient gives it) lists a mail from Meta, or a saved mail that does not say whose it is."""
    return any(_is_mail_of_metas(part) or _is_saved_mail(part) for part in _parts(structure))


def _parts(structure: Any) -> Iterator[tuple[Any, ...]]:
    """All parts of a structure that are not made of parts themselves; nothing is entered deeper than servers nest."""
    waiting = [(structure, 0)]
    while waiting:
        part, depth = waiting.pop()
        if not isinstance(part, tuple | list) or not part or depth > MAX_DEPTH:
            continue
        if isinstance(part[0], bytes):
            yield tuple(part)
        else:
            waiting += [(child, depth + 1) for child in (part[0] if isinstance(part[0], list) else part)]


def _is_mail_of_metas(part: tuple[Any, ...]) -> bool:
    """RFC 9051 §7.5.2: the eighth field of a message part is its envelope, whose third is From: (name, route, mailbox, host)."""
    if len(part) < 8 or [field.lower() for field in part[:2] if isinstance(field, bytes)] != [b"message", b"rfc822"]:
        return False
    envelope = part[7]
    senders = envelope[2] if isinstance(envelope, tuple) and len(envelope) > 2 else None
    if not isinstance(senders, tuple):
        return True
    hosts = [sender[3] for sender in senders if isinstance(sender, tuple) and len(sender) > 3]
    return any(isinstance(host, bytes) and meta_domain(host.decode("ascii", "replace").lower()) for host in hosts)


def _is_saved_mail(part: tuple[Any, ...]) -> bool:
    return any(text.lower().endswith(b".eml") for text in _texts(part))


def _texts(field: Any, depth: int = 3) -> Iterator[bytes]:
    if isinstance(field, bytes):
        yield field
    elif isinstance(field, tuple) and depth:
        for inner in field:
            yield from _texts(inner, depth - 1)
