"""What the ledger says, as answers: status, timeline, one mail, the review queue. Reads only; the command line prints the same."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta

from api.authority import AS_OF, authority_of
from api.complaint import Complaint
from api.schema import (
    AddressQuestion,
    AuthorityOut,
    Because,
    CaseStatus,
    ComplaintOut,
    FolderOut,
    Freshness,
    LinkOut,
    MailboxHealth,
    MailboxOut,
    MessageOut,
    NextStepOut,
    ProbeOut,
    ProofOut,
    ReviewItem,
    ReviewQueue,
    Said,
    Timeline,
    TimelineEntry,
    UserStatus,
)
from ledger.entry import Body, Decision, Entry, Filing, LinkProbe
from ledger.forms import alternative_url
from ledger.health import advice
from ledger.ledger import Ledger
from ledger.links import History
from ledger.mailboxes import Health, MailboxRow
from ledger.outcome import DECISIVE, Outcome
from ledger.people import User
from ledger.probe import MEANINGS, Finding
from ledger.status import Case, Fact, Judged, judged_mails, next_step
from ledger.text import masked_codes
from ledger.trust import Seal, Trust

FRESH_FOR = timedelta(hours=1)
"""A mailbox that was not looked at for longer is stale: the worker looks every few minutes."""
FORM_STEPS = frozenset({"object", "retry_form"})
COMPLAINTS = frozenset({"complain", "review"})
DIGITS = re.compile(r"\d+")
COUNTED = 10
"""Users whose waiting mails are counted for every page."""
ReadText = Callable[[bytes], tuple[str, str, str]]


def _is_stale(mailbox: MailboxRow, now: datetime) -> bool:
    return mailbox.state is not Health.CONNECTED or mailbox.checked_at is None or now - mailbox.checked_at > FRESH_FOR


def _oldest_look(mailboxes: Iterable[MailboxRow]) -> datetime | None:
    """The oldest look; None as soon as one mailbox was never looked at."""
    looks = [mailbox.checked_at for mailbox in mailboxes]
    return None if None in looks else min(look for look in looks if look)


def freshness(mailboxes: Sequence[MailboxRow], now: datetime) -> Freshness:
    """How current a user's status can be. Imported mail is as it was on import and does not go stale."""
    read = [mailbox for mailbox in mailboxes if mailbox.settings.kind == "imap"]
    if not read:
        imports = [mailbox.checked_at for mailbox in mailboxes if mailbox.checked_at]
        return Freshness(checked_at=max(imports, default=None), stale=not mailboxes, mailboxes=[])
    health = [MailboxHealth(name=m.name, state=m.state, checked_at=m.checked_at, detail=m.detail) for m in read]
    return Freshness(checked_at=_oldest_look(read), stale=any(_is_stale(m, now) for m in read), mailboxes=health)


def because(fact: Fact | None) -> Because | None:
    """The evidence of a state; None for no fact."""
    if fact is None:
        return None
    decision = fact.decision
    if fact.probe:
        return _because_of_probe(fact, fact.probe)
    return Because(
        message=decision.sha256 if decision else None,
        outcome=fact.outcome or "filed",
        subject=decision.subject if decision else None,
        received=fact.at,
        phrases=list(decision.phrases) if decision else [],
        confidence=decision.confidence if decision and fact.decided_by == "model" else 1.0,
        model=decision.model if decision else None,
        trust=decision.trust if decision else None,
        trust_reason=decision.trust_reason if decision else None,
        decided_by=fact.decided_by,
    )


def _because_of_probe(fact: Fact, probe: LinkProbe) -> Because:
    return Because(
        message=None,
        outcome=Outcome.BROKEN_LINK,
        subject=None,
        received=fact.at,
        phrases=_probe_phrases(probe),
        confidence=1.0,
        model=None,
        trust=None,
        trust_reason=None,
        decided_by=fact.decided_by,
    )


def _probe_phrases(probe: LinkProbe) -> list[str]:
    """What was found in words, what the page said, and the looks that the finding rests on."""
    return [f"{MEANINGS[probe.finding]}: {probe.url}", *([probe.excerpt] if probe.excerpt else []), *probe.evidence]


def _web_only(url: str | None) -> str | None:
    """An address that is safe to offer for a click; it may come out of a mail."""
    return url if url and url.startswith("https://") else None


def proof(seal: Seal | None) -> ProofOut | None:
    """What a verdict on the sender rests on; None for nothing."""
    if seal is None:
        return None
    return ProofOut(
        method=seal.method,
        domain=seal.domain,
        selector=seal.selector,
        algorithm=seal.algorithm,
        key=seal.key,
        signature=seal.signature,
        body_hash=seal.body_hash,
        signed_at=seal.signed_at,
        checked_at=seal.checked_at,
    )


def _step(case: Case, now: datetime, country: str | None) -> NextStepOut:
    """The next step; a complaint goes to the authority of the user's country, where that is known."""
    step = next_step(case, now)
    authority = authority_of(country) if step.action in COMPLAINTS else None
    return NextStepOut(
        action=step.action,  # type: ignore[arg-type]
        text=step.text,
        url=authority.url if authority else _web_only(step.url),
        due=step.due,
        asks=list(step.asks),
        authority=authority.name if authority else None,
    )


def case_status(case: Case, now: datetime, country: str | None = None) -> CaseStatus:
    """One case with what follows from the time and the user's country: whether the answer is overdue, and the next step."""
    return CaseStatus(
        product=case.product,
        track=case.track,
        state=case.state,
        since=case.since,
        attempt=case.attempt,
        answer_due=case.answer_due,
        overdue=case.overdue(now),
        flags=sorted(case.flags),
        because=because(case.because),
        against=because(case.against),
        next_step=_step(case, now, country),
        clock_started=case.clock,
        reminded_on=list(case.reminded_on),
    )


def user_statuses(ledger: Ledger, users: Sequence[User], now: datetime) -> list[UserStatus]:
    """The status of each of these users, in their order."""
    mailboxes, profiles = ledger.mailboxes.of_users(users), ledger.people.profiles(users)
    statuses = [_user_status(ledger, user, profiles[user].country, mailboxes[user], now) for user in users]
    _say_how_forms_are(ledger, [case.next_step for status in statuses for case in status.cases])
    return statuses


def _say_how_forms_are(ledger: Ledger, steps: Sequence[NextStepOut]) -> None:
    """Put into each step that leads to a form how that form is, where it was looked at."""
    urls = {step.url for step in steps if step.url and step.action in FORM_STEPS}
    standings = {history.link.url: history.health.standing for history in ledger.links.histories(urls) if history.probes} if urls else {}
    for step in steps:
        step.standing = standings.get(step.url or "") if step.action in FORM_STEPS else None


def user_status(ledger: Ledger, user: User, now: datetime) -> UserStatus:
    """One user's status: what `GET /status/{user}` answers and `demur status --json` prints."""
    return user_statuses(ledger, [user], now)[0]


def _user_status(ledger: Ledger, user: User, country: str | None, mailboxes: Sequence[MailboxRow], now: datetime) -> UserStatus:
    status = ledger.record.status(user)
    return UserStatus(
        user=user.name,
        as_of=now,
        freshness=freshness(mailboxes, now),
        cases=[case_status(case, now, country) for case in status.cases],
        unproven=status.unproven,
        needs_review=status.needs_review,
        asked_addresses=list(status.asked_addresses),
    )


def timeline(ledger: Ledger, user: User) -> Timeline:
    """Every entry of a user, newest first."""
    entries = ledger.record.entries(user)
    decisions = {entry.body.sha256: entry.body for entry in entries if isinstance(entry.body, Decision)}
    newest_first = sorted(entries, key=lambda entry: (entry.at, entry.seq), reverse=True)
    return Timeline(user=user.name, entries=[_timeline_entry(entry, decisions) for entry in newest_first])


def _said(body: Body) -> Said:
    if isinstance(body, LinkProbe):
        return Outcome.BROKEN_LINK if body.broken else "form_works"
    return "filed" if isinstance(body, Filing) else body.outcome


def _decided_by(body: Body) -> str:
    if isinstance(body, Decision):
        return "model"
    return "probe" if isinstance(body, LinkProbe) else f"person:{body.by}"


def _phrases(body: Body) -> list[str]:
    if isinstance(body, LinkProbe):
        return _probe_phrases(body)
    return list(body.phrases) if isinstance(body, Decision) else []


def _timeline_entry(entry: Entry, decisions: dict[str, Decision]) -> TimelineEntry:
    body = entry.body
    own = body if isinstance(body, (Filing, LinkProbe)) else None
    sha256 = None if isinstance(body, (Filing, LinkProbe)) else body.sha256
    about = decisions.get(sha256) if sha256 else None
    decision = body if isinstance(body, Decision) else None
    source = own or about
    return TimelineEntry(
        seq=entry.seq,
        at=entry.at,
        recorded_at=entry.recorded_at,
        kind=body.kind,  # type: ignore[arg-type]
        message=sha256,
        outcome=_said(body),
        subject=about.subject if about else None,
        product=source.product if source else None,
        track=source.track if source else None,
        phrases=_phrases(body),
        confidence=decision.confidence if decision else 1.0,
        abstained=decision.abstained if decision else False,
        model=decision.model if decision else None,
        trust=decision.trust if decision else None,
        trust_reason=decision.trust_reason if decision else None,
        proof=proof(decision.seal) if decision else None,
        withheld=_withheld(decision),
        decided_by=_decided_by(body),
        url=body.url if isinstance(body, LinkProbe) else None,
        hash=entry.hash,
    )


def link_histories(ledger: Ledger, user: User | None) -> list[LinkOut]:
    """Form links with all their probes, oldest probe first: those that a user's mails name, of the whole organisation when None."""
    if user is None:
        return [_link(history) for history in ledger.links.histories()]
    return [_link(history) for history in ledger.links.of_user(decision for _, decision in ledger.record.latest_decisions(user))]


def _link(history: History) -> LinkOut:
    link, health = history.link, history.health
    return LinkOut(
        url=link.url,
        product=link.product,
        track=link.track,
        first_seen=link.first_seen,
        standing=health.standing,
        since=health.since,
        finding=history.probes[-1].finding if history.probes else Finding.NOT_PROBED,
        alternative=alternative_url(link.url),
        due_at=link.due_at,
        probes=[
            ProbeOut(at=p.at, finding=p.finding, http_status=p.http_status, hops=list(p.hops), excerpt=p.excerpt, address=p.address)
            for p in history.probes
        ],
    )


def _withheld(decision: Decision | None) -> str | None:
    """Why a mail that Meta proves to have sent, and that is read for sure, still does not count; None where it does or nothing says so."""
    if decision is None or decision.trust is not Trust.PROVEN or decision.abstained:
        return None
    unbound = decision.outcome in DECISIVE and not decision.binds
    return decision.binding_reason if unbound or decision.replay else None


def message(ledger: Ledger, user: User, sha256: str, read_text: ReadText | None) -> MessageOut | None:
    """One mail of a user as text and decision, one-time codes blotted out; None when the user's ledger does not know it."""
    judged = next((j for j in judged_mails(ledger.record.entries(user)) if j.decision.sha256 == sha256), None)
    if judged is None:
        return None
    mail = ledger.record.mail(sha256)
    subject, sender, text = read_text(mail.raw) if mail and read_text else (judged.decision.subject, None, None)
    return _message(user, judged, masked_codes(subject), sender, masked_codes(text) if text is not None else None)


def _message(user: User, judged: Judged, subject: str, sender: str | None, text: str | None) -> MessageOut:
    decision, said = judged.decision, judged.correction
    return MessageOut(
        sha256=decision.sha256,
        user=user.name,
        received=judged.at,
        subject=subject,
        sender=sender,
        text=text,
        outcome=said.outcome if said else decision.outcome,
        confidence=1.0 if said else decision.confidence,
        abstained=decision.abstained and not said,
        phrases=list(decision.phrases),
        language=decision.language,
        product=decision.product,
        track=decision.track,
        model=decision.model,
        trust=decision.trust,
        trust_reason=decision.trust_reason,
        proof=proof(decision.seal),
        new_wording=decision.new_wording,
        doubt=None if said else decision.doubt,
        bound=decision.binds,
        bound_reason=decision.binding_reason,
        form_url=_web_only(decision.form_url),
        mailbox=decision.mailbox,
        defects=list(decision.defects),
        decided_by=f"person:{said.by}" if said else "model",
    )


def review_queue(ledger: Ledger, user: User | None) -> ReviewQueue:
    """The mails on which a person's word is missing, grouped by template, the newest first; of all users when `user` is None."""
    doubted: dict[str, list[tuple[User, Judged]]] = defaultdict(list)
    unproven: dict[str, list[tuple[User, Judged]]] = defaultdict(list)
    asked: list[AddressQuestion] = []
    for owner in [user] if user else ledger.record.users_in_doubt():
        mails = judged_mails(ledger.record.entries(owner))
        asked += address_questions(owner, mails)
        for judged in mails:
            if judged.correction is None and (judged.decision.abstained or judged.decision.withheld):
                doubted[_fingerprint(judged.decision)].append((owner, judged))
            elif judged.correction is None and _waits_for_proof(judged.decision):
                unproven[_fingerprint(judged.decision)].append((owner, judged))
    return ReviewQueue(groups=_items(doubted), unproven=_items(unproven), addresses=asked)


def address_questions(user: User, mails: Iterable[Judged]) -> list[AddressQuestion]:
    """The addresses of which a user should say whether they are theirs, with the mails that name them."""
    named: dict[str, list[Judged]] = defaultdict(list)
    for judged in mails:
        for address in judged.decision.asked_addresses:
            named[address].append(judged)
    return [_question(user, address, some) for address, some in sorted(named.items())]


def _question(user: User, address: str, mails: Sequence[Judged]) -> AddressQuestion:
    newest = max(mails, key=lambda judged: judged.at)
    shas = sorted({judged.decision.sha256 for judged in mails})
    subject = masked_subject(newest.decision.subject)
    return AddressQuestion(user=user.name, address=address, count=len(shas), subject=subject, newest=newest.at, messages=shas)


def _waits_for_proof(decision: Decision) -> bool:
    return decision.trust is not Trust.PROVEN and decision.outcome is not Outcome.UNRELATED


def masked_subject(subject: str) -> str:
    """A subject as all mails of its template have it: every number becomes `#`."""
    return " ".join(DIGITS.sub("#", subject).split())


def _fingerprint(decision: Decision) -> str:
    if decision.template:
        return decision.template
    template = f"{decision.outcome}\n{masked_subject(decision.subject).casefold()}"
    return hashlib.sha256(template.encode()).hexdigest()[:16]


def _items(groups: dict[str, list[tuple[User, Judged]]]) -> list[ReviewItem]:
    items = [_item(fingerprint, members) for fingerprint, members in groups.items()]
    return sorted(items, key=lambda item: (item.newest, item.fingerprint), reverse=True)


def _item(fingerprint: str, members: Sequence[tuple[User, Judged]]) -> ReviewItem:
    newest = max((judged for _, judged in members), key=lambda judged: judged.at)
    shas = sorted({judged.decision.sha256 for _, judged in members})
    return ReviewItem(
        fingerprint=fingerprint,
        outcome=newest.decision.outcome,
        subject=masked_subject(newest.decision.subject),
        confidence=newest.decision.confidence,
        language=newest.decision.language,
        phrases=list(newest.decision.phrases),
        trust=newest.decision.trust,
        trust_reason=newest.decision.trust_reason,
        users=sorted({owner.name for owner, _ in members}),
        newest=newest.at,
        count=len(shas),
        messages=shas,
    )


def waiting_count(ledger: Ledger, user_id: int | None) -> int | None:
    """How many mails wait for a person's word, of one user or of all; None where counting would cost more than it tells."""
    users = ledger.record.users_in_doubt()
    wanted = [user for user in users if user_id in (None, user.id)]
    return None if len(wanted) > COUNTED else sum(ledger.record.status(user).needs_review for user in wanted)


def mailbox_out(ledger: Ledger, mailbox: MailboxRow, users: Iterable[str], now: datetime) -> MailboxOut:
    """A mailbox with its health, never its secret. `users`: the names that the reader may know."""
    settings = mailbox.settings
    counts = ledger.mailboxes.counts(mailbox)
    return MailboxOut(
        name=mailbox.name,
        kind=settings.kind,
        host=settings.host,
        port=settings.port,
        security=settings.security,
        login=settings.login,
        folders=list(settings.folders),
        users=sorted(users),
        state=mailbox.state,
        checked_at=mailbox.checked_at,
        retry_at=mailbox.retry_at,
        detail=mailbox.detail,
        answered_at=mailbox.answered_at,
        failures=mailbox.failures,
        reading=[FolderOut(**asdict(folder)) for folder in ledger.reading.folders(mailbox)],
        advice=advice(mailbox, counts, now),
        counts=counts,
    )


def complaint_out(complaint: Complaint) -> ComplaintOut:
    """A draft as JSON."""
    authority = complaint.authority
    shown = AuthorityOut(**asdict(authority), as_of=date.fromisoformat(AS_OF)) if authority else None
    return ComplaintOut(
        product=complaint.product,
        track=complaint.track,
        reason=complaint.reason,  # type: ignore[arg-type]
        authority=shown,
        language=complaint.language,
        subject=complaint.subject,
        text=complaint.text,
    )
