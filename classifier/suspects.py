"""Labels that may be wrong: mails whose own label a model believes least that never saw a mail of their template.

The out-of-fold self-confidence of confident learning (Northcutt et al. 2021): the probability of the given label.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from classifier.fixtures import Labelled
from classifier.model import Matrix
from ledger.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Suspect:
    """A labelled mail; `self_confidence` (0 to 1) is how likely its label is, `confidence` how likely what was predicted instead."""

    name: str
    label: Outcome
    predicted: Outcome
    self_confidence: float
    confidence: float


def suspects(mails: Sequence[Labelled], probabilities: Matrix, classes: Sequence[Outcome]) -> list[Suspect]:
    """All mails, the least believed label first. `probabilities`: out of fold, shape (n_mails, n_classes), columns as in `classes`."""
    found = []
    for mail, row in zip(mails, probabilities, strict=True):
        best = int(row.argmax())
        own = float(row[classes.index(mail.outcome)])
        found.append(Suspect(mail.name, mail.outcome, classes[best], round(own, 4), round(float(row[best]), 4)))
    return sorted(found, key=lambda suspect: (suspect.self_confidence, suspect.name))
