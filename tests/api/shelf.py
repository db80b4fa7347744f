"""Models that are only remembered: what the routes need of a registry, without training anything."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from api.models import Changes, LanguageFigures, ModelCard, OutcomeFigures, StateChange, Training, TrainingUnderWayError
from ledger.errors import OperatorError
from ledger.outcome import Product, Track
from ledger.status import State

FIRST, SECOND = "2025.05.01-aaaaaa", "2025.06.01-bbbbbb"


def card(version: str, current: str | None, shadow: str | None) -> ModelCard:
    """A card with plausible figures."""
    made = datetime(*map(int, version[:10].split(".")), tzinfo=UTC)
    return ModelCard(
        version=version,
        current=version == current,
        shadow=version == shadow,
        created_at=made,
        mails=100,
        templates=90,
        reviewed=1,
        training_seconds=20.0,
        scikit_learn="1.9",
        python="3.11",
        data_digest="ab" * 32,
        macro_f1=0.97,
        accuracy=0.98,
        coverage=0.9,
        wrong_decisive=0,
        calibration_error=0.01,
        outcomes=[OutcomeFigures("receipt", 0.98, 0.97, 0.975, 12, 10, 0.5)],
        languages=[LanguageFigures("en", 0.98, 50)],
    )


@dataclass
class Shelf:
    """Two versions; `broken` ones cannot be opened. A training runs until the test says otherwise."""

    history: list[str] = field(default_factory=lambda: [SECOND, FIRST])
    beside: str | None = None
    broken: set[str] = field(default_factory=set)
    training: Training = field(default_factory=Training)
    compared: Changes | None = None

    def cards(self) -> list[ModelCard]:
        return [card(version, self.current(), self.beside) for version in (SECOND, FIRST)]

    def card(self, version: str) -> ModelCard | None:
        return next((found for found in self.cards() if found.version == version), None)

    def current(self) -> str | None:
        return self.history[0]

    def shadow(self) -> str | None:
        return self.beside

    def promote(self, version: str) -> None:
        if version in self.broken:
            raise OperatorError(f"model {version} is damaged: run `demur train`")
        self.history.insert(0, version)

    def rollback(self) -> str:
        if len(self.history) == 1:
            raise OperatorError("there is no earlier model to go back to")
        self.history.pop(0)
        return self.history[0]

    def set_shadow(self, version: str | None) -> None:
        self.beside = version

    def train(self) -> Training:
        if self.training.state == "running":
            raise TrainingUnderWayError("another training is under way")
        self.training = Training("running", "starting", 0, 6)
        return self.training

    def compare(self, version: str) -> None:
        if version in self.broken:
            raise OperatorError(f"model {version} is damaged: run `demur train`")
        moved = StateChange("anna", Product.INSTAGRAM, Track.OWN_DATA, State.CONFIRMED, State.NONE)
        self.compared = Changes(version, "done", 1, 1, states=(moved,), states_all=1)

    def changes(self) -> Changes | None:
        return self.compared

    def progress(self) -> Training:
        return self.training
