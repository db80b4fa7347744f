"""The sentences in which pages speak of the ledger, in the language of the request."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from api.language import N_, _, clock, day, ngettext
from api.marks import OVERDUE, PRODUCTS, STATES, TRACKS, TRUSTS, Mark
from api.sayings import BINDINGS, PROBLEMS, SENDERS, said
from api.schema import Because, CaseStatus, Freshness, TimelineEntry, UserStatus
from ledger.mailboxes import Health
from ledger.outcome import Product, Track
from ledger.status import State
from ledger.trust import Trust

BUTTONS = {"object": N_("Object with Meta’s form"), "retry_form": N_("Use this form instead")}
TROUBLES = {
    Health.CONNECTED: N_("the last look is too long ago"),
    Health.CONNECT_ERROR: N_("its server does not answer"),
    Health.AUTHENTICATION_ERROR: N_("the password was refused"),
    Health.DISABLED: N_("it is switched off"),
}
WITHHELD = (
    N_("only Delivered-To names the user"),
    N_("To is none of the user's known addresses"),
    N_("To is the user's address"),
    N_("imported as the user's mail"),
    N_("a second copy of a mail that counts already"),
    N_("the same signed mail lies with another user, to whom it may belong"),
    N_("delivered long after Meta signed it: somebody may have sent it again"),
)
"""What `ingest.binding` and `ledger.replay` say of whose a mail is, marked for the catalogues."""
DOUBTS = (
    N_("nothing in its text is known"),
    N_("the words are not Meta's"),
    N_("it does not say what was decided"),
    N_("it may be about another matter"),
    N_("it says yes and no"),
)
"""What `classifier.doubt` says of a mail that a person must read, marked for the catalogues."""


def moment(when: datetime) -> str:
    """A day and time: 13 May 2025, 09:12 UTC."""
    return f"{day(when)}, {clock(when)} UTC"


def ago(when: datetime, now: datetime) -> str:
    """How long ago: just now, 2 minutes ago, 3 hours ago, 5 days ago."""
    passed = max(now - when, timedelta())
    if passed < timedelta(minutes=1):
        return _("just now")
    if passed < timedelta(hours=1):
        return _many(ngettext("{n} minute ago", "{n} minutes ago", passed.seconds // 60), passed.seconds // 60)
    if passed < timedelta(days=1):
        return _many(ngettext("{n} hour ago", "{n} hours ago", passed.seconds // 3600), passed.seconds // 3600)
    return _many(ngettext("{n} day ago", "{n} days ago", passed.days), passed.days)


def _many(text: str, number: int) -> str:
    return text.format(n=number)


LOOKS = {"model": N_("the model"), "probe": N_("looking at the form")}


def person(decided_by: str) -> str:
    """Who decided, for people."""
    return _(LOOKS[decided_by]) if decided_by in LOOKS else decided_by.removeprefix("person:")


def title(product: Product, track: Track) -> str:
    """What an objection is about: Instagram; Facebook, information from others."""
    return _(PRODUCTS[product]) + ("" if track is Track.OWN_DATA else ", " + _(TRACKS[track]))


def mark(case: CaseStatus) -> Mark:
    """The state of a case as it is drawn."""
    return OVERDUE if case.overdue else STATES[case.state]


def _waiting(case: CaseStatus) -> str:
    if case.answer_due is None or case.clock_started is None:
        return _("Meta has the objection.")
    if case.overdue:
        return _("Meta should have answered by {due}.").format(due=day(case.answer_due))
    started = _("With Meta since {start}. It has until {due} to answer.")
    return started.format(start=day(case.clock_started), due=day(case.answer_due))


SENTENCES = {
    State.NOTIFIED: N_("Meta announced on {day} that it will use your information for AI."),
    State.LINK_BROKEN: N_("A mail of {day} says that the form does not work."),
    State.VERIFYING: N_("Meta sent a code on {day}. Until it is entered, nothing is filed."),
    State.NEEDS_INFORMATION: N_("Meta asked for more on {day}."),
    State.CONFIRMED: N_("Meta confirmed on {day}."),
    State.REJECTED: N_("Meta refused on {day}."),
    State.CONTRADICTED: N_("Meta confirmed first and refused on {day}."),
}


def sentence(case: CaseStatus) -> str:
    """What happened, in one sentence."""
    if case.state is State.PENDING:
        return _waiting(case)
    if case.since is None or case.state is State.NONE:
        return _("No mail about this objection yet.")
    if case.because and case.because.decided_by == "probe":
        return _("Demur looked at the form again and again: since {day} it counts as broken.").format(day=day(case.since))
    return _(SENTENCES[case.state]).format(day=day(case.since))


def remarks(case: CaseStatus) -> list[str]:
    """What else should be known of a case."""
    found = []
    if case.attempt > 1:
        found.append(_("This is attempt {n}.").format(n=case.attempt))
    if "covers_linked_accounts" in case.flags:
        found.append(_("It also covers the accounts linked in the Accounts Centre."))
    if "new_wording" in case.flags:
        found.append(_("The wording is new: nothing like it was known before."))
    if "after_rejection" in case.flags and case.state is State.CONFIRMED:
        found.append(_("Meta had refused before."))
    if "extended" in case.flags and case.state is State.PENDING:
        found.append(_("Meta took two more months."))
    if case.reminded_on:
        found.append(_("Meta wrote again on {day}; that changes nothing.").format(day=day(case.reminded_on[-1])))
    return found


@dataclass(frozen=True, slots=True)
class Wait:
    """The legal clock of a waiting case, in days."""

    passed: int
    total: int
    left: str


def found(phrase: str) -> str:
    """What a probe found, in the language of the request; its address stays."""
    finding, colon, url = phrase.partition(": ")
    return _(finding) + colon + url


def wait(case: CaseStatus, now: datetime) -> Wait | None:
    """How much of the time to answer has passed; None when no clock runs."""
    if case.answer_due is None or case.clock_started is None or case.overdue:
        return None
    total = (case.answer_due - case.clock_started).days
    left = (case.answer_due - now.date()).days
    words = _many(ngettext("{n} day left", "{n} days left", left), left) if left else _("last day")
    return Wait(min(max(total - left, 0), total), total, words)


def reason(text: str | None) -> str:
    """Why a sender is proven or not, in words for people."""
    return said(text, SENDERS)


def binding(text: str | None) -> str:
    """Why a mail is somebody's or not, in words for people."""
    return said(text, BINDINGS)


def problem(text: str | None) -> str:
    """What kept something from working, in words for people."""
    return said(text, PROBLEMS)


def trust(evidence: Because) -> str:
    """How well the sender of the evidence is proven, with the reason."""
    return f"{TRUSTS[evidence.trust].word}: {reason(evidence.trust_reason)}" if evidence.trust else ""


def sure(confidence: float) -> str:
    """A confidence for people: 97 % sure."""
    return _("{percent} % sure").format(percent=f"{confidence * 100:.0f}").replace(" ", "\N{NO-BREAK SPACE}")


def counts(entry: TimelineEntry) -> bool:
    """Whether an entry may move a case by itself: a person's word, or a sure decision on a proven mail that is firmly the user's."""
    return entry.kind != "decision" or (entry.trust is Trust.PROVEN and not entry.abstained and not entry.withheld)


def decided(evidence: Because) -> str:
    """Who decided, and how sure."""
    if evidence.decided_by == "model":
        return _("Read by the model, {sure}").format(sure=sure(evidence.confidence))
    if evidence.decided_by == "probe":
        return _("Found by looking at the form")
    text = _("Form submitted, says {name}") if evidence.outcome == "filed" else _("Said by {name}")
    return text.format(name=person(evidence.decided_by))


def looked(freshness: Freshness, now: datetime) -> str:
    """When the mailboxes were last read, or since when they could not be."""
    when = freshness.checked_at
    if not freshness.mailboxes:
        imported = _("Mail imported {ago}").format(ago=ago(when, now)) if when else _("Mail imported")
        return imported if when or not freshness.stale else _("No mailbox is connected")
    if not freshness.stale and when:
        return _("Looked {ago}").format(ago=ago(when, now))
    return _("Could not look since {moment}").format(moment=moment(when)) if when else _("Could not look yet")


def trouble(freshness: Freshness, now: datetime) -> list[str]:
    """What keeps each mailbox from being read, in words."""
    if not freshness.stale:
        return []
    bad = [m for m in freshness.mailboxes if m.state is not Health.CONNECTED or not m.checked_at or now - m.checked_at > timedelta(hours=1)]
    return [f"{mailbox.name}: {why_not(mailbox.state, mailbox.detail, mailbox.checked_at)}" for mailbox in bad]


def why_not(state: Health, detail: str | None, checked_at: datetime | None) -> str:
    """Why a mailbox is not read: in the words that were noted, else by its state."""
    if detail:
        return problem(detail)
    return _("it was never read") if checked_at is None and state is Health.CONNECTED else _(TROUBLES[state])


def summary(status: UserStatus) -> str:
    """All cases of a user in one line: 3 of 4 objections confirmed · 1 waiting, answer due 13 June 2025."""
    total = len(status.cases)
    if not total:
        return _("No objections known yet")
    confirmed = sum(case.state is State.CONFIRMED for case in status.cases)
    parts = [ngettext("{done} of {n} objection confirmed", "{done} of {n} objections confirmed", total).format(done=confirmed, n=total)]
    dues = sorted(case.answer_due for case in status.cases if case.answer_due and not case.overdue)
    if dues:
        parts.append(_("{n} waiting, answer due {due}").format(n=len(dues), due=day(dues[0])))
    if overdue := sum(case.overdue for case in status.cases):
        parts.append(_("{n} overdue").format(n=overdue))
    if todo := sum(case.next_step.action not in ("none", "wait") for case in status.cases):
        parts.append(_many(ngettext("{n} thing to do", "{n} things to do", todo), todo))
    return " · ".join(parts)
