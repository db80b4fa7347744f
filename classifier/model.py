"""A trained model: messages in, predictions out. It abstains where no outcome is certain enough."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.doubt import doubt_of
from classifier.novelty import Vector, lowered
from classifier.scorer import scorer_of
from ledger.message import Message
from ledger.outcome import Outcome
from ledger.prediction import Prediction

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Model:
    """A fitted scikit-learn pipeline with its version, the least confidence for each outcome (0 to 1), and the novelty that it bears."""

    version: str
    pipeline: Any
    thresholds: dict[Outcome, float]
    familiar: float = 1.0

    @property
    def classes(self) -> list[Outcome]:
        return [Outcome(name) for name in self.pipeline.classes_]

    def probabilities(self, messages: Sequence[Message]) -> Matrix:
        """Calibrated probabilities, shape (n_messages, n_classes), columns as in `classes`."""
        return self._judged(messages)[0]

    def _judged(self, messages: Sequence[Message]) -> tuple[Matrix, Vector]:
        if not messages:
            return np.empty((0, len(self.classes))), np.empty(0)
        rows, novelty = scorer_of(self.pipeline).judge(messages)
        return only_about_meta(lowered(rows, novelty, self.familiar), messages, self.classes), novelty

    def predict(self, messages: Sequence[Message], abstain_below: float | None = None) -> list[Prediction]:
        """One prediction for each message. `abstain_below` replaces the thresholds of all outcomes."""
        rows, novelty = self._judged(messages)
        return [self._prediction(m, row, float(new), abstain_below) for m, row, new in zip(messages, rows, novelty, strict=True)]

    def _prediction(self, message: Message, row: Vector, novelty: float, abstain_below: float | None) -> Prediction:
        best = int(row.argmax())
        outcome, confidence = self.classes[best], float(row[best])
        doubt = self.doubt(outcome, confidence, message, abstain_below)
        scores = {name: round(float(p), 4) for name, p in zip(self.classes, row, strict=True)}
        return Prediction(outcome, round(confidence, 4), doubt is not None, self.version, scores, round(novelty, 3), doubt)

    def doubt(self, outcome: Outcome, confidence: float, message: Message, abstain_below: float | None = None) -> str | None:
        """Why a person must look at a guess, or None where it may decide."""
        least = self.thresholds[outcome] if abstain_below is None else abstain_below
        return "not sure enough" if confidence < least else doubt_of(outcome, message)


def only_about_meta(probabilities: Matrix, messages: Sequence[Message], classes: Sequence[Outcome]) -> Matrix:
    """The same rows, but certainly `unrelated` for mails that have nothing to do with Meta."""
    nothing = [not message.about_meta for message in messages]
    probabilities[nothing] = 0.0
    probabilities[nothing, classes.index(Outcome.UNRELATED)] = 1.0
    return probabilities
