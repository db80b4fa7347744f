"""The answers and requests as JSON: their exact shapes. Datetimes are UTC with `Z`, days are `YYYY-MM-DD`."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from api.models import ModelCard, Training
from ledger.mailboxes import Health
from ledger.outcome import Outcome, Product, Track
from ledger.probe import Finding, Standing
from ledger.status import State
from ledger.trust import Trust

Action = Literal["none", "object", "enter_code", "wait", "send_information", "retry_form", "complain", "review"]
Said = Outcome | Literal["filed", "form_works"]
"""What an entry says: a mail's outcome, that the form was submitted, or that a form works again."""
ONE_LINE = r"^[^\x00-\x1f\x7f]*$"


class Problem(BaseModel):
    """Why a request was not fulfilled."""

    detail: str


class Fault(BaseModel):
    """What does not fit, and where in the request."""

    loc: list[str | int]
    msg: str
    type: str


class Refusal(BaseModel):
    """Why a request was not understood, as one sentence or fault by fault."""

    detail: str | list[Fault]


class MailboxHealth(BaseModel):
    name: str
    state: Health
    checked_at: datetime | None
    detail: str | None


class Freshness(BaseModel):
    """When the user's mailboxes were last looked at. `stale`: the status may be older than the mail."""

    checked_at: datetime | None
    stale: bool
    mailboxes: list[MailboxHealth]


class Because(BaseModel):
    """The mail, filing or probe that a state rests on. Only a mail has a message, model and trust."""

    message: str | None
    outcome: Said
    subject: str | None
    received: datetime
    phrases: list[str]
    confidence: float
    model: str | None
    trust: Trust | None
    trust_reason: str | None
    decided_by: str


class NextStepOut(BaseModel):
    """What to do now. `asks`: what Meta wants to be sent. `authority`: who takes the complaint, where the user's country is known.

    `standing`: how the form at `url` is, where it was looked at.
    """

    action: Action
    text: str
    url: str | None
    due: date | None
    asks: list[str]
    authority: str | None
    standing: Standing | None = None


class CaseStatus(BaseModel):
    """One objection. `against`: the mail that contradicts `because`. `clock_started`: the day from which the month counts."""

    product: Product
    track: Track
    state: State
    since: datetime | None
    attempt: int
    answer_due: date | None
    overdue: bool
    flags: list[str]
    because: Because | None
    against: Because | None
    next_step: NextStepOut
    clock_started: date | None
    reminded_on: list[date]


class UserStatus(BaseModel):
    user: str
    as_of: datetime
    freshness: Freshness
    cases: list[CaseStatus]
    unproven: int
    needs_review: int
    asked_addresses: list[str]


class StatusPage(BaseModel):
    """Some users, by name. `next`: give it as `after` for the users that follow; null at the end."""

    users: list[UserStatus]
    next: str | None


class ProofOut(BaseModel):
    """What the verdict on the sender rests on: the key record as it was seen then, for keys rotate."""

    method: str
    domain: str
    selector: str | None
    algorithm: str | None
    key: str | None
    signature: str | None
    body_hash: str | None
    signed_at: datetime | None
    checked_at: datetime | None


class ProfileOut(BaseModel):
    """A user. `country` null: only weekends move deadlines. `language` null: letters are English."""

    user: str
    country: str | None
    language: str | None


class AuthorityOut(BaseModel):
    """A data protection authority, as known on `as_of`. What was not sure then is null."""

    country: str
    name: str
    english: str
    languages: list[str]
    url: str
    email: str | None
    post: str | None
    note: str | None
    as_of: date


class ComplaintOut(BaseModel):
    """A draft, from what the ledger knows. `authority`: null when the user's country is not known."""

    product: Product
    track: Track
    reason: Literal["rejected", "contradicted", "overdue"]
    authority: AuthorityOut | None
    language: str
    subject: str
    text: str


class Complaints(BaseModel):
    """One draft for each objection that was refused, contradicted or not answered in time."""

    user: str
    complaints: list[ComplaintOut]


class TimelineEntry(BaseModel):
    """One entry of the ledger. `at` is when it happened, `recorded_at` when it was written; `hash` is its link in the chain.

    `withheld`: why a mail that Meta did send does not count; null where it does.
    """

    seq: int
    at: datetime
    recorded_at: datetime
    kind: Literal["decision", "correction", "filing", "probe"]
    message: str | None
    outcome: Said
    subject: str | None
    product: Product | None
    track: Track | None
    phrases: list[str]
    confidence: float
    abstained: bool
    model: str | None
    trust: Trust | None
    trust_reason: str | None
    proof: ProofOut | None
    withheld: str | None
    decided_by: str
    url: str | None = None
    hash: str


class Timeline(BaseModel):
    """Every entry of a user, newest first."""

    user: str
    entries: list[TimelineEntry]


class ProbeOut(BaseModel):
    """One look at a form's address. `hops`: the hosts that were asked, in order; `excerpt`: what of the page decided."""

    at: datetime
    finding: Finding
    http_status: int | None
    hops: list[str]
    excerpt: str
    address: str | None


class LinkOut(BaseModel):
    """A form link with its history, oldest probe first.

    `standing`: what all probes add up to, since when. `finding`: the newest. `alternative`: the known way when it is broken.
    """

    url: str
    product: Product | None
    track: Track | None
    first_seen: datetime
    standing: Standing
    since: datetime | None
    finding: Finding
    alternative: str
    due_at: datetime | None
    probes: list[ProbeOut]


class LinkList(BaseModel):
    """`probing`: whether Demur looks at the links by itself."""

    probing: bool
    links: list[LinkOut]


class MessageOut(BaseModel):
    """One mail as text, and what is decided of it. `text`, `sender`: null when the mail itself is not kept or cannot be read here."""

    sha256: str
    user: str
    received: datetime
    subject: str
    sender: str | None
    text: str | None
    outcome: Outcome
    confidence: float
    abstained: bool
    phrases: list[str]
    language: str | None
    product: Product
    track: Track
    model: str
    trust: Trust
    trust_reason: str
    proof: ProofOut | None
    new_wording: bool
    doubt: str | None
    bound: bool
    bound_reason: str
    form_url: str | None
    mailbox: str | None
    defects: list[str]
    decided_by: str


class Stored(BaseModel):
    """A mail was taken in. `recorded`: it concerns an objection and has an entry in the ledger."""

    sha256: str
    recorded: bool


class ReviewItem(BaseModel):
    """Mails of one template: same best guess, same subject with digits masked. One look settles all of `messages`."""

    fingerprint: str
    outcome: Outcome
    subject: str
    confidence: float
    language: str | None
    phrases: list[str]
    trust: Trust
    trust_reason: str
    users: list[str]
    newest: datetime
    count: int
    messages: list[str]


class AddressQuestion(BaseModel):
    """An address that Meta wrote to in a user's mailbox, and that is none of the user's known ones: is it theirs? Asked once."""

    user: str
    address: str
    count: int
    subject: str
    newest: datetime
    messages: list[str]


class ReviewQueue(BaseModel):
    """`groups`: what no model could decide. `unproven`: decided, but nothing proves the sender; they count once a person says so.

    `addresses`: whose they are, a person should say; decisive mail to them waits for that.
    """

    groups: list[ReviewItem]
    unproven: list[ReviewItem]
    addresses: list[AddressQuestion]


class FolderOut(BaseModel):
    """How far a folder was read. `lag`: seconds from arrival to storing of the newest mail. `audited_at`: when its UIDs were compared."""

    folder: str
    uidvalidity: int
    uid: int
    lag: float | None
    backlog: int
    audited_at: datetime | None


class MailboxOut(BaseModel):
    """A mailbox as it is now. Its secret is never part of an answer. `counts`: mails by what became of them.

    `checked_at`: the last look at all its folders that ended well; `answered_at`: its server's last answer to anything. `advice`: what a
    person should do; null where all is well.
    """

    name: str
    kind: str
    host: str
    port: int
    security: str
    login: str
    folders: list[str]
    users: list[str]
    state: Health
    checked_at: datetime | None
    retry_at: datetime | None
    detail: str | None
    answered_at: datetime | None
    failures: int
    reading: list[FolderOut]
    advice: str | None
    counts: dict[str, int]


class MailboxList(BaseModel):
    mailboxes: list[MailboxOut]


class StatisticsCell(BaseModel):
    """`key`: the week's Monday, the language or the product. `mails`: null where fewer than five people are behind it, or would show."""

    dimension: Literal["week", "language", "product"]
    key: str
    outcome: Outcome
    mails: int | None


class StatisticsSpread(BaseModel):
    """Quartiles in days; null where fewer than five people are behind them, or would show."""

    product: Product
    cases: int | None
    lower: float | None
    median: float | None
    upper: float | None


class StatisticsOut(BaseModel):
    """Counts over all users. There are no totals: they would give away what is not shown."""

    as_of: datetime
    least_people: int
    outcomes: list[StatisticsCell]
    answer_days: list[StatisticsSpread]
    broken_days: list[StatisticsSpread]


class ModelList(BaseModel):
    """Every version, newest first; `current` decides, `shadow` predicts beside it."""

    current: str | None
    shadow: str | None
    models: list[ModelCard]
    training: Training


class Readiness(BaseModel):
    """`reasons`: what is not ready, and why; empty when all is."""

    ready: bool
    reasons: dict[str, str]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CorrectionIn(_Request):
    """A person's word on a mail. `by`: who says so; the token's user when left out."""

    outcome: Outcome
    by: Annotated[str, Field(min_length=1, max_length=200, pattern=ONE_LINE)] | None = None


class ProfileIn(_Request):
    """Where a user lives and what they read; two letters each."""

    country: Annotated[str, Field(pattern=r"^[A-Za-z]{2}$")] | None = None
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] | None = None


class AddressIn(_Request):
    """Whether an address is the user's."""

    address: Annotated[str, Field(min_length=3, max_length=320, pattern=r"^[^\s\x00-\x1f\x7f@]+@[^\s\x00-\x1f\x7f@]+$")]
    yours: bool = True


class AddressesOut(BaseModel):
    """A user's addresses, and those that the user said are not theirs. `decided`: how many further entries the answer made."""

    user: str
    addresses: list[str]
    declined: list[str]
    decided: int


class FilingIn(_Request):
    """«I submitted the form.» `on`: the day, when it was not just now."""

    product: Product
    track: Track = Track.OWN_DATA
    on: date | None = None


class MailboxIn(_Request):
    """A mailbox to read. What is left out is found from the address. `user`: whose mail it is (an administrator must say)."""

    address: Annotated[str, Field(min_length=3, max_length=320, pattern=r"^[^\s\x00-\x1f\x7f@]+@[^\s\x00-\x1f\x7f@]+$")]
    password: Annotated[SecretStr, Field(max_length=4096)]
    user: Annotated[str, Field(max_length=200)] | None = None
    host: Annotated[str, Field(max_length=253, pattern=ONE_LINE)] | None = None
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    security: Literal["tls", "starttls", "loopback"] = "tls"
    login: Annotated[str, Field(max_length=320, pattern=ONE_LINE)] | None = None
    folders: Annotated[list[Annotated[str, Field(max_length=1000, pattern=ONE_LINE)]], Field(max_length=100)] = []
    aliases: Annotated[list[Annotated[str, Field(max_length=320, pattern=ONE_LINE)]], Field(max_length=100)] = []
    authserv_id: Annotated[str, Field(max_length=253, pattern=ONE_LINE)] | None = None
