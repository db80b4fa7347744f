"""Which mails are of one template: the same words once names, numbers, dates and addresses are masked."""

import hashlib
import re

from ledger.text import FOLDED

TOKEN = re.compile(r"https?://\S+|[\w.+-]+@[\w.-]+|\w+|[.!?:\n]")
SENTENCE_END = frozenset(".!?:\n")


def masked(text: str) -> str:
    """Folded words with `#` for whatever holds a digit, `@` for addresses and links, `*` for runs of capitalised words in mid-sentence."""
    found: list[str] = []
    opening = True
    for token in TOKEN.findall(text):
        if token in SENTENCE_END:
            opening = True
            continue
        if "@" in token or "://" in token:
            word = "@"
        elif any(character.isdigit() for character in token):
            word = "#"
        else:
            word = "*" if token[0].isupper() and not opening else FOLDED[token]
        opening = False
        if word not in "#@*" or not found or found[-1] != word:
            found.append(word)
    return " ".join(found)


def template_of(subject: str, text: str) -> str:
    """A fingerprint (16 hex digits) that all mails of one template share."""
    return hashlib.sha256(f"{masked(subject)}\n{masked(text)}".encode()).hexdigest()[:16]
