"""Stored mail becomes decisions: parse, extract, classify, authenticate, bind, write. Offline but for DKIM keys; safe to repeat."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ingest.authenticate import KeySource, authenticate
from ingest.binding import MAY_CHANGE, UNKNOWN_ADDRESS, Binding, bind
from ingest.extract import extract
from ingest.link import form_addresses
from ingest.parse import parse
from ledger.entry import Decision
from ledger.errors import DemurError
from ledger.ledger import Ledger
from ledger.mailboxes import MailboxRow
from ledger.message import Frame, Message
from ledger.outcome import Outcome
from ledger.people import User
from ledger.prediction import Prediction
from ledger.record import StoredMail
from ledger.replay import Replay
from ledger.status import ASKED
from ledger.template import template_of
from ledger.text import masked_codes
from ledger.trust import Proof, Trust
from ledger.verdict import Verdict

log = logging.getLogger(__name__)
AT_ONCE = 100
LATE = timedelta(days=14)
"""Mail servers give up on a mail after about five days (RFC 5321 §4.5.4.1): what comes this late was sent again."""
Classify = Callable[[Sequence[Message]], list[Prediction]]


def read(raw: bytes) -> Message:
    """Parse and extract: the one way from raw bytes to a full Message, for live mail and for training."""
    return extract(parse(raw))


@dataclass(slots=True)
class Counts:
    """What happened to mails, and why some were left out. `watched`: those of the folder that IDLE watches."""

    seen: int = 0
    watched: int = 0
    candidates: int = 0
    recorded: int = 0
    skipped: dict[str, int] = field(default_factory=dict)

    def skip(self, reason: str, count: int = 1) -> None:
        """Count mails that were left out."""
        if count:
            self.skipped[reason] = self.skipped.get(reason, 0) + count

    def add(self, other: "Counts") -> None:
        """Add the counts of another pass."""
        self.seen += other.seen
        self.watched += other.watched
        self.candidates += other.candidates
        self.recorded += other.recorded
        for reason, count in other.skipped.items():
            self.skip(reason, count)


def proof_of(message: Message, raw: bytes, keys: KeySource, pin: str | None = None, sealers: frozenset[str] = frozenset()) -> Proof:
    """Proof for the words that are judged: the attached original's own bytes, nobody's where text was passed on inline."""
    if message.frame is Frame.ATTACHED and message.original:
        return authenticate(message.original, keys)
    if message.frame is Frame.FORWARD:
        return Proof(Trust.UNPROVEN, "passed on inside another mail, whose sender could change it")
    return authenticate(raw, keys, pin, sealers)


def form_of(message: Message) -> str | None:
    """The known form that the mail is about: its product's own, else the first one that it names."""
    known = [link for link in message.links if link.form and link.product]
    own = [link for link in known if link.product is message.product and link.track is message.track]
    return next((link.url for link in (*own, *known)), None)


def phrases_for(message: Message, outcome: Outcome) -> tuple[str, ...]:
    """What the outcome rests on: its own phrases, the deciding and unconditional ones first."""
    own = [phrase for phrase in message.phrases if phrase.outcome is outcome]
    ranked = sorted(own, key=lambda p: (p.conditional, not p.deciding, p.start))
    return tuple(dict.fromkeys(masked_codes(phrase.text) for phrase in ranked))[:5]


def _asks(message: Message) -> tuple[str, ...]:
    """What Meta asks for, as concepts."""
    return tuple(sorted({hit.concept for hit in message.hits} & ASKED.keys()))


def sent_again(message: Message, proof: Proof) -> bool:
    """Whether the user's own server took the mail in long after it was signed (docs/decisions/0016).

    The topmost Received header tells, which that server wrote; INTERNALDATE would not tell an old mailbox that was moved from a replay.
    """
    signed = proof.seal.signed_at if proof.seal else None
    return signed is not None and message.received is not None and message.received - signed > LATE


def decision_of(
    mail: StoredMail, message: Message, prediction: Prediction, proof: Proof, binding: Binding, to: tuple[str, ...], mailbox: str | None
) -> Decision:
    """Put everything that was found out about a mail into one decision."""
    return Decision(
        sha256=mail.sha256,
        outcome=prediction.outcome,
        confidence=prediction.confidence,
        abstained=prediction.abstained,
        model=prediction.model,
        trust=proof.trust,
        trust_reason=proof.reason,
        product=message.product,
        track=message.track,
        bound=binding.bound,
        bound_reason=binding.reason,
        subject=masked_codes(message.subject)[:300],
        phrases=phrases_for(message, prediction.outcome),
        language=message.language,
        form_url=form_of(message),
        form_urls=form_addresses(message.links),
        announces_extension=message.announces_extension and prediction.outcome is Outcome.RECEIPT,
        names_accounts_centre=message.names_accounts_centre,
        mailbox=mailbox,
        defects=message.defects[:10],
        template=template_of(message.subject, message.text),
        asks=_asks(message) if prediction.outcome is Outcome.INFORMATION_REQUEST else (),
        seal=proof.seal,
        addressed=binding.addressed,
        to=to,
        replay=Replay.OLD if sent_again(message, proof) else None,
        novelty=prediction.novelty,
        doubt=prediction.doubt,
    )


class Decider:
    """Turns stored mails of a mailbox into entries."""

    def __init__(
        self, ledger: Ledger, classify: Classify, keys: KeySource, now: Callable[[], datetime], sealers: frozenset[str] = frozenset()
    ) -> None:
        self._ledger, self._classify, self._keys, self._now = ledger, classify, keys, now
        self._sealers = sealers

    def decide(self, mailbox: MailboxRow, enough: Callable[[], bool] = lambda: False) -> Counts:
        """Decide all mails of a mailbox that wait for it, until that is `enough`."""
        counts = Counts()
        served = self._ledger.people.of_mailbox(mailbox.id)
        while not enough() and (waiting := self._ledger.record.undecided(mailbox, AT_ONCE)):
            try:
                self._decide_some(mailbox, waiting, served, counts)
            except DemurError:
                raise
            except Exception:  # a bug that one mail brings out must not hold up the others behind it for ever
                self._decide_each(mailbox, waiting, served, counts)
        return counts

    def _decide_each(self, mailbox: MailboxRow, mails: list[StoredMail], served: Mapping[User, frozenset[str]], counts: Counts) -> None:
        """Decide mails one by one; one that cannot be decided is put aside, kept, and tried again by `retry`."""
        for mail in mails:
            try:
                self._decide_some(mailbox, [mail], served, counts)
            except DemurError:
                raise
            except Exception:
                log.exception("mail %s cannot be decided", mail.sha256[:12])
                self._ledger.record.decide(mailbox, {mail.sha256: "stuck"}, [], self._now())
                counts.skip("cannot be decided")

    def retry(self, mailbox: MailboxRow) -> Counts:
        """Decide again what could not be decided before: this version may be a better one."""
        counts = Counts()
        stuck = self._ledger.record.undecided(mailbox, 100_000, ("stuck",))
        self._decide_each(mailbox, stuck, self._ledger.people.of_mailbox(mailbox.id), counts)
        return counts

    def assign(self, mailbox: MailboxRow) -> Counts:
        """Look again at mails that a shared mailbox could give to nobody: an address may be known by now."""
        counts = Counts()
        waiting = self._ledger.record.undecided(mailbox, 100_000, ("unassigned",))
        served = self._ledger.people.of_mailbox(mailbox.id)
        for start in range(0, len(waiting), AT_ONCE):
            self._decide_some(mailbox, waiting[start : start + AT_ONCE], served, counts)
        return counts

    def _decide_some(self, mailbox: MailboxRow, mails: list[StoredMail], served: Mapping[User, frozenset[str]], counts: Counts) -> None:
        messages = [read(mail.raw) for mail in mails]
        about = [message.about_meta for message in messages]
        states = {mail.sha256: "unrelated" for mail, ok in zip(mails, about, strict=True) if not ok}
        pairs = [(mail, message) for mail, message, ok in zip(mails, messages, about, strict=True) if ok]
        verdicts: list[Verdict] = []
        for (mail, message), prediction in zip(pairs, self._classify([m for _, m in pairs]), strict=True):
            found = self._verdicts(mailbox, mail, message, prediction, served)
            verdicts += found
            states[mail.sha256] = "decided" if found else "unassigned"
        counts.recorded += self._ledger.record.decide(mailbox, states, verdicts, self._now())
        counts.skip("not about Meta", sum(not ok for ok in about))
        counts.skip("for no known user", sum(state == "unassigned" for state in states.values()))

    def _verdicts(
        self, mailbox: MailboxRow, mail: StoredMail, message: Message, prediction: Prediction, served: Mapping[User, frozenset[str]]
    ) -> list[Verdict]:
        bindings = bind(message, served)
        if not bindings:
            return []
        proof = self._proof(message, mail.raw, mailbox.settings.authserv_id)
        asked = [self._asked(message, proof, binding) for binding in bindings]
        decisions = [decision_of(mail, message, prediction, proof, b, to, mailbox.name) for b, to in zip(bindings, asked, strict=True)]
        return [Verdict(b.user, mail.arrived_at, decision) for b, decision in zip(bindings, decisions, strict=True)]

    def _proof(self, message: Message, raw: bytes, pin: str | None) -> Proof:
        proof = proof_of(message, raw, self._keys, pin, self._sealers)
        return replace(proof, seal=replace(proof.seal, checked_at=self._now())) if proof.seal else proof

    def _asked(self, message: Message, proof: Proof, binding: Binding) -> tuple[str, ...]:
        """The addresses of a signed To of which the person did not say yet whether they are theirs."""
        if proof.trust is not Trust.PROVEN or binding.reason != UNKNOWN_ADDRESS:
            return ()
        declined = self._ledger.people.declined(binding.user)
        return tuple(address for address in message.to[:5] if address not in declined)

    def look_again(self, mailbox: MailboxRow) -> int:
        """Decide again what rested on what may be known by now: a key that was away, an address, the provider's name."""
        served = self._ledger.people.of_mailbox(mailbox.id)
        verdicts = [v for user in served for v in self._second_verdicts(user, mailbox, served)]
        return self._ledger.record.redecide(verdicts, self._now()) if verdicts else 0

    def _second_verdicts(self, user: User, mailbox: MailboxRow, served: Mapping[User, frozenset[str]]) -> list[Verdict]:
        pin = mailbox.settings.authserv_id
        doubtful = [
            (at, decision)
            for at, decision in self._ledger.record.latest_decisions(user)
            if decision.mailbox == mailbox.name and (_may_be_proven(decision, pin) or decision.bound_reason in MAY_CHANGE)
        ]
        found = []
        for at, decision in doubtful:
            if mail := self._ledger.record.mail(decision.sha256):
                message = read(mail.raw)
                binding = next((b for b in bind(message, served) if b.user == user), None)
                kept = Proof(decision.trust, decision.trust_reason, decision.seal)
                proof = self._proof(message, mail.raw, pin) if _may_be_proven(decision, pin) else kept
                renewed = _renewed(decision, message, proof, binding)
                asked = self._asked(message, proof, binding) if binding else ()
                found.append(Verdict(user, at, replace(renewed, to=asked)))
        return found


def _may_be_proven(decision: Decision, pin: str | None) -> bool:
    """Whether a second look may find proof: the key was away, or the provider's word was not asked for yet."""
    if decision.trust is Trust.UNKNOWN:
        return True
    return pin is not None and decision.trust is Trust.UNPROVEN and decision.outcome is not Outcome.UNRELATED


def _renewed(decision: Decision, message: Message, proof: Proof, binding: Binding | None) -> Decision:
    """The same decision with what is known by now of the sender and of whose it is."""
    renewed = replace(decision, trust=proof.trust, trust_reason=proof.reason, seal=proof.seal)
    if sent_again(message, proof):
        renewed = replace(renewed, replay=Replay.OLD)
    if binding is None:
        return renewed
    return replace(renewed, bound=binding.bound, bound_reason=binding.reason, addressed=binding.addressed)
