"""How unlike all training mails a mail is (the share of its concept tokens that none of them had), and what that takes from confidence.

MEASURED: docs/experiments.md#novelty: within the languages that the model knows, its own confidence says it all; what lies beyond all that
training has seen must not be believed on the strength of a few known words.
"""

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
MOST_TAKEN = 0.5
"""The share of its confidence that a mail loses of which nothing is known."""
FAMILIAR = 0.99
"""The share of unseen templates that lose nothing: a new wording is no reason for a review."""


def limit_of(novelty: Vector) -> float:
    """The novelty that nearly all unseen templates stay below."""
    return float(np.quantile(novelty, FAMILIAR))


def lowered(probabilities: NDArray[np.float64], novelty: Vector, limit: float) -> NDArray[np.float64]:
    """Rows of probabilities, those of mails beyond the limit drawn towards «could be anything»; the order within a row stays."""
    beyond = np.clip((novelty - limit) / max(1 - limit, 1e-9), 0, 1)[:, None] * MOST_TAKEN
    return np.asarray((1 - beyond) * probabilities + beyond / probabilities.shape[1])
