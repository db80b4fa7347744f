"""What the API knows of models: their cards, who decides, and a training under way. The front door hands in the one who does it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from ledger.errors import RetryableError
from ledger.outcome import Product, Track
from ledger.status import State


class TrainingUnderWayError(RetryableError):
    """Only one training runs at a time for one data folder."""


@dataclass(frozen=True, slots=True)
class OutcomeFigures:
    """How well one outcome is told (0 to 1), judged on templates that the judging model never saw. `threshold`: the least confidence."""

    outcome: str
    precision: float
    recall: float
    f1: float
    mails: int
    templates: int
    threshold: float


@dataclass(frozen=True, slots=True)
class LanguageFigures:
    """The share of mails in one language (ISO 639-1) that was told right, and how many there were."""

    language: str
    accuracy: float
    mails: int


@dataclass(frozen=True, slots=True)
class Curves:
    """What the drawings need; empty lists on a card that was made before they were kept.

    `confusion`: what was → what it was said to be → mails. `reliability`: (confidence, share that is right, mails) by tenths.
    `coverage_risk`: (share decided, share of these that is wrong) as the least confidence falls.
    """

    confusion: dict[str, dict[str, int]] = field(default_factory=dict)
    reliability: list[tuple[float, float, int]] = field(default_factory=list)
    coverage_risk: list[tuple[float, float]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One version. `current`: it decides. `shadow`: it predicts beside the current one and decides nothing. `coverage`: share decided
    without a person. `wrong_decisive`: confirmations and rejections above the threshold that were neither."""

    version: str
    current: bool
    shadow: bool
    created_at: datetime
    mails: int
    templates: int
    reviewed: int
    training_seconds: float
    scikit_learn: str
    python: str
    data_digest: str
    macro_f1: float
    accuracy: float
    coverage: float
    wrong_decisive: int
    calibration_error: float
    outcomes: list[OutcomeFigures]
    languages: list[LanguageFigures]
    curves: Curves = field(default_factory=Curves)


@dataclass(frozen=True, slots=True)
class Training:
    """The training under way, or the last one since the start. While `running`: `what` is done, step `done` of `of`.

    When `done`: the new `version`, whether it was `promoted`, and the `reasons` why not. When `failed`: `detail` says what to change.
    """

    state: Literal["idle", "running", "done", "failed"] = "idle"
    what: str = ""
    done: int = 0
    of: int = 0
    started_at: datetime | None = None
    ended_at: datetime | None = None
    version: str | None = None
    promoted: bool = False
    reasons: list[str] | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class MailChange:
    """A stored mail that another version reads otherwise; outcomes by name, `…_unsure`: that version would ask a person."""

    user: str
    sha256: str
    subject: str
    before: str
    after: str
    before_unsure: bool
    after_unsure: bool


@dataclass(frozen=True, slots=True)
class StateChange:
    """An objection whose state would be another one."""

    user: str
    product: Product
    track: Track
    before: State
    after: State


@dataclass(frozen=True, slots=True)
class Changes:
    """What a version would change if all stored mails were decided by it: looked at for `done` of `of` users. Nothing is written.

    `mails` and `states` hold the first ones; `mails_all` and `states_all` count all. When `failed`: `detail` says what to change.
    """

    version: str
    state: Literal["running", "done", "failed"] = "running"
    done: int = 0
    of: int = 0
    mails: tuple[MailChange, ...] = ()
    mails_all: int = 0
    states: tuple[StateChange, ...] = ()
    states_all: int = 0
    detail: str = ""


class Models(Protocol):
    """All that people may do with models. Safe to call from several threads."""

    def cards(self) -> list[ModelCard]:
        """Every version, newest first."""

    def card(self, version: str) -> ModelCard | None:
        """One version, or None when there is no such."""

    def current(self) -> str | None:
        """The version that decides, or None when there is none yet."""

    def shadow(self) -> str | None:
        """The version that predicts beside it, if any."""

    def promote(self, version: str) -> None:
        """Let a version decide from now on. Raises OperatorError when it does not exist or cannot be opened."""

    def rollback(self) -> str:
        """Let the version before the current one decide again; return it. Raises OperatorError when there is none."""

    def set_shadow(self, version: str | None) -> None:
        """Let a version predict beside the current one, or none. Raises OperatorError when it does not exist or cannot be opened."""

    def train(self) -> Training:
        """Begin a training in the background. Raises TrainingUnderWayError while another one runs."""

    def progress(self) -> Training:
        """How far the training is, or how the last one ended."""

    def compare(self, version: str) -> None:
        """Begin to work out what a version would change. Raises OperatorError where it does not open, RetryableError while one runs."""

    def changes(self) -> Changes | None:
        """How far the comparison is, or what the last one found; None when there was none since the start."""
