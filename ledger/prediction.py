"""What a model says of one message."""

from dataclasses import dataclass, field

from ledger.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Prediction:
    """An outcome with its calibrated confidence (0 to 1). Where `abstained`, the outcome is only the best guess, and `doubt` says why.

    `novelty`: the share (0 to 1) of what the mail says that no training mail said.
    """

    outcome: Outcome
    confidence: float
    abstained: bool
    model: str
    probabilities: dict[Outcome, float] = field(default_factory=dict)
    novelty: float | None = None
    doubt: str | None = None
