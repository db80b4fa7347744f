"""The registry as the API and the pages see it: cards with their figures, who decides, and one training at a time."""

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.models import Changes, Curves, LanguageFigures, ModelCard, OutcomeFigures, Training
from demur.comparing import Comparer
from demur.training import Trainer

if TYPE_CHECKING:
    from classifier.card import Card
    from classifier.registry import Registry
    from demur.composition import Composition


def _shown(card: "Card", current: str | None, shadow: str | None) -> ModelCard:
    """A card with what the registry says of its version."""
    figures = card.metrics
    return ModelCard(
        version=card.version,
        current=card.version == current,
        shadow=card.version == shadow,
        created_at=datetime.fromisoformat(card.created_at),
        mails=card.mails,
        templates=card.templates,
        reviewed=card.reviewed,
        training_seconds=card.training_seconds,
        scikit_learn=card.scikit_learn,
        python=card.python,
        data_digest=card.data_digest,
        macro_f1=figures["macro_f1"],
        accuracy=figures["accuracy"],
        coverage=figures["coverage"],
        wrong_decisive=figures["wrong_decisive"],
        calibration_error=figures["calibration_error"],
        outcomes=[_outcome(name, scores) for name, scores in figures["outcomes"].items()],
        languages=[LanguageFigures(code, scores["accuracy"], scores["mails"]) for code, scores in figures["languages"].items()],
        curves=_curves(figures),
    )


def _curves(figures: dict[str, Any]) -> Curves:
    return Curves(
        confusion=figures.get("confusion", {}),
        reliability=[(row[0], row[1], row[2]) for row in figures.get("reliability", [])],
        coverage_risk=[(row[0], row[1]) for row in figures.get("coverage_risk", [])],
    )


def _outcome(name: str, scores: dict[str, float]) -> OutcomeFigures:
    rates = (scores["precision"], scores["recall"], scores["f1"])
    return OutcomeFigures(name, *rates, int(scores["mails"]), int(scores["templates"]), scores["threshold"])


class OwnModels:
    """The models of one composition: implements `api.models.Models`."""

    def __init__(self, parts: "Composition", folders: Sequence[Path] = ()) -> None:
        """`folders`: labelled mails to train on; the shipped ones when empty."""
        self._parts = parts
        self._trainer = Trainer(parts, folders)
        self._comparer = Comparer(parts)

    @cached_property
    def _registry(self) -> "Registry":
        from demur.judge import registry

        return registry(self._parts.settings.data)

    def cards(self) -> list[ModelCard]:
        """Every version, newest first."""
        current, shadow = self.current(), self.shadow()
        return [_shown(card, current, shadow) for card in reversed(self._registry.versions())]

    def card(self, version: str) -> ModelCard | None:
        """One version, or None when there is no such."""
        return next((card for card in self.cards() if card.version == version), None)

    def current(self) -> str | None:
        """The version that decides, or None when there is none yet."""
        return self._registry.current_or_none()

    def shadow(self) -> str | None:
        """The version that predicts beside it, if any."""
        return self._registry.shadow_version()

    def promote(self, version: str) -> None:
        """Let a version decide from now on, once it was seen to open."""
        self._registry.open(version)
        self._registry.promote(version)

    def rollback(self) -> str:
        """Let the version before the current one decide again; return it."""
        return self._registry.rollback()

    def set_shadow(self, version: str | None) -> None:
        """Let a version predict beside the current one, or none."""
        if version is not None:
            self._registry.open(version)
        self._registry.set_shadow(version, self._parts.now())

    def train(self) -> Training:
        """Begin a training in a process of its own."""
        return self._trainer.start()

    def progress(self) -> Training:
        """How far the training is, or how the last one ended."""
        return self._trainer.progress

    def compare(self, version: str) -> None:
        """Begin to work out what a version would change."""
        self._comparer.start(self._registry.open(version))

    def changes(self) -> Changes | None:
        """How far the comparison is, or what the last one found."""
        return self._comparer.found

    def close(self) -> None:
        """End a training or a comparison that is under way; the model in use stays."""
        self._comparer.stop()
        self._trainer.stop()
