"""A trained model: messages in, predictions out. It abstains where no outcome is certain enough."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.scorer import scorer_of
from ledger.message import Frame, Message
from ledger.outcome import DECISIVE, Outcome
from ledger.prediction import Prediction

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Model:
    """A fitted scikit-learn pipeline with its version and the least confidence for each outcome (0 to 1)."""

    version: str
    pipeline: Any
    thresholds: dict[Outcome, float]

    @property
    def classes(self) -> list[Outcome]:
        return [Outcome(name) for name in self.pipeline.classes_]

    def probabilities(self, messages: Sequence[Message]) -> Matrix:
        """Calibrated probabilities, shape (n_messages, n_classes), columns as in `classes`."""
        if not messages:
            return np.empty((0, len(self.classes)))
        return only_about_meta(scorer_of(self.pipeline).probabilities(messages), messages, self.classes)

    def predict(self, messages: Sequence[Message], abstain_below: float | None = None) -> list[Prediction]:
        """One prediction for each message. `abstain_below` replaces the thresholds of all outcomes."""
        classes = self.classes
        found = []
        for message, row in zip(messages, self.probabilities(messages), strict=True):
            best = int(row.argmax())
            outcome, confidence = classes[best], float(row[best])
            least = self.thresholds[outcome] if abstain_below is None else abstain_below
            abstained = confidence < least or cannot_be_decisive(outcome, message) or says_nothing(outcome, message)
            scores = {name: round(float(p), 4) for name, p in zip(classes, row, strict=True)}
            found.append(Prediction(outcome, round(confidence, 4), abstained, self.version, scores))
        return found


def only_about_meta(probabilities: Matrix, messages: Sequence[Message], classes: Sequence[Outcome]) -> Matrix:
    """The same rows, but certainly `unrelated` for mails that have nothing to do with Meta."""
    nothing = [not message.about_meta for message in messages]
    probabilities[nothing] = 0.0
    probabilities[nothing, classes.index(Outcome.UNRELATED)] = 1.0
    return probabilities


def says_nothing(outcome: Outcome, message: Message) -> bool:
    """Whether an outcome rests on no word of the text (an empty or cut mail): nothing is decided from a subject alone."""
    return outcome is not Outcome.UNRELATED and not message.hits and not message.phrases and not message.has_code


def cannot_be_decisive(outcome: Outcome, message: Message) -> bool:
    """Whether a decision of Meta's is claimed in words that are not even said to be Meta's: only a person can settle that."""
    return outcome in DECISIVE and not message.from_meta and message.frame is not Frame.FORWARD
