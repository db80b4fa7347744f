"""How good predictions are: per outcome, per language, calibrated or not, and what abstaining buys."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from classifier.fixtures import Labelled
from classifier.model import Matrix, Model, cannot_be_decisive, says_nothing
from ledger.outcome import DECISIVE, Outcome

BINS = 10
FEWEST = 5
"""Mails in a bin below which its share says nothing."""
POINTS = 50


@dataclass(frozen=True, slots=True)
class OutcomeScore:
    """Scores of one outcome (0 to 1) with the number of mails."""

    precision: float
    recall: float
    f1: float
    mails: int
    templates: int
    threshold: float


@dataclass(frozen=True, slots=True)
class LanguageScore:
    """Accuracy in one language, and how many mails of each outcome there are."""

    accuracy: float
    mails: int
    outcomes: dict[str, int]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A report.

    `coverage`: share of mails on which the model did not abstain. `wrong_decisive`: confirmations and rejections above the threshold that
    were neither. `wrong_covered`: all wrong ones above it. `calibration_error`: expected calibration error over ten bins.
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
    mistakes: list[dict[str, object]]
    confusion: dict[str, dict[str, int]]
    reliability: list[tuple[float, float, int]]
    coverage_risk: list[tuple[float, float]]

    def as_dict(self) -> dict[str, object]:
        """The report as plain JSON data."""
        return asdict(self)


def _score(name: str, truth: list[str], guess: list[str], mails: Sequence[Labelled], threshold: float) -> OutcomeScore:
    hit = sum(t == g == name for t, g in zip(truth, guess, strict=True))
    said, there = guess.count(name), truth.count(name)
    precision, recall = hit / said if said else 0.0, hit / there if there else 0.0
    f1 = 2 * precision * recall / (precision + recall) if hit else 0.0
    templates = len({mail.template for mail in mails if mail.outcome == name})
    return OutcomeScore(round(precision, 4), round(recall, 4), round(f1, 4), there, templates, round(threshold, 4))


def calibration_error(confidence: Sequence[float], right: Sequence[bool]) -> float:
    """Expected calibration error: the mean distance between confidence and accuracy in ten bins of equal width, weighted by size."""
    confidences, rights = np.asarray(confidence), np.asarray(right, dtype=float)
    bins = np.minimum((confidences * BINS).astype(int), BINS - 1)
    gaps = [abs(confidences[bins == b].mean() - rights[bins == b].mean()) * (bins == b).mean() for b in np.unique(bins)]
    return float(sum(gaps))


def evaluate(model: Model, mails: Sequence[Labelled], probabilities: Matrix | None = None) -> Evaluation:
    """Judge a model on labelled mails. `probabilities` (n_mails, n_classes) replaces its own, for out-of-fold judgement."""
    rows = model.probabilities([mail.message for mail in mails]) if probabilities is None else probabilities
    classes = model.classes
    guess = [classes[int(row.argmax())] for row in rows]
    confidence = [float(row.max()) for row in rows]
    truth = [mail.outcome for mail in mails]
    kept = [
        c >= model.thresholds[g] and not cannot_be_decisive(g, m.message) and not says_nothing(g, m.message)
        for c, g, m in zip(confidence, guess, mails, strict=True)
    ]
    right = [t is g for t, g in zip(truth, guess, strict=True)]
    scores = {o.value: _score(o, list(truth), list(guess), mails, model.thresholds[o]) for o in Outcome}
    present = [score.f1 for score in scores.values() if score.mails]
    return Evaluation(
        model=model.version,
        mails=len(mails),
        macro_f1=round(sum(present) / len(present), 4),
        accuracy=round(sum(right) / len(right), 4),
        coverage=round(sum(kept) / len(kept), 4),
        wrong_decisive=sum(k and g in DECISIVE and not r for k, g, r in zip(kept, guess, right, strict=True)),
        wrong_covered=sum(k and not r for k, r in zip(kept, right, strict=True)),
        calibration_error=round(calibration_error(confidence, right), 4),
        outcomes=scores,
        languages=_languages(mails, right),
        mistakes=[
            {"name": m.name, "expected": t.value, "predicted": g.value, "confidence": round(c, 3), "abstained": not k}
            for m, t, g, c, k, r in zip(mails, truth, guess, confidence, kept, right, strict=True)
            if not r
        ],
        confusion=_confusion(truth, guess),
        reliability=reliability(confidence, right),
        coverage_risk=coverage_risk(confidence, right),
    )


def _confusion(truth: Sequence[Outcome], guess: Sequence[Outcome]) -> dict[str, dict[str, int]]:
    """How often what was (outer key) is said to be what (inner key), the best guess of every mail."""
    counts = Counter(zip(truth, guess, strict=True))
    return {was.value: {said.value: counts[was, said] for said in Outcome} for was in Outcome}


def reliability(confidence: Sequence[float], right: Sequence[bool]) -> list[tuple[float, float, int]]:
    """(mean confidence, share that is right, mails) of each of ten bins of equal width that holds at least five mails."""
    confidences, rights = np.asarray(confidence), np.asarray(right, dtype=float)
    bins = np.minimum((confidences * BINS).astype(int), BINS - 1)
    held = [bins == b for b in range(BINS) if (bins == b).sum() >= FEWEST]
    return [(round(float(confidences[b].mean()), 4), round(float(rights[b].mean()), 4), int(b.sum())) for b in held]


def coverage_risk(confidence: Sequence[float], right: Sequence[bool]) -> list[tuple[float, float]]:
    """(share decided, share of these that is wrong) as the least confidence falls, at most fifty points."""
    order = np.argsort(-np.asarray(confidence), kind="stable")
    wrong = np.cumsum(~np.asarray(right)[order]) / np.arange(1, len(order) + 1)
    chosen = np.unique(np.linspace(0, len(order) - 1, POINTS).astype(int))
    return [(round((int(i) + 1) / len(order), 4), round(float(wrong[i]), 4)) for i in chosen]


def _languages(mails: Sequence[Labelled], right: Sequence[bool]) -> dict[str, LanguageScore]:
    found = {}
    for code in sorted({mail.language for mail in mails}):
        own = [(mail, ok) for mail, ok in zip(mails, right, strict=True) if mail.language == code]
        counts = Counter(mail.outcome.value for mail, _ in own)
        found[code] = LanguageScore(round(sum(ok for _, ok in own) / len(own), 4), len(own), {o.value: counts[o.value] for o in Outcome})
    return found
