"""One fact in the ledger, written once, and the hash chain that holds a user's entries together."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime, time
from enum import Enum
from typing import Any, ClassVar

from ledger.outcome import DECISIVE, Outcome, Product, Track
from ledger.probe import Finding
from ledger.replay import REASONS, Replay
from ledger.trust import Seal, Trust

GENESIS = "0" * 64
NEW_WORDING = 0.15
"""The share of what a mail says that the model never saw, from which on its wording is called new. What it was trained on has none."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided of one mail: by the model, on the sender, on whose it is.

    A second look (another model, a key that can be reached again, an address that turned out to be the user's) is another entry;
    the newest counts, but a proof once given is never taken back. `form_url`: the form of the case; `form_urls`: all that the mail names.
    `addressed`: the mail's own To is the user's address; `to`: what it is where it is not, so that the person can be asked. `replay`: why
    this copy of a signed mail counts for nothing. `doubt`: why the model leaves it to a person.
    """

    kind: ClassVar[str] = "decision"
    sha256: str
    outcome: Outcome
    confidence: float
    abstained: bool
    model: str
    trust: Trust
    trust_reason: str
    product: Product
    track: Track
    bound: bool
    bound_reason: str
    subject: str
    phrases: tuple[str, ...] = ()
    language: str | None = None
    form_url: str | None = None
    form_urls: tuple[str, ...] = ()
    announces_extension: bool = False
    names_accounts_centre: bool = False
    mailbox: str | None = None
    defects: tuple[str, ...] = ()
    template: str = ""
    asks: tuple[str, ...] = ()
    seal: Seal | None = None
    addressed: bool = False
    to: tuple[str, ...] = ()
    replay: Replay | None = None
    novelty: float | None = None
    doubt: str | None = None

    @property
    def binds(self) -> bool:
        """Whether it is firmly the user's, and no copy of a mail that counts elsewhere or did long ago."""
        return self.bound and self.replay is None

    @property
    def binding_reason(self) -> str:
        return REASONS[self.replay] if self.replay else self.bound_reason

    @property
    def new_wording(self) -> bool:
        """Whether a confident answer of Meta's is worded as none before: it counts, and is shown as such."""
        return self.outcome in DECISIVE and not self.abstained and self.novelty is not None and self.novelty >= NEW_WORDING

    @property
    def asked_addresses(self) -> tuple[str, ...]:
        """The addresses of which the person should say whether they are theirs."""
        return () if self.outcome is Outcome.UNRELATED else self.to

    @property
    def withheld(self) -> bool:
        """Whether Meta's own decision is kept from counting, because it is not sure enough whose it is or who wrote it."""
        decided = self.outcome in DECISIVE and self.trust is Trust.PROVEN and not self.abstained
        return decided and not self.binds and self.replay is not Replay.COPY

    @property
    def key(self) -> str:
        return f"decision:{self.sha256}:{self.model}:{self.trust}:{self.bound}"

    def repeats(self, other: "Body | None") -> bool:
        """Whether it says nothing that the other one did not say: the same look, with the same effect on the case."""
        return isinstance(other, Decision) and self.key == other.key and self._effect == other._effect

    @property
    def _effect(self) -> tuple[object, ...]:
        return (
            self.outcome,
            self.abstained,
            self.product,
            self.track,
            self.announces_extension,
            self.names_accounts_centre,
            self.replay,
            self.to,
        )


@dataclass(frozen=True, slots=True)
class Correction:
    """A person's word on one mail. It outranks every model, for ever; of several, the last said counts."""

    kind: ClassVar[str] = "correction"
    sha256: str
    outcome: Outcome
    by: str
    said_at: datetime

    @property
    def key(self) -> str:
        return f"correction:{self.sha256}:{self.said_at.isoformat()}"


@dataclass(frozen=True, slots=True)
class Filing:
    """«I submitted the form.» `whole_day`: only the day is known, not the hour."""

    kind: ClassVar[str] = "filing"
    product: Product
    track: Track
    on: date
    whole_day: bool
    by: str

    @property
    def key(self) -> str:
        return f"filing:{self.product}:{self.track}:{self.on.isoformat()}"


def filing_of(product: Product, track: Track, on: date | None, by: str, now: datetime) -> tuple[datetime, Filing]:
    """A filing with its time: this moment, or the first moment (UTC) of a day that a person names."""
    if on is None:
        return now, Filing(product, track, now.astimezone(UTC).date(), whole_day=False, by=by)
    return datetime.combine(on, time(), UTC), Filing(product, track, on, whole_day=True, by=by)


@dataclass(frozen=True, slots=True)
class LinkProbe:
    """The form that a case rests on was found broken, or works again. `evidence`: the looks that say so, one line each, oldest first."""

    kind: ClassVar[str] = "probe"
    product: Product
    track: Track
    url: str
    broken: bool
    finding: Finding
    probed_at: datetime
    http_status: int | None = None
    excerpt: str = ""
    evidence: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        digest = hashlib.sha256(self.url.encode()).hexdigest()[:16]
        return f"probe:{self.product}:{self.track}:{digest}:{self.probed_at.isoformat()}"


Body = Decision | Correction | Filing | LinkProbe
BODIES: dict[str, type[Body]] = {body.kind: body for body in (Decision, Correction, Filing, LinkProbe)}


@dataclass(frozen=True, slots=True)
class Entry:
    """A body with its times: `at` is when it happened (arrival of the mail), `recorded_at` when it was written. Both aware, UTC."""

    at: datetime
    recorded_at: datetime
    body: Body
    seq: int = 0
    hash: str = ""


@dataclass(frozen=True, slots=True)
class ChainLink:
    """An entry as it was written: its body is the very text that was hashed."""

    seq: int
    at: datetime
    recorded_at: datetime
    kind: str
    body: str
    hash: str


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return value


def body_json(body: Body) -> str:
    """A body as canonical JSON: sorted keys, no spaces, ASCII."""
    plain = {name: _plain(value) for name, value in asdict(body).items()}
    return json.dumps(plain, sort_keys=True, separators=(",", ":"))


def _seal(plain: dict[str, Any] | None) -> Seal | None:
    if plain is None:
        return None
    known = {field.name for field in fields(Seal)}
    times = {name: datetime.fromisoformat(plain[name]) for name in ("signed_at", "checked_at") if plain.get(name)}
    return Seal(**({name: value for name, value in plain.items() if name in known} | times))


_READ: dict[str, Any] = {
    "seal": _seal,
    "outcome": Outcome,
    "trust": Trust,
    "product": Product,
    "track": Track,
    "phrases": tuple,
    "to": tuple,
    "replay": lambda value: Replay(value) if value else None,
    "defects": tuple,
    "form_urls": tuple,
    "evidence": tuple,
    "finding": Finding,
    "probed_at": datetime.fromisoformat,
    "asks": tuple,
    "said_at": datetime.fromisoformat,
    "on": date.fromisoformat,
}


def body_of(kind: str, text: str) -> Body:
    """Read a body back from its JSON. Keys that this version does not know are left out (a newer version wrote them)."""
    cls = BODIES[kind]
    known = {field.name for field in fields(cls)}
    return cls(**{name: _READ.get(name, lambda v: v)(value) for name, value in json.loads(text).items() if name in known})


def chained(previous: str, user: str, seq: int, at: datetime, recorded_at: datetime, kind: str, body: str) -> str:
    """The SHA-256 of an entry and the hash before it: whoever alters, removes or inserts an entry breaks all that follow."""
    parts = (previous, user, str(seq), at.isoformat(), recorded_at.isoformat(), kind, body)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def first_break(user: str, links: Iterable[ChainLink]) -> int | None:
    """The number of the first link that does not fit on the one before it, or None when the chain is whole."""
    previous = GENESIS
    for number, link in enumerate(links, start=1):
        previous = chained(previous, user, number, link.at, link.recorded_at, link.kind, link.body)
        if link.seq != number or link.hash != previous:
            return number
    return None
