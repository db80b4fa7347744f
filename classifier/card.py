"""A model's card: what it was made from and how good it is, as JSON for machines and Markdown for people."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ledger.errors import OperatorError

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Card:
    """`sha256` pins the model file; `scikit_learn` and `features` say with what it may be opened.

    `familiar`: the novelty (0 to 1) from which on a mail costs confidence.
    """

    version: str
    sha256: str
    created_at: str
    scikit_learn: str
    python: str
    features: str
    data_digest: str
    mails: int
    templates: int
    reviewed: int
    training_seconds: float
    thresholds: dict[str, float]
    metrics: dict[str, Any]
    familiar: float = 1.0
    format: int = FORMAT


def write_card(card: Card, folder: Path) -> None:
    """Write `card.json` and `card.md` into a model's folder."""
    (folder / "card.json").write_text(json.dumps(asdict(card), indent=1, sort_keys=True) + "\n", encoding="utf-8")
    (folder / "card.md").write_text(markdown(card), encoding="utf-8")


def read_card(folder: Path) -> Card:
    """Read a model's card. Raises OperatorError when it is missing, damaged or of another format."""
    path = folder / "card.json"
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data.get("format") != FORMAT:
            raise OperatorError(f"{path} has a format that this Demur does not know: run `demur train`")
        return Card(**data)
    except (OSError, ValueError, TypeError, AttributeError):
        raise OperatorError(f"{path} is missing or damaged: run `demur train`, or `demur rollback` to an earlier model") from None


def markdown(card: Card) -> str:
    """The card for people."""
    metrics = card.metrics
    rows = [
        f"| {name} | {s['precision']:.3f} | {s['recall']:.3f} | {s['f1']:.3f} | {s['mails']} | {s['templates']} | {s['threshold']:.2f} |"
        for name, s in metrics["outcomes"].items()
    ]
    languages = [
        f"| {code} | {s['accuracy']:.3f} | {s['mails']} | {s['selective']['coverage']:.1%} | {s['selective']['risk']:.1%} |"
        for code, s in metrics["languages"].items()
    ]
    return "\n".join(
        [
            f"# Model {card.version}",
            "",
            f"Trained on {card.mails} labelled mails ({card.templates} templates, {card.reviewed} reviewed by people)",
            f"in {card.training_seconds:.0f} s, scikit-learn {card.scikit_learn}, Python {card.python}.",
            "Judged on templates that the judging model never saw.",
            "",
            f"Macro-F1 {metrics['macro_f1']:.3f}, accuracy {metrics['accuracy']:.3f}, decided without a person {metrics['coverage']:.1%},",
            f"wrong confirmations or rejections {metrics['wrong_decisive']}, calibration error {metrics['calibration_error']:.3f}.",
            "",
            "| outcome | precision | recall | F1 | mails | templates | least confidence |",
            "|---|---|---|---|---|---|---|",
            *rows,
            "",
            "| language | accuracy | mails | decided without a person | of these wrong |",
            "|---|---|---|---|---|",
            *languages,
            "",
        ]
    )
