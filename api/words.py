"""The words, signs and tones in which pages speak of the ledger. Every state has a word and a sign, never a colour alone."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from api.schema import Because, CaseStatus, Freshness, TimelineEntry, UserStatus
from ledger.mailboxes import Health
from ledger.outcome import Outcome, Product, Track
from ledger.status import State
from ledger.trust import Trust


@dataclass(frozen=True, slots=True)
class Mark:
    """How something is called and drawn. `tone` is a class of the stylesheet."""

    word: str
    sign: str
    tone: str


STATES = {
    State.NONE: Mark("Nothing yet", "–", "quiet"),
    State.NOTIFIED: Mark("Not objected", "i", "told"),
    State.LINK_BROKEN: Mark("Form broken", "!", "broken"),
    State.VERIFYING: Mark("Code sent", "#", "told"),
    State.PENDING: Mark("Waiting", "…", "waiting"),
    State.NEEDS_INFORMATION: Mark("Meta asks", "?", "waiting"),
    State.CONFIRMED: Mark("Confirmed", "✓", "good"),
    State.REJECTED: Mark("Refused", "✕", "bad"),
    State.CONTRADICTED: Mark("Contradicted", "≠", "torn"),
}
OVERDUE = Mark("Overdue", "!", "broken")
OUTCOMES: dict[str, Mark] = {
    Outcome.NOTICE: Mark("Notice", "i", "told"),
    Outcome.VERIFICATION: Mark("Code", "#", "told"),
    Outcome.RECEIPT: Mark("Received", "…", "waiting"),
    Outcome.INFORMATION_REQUEST: Mark("Question", "?", "waiting"),
    Outcome.CONFIRMATION: Mark("Confirmation", "✓", "good"),
    Outcome.REJECTION: Mark("Refusal", "✕", "bad"),
    Outcome.BROKEN_LINK: Mark("Broken form", "!", "broken"),
    Outcome.UNRELATED: Mark("Something else", "–", "quiet"),
    "filed": Mark("Filed", "→", "told"),
    "form_works": Mark("Form works", "✓", "told"),
}
MEANINGS = {
    Outcome.NOTICE: "Meta will use your information; you may object",
    Outcome.VERIFICATION: "Here is the code or link that completes the form",
    Outcome.RECEIPT: "We have your request; no decision yet",
    Outcome.INFORMATION_REQUEST: "Send us more before we decide",
    Outcome.CONFIRMATION: "We honour your objection",
    Outcome.REJECTION: "We refuse, or cannot take further action",
    Outcome.BROKEN_LINK: "The link or form does not work",
    Outcome.UNRELATED: "It is about something else",
}
PRODUCTS = {
    Product.FACEBOOK: "Facebook",
    Product.INSTAGRAM: "Instagram",
    Product.WHATSAPP: "WhatsApp",
    Product.THREADS: "Threads",
    Product.META: "All of Meta",
}
TRACKS = {Track.OWN_DATA: "your own information", Track.THIRD_PARTY: "information from others"}
TRUSTS = {
    Trust.PROVEN: "Proved",
    Trust.UNPROVEN: "Not proved",
    Trust.FORGED: "Forged",
    Trust.UNKNOWN: "Sender not checked yet",
}
HEALTHS = {
    Health.CONNECTED: "the last look is too long ago",
    Health.CONNECT_ERROR: "its server does not answer",
    Health.AUTHENTICATION_ERROR: "the password was refused",
    Health.DISABLED: "it is switched off",
}
BUTTONS = {"object": "Object with Meta’s form", "retry_form": "Use this form instead"}
MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]


def day(when: date) -> str:
    """A day in words: 13 May 2025."""
    return f"{when.day} {MONTHS[when.month - 1]} {when.year}"


def clock(when: datetime) -> str:
    """The time of day: 09:12."""
    return f"{when:%H:%M}"


def moment(when: datetime) -> str:
    """A day and time: 13 May 2025, 09:12 UTC."""
    return f"{day(when)}, {clock(when)} UTC"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" + ("" if number == 1 else "s")


def ago(when: datetime, now: datetime) -> str:
    """How long ago: just now, 2 minutes ago, 3 hours ago, 5 days ago."""
    passed = max(now - when, timedelta())
    if passed < timedelta(minutes=1):
        return "just now"
    if passed < timedelta(hours=1):
        return _count(passed.seconds // 60, "minute") + " ago"
    if passed < timedelta(days=1):
        return _count(passed.seconds // 3600, "hour") + " ago"
    return _count(passed.days, "day") + " ago"


def person(decided_by: str) -> str:
    """Who decided, for people."""
    return {"model": "the model", "probe": "looking at the form"}.get(decided_by) or decided_by.removeprefix("person:")


def title(product: Product, track: Track) -> str:
    """What an objection is about: Instagram; Facebook, information from others."""
    return PRODUCTS[product] + ("" if track is Track.OWN_DATA else ", " + TRACKS[track])


def mark(case: CaseStatus) -> Mark:
    """The state of a case as it is drawn."""
    return OVERDUE if case.overdue else STATES[case.state]


def _waiting(case: CaseStatus) -> str:
    if case.answer_due is None or case.clock_started is None:
        return "Meta has the objection."
    if case.overdue:
        return f"Meta should have answered by {day(case.answer_due)}."
    return f"With Meta since {day(case.clock_started)}. It has until {day(case.answer_due)} to answer."


SENTENCES = {
    State.NOTIFIED: "Meta announced on {} that it will use your information for AI.",
    State.LINK_BROKEN: "A mail of {} says that the form does not work.",
    State.VERIFYING: "Meta sent a code on {}. Until it is entered, nothing is filed.",
    State.NEEDS_INFORMATION: "Meta asked for more on {}.",
    State.CONFIRMED: "Meta confirmed on {}.",
    State.REJECTED: "Meta refused on {}.",
    State.CONTRADICTED: "Meta confirmed first and refused on {}.",
}


def sentence(case: CaseStatus) -> str:
    """What happened, in one sentence."""
    if case.state is State.PENDING:
        return _waiting(case)
    if case.since is None or case.state is State.NONE:
        return "No mail about this objection yet."
    if case.because and case.because.decided_by == "probe":
        return f"Demur looked at the form again and again: since {day(case.since)} it counts as broken."
    return SENTENCES[case.state].format(day(case.since))


def remarks(case: CaseStatus) -> list[str]:
    """What else should be known of a case."""
    found = []
    if case.attempt > 1:
        found.append(f"This is attempt {case.attempt}.")
    if "covers_linked_accounts" in case.flags:
        found.append("It also covers the accounts linked in the Accounts Centre.")
    if "after_rejection" in case.flags and case.state is State.CONFIRMED:
        found.append("Meta had refused before.")
    if "extended" in case.flags and case.state is State.PENDING:
        found.append("Meta took two more months.")
    if case.reminded_on:
        found.append(f"Meta wrote again on {day(case.reminded_on[-1])}; that changes nothing.")
    return found


@dataclass(frozen=True, slots=True)
class Wait:
    """The legal clock of a waiting case, in days."""

    passed: int
    total: int
    left: str


def wait(case: CaseStatus, now: datetime) -> Wait | None:
    """How much of the time to answer has passed; None when no clock runs."""
    if case.answer_due is None or case.clock_started is None or case.overdue:
        return None
    total = (case.answer_due - case.clock_started).days
    left = (case.answer_due - now.date()).days
    return Wait(min(max(total - left, 0), total), total, "last day" if left == 0 else _count(left, "day") + " left")


def trust(evidence: Because) -> str:
    """How well the sender of the evidence is proven, with the reason."""
    return f"{TRUSTS[evidence.trust]}: {evidence.trust_reason}" if evidence.trust else ""


def sure(confidence: float) -> str:
    """A confidence for people: 97 % sure."""
    return f"{confidence * 100:.0f}\N{NO-BREAK SPACE}%\N{NO-BREAK SPACE}sure"


def counts(entry: TimelineEntry) -> bool:
    """Whether an entry may move a case by itself: a person's word, or a sure decision on a proven mail."""
    return entry.kind != "decision" or (entry.trust is Trust.PROVEN and not entry.abstained)


def decided(evidence: Because) -> str:
    """Who decided, and how sure."""
    if evidence.decided_by == "model":
        return f"Read by the model, {sure(evidence.confidence)}"
    if evidence.outcome == "filed":
        return f"Form submitted, says {person(evidence.decided_by)}"
    if evidence.decided_by == "probe":
        return "Found by looking at the form: " + evidence.phrases[0]
    return f"Said by {person(evidence.decided_by)}"


def looked(freshness: Freshness, now: datetime) -> str:
    """When the mailboxes were last read, or since when they could not be."""
    when = freshness.checked_at
    if not freshness.mailboxes:
        return f"Mail imported {ago(when, now)}" if when else "No mailbox is connected" if freshness.stale else "Mail imported"
    if not freshness.stale and when:
        return f"Looked {ago(when, now)}"
    return f"Could not look since {moment(when)}" if when else "Could not look yet"


def trouble(freshness: Freshness, now: datetime) -> list[str]:
    """What keeps each mailbox from being read, in words."""
    if not freshness.stale:
        return []
    bad = [m for m in freshness.mailboxes if m.state is not Health.CONNECTED or not m.checked_at or now - m.checked_at > timedelta(hours=1)]
    return [f"{mailbox.name}: {_reason(mailbox.state, mailbox.detail, mailbox.checked_at)}" for mailbox in bad]


def _reason(state: Health, detail: str | None, checked_at: datetime | None) -> str:
    if detail:
        return detail
    return "it was never read" if checked_at is None and state is Health.CONNECTED else HEALTHS[state]


def summary(status: UserStatus) -> str:
    """All cases of a user in one line: 3 of 4 objections confirmed · 1 waiting, answer due 13 June 2025."""
    if not status.cases:
        return "No objections known yet"
    confirmed = sum(case.state is State.CONFIRMED for case in status.cases)
    parts = [f"{confirmed} of {_count(len(status.cases), 'objection')} confirmed"]
    dues = sorted(case.answer_due for case in status.cases if case.answer_due and not case.overdue)
    if dues:
        parts.append(f"{len(dues)} waiting, answer due {day(dues[0])}")
    if overdue := sum(case.overdue for case in status.cases):
        parts.append(f"{overdue} overdue")
    if todo := sum(case.next_step.action not in ("none", "wait") for case in status.cases):
        parts.append(f"{_count(todo, 'thing')} to do")
    return " · ".join(parts)
