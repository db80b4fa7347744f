"""Labelled mails to a model: the pipeline, its honest evaluation by template, calibration and thresholds."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, LeaveOneGroupOut
from sklearn.pipeline import FeatureUnion, Pipeline

from classifier import features
from classifier.augment import augmented, blurred
from classifier.doubt import doubt_of
from classifier.fixtures import Labelled
from classifier.model import Matrix, Model, only_about_meta
from classifier.novelty import Vector, limit_of, lowered
from classifier.scorer import read_scorer
from ledger.errors import OperatorError
from ledger.message import Message
from ledger.outcome import DECISIVE, Outcome

FOLDS = 5
COST_OF_ERROR = 50.0
"""What a wrong confirmation or rejection costs, in reviews: a person who stops objecting because of it cannot know."""
COST_OF_SMALL_ERROR = 5.0
COST_OF_REVIEW = 1.0
LEAST, MOST = 0.35, 0.99
NEVER_SEEN = -1e3
Rows = NDArray[np.intp]
Report = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and of how much."""


OUTCOMES = sorted(Outcome, key=lambda outcome: outcome.value)
"""In the order of the classifier's classes."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What makes confidence honest: the divisor of decision values, and the novelty that costs nothing."""

    temperature: float
    familiar: float


@dataclass(frozen=True, slots=True)
class Trained:
    """A model with the out-of-fold probabilities that it was judged by: shape (n_mails, n_classes)."""

    model: Model
    out_of_fold: Matrix
    calibration: Calibration


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


@dataclass(frozen=True, slots=True)
class Unseen:
    """What models said of mails that they had not seen: decision values (n_mails, n_classes) and novelty (n_mails,).

    The first half of the rows are the mails, the second half the same with words missing.
    """

    logits: Matrix
    novelty: Vector


def by_template(mails: Sequence[Labelled]) -> Iterator[tuple[Rows, Rows]]:
    """Five splits; mails of one template are never on both sides."""
    return GroupKFold(FOLDS).split(mails, groups=[mail.template for mail in mails])  # type: ignore[no-any-return]


def by_language(mails: Sequence[Labelled]) -> Iterator[tuple[Rows, Rows]]:
    """A split for each language, which only the side that is judged has."""
    return LeaveOneGroupOut().split(mails, groups=[mail.language for mail in mails])  # type: ignore[no-any-return]


def _judge(pipeline: Pipeline, messages: Sequence[Message]) -> tuple[Matrix, Vector]:
    """Decision values, one column for each outcome, and novelty; far below all others for an outcome never seen (few templates)."""
    columns = [sorted(Outcome).index(name) for name in pipeline.classes_]
    found = np.full((len(messages), len(Outcome)), NEVER_SEEN)
    found[:, columns], novelty = read_scorer(pipeline).logits(messages)
    return found, novelty


def _judge_unseen(mails: Sequence[Message], labels: Sequence[str], asked: Sequence[Message]) -> tuple[Matrix, Vector]:
    return _judge(new_pipeline().fit(*augmented(mails, labels)), asked)


def unseen(mails: Sequence[Labelled], splits: Sequence[tuple[Rows, Rows]], what: str, report: Report) -> Unseen:
    """Judge every mail, whole and with words missing, by a model that was trained on the other side of a split.

    The splits run one after the other, or wherever `joblib.parallel_config` says.
    """
    messages, labels = [mail.message for mail in mails], [mail.outcome.value for mail in mails]
    asked = messages + blurred(messages)
    logits, novelty = np.zeros((len(asked), len(Outcome))), np.zeros(len(asked))
    judged = [np.concatenate([test, test + len(mails)]) for _, test in splits]
    work = (
        delayed(_judge_unseen)([messages[i] for i in train], [labels[i] for i in train], [asked[i] for i in rows])
        for (train, _), rows in zip(splits, judged, strict=True)
    )
    report(what, 0, len(splits) + 1)
    for number, (rows, found) in enumerate(zip(judged, Parallel(return_as="generator")(work), strict=True), start=1):
        logits[rows], novelty[rows] = found
        report(what, number, len(splits) + 1)
    return Unseen(logits, novelty)


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


def judged_by(calibration: Calibration, found: Unseen, messages: Sequence[Message]) -> Matrix:
    """Calibrated probabilities of unseen mails, columns in the order of the outcomes' names."""
    rows = lowered(softmax(found.logits, calibration.temperature), found.novelty, calibration.familiar)
    return only_about_meta(rows, messages, OUTCOMES)


def fit(mails: Sequence[Labelled], version: str, report: Report = lambda what, done, of: None) -> Trained:
    """Train on all mails.

    The thresholds come from out-of-fold predictions by template, the temperature from these and the same mails with words missing.
    """
    check_classes(mails)
    messages, labels = [mail.message for mail in mails], [mail.outcome.value for mail in mails]
    truths = np.tile(np.array([OUTCOMES.index(mail.outcome) for mail in mails]), 2)
    found = unseen(mails, list(by_template(mails)), "evaluating by template", report)
    calibration = Calibration(temperature_of(found.logits, truths), limit_of(found.novelty[: len(mails)]))
    judged = judged_by(calibration, found, messages * 2)[: len(mails)]
    predicted, truth = judged.argmax(axis=1), truths[: len(mails)]
    undoubted = np.array([doubt_of(OUTCOMES[k], m) is None for k, m in zip(predicted, messages, strict=True)])
    thresholds = {o: threshold_of(o, judged[undoubted], predicted[undoubted], truth[undoubted], k) for k, o in enumerate(OUTCOMES)}
    report("training on all mails", FOLDS, FOLDS + 1)
    pipeline = new_pipeline().fit(*augmented(messages, labels))
    final = pipeline.named_steps["classifier"]
    final.coef_ = (final.coef_ / calibration.temperature).astype(np.float32)
    final.intercept_ = final.intercept_ / calibration.temperature
    report("done", FOLDS + 1, FOLDS + 1)
    return Trained(Model(version, pipeline, thresholds, calibration.familiar), judged, calibration)


def without_language(trained: Trained, mails: Sequence[Labelled], report: Report = lambda what, done, of: None) -> Matrix:
    """Probabilities (n_mails, n_classes) from models that had seen no mail of the language; the calibration stays that of `trained`."""
    found = unseen(mails, list(by_language(mails)), "leaving out each language", report)
    messages = [mail.message for mail in mails]
    return judged_by(trained.calibration, found, messages * 2)[: len(mails)]
