"""From labelled mails to a new version in the registry; it decides only once it passed the gate against the champion."""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import sqrt
from pathlib import Path

from classifier.card import Card
from classifier.evaluate import Evaluation, evaluate
from classifier.fixtures import Labelled, Read, labelled_paths, load
from classifier.model import Model
from classifier.registry import FEATURES, Registry, python, scikit_learn
from classifier.train import Report, fit
from ledger.errors import OperatorError
from ledger.outcome import Outcome

Z = 1.96
"""95 % intervals."""


@dataclass(frozen=True, slots=True)
class Retrained:
    """What a training led to. `reasons` says why the candidate was not promoted."""

    card: Card
    evaluation: Evaluation
    promoted: bool
    reasons: tuple[str, ...]


def data_digest(folders: Sequence[Path], reviewed: Sequence[Labelled]) -> str:
    """A SHA-256 over names, labels and bytes of everything that is trained on."""
    digest = hashlib.sha256()
    for folder in folders:
        for outcome, path in labelled_paths(folder):
            digest.update(f"{outcome.value}/{path.name}\n".encode() + path.read_bytes())
    for mail in reviewed:
        digest.update(f"{mail.outcome.value}/{mail.message.sha256}\n".encode())
    return digest.hexdigest()


def lower_bound(recall: float, mails: int) -> float:
    """The lower end of the 95 % Wilson interval of a recall measured on so many mails."""
    if mails == 0:
        return 0.0
    middle = recall + Z * Z / (2 * mails)
    spread = Z * sqrt(recall * (1 - recall) / mails + Z * Z / (4 * mails * mails))
    return (middle - spread) / (1 + Z * Z / mails)


def objections(candidate: Evaluation, champion: Evaluation) -> tuple[str, ...]:
    """Why a candidate must not replace the champion, both judged on the same hold-out; empty when it may."""
    found = []
    for outcome in Outcome:
        new, old = candidate.outcomes[outcome.value], champion.outcomes[outcome.value]
        if new.mails and new.recall < lower_bound(old.recall, old.mails):
            found.append(f"recall of {outcome.value} fell from {old.recall:.2f} to {new.recall:.2f}")
    shares = (
        ("accuracy", candidate.accuracy, champion.accuracy),
        ("what is decided without a person", candidate.coverage, champion.coverage),
    )
    for name, share, before in shares:
        if share < lower_bound(before, champion.mails):
            found.append(f"{name} fell from {before:.2f} to {share:.2f}")
    if candidate.wrong_decisive > champion.wrong_decisive:
        found.append(f"{candidate.wrong_decisive} wrong confirmations or rejections, the champion has {champion.wrong_decisive}")
    return tuple(found)


def retrain(
    registry: Registry, folders: Sequence[Path], holdout: Path, reviewed: Sequence[Labelled], read: Read, now: datetime, report: Report
) -> Retrained:
    """Train a candidate, judge it, keep it, and promote it when nothing speaks against it. The champion stays until then."""
    started = time.monotonic()
    report("reading labelled mails", 0, 1)
    mails = [mail for folder in folders for mail in load(folder, read)] + list(reviewed)
    digest = data_digest(folders, reviewed)
    version = registry.new_version(f"{now:%Y.%m.%d}-{digest[:6]}")
    trained = fit(mails, version, report)
    judged = evaluate(trained.model, mails, trained.out_of_fold)
    card = Card(
        version=version,
        sha256="",
        created_at=now.isoformat(timespec="seconds"),
        scikit_learn=scikit_learn(),
        python=python(),
        features=FEATURES,
        data_digest=digest,
        mails=len(mails),
        templates=len({mail.template for mail in mails}),
        reviewed=len(reviewed),
        training_seconds=round(time.monotonic() - started, 1),
        thresholds={outcome.value: round(least, 4) for outcome, least in trained.model.thresholds.items()},
        metrics={name: value for name, value in judged.as_dict().items() if name != "mistakes"},
        familiar=round(trained.model.familiar, 4),
    )
    against = _against_champion(registry, trained.model, holdout, read)
    kept = registry.add(trained.model, card)
    if not against:
        registry.promote(version)
    return Retrained(kept, judged, not against, against)


def _against_champion(registry: Registry, candidate: Model, holdout: Path, read: Read) -> tuple[str, ...]:
    """Objections on the frozen hold-out. Without a champion that opens, or a hold-out, nothing can be compared."""
    try:
        champion = registry.current()
        frozen = load(holdout, read)
    except OperatorError:
        return ()
    return objections(evaluate(candidate, frozen), evaluate(champion, frozen))
