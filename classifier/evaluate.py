"""How good predictions are: per outcome, per language, calibrated or not, and what abstaining buys."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.fixtures import Labelled
from classifier.model import Matrix, Model
from ledger.outcome import DECISIVE, Outcome

BINS = 10
FEWEST = 5
"""Mails in a bin below which its share says nothing."""
POINTS = 50
CURVE = 12
"""Points of a coverage-risk curve."""
Point = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Selective:
    """What abstaining buys in one group of mails.

    `coverage`: share that is decided without a person; `risk`: share of these that is wrong. `curve`: (least confidence, coverage, risk) as
    if confidence alone decided, from the strictest to all.
    """

    coverage: float
    risk: float
    curve: tuple[Point, ...]


def selective(confidence: Sequence[float], right: Sequence[bool], kept: Sequence[bool]) -> Selective:
    """Measure a group of mails: confidence, rightness and whether each was decided."""
    if not confidence:
        return Selective(0.0, 0.0, ())
    wrong = [not ok for ok, keep in zip(right, kept, strict=True) if keep]
    ranked = sorted(zip(confidence, right, strict=True), key=lambda pair: -pair[0])
    points = []
    for count in sorted({max(1, round(len(ranked) * part / CURVE)) for part in range(1, CURVE + 1)}):
        errors = sum(not ok for _, ok in ranked[:count])
        points.append((round(ranked[count - 1][0], 4), round(count / len(ranked), 4), round(errors / count, 4)))
    return Selective(round(len(wrong) / len(kept), 4), round(sum(wrong) / len(wrong), 4) if wrong else 0.0, tuple(points))


@dataclass(frozen=True, slots=True)
class OutcomeScore:
    """Scores of one outcome (0 to 1) with the number of mails."""

    precision: float
    recall: float
    f1: float
    mails: int
    templates: int
    threshold: float
    selective: Selective


@dataclass(frozen=True, slots=True)
class LanguageScore:
    """Accuracy in one language, and how many mails of each outcome there are."""

    accuracy: float
    mails: int
    outcomes: dict[str, int]
    selective: Selective


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A report.

    `coverage`: share of mails on which the model did not abstain. `wrong_decisive`: confirmations and rejections above the threshold that
    were neither. `wrong_covered`: all wrong ones above it. `calibration_error`: expected calibration error over ten bins, whose
    (mean confidence, accuracy, mails) are `reliability`, those of at least five mails. `coverage_risk`: (share decided, share of these that
    is wrong) as the least confidence falls. `confusion`: mails by true outcome, then by guess.
    """

    model: str
    mails: int
    macro_f1: float
    accuracy: float
    coverage: float
    wrong_decisive: int
    wrong_covered: int
    calibration_error: float
    outcomes: dict[str, OutcomeScore]
    languages: dict[str, LanguageScore]
    confusion: dict[str, dict[str, int]]
    reliability: tuple[Point, ...]
    coverage_risk: tuple[tuple[float, float], ...]
    mistakes: list[dict[str, object]]

    def as_dict(self) -> dict[str, object]:
        """The report as plain JSON data."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Judged:
    """One labelled mail with the guess made of it."""

    mail: Labelled
    guess: Outcome
    confidence: float
    kept: bool

    @property
    def right(self) -> bool:
        return self.mail.outcome is self.guess


def _selective(found: Sequence[Judged]) -> Selective:
    return selective([j.confidence for j in found], [j.right for j in found], [j.kept for j in found])


def _score(outcome: Outcome, found: Sequence[Judged], threshold: float) -> OutcomeScore:
    said = [j for j in found if j.guess is outcome]
    there = [j for j in found if j.mail.outcome is outcome]
    hit = sum(j.right for j in said)
    precision, recall = hit / len(said) if said else 0.0, hit / len(there) if there else 0.0
    f1 = 2 * precision * recall / (precision + recall) if hit else 0.0
    templates = len({j.mail.template for j in there})
    return OutcomeScore(round(precision, 4), round(recall, 4), round(f1, 4), len(there), templates, round(threshold, 4), _selective(said))


def _bins(confidence: NDArray[np.float64]) -> NDArray[np.intp]:
    return np.asarray(np.minimum((confidence * BINS).astype(int), BINS - 1))


def calibration_error(confidence: Sequence[float], right: Sequence[bool]) -> float:
    """Expected calibration error: the mean distance between confidence and accuracy in ten bins of equal width, weighted by size."""
    total = len(confidence)
    return float(sum(abs(mean - accuracy) * mails / total for mean, accuracy, mails in reliability(confidence, right)))


def reliability(confidence: Sequence[float], right: Sequence[bool]) -> list[Point]:
    """(mean confidence, accuracy, mails) of each bin that holds any."""
    confidences, rights = np.asarray(confidence), np.asarray(right, dtype=float)
    bins = _bins(confidences)
    return [(float(confidences[bins == b].mean()), float(rights[bins == b].mean()), int((bins == b).sum())) for b in np.unique(bins)]


def coverage_risk(confidence: Sequence[float], right: Sequence[bool]) -> tuple[tuple[float, float], ...]:
    """(share decided, share of these that is wrong) as the least confidence falls, at most fifty points."""
    order = np.argsort(-np.asarray(confidence), kind="stable")
    wrong = np.cumsum(~np.asarray(right)[order]) / np.arange(1, len(order) + 1)
    chosen = np.unique(np.linspace(0, len(order) - 1, POINTS).astype(int))
    return tuple((round((int(i) + 1) / len(order), 4), round(float(wrong[i]), 4)) for i in chosen)


def judge(model: Model, mails: Sequence[Labelled], rows: Matrix) -> list[Judged]:
    """The best guess of each row of probabilities, and whether the model would let it decide."""
    found = []
    for mail, row in zip(mails, rows, strict=True):
        guess, confidence = model.classes[int(row.argmax())], float(row.max())
        found.append(Judged(mail, guess, confidence, model.doubt(guess, confidence, mail.message) is None))
    return found


def evaluate(model: Model, mails: Sequence[Labelled], probabilities: Matrix | None = None) -> Evaluation:
    """Judge a model on labelled mails. `probabilities` (n_mails, n_classes) replaces its own, for out-of-fold judgement."""
    rows = model.probabilities([mail.message for mail in mails]) if probabilities is None else probabilities
    found = judge(model, mails, rows)
    confidence, right = [j.confidence for j in found], [j.right for j in found]
    scores = {o.value: _score(o, found, model.thresholds[o]) for o in Outcome}
    present = [score.f1 for score in scores.values() if score.mails]
    return Evaluation(
        model=model.version,
        mails=len(mails),
        macro_f1=round(sum(present) / len(present), 4),
        accuracy=round(sum(right) / len(right), 4),
        coverage=round(sum(j.kept for j in found) / len(found), 4),
        wrong_decisive=sum(j.kept and j.guess in DECISIVE and not j.right for j in found),
        wrong_covered=sum(j.kept and not j.right for j in found),
        calibration_error=round(calibration_error(confidence, right), 4),
        outcomes=scores,
        languages=_languages(found),
        confusion=_confusion(found),
        reliability=tuple((round(c, 4), round(a, 4), n) for c, a, n in reliability(confidence, right) if n >= FEWEST),
        coverage_risk=coverage_risk(confidence, right),
        mistakes=[_mistake(j) for j in found if not j.right],
    )


def _mistake(judged: Judged) -> dict[str, object]:
    return {
        "name": judged.mail.name,
        "expected": judged.mail.outcome.value,
        "predicted": judged.guess.value,
        "confidence": round(judged.confidence, 3),
        "abstained": not judged.kept,
    }


def _confusion(found: Sequence[Judged]) -> dict[str, dict[str, int]]:
    counts = Counter((j.mail.outcome, j.guess) for j in found)
    return {truth.value: {guess.value: counts[truth, guess] for guess in Outcome} for truth in Outcome}


def _languages(found: Sequence[Judged]) -> dict[str, LanguageScore]:
    scores = {}
    for code in sorted({j.mail.language for j in found}):
        own = [j for j in found if j.mail.language == code]
        counts = Counter(j.mail.outcome for j in own)
        accuracy = round(sum(j.right for j in own) / len(own), 4)
        scores[code] = LanguageScore(accuracy, len(own), {o.value: counts[o] for o in Outcome}, _selective(own))
    return scores
