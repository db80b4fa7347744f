"""Labelled mails to a model: the pipeline, its honest evaluation by template, calibration and thresholds."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import FeatureUnion, Pipeline

from classifier import features
from classifier.augment import augmented, blurred
from classifier.fixtures import Labelled
from classifier.model import Matrix, Model, only_about_meta
from ledger.errors import OperatorError
from ledger.message import Message
from ledger.outcome import DECISIVE, Outcome

FOLDS = 5
COST_OF_ERROR = 50.0
"""What a wrong confirmation or rejection costs, in reviews: a person who stops objecting because of it cannot know."""
COST_OF_SMALL_ERROR = 5.0
COST_OF_REVIEW = 1.0
LEAST, MOST = 0.35, 0.95
NEVER_SEEN = -1e3
Report = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and of how much."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A model with the out-of-fold probabilities that it was judged by: shape (n_mails, n_classes)."""

    model: Model
    out_of_fold: Matrix


def _vectoriser(tokens: Callable[[Message], list[str]], least: int) -> TfidfVectorizer:
    return TfidfVectorizer(analyzer=tokens, sublinear_tf=True, min_df=least, dtype=np.float32)


def new_pipeline() -> Pipeline:
    """The pipeline that is fitted.

    MEASURED: docs/experiments.md#features: concepts, subject, phrases and structure; words beside them make it worse.
    """
    families = (
        ("concepts", features.concept_tokens_of, 2),
        ("subject", features.subject_tokens, 2),
        ("phrases", features.phrase_tokens, 1),
        ("structure", features.structure_tokens, 1),
    )
    union = FeatureUnion([(name, _vectoriser(tokens, least)) for name, tokens, least in families])
    classifier = LogisticRegression(C=10, class_weight="balanced", max_iter=500)
    return Pipeline([("features", union), ("classifier", classifier)])


def check_classes(mails: Sequence[Labelled]) -> None:
    """Raise OperatorError unless every outcome has at least two templates."""
    for outcome in Outcome:
        templates = {mail.template for mail in mails if mail.outcome is outcome}
        if len(templates) < 2:
            raise OperatorError(f"--fixtures: {outcome.value} has {len(templates)} templates, a model needs at least 2 of every outcome")


def _folds(mails: Sequence[Labelled]) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    groups = [mail.template for mail in mails]
    return GroupKFold(FOLDS).split(mails, groups=groups)  # type: ignore[no-any-return]


def _logits(pipeline: Pipeline, messages: Sequence[Message]) -> Matrix:
    """Decision values, one column for each outcome; far below all others for one that the pipeline never saw (few templates)."""
    columns = [sorted(Outcome).index(name) for name in pipeline.classes_]
    found = np.full((len(messages), len(Outcome)), NEVER_SEEN)
    found[:, columns] = pipeline.decision_function(list(messages))
    return found


def _out_of_fold(messages: list[Message], labels: list[str], mails: Sequence[Labelled], report: Report) -> tuple[Matrix, Matrix]:
    """Decision values for every mail from a model that never saw a mail of its template: whole and with words missing.

    Both have shape (n_mails, n_classes).
    """
    whole, harder = np.zeros((len(mails), len(Outcome))), np.zeros((len(mails), len(Outcome)))
    incomplete = blurred(messages)
    for number, (train, test) in enumerate(_folds(mails)):
        report("evaluating by template", number, FOLDS + 1)
        fitted = new_pipeline().fit(*augmented([messages[i] for i in train], [labels[i] for i in train]))
        whole[test] = _logits(fitted, [messages[i] for i in test])
        harder[test] = _logits(fitted, [incomplete[i] for i in test])
    return whole, harder


def softmax(logits: Matrix, temperature: float = 1.0) -> Matrix:
    """Rows of probabilities from rows of decision values."""
    scaled = logits / temperature
    scaled -= scaled.max(axis=1, keepdims=True)
    powers = np.exp(scaled)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def temperature_of(logits: Matrix, truth: NDArray[np.intp]) -> float:
    """The one number that makes confidence honest: the divisor of least log loss (temperature scaling, Guo et al. 2017)."""

    def loss(log_temperature: float) -> float:
        chosen = softmax(logits, float(np.exp(log_temperature)))[np.arange(len(truth)), truth]
        return float(-np.log(np.clip(chosen, 1e-12, 1)).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-4, 2), method="bounded").x))


def threshold_of(outcome: Outcome, probabilities: Matrix, predicted: NDArray[np.intp], truth: NDArray[np.intp], column: int) -> float:
    """The least confidence for an outcome: the cheapest cut on out-of-fold predictions, errors and reviews counted by cost."""
    chosen = predicted == column
    confidence, wrong = probabilities[chosen, column], truth[chosen] != column
    price = COST_OF_ERROR if outcome in DECISIVE else COST_OF_SMALL_ERROR
    cuts = np.unique(np.concatenate([[LEAST], np.round(confidence[(confidence > LEAST) & (confidence < MOST)] + 1e-4, 4)]))
    costs = [price * (wrong & (confidence >= cut)).sum() + COST_OF_REVIEW * (confidence < cut).sum() for cut in cuts]
    return float(cuts[int(np.argmin(costs))])


def fit(mails: Sequence[Labelled], version: str, report: Report = lambda what, done, of: None) -> Trained:
    """Train on all mails. Confidence and thresholds come from out-of-fold predictions by template, half of them with words missing."""
    check_classes(mails)
    messages = [mail.message for mail in mails]
    labels = [mail.outcome.value for mail in mails]
    names = sorted(outcome.value for outcome in Outcome)
    truth = np.array([names.index(label) for label in labels])
    whole, harder = _out_of_fold(messages, labels, mails, report)
    both, truths = np.vstack([whole, harder]), np.tile(truth, 2)
    temperature = temperature_of(both, truths)
    outcomes = [Outcome(name) for name in names]
    judged = only_about_meta(softmax(both, temperature), messages * 2, outcomes)
    predicted = judged.argmax(axis=1)
    thresholds = {o: threshold_of(o, judged, predicted, truths, k) for k, o in enumerate(outcomes)}
    report("training on all mails", FOLDS, FOLDS + 1)
    pipeline = new_pipeline().fit(*augmented(messages, labels))
    final = pipeline.named_steps["classifier"]
    final.coef_ = (final.coef_ / temperature).astype(np.float32)
    final.intercept_ = final.intercept_ / temperature
    report("done", FOLDS + 1, FOLDS + 1)
    return Trained(Model(version, pipeline, thresholds), judged[: len(mails)])
