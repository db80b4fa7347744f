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

    def probabilities(self, messages: Sequence[Message]) -> NDArray[np.float64]:
        """Shape (n_messages, n_classes), as of `predict_proba`: TF-IDF with sublinear counts, each family of length one, softmax."""
        logits = self._counts(messages) @ self.weights + self.intercept
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float64)

    def _counts(self, messages: Sequence[Message]) -> csr_matrix:
        """What the weights are applied to, shape (n_messages, n_columns)."""
        columns, ends = list[int](), [0]
        for message in messages:
            for family in self.families:
                known = family.columns
                columns += [known[token] for token in family.tokens(message) if token in known]
            ends.append(len(columns))
        counts = csr_matrix((np.ones(len(columns), np.float32), columns, ends), shape=(len(messages), len(self.idf)))
        counts.sum_duplicates()
        counts.data = self._of_length_one((np.log(counts.data) + np.float32(1)) * self.idf[counts.indices], counts)
        return counts

    def _of_length_one(self, values: Numbers, counts: csr_matrix) -> Numbers:
        rows = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
        vectors = rows * len(self.families) + self.family[counts.indices]
        lengths = np.sqrt(np.bincount(vectors, values * values))
        return np.asarray(values / lengths[vectors], dtype=np.float32)


@lru_cache(maxsize=8)
def scorer_of(pipeline: Any) -> Scorer:
    """The numbers of a fitted pipeline of `train.new_pipeline`, read once: a pipeline that decides is never fitted again."""
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
