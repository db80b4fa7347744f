"""News in words, for people who read them on a phone: the same facts as a webhook's, and no word of any mail."""

from collections.abc import Callable, Mapping
from typing import Any

STATES = {
    "none": "nothing yet",
    "notified": "Meta announced it, no objection yet",
    "link_broken": "the form does not work",
    "verifying": "a code waits to be entered",
    "pending": "Meta has it, no answer yet",
    "needs_information": "Meta wants more",
    "confirmed": "the objection is honoured",
    "rejected": "refused",
    "contradicted": "confirmed and refused",
}
MAILBOX = {
    "authentication_error": "its password is no longer taken",
    "connect_error": "it could not be reached for a day",
}
Facts = Mapping[str, Any]
Words = tuple[str, str]


def _account(facts: Facts) -> str:
    return f"{facts['user']}, {facts['product']}" + (" (third parties)" if facts["track"] == "third_party" else "")


def _changed(facts: Facts) -> Words:
    since = f"Since {facts['since'][:10]}. " if facts["since"] else ""
    due = f"Meta’s answer is due on {facts['due']}. " if facts["due"] else ""
    return f"{_account(facts)}: {STATES.get(facts['state'], facts['state'])}", f"{since}{due}`demur status {facts['user']}` says why."


def _near(facts: Facts) -> Words:
    return f"{_account(facts)}: the answer is due on {facts['due']}", "Nothing to do until then. After that day you may complain."


def _mailbox(facts: Facts) -> Words:
    return f"A mailbox of {facts['user']} needs you: {MAILBOX[facts['state']]}", "`demur doctor` names it and says what to do."


def _digest(facts: Facts) -> Words:
    states = ", ".join(f"{count} {state}" for state, count in sorted(facts["cases"].items())) or "none"
    week = f"{facts['changes']} changes, {facts['deadlines']} deadlines, {facts['mailboxes']} mailboxes in need"
    return f"Objections to Meta’s AI training, {facts['week']}", f"This week: {week}. All cases: {states}."


def _test(facts: Facts) -> Words:
    return "A test from Demur", "This is how news will reach you."


TELLERS: dict[str, Callable[[Facts], Words]] = {
    "case.changed": _changed,
    "deadline.near": _near,
    "mailbox.attention": _mailbox,
    "digest.weekly": _digest,
    "test": _test,
}


def in_words(kind: str, facts: Facts) -> Words:
    """A title and a sentence."""
    return TELLERS[kind](facts)
