"""A complaint to the user's data protection authority, drafted from the ledger's facts and nothing else: it asks, it asserts no breach."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from api.authority import Authority, authority_of
from api.letter import Letter, letter_in
from api.marks import PRODUCTS
from ledger.errors import OperatorError
from ledger.ledger import Ledger
from ledger.outcome import Product, Track
from ledger.people import User
from ledger.status import Case, Fact, State, case_key, facts_of
from ledger.trust import Trust

NAMES = PRODUCTS | {Product.META: "Meta"}
REASONS = {State.REJECTED: "rejected", State.CONTRADICTED: "contradicted"}


@dataclass(frozen=True, slots=True)
class Complaint:
    """One draft. `reason`: rejected, contradicted or overdue. `authority`: None where the user's country is not known or not of the EEA."""

    product: Product
    track: Track
    reason: str
    authority: Authority | None
    language: str
    subject: str
    text: str


def reason_of(case: Case, now: datetime) -> str | None:
    """Why one may complain about a case, or None."""
    return "overdue" if case.overdue(now) else REASONS.get(case.state)


def complaints(ledger: Ledger, user: User, now: datetime, product: Product | None = None, language: str | None = None) -> list[Complaint]:
    """A draft for each case of a user that is refused, contradicted or overdue, of one product or of all.

    The language is the one asked for, else the user's, else the authority's first; English where no letter is written in it.
    Raises OperatorError for a country without such an authority.
    """
    profile = ledger.people.profile(user)
    authority = authority_of(profile.country)
    if profile.country and authority is None:
        raise OperatorError(f"the GDPR has no authority in {profile.country}: a complaint under it cannot be drafted")
    wanted = language or profile.language or (authority.languages[0] if authority else None)
    letter = letter_in(wanted, profile.country)
    addresses = ledger.people.addresses(user)
    facts: dict[tuple[Product, Track], list[Fact]] = defaultdict(list)
    for fact in facts_of(ledger.record.entries(user)):
        if fact.outcome or fact.filing:
            facts[case_key(fact)].append(fact)
    cases = [case for case in ledger.record.status(user).cases if product in (None, case.product)]
    return [
        _complaint(case, reason, letter, authority, facts[case.product, case.track], addresses, now)
        for case in cases
        if (reason := reason_of(case, now))
    ]


def _complaint(
    case: Case, reason: str, letter: Letter, authority: Authority | None, facts: Sequence[Fact], addresses: Sequence[str], now: datetime
) -> Complaint:
    controller, address = letter.controller(case.product)
    subject = letter.say("subject", controller=controller, product=NAMES[case.product])
    paragraphs = [
        *([authority.name + (f"\n{authority.post}" if authority.post else "")] if authority else []),
        subject,
        letter.say("salutation"),
        " ".join(_opening(case, letter, controller, address, addresses)),
        letter.say("history") + "\n" + "\n".join(line for fact in facts for line in _told(fact, letter)),
        _ask(case, reason, letter, now),
        letter.say("evidence") + " " + letter.say("enclosed"),
        f"{letter.say('closing')}\n{letter.say('name')}\n{letter.say('address')}",
    ]
    return Complaint(case.product, case.track, reason, authority, letter.language, subject, "\n\n".join(paragraphs) + "\n")


def _opening(case: Case, letter: Letter, controller: str, address: str, addresses: Sequence[str]) -> Iterator[str]:
    known = {"controller": controller, "address": address, "product": NAMES[case.product]}
    land = letter.land()
    yield letter.say("opening", country=land, **known) if land else letter.say("opening_nowhere", **known)
    if addresses:
        yield letter.say("accounts", addresses=", ".join(addresses))
    yield letter.say(case.track.value)


def _told(fact: Fact, letter: Letter) -> Iterator[str]:
    """What happened, in Meta's words where there are some, with how well the sender is proven and the mail's hash."""
    yield "– " + letter.say(fact.outcome or "filed", day=letter.day(fact.at.date()))
    decision = fact.decision
    if decision is None:
        return
    if decision.announces_extension:
        yield "  " + letter.say("extension")
    if decision.phrases and fact.decided_by == "model":
        yield "  " + letter.say("wording", phrases=" … ".join(decision.phrases))
    proven = decision.trust is Trust.PROVEN
    yield "  " + (letter.say("proven", reason=decision.trust_reason) if proven else letter.say("unproven"))
    yield "  " + letter.say("hash", sha256=decision.sha256)


def _ask(case: Case, reason: str, letter: Letter, now: datetime) -> str:
    if reason == "overdue":
        assert case.answer_due
        return letter.say("overdue", due=letter.day(case.answer_due), today=letter.day(now.date()))
    if reason == "rejected" and case.track is Track.THIRD_PARTY:
        return letter.say("rejected_third_party")
    return letter.say(reason)
