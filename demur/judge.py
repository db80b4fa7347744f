"""The classifier as one callable: opens the current model when first needed, follows promotions, retrains what cannot be opened."""

import sys
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from demur import shipped
from ledger.message import Message
from ledger.outcome import Outcome
from ledger.prediction import Prediction
from ledger.text import masked_codes

if TYPE_CHECKING:
    from classifier.model import Model
    from classifier.registry import Registry

Report = Callable[[str, int, int], None]


def registry(data: Path) -> "Registry":
    """The registry of a data folder, behind it the shipped models."""
    from classifier.registry import Registry

    return Registry(data / "models", shipped.models())


class Judge:
    """`judge(messages)` predicts with whatever model is current at that moment. Safe to use from several threads."""

    def __init__(self, data: Path, abstain_below: float | None, report: Report) -> None:
        self._data, self._abstain_below, self._report = data, abstain_below, report
        self._model: Model | None = None
        self._lock = threading.Lock()

    def __call__(self, messages: Sequence[Message]) -> list[Prediction]:
        return self.model().predict(messages, self._abstain_below) if messages else []

    def reasons(self, messages: Sequence[Message], outcomes: Sequence[Outcome]) -> list[list[dict[str, object]]]:
        """Why, for each message: features with their weight and the words that they stand on, codes blotted out."""
        from classifier.explain import explain

        found = explain(self.model(), messages, outcomes) if messages else []
        return [
            [
                {"feature": r.feature, "weight": r.weight, "words": [masked_codes(word) for word in r.words], "spans": r.spans}
                for r in reasons
            ]
            for reasons in found
        ]

    def model(self) -> "Model":
        """The current model. Raises OperatorError when its file is not the one that its card names."""
        from classifier.registry import ModelMismatchError

        models = registry(self._data)
        with self._lock:
            version = models.current_version()
            if self._model is None or self._model.version != version:
                try:
                    self._model = models.open(version)
                except ModelMismatchError as mismatch:
                    print(f"{mismatch}; retraining from the shipped fixtures, this takes about a minute", file=sys.stderr)
                    self._model = self._retrained(models)
            return self._model

    def _retrained(self, models: "Registry") -> "Model":
        from classifier.retrain import retrain
        from ingest.decide import read

        result = retrain(models, [shipped.fixtures()], shipped.fixtures() / "holdout", [], read, datetime.now(UTC), self._report)
        models.promote(result.card.version)
        return models.open(result.card.version)
