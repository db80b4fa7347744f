"""A fitted pipeline as bare numbers: the probabilities of `predict_proba`, without what scikit-learn checks on every call.

MEASURED: bench/results/classify.md; for a single mail the checks take ten times as long as the sums.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from ledger.message import Message

Numbers = NDArray[np.float32]
Tokens = Callable[[Message], list[str]]


@dataclass(frozen=True, slots=True)
class Family:
    """A family of features: how its tokens are made, and the column of each that the model knows."""

    tokens: Tokens
    columns: dict[str, int]


@dataclass(frozen=True, slots=True)
class Scorer:
    """`family` and `idf` have shape (n_columns,), `weights` (n_columns, n_classes), `intercept` (n_classes,)."""

    families: tuple[Family, ...]
    family: NDArray[np.intp]
    idf: Numbers
    weights: Numbers
    intercept: NDArray[Any]

    def judge(self, messages: Sequence[Message]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Probabilities as of `predict_proba`, shape (n_messages, n_classes), and the novelty of each message, shape (n_messages,)."""
        logits, novelty = self.logits(messages)
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float64), novelty

    def logits(self, messages: Sequence[Message]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Decision values: TF-IDF with sublinear counts, each family of length one, times the weights; and the novelty of each message."""
        counts, novelty = self._counts(messages)
        return np.asarray(counts @ self.weights + self.intercept, dtype=np.float64), np.array(novelty)

    def _counts(self, messages: Sequence[Message]) -> tuple[csr_matrix, list[float]]:
        """What the weights are applied to, shape (n_messages, n_columns); and the share of each one's concept tokens that is unknown."""
        columns, ends, novelty = list[int](), [0], list[float]()
        for message in messages:
            concepts, *others = ((family.columns, family.tokens(message)) for family in self.families)
            found = [concepts[0][token] for token in concepts[1] if token in concepts[0]]
            novelty.append(1 - len(found) / len(concepts[1]) if concepts[1] and message.language else 1.0)
            columns += found
            for known, tokens in others:
                columns += [known[token] for token in tokens if token in known]
            ends.append(len(columns))
        counts = csr_matrix((np.ones(len(columns), np.float32), columns, ends), shape=(len(messages), len(self.idf)))
        counts.sum_duplicates()
        counts.data = self._of_length_one((np.log(counts.data) + np.float32(1)) * self.idf[counts.indices], counts)
        return counts, novelty

    def _of_length_one(self, values: Numbers, counts: csr_matrix) -> Numbers:
        rows = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
        vectors = rows * len(self.families) + self.family[counts.indices]
        lengths = np.sqrt(np.bincount(vectors, values * values))
        return np.asarray(values / lengths[vectors], dtype=np.float32)


@lru_cache(maxsize=8)
def scorer_of(pipeline: Any) -> Scorer:
    """The numbers of a pipeline that decides, read once: it is never fitted again."""
    return read_scorer(pipeline)


def read_scorer(pipeline: Any) -> Scorer:
    """The numbers of a fitted pipeline of `train.new_pipeline`, whose first family are the concepts."""
    vectorisers = [vectoriser for _, vectoriser in pipeline.named_steps["features"].transformer_list]
    starts = np.cumsum([0, *(len(vectoriser.vocabulary_) for vectoriser in vectorisers)]).tolist()
    families = tuple(
        Family(vectoriser.analyzer, {token: start + int(column) for token, column in vectoriser.vocabulary_.items()})
        for vectoriser, start in zip(vectorisers, starts, strict=False)
    )
    classifier = pipeline.named_steps["classifier"]
    return Scorer(
        families,
        np.repeat(np.arange(len(families)), np.diff(starts)),
        np.concatenate([vectoriser.idf_ for vectoriser in vectorisers]).astype(np.float32),
        np.ascontiguousarray(classifier.coef_.T, dtype=np.float32),
        classifier.intercept_,
    )
