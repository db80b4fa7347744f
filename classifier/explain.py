"""Why a model says what it says: the features that weigh most for an outcome, and the words of the mail that they stand on."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from classifier.model import Model
from ledger.message import Message
from ledger.outcome import Outcome

MOST = 6
ENOUGH_LOCATED = 3
SEARCHED = 60
LEAST_WEIGHT = 0.01
CONCEPT = re.compile(r"[A-Z][A-Z_]+")


@dataclass(frozen=True, slots=True)
class Reason:
    """A feature with its weight (share of the decision value, larger is stronger) and the spans of its words in `Message.text`."""

    feature: str
    weight: float
    words: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]


def _spans(message: Message, feature: str) -> list[tuple[int, int]]:
    """Where the concepts of a text feature stand; a pair is shown where both stand in one sentence."""
    names = set(CONCEPT.findall(feature))
    by_sentence: dict[int, set[str]] = {}
    for hit in message.hits:
        by_sentence.setdefault(hit.sentence, set()).add(hit.concept)
    whole = {sentence for sentence, found in by_sentence.items() if names <= found}
    return [(hit.start, hit.end) for hit in message.hits if hit.concept in names and hit.sentence in whole]


def _phrase_spans(message: Message, outcome: str) -> list[tuple[int, int]]:
    return [(phrase.start, phrase.end) for phrase in message.phrases if phrase.outcome == outcome]


def _located(message: Message, family: str, feature: str) -> list[tuple[int, int]]:
    if family.startswith("concept"):
        return _spans(message, feature)
    if feature.startswith("d|"):
        deciding = set(CONCEPT.findall(re.split(r"[@^]", feature)[0]))
        return [(hit.start, hit.end) for hit in message.hits if hit.concept in deciding]
    if feature.startswith("p|"):
        return _phrase_spans(message, feature.rpartition("|")[2])
    return []


def explain(model: Model, messages: Sequence[Message], outcomes: Sequence[Outcome]) -> list[list[Reason]]:
    """For each message the strongest reasons for its outcome, the strongest first. Weights are logits against the mean outcome."""
    if not messages:
        return []
    union, classifier = model.pipeline.named_steps["features"], model.pipeline.named_steps["classifier"]
    matrix = union.transform(list(messages)).tocsr()
    names = union.get_feature_names_out()
    against = classifier.coef_ - classifier.coef_.mean(axis=0)
    classes = model.classes
    found = []
    for row, (message, outcome) in enumerate(zip(messages, outcomes, strict=True)):
        start, end = matrix.indptr[row], matrix.indptr[row + 1]
        columns = matrix.indices[start:end]
        weights = matrix.data[start:end] * against[classes.index(outcome), columns]
        found.append(
            [_reason(message, str(names[columns[i]]), float(weights[i])) for i in np.argsort(-weights)[:MOST] if weights[i] > LEAST_WEIGHT]
        )
    return found


def _reason(message: Message, name: str, weight: float) -> Reason:
    family, _, feature = name.partition("__")
    spans = tuple(sorted(set(_located(message, family, feature))))
    return Reason(feature, round(weight, 3), tuple(dict.fromkeys(message.text[a:b] for a, b in spans))[:8], spans[:8])
