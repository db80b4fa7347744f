"""Which mails may concern an objection, judged by headers alone, so that the bodies of all others are never fetched.

A mail is a candidate when Meta's domains stand in From, when its subject speaks of Meta, its products or an objection, or when it
passes another mail on (the forwarded original cannot be seen from outside). After its body was read, `Message.about_meta` decides
whether it is kept. Recall is measured by `make bench-candidates`.
"""

from collections.abc import Mapping
from functools import cache

from ingest.lexicon import codes, language
from ingest.parse import decoded
from ingest.pattern import Matcher, pattern_words
from ingest.quote import subject_kind
from ingest.sender import META_DOMAINS, is_meta, mailboxes_in
from ledger.text import clean, words_of

HEADERS = ("From", "Sender", "Reply-To", "To", "Delivered-To", "Subject", "Date", "References", "In-Reply-To")
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
    if any(domain in headers.get(name, "").lower() for name in ("from", "references", "in-reply-to") for domain in META_DOMAINS):
        return "answers or names Meta"
    subject = clean(decoded(headers.get("subject", ""))[:1000])
    if subject_kind(subject) == "forward":
        return "passes a mail on"
    if next(_subjects().find(words_of(subject).folded), None):
        return "subject speaks of it"
    return None
