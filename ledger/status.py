"""The state of each case, as a fold over a user's entries in order of arrival: the same whatever the order they were written in."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from ledger.deadline import answer_due
from ledger.entry import Correction, Decision, Entry, Filing, LinkProbe
from ledger.forms import alternative_url, form_url
from ledger.outcome import DECISIVE, Outcome, Product, Track
from ledger.trust import Trust

OVERTAKEN = timedelta(days=5)
"""Mails overtake each other by hours, answers come within 48 hours: what arrives this close to a decision belongs to it."""


class State(StrEnum):
    NONE = "none"
    NOTIFIED = "notified"
    LINK_BROKEN = "link_broken"
    VERIFYING = "verifying"
    PENDING = "pending"
    NEEDS_INFORMATION = "needs_information"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    CONTRADICTED = "contradicted"


BEFORE_FILING = frozenset({State.NONE, State.NOTIFIED, State.LINK_BROKEN, State.VERIFYING})
SETTLED = frozenset({State.CONFIRMED, State.CONTRADICTED})


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that may move a case: a mail that counts, a filing, or a probe of its form."""

    at: datetime
    outcome: Outcome | None
    decided_by: str
    decision: Decision | None = None
    filing: Filing | None = None
    probe: LinkProbe | None = None

    @property
    def sort_key(self) -> tuple[datetime, str, str]:
        other = self.filing or self.probe
        return self.at, self.decision.sha256 if self.decision else "", other.key if other else ""


@dataclass(frozen=True, slots=True)
class NextStep:
    action: str
    text: str
    url: str | None = None
    due: date | None = None
    asks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """One objection. `because` is the fact that put it into its state; `against` the one that contradicts it; `told` the first notice.

    `holidays`: the days, besides weekends, on which no deadline ends.
    """

    product: Product
    track: Track
    state: State = State.NONE
    since: datetime | None = None
    attempt: int = 1
    because: Fact | None = None
    against: Fact | None = None
    clock: date | None = None
    extended: bool = False
    paused_on: date | None = None
    paused_days: int = 0
    reminded_on: tuple[date, ...] = ()
    flags: frozenset[str] = frozenset()
    form: str | None = None
    told: Fact | None = None
    refused_last: datetime | None = None
    holidays: frozenset[date] = field(default=frozenset(), repr=False)

    @property
    def answer_due(self) -> date | None:
        if self.state is not State.PENDING or self.clock is None:
            return None
        return answer_due(self.clock, self.extended, self.paused_days, self.holidays)

    def overdue(self, now: datetime) -> bool:
        """Derived when read: the day of the answer has passed and nothing decided."""
        due = self.answer_due
        return due is not None and now.date() > due


@dataclass(frozen=True, slots=True)
class Status:
    """What all entries of one user add up to. `asked_addresses`: which may be the user's, as mails that Meta signed name them."""

    cases: tuple[Case, ...] = ()
    unproven: int = 0
    needs_review: int = 0
    asked_addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """What is in force on one mail: the newest decision (with the best proof) and the last word of a person, if any."""

    at: datetime
    decision: Decision
    correction: Correction | None


@dataclass(slots=True)
class _Mail:
    """All that was written about one mail."""

    at: datetime
    decision: Decision
    corrections: list[tuple[datetime, int, Correction]] = field(default_factory=list)

    @property
    def correction(self) -> Correction | None:
        return max(self.corrections, key=lambda c: c[:2])[2] if self.corrections else None

    @property
    def counted(self) -> Fact | None:
        """The fact that this mail is, or None when it moves nothing."""
        decision = self.decision
        if said := self.correction:
            return None if said.outcome is Outcome.UNRELATED else Fact(self.at, said.outcome, f"person:{said.by}", decision)
        if decision.abstained or decision.outcome is Outcome.UNRELATED or decision.trust is not Trust.PROVEN:
            return None
        if decision.replay or (decision.outcome in DECISIVE and not decision.bound):
            return None
        return Fact(self.at, decision.outcome, "model", decision)


def _mails(entries: Iterable[Entry]) -> list[_Mail]:
    mails: dict[str, _Mail] = {}
    notes: list[Entry] = []
    for entry in sorted(entries, key=lambda entry: (entry.recorded_at, entry.seq)):
        if not isinstance(entry.body, Decision):
            notes.append(entry)
        elif known := mails.get(entry.body.sha256):
            known.at = min(known.at, entry.at)
            known.decision = _keeping_proof(entry.body, known.decision)
        else:
            mails[entry.body.sha256] = _Mail(entry.at, entry.body)
    for note in notes:
        if isinstance(note.body, Correction) and note.body.sha256 in mails:
            mails[note.body.sha256].corrections.append((note.body.said_at, note.seq, note.body))
    return list(mails.values())


def _keeping_proof(newer: Decision, older: Decision) -> Decision:
    if older.trust is Trust.PROVEN and newer.trust is not Trust.PROVEN:
        return replace(newer, trust=older.trust, trust_reason=older.trust_reason, seal=older.seal, replay=older.replay)
    return newer


def judged_mails(entries: Iterable[Entry]) -> list[Judged]:
    """Every mail of a user with what is in force on it, oldest first: the same view as the fold's."""
    found = (Judged(mail.at, mail.decision, mail.correction) for mail in _mails(entries))
    return sorted(found, key=lambda judged: (judged.at, judged.decision.sha256))


def _facts(entries: Sequence[Entry], mails: Iterable[_Mail]) -> list[Fact]:
    facts = [fact for mail in mails if (fact := mail.counted)]
    facts += [Fact(e.at, None, f"person:{e.body.by}", filing=e.body) for e in entries if isinstance(e.body, Filing)]
    facts += [Fact(e.at, None, "probe", probe=e.body) for e in entries if isinstance(e.body, LinkProbe)]
    return sorted(facts, key=lambda fact: fact.sort_key)


def _moved(case: Case, state: State, fact: Fact, **changes: object) -> Case:
    return replace(case, state=state, since=fact.at, because=fact, against=None, **changes)  # type: ignore[arg-type]


def _reopened(case: Case, fact: Fact) -> Case:
    """A new attempt after a rejection: the history stays in the entries, the clock starts anew."""
    flags = case.flags - {"extended"}
    return replace(case, attempt=case.attempt + 1, clock=None, extended=False, paused_on=None, paused_days=0, because=fact, flags=flags)


def _closed_to(case: Case, fact: Fact) -> bool:
    """Whether what overtook a decision, or came after a confirmation, must leave the case alone."""
    if case.state in SETTLED:
        return True
    return case.state is State.REJECTED and case.refused_last is not None and fact.at - case.refused_last <= OVERTAKEN


def _notice(case: Case, fact: Fact) -> Case:
    if case.state is State.NONE:
        return _moved(case, State.NOTIFIED, fact, told=fact)
    if case.state is State.NOTIFIED:
        return case
    if _brings_another_form(case, fact):
        case = _moved(case, State.NOTIFIED, fact, told=fact)
    return replace(case, reminded_on=(*case.reminded_on, fact.at.date()), flags=case.flags | {"reminded"})


def _probed(case: Case) -> LinkProbe | None:
    """The probe that found the form of this case broken; None where a mail said so."""
    return case.because.probe if case.state is State.LINK_BROKEN and case.because else None


def _brings_another_form(case: Case, fact: Fact) -> bool:
    probe, form = _probed(case), fact.decision.form_url if fact.decision else None
    return probe is not None and form not in (None, probe.url)


def _broken_link(case: Case, fact: Fact) -> Case:
    """What a mail says outranks what a probe found: it stays broken, and no later probe takes that back."""
    said_by_mail = case.state is State.LINK_BROKEN and _probed(case) is None
    return _moved(case, State.LINK_BROKEN, fact) if case.state in BEFORE_FILING and not said_by_mail else case


def _probe(case: Case, fact: Fact) -> Case:
    """A probe moves only a case that rests on the form it looked at, and takes back only what a probe said."""
    probe, before = fact.probe, _probed(case)
    assert probe
    if probe.broken and case.state is State.NOTIFIED and case.form == probe.url:
        return _moved(case, State.LINK_BROKEN, fact)
    if not probe.broken and before and before.url == probe.url and case.told:
        return _moved(case, State.NOTIFIED, case.told)
    return case


def _verification(case: Case, fact: Fact) -> Case:
    if _closed_to(case, fact) or case.state is State.VERIFYING:
        return case
    if case.state is State.REJECTED:
        return _moved(_reopened(case, fact), State.VERIFYING, fact)
    if case.state in BEFORE_FILING or _awaits_code(case, fact):
        return _moved(case, State.VERIFYING, fact)
    return case


def _awaits_code(case: Case, fact: Fact) -> bool:
    """A code that comes after «I submitted the form» and before any receipt still has to be entered."""
    filing = case.because.filing if case.because else None
    return case.state is State.PENDING and filing is not None and not (filing.whole_day and filing.on == fact.at.date())


def _pending(case: Case, fact: Fact, start: date) -> Case:
    """Move to `pending`; the clock keeps its first start, and what Meta waited for the user since then is added to it."""
    paused = case.paused_days
    if case.state is State.NEEDS_INFORMATION and case.paused_on and case.clock:
        paused += (fact.at.date() - case.paused_on).days
    return _moved(case, State.PENDING, fact, clock=min(case.clock or start, start), paused_on=None, paused_days=paused)


def _receipt(case: Case, fact: Fact) -> Case:
    if _closed_to(case, fact):
        return case
    if case.state is State.REJECTED:
        case = _reopened(case, fact)
    if case.state is not State.PENDING or (case.because and case.because.filing):
        case = _pending(case, fact, fact.at.date())
    if fact.decision and fact.decision.announces_extension:
        case = replace(case, extended=True, flags=case.flags | {"extended"})
    return case


def _filing(case: Case, fact: Fact) -> Case:
    assert fact.filing
    if case.state in SETTLED:
        return case
    if case.state is State.REJECTED:
        case = _reopened(case, fact)
    if case.state is State.PENDING:
        return replace(case, clock=min(case.clock or fact.filing.on, fact.filing.on))
    return _pending(case, fact, fact.filing.on)


def _information_request(case: Case, fact: Fact) -> Case:
    if _closed_to(case, fact) or case.state is State.NEEDS_INFORMATION:
        return case
    if case.state is State.REJECTED:
        case = _reopened(case, fact)
    return _moved(case, State.NEEDS_INFORMATION, fact, paused_on=fact.at.date())


def _confirmation(case: Case, fact: Fact) -> Case:
    flags = case.flags
    if fact.decision and fact.decision.names_accounts_centre:
        flags |= {"covers_linked_accounts"}
    if case.state is State.CONFIRMED:
        return replace(case, flags=flags)
    if case.state in (State.REJECTED, State.CONTRADICTED):
        flags |= {"after_rejection"}
    return _moved(case, State.CONFIRMED, fact, flags=flags)


def _rejection(case: Case, fact: Fact) -> Case:
    if case.state is State.CONFIRMED:
        return replace(case, state=State.CONTRADICTED, since=fact.at, against=case.because, because=fact)
    if case.state is State.CONTRADICTED:
        return case
    if case.state is State.REJECTED:
        return replace(case, refused_last=fact.at)
    return _moved(case, State.REJECTED, fact, refused_last=fact.at)


RULES: dict[Outcome, Callable[[Case, Fact], Case]] = {
    Outcome.NOTICE: _notice,
    Outcome.VERIFICATION: _verification,
    Outcome.RECEIPT: _receipt,
    Outcome.INFORMATION_REQUEST: _information_request,
    Outcome.CONFIRMATION: _confirmation,
    Outcome.REJECTION: _rejection,
    Outcome.BROKEN_LINK: _broken_link,
}


def _rule(fact: Fact) -> Callable[[Case, Fact], Case]:
    if fact.outcome is not None:
        return RULES[fact.outcome]
    return _filing if fact.filing else _probe


def facts_of(entries: Sequence[Entry]) -> list[Fact]:
    """All that may move a user's cases, in order of arrival: the mails that count, filings and probes."""
    return _facts(entries, _mails(entries))


def case_key(fact: Fact) -> tuple[Product, Track]:
    """The case that a fact is about."""
    source = fact.filing or fact.decision or fact.probe
    assert source
    return source.product, source.track


def _worded(case: Case) -> frozenset[str]:
    """The flags, with `new_wording` where the model alone says what an answer means that is worded as none before."""
    fact = case.because
    new = fact is not None and fact.decided_by == "model" and fact.decision is not None and fact.decision.new_wording
    return case.flags | {"new_wording"} if new else case.flags - {"new_wording"}


def status_of(entries: Sequence[Entry], holidays: frozenset[date] = frozenset()) -> Status:
    """Fold a user's entries into their cases; no deadline ends on one of `holidays` or on a weekend."""
    mails = _mails(entries)
    cases: dict[tuple[Product, Track], Case] = {}
    for fact in _facts(entries, mails):
        key = case_key(fact)
        if fact.probe and key not in cases:
            continue
        case = _rule(fact)(cases.get(key) or Case(*key, holidays=holidays), fact)
        seen_form = fact.decision.form_url if fact.decision else None
        cases[key] = replace(case, form=seen_form or case.form, flags=_worded(case))
    open_mails = [mail for mail in mails if mail.correction is None]
    return Status(
        cases=tuple(cases[key] for key in sorted(cases)),
        unproven=sum(m.decision.trust is not Trust.PROVEN and m.decision.outcome is not Outcome.UNRELATED for m in open_mails),
        needs_review=sum(m.decision.abstained or m.decision.withheld for m in open_mails),
        asked_addresses=tuple(sorted({address for mail in mails for address in mail.decision.asked_addresses})),
    )


TEXTS = {
    "none": "Nothing to do.",
    "object": "Object with this form before Meta uses your information.",
    "enter_code": "Enter the code from the mail in the form before it expires; without it nothing is filed.",
    "wait": "Meta has the objection; wait for the answer.",
    "send_information": "Send Meta what the mail asks for; the deadline rests until then.",
    "retry_form": "The form did not work; try this way instead.",
    "complain": "You may complain to your data protection authority.",
    "review": "Meta confirmed and refused the same objection; look at both mails.",
}
ASKED = {
    "SCREENSHOT": "a screenshot",
    "PROMPT": "the prompt you entered",
    "EVIDENCE": "documents that prove it",
    "COUNTRY": "the country where you live",
    "IDENTITY": "proof of who you are",
    "EXPLAIN": "your reasons",
}
"""What Meta asks for, by the concept that stands for it in every language."""
ACTIONS = {
    State.NONE: "none",
    State.NOTIFIED: "object",
    State.LINK_BROKEN: "retry_form",
    State.VERIFYING: "enter_code",
    State.PENDING: "wait",
    State.NEEDS_INFORMATION: "send_information",
    State.CONFIRMED: "none",
    State.REJECTED: "complain",
    State.CONTRADICTED: "review",
}


def next_step(case: Case, now: datetime) -> NextStep:
    """What the user can do now, with the day by which it matters."""
    action = "complain" if case.overdue(now) else ACTIONS[case.state]
    url = None
    if action == "object":
        url = case.form or form_url(case.product, case.track)
    elif action == "retry_form":
        url = alternative_url(case.form)
    asks = _asked(case) if action == "send_information" else ()
    return NextStep(action, TEXTS[action], url, case.answer_due if action == "wait" else None, asks)


def _asked(case: Case) -> tuple[str, ...]:
    """What Meta asked for, in words; empty when the mail does not say it in words that are known."""
    asks = case.because.decision.asks if case.because and case.because.decision else ()
    return tuple(words for concept, words in ASKED.items() if concept in asks)
