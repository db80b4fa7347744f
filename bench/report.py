"""Pictures of how far the shipped model's confidence can be believed: `python -m bench.report` rewrites three SVG files in docs/images/.

Out of fold (templates never trained on) and on the frozen hold-out: a reliability diagram, and what share of mails is decided at which
error when the least confidence is raised, over all and by outcome.
"""

from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifier.evaluate import BINS, calibration_error, reliability
from classifier.fixtures import Labelled, load
from classifier.model import Matrix
from classifier.train import OUTCOMES, fit
from demur import shipped
from ingest.decide import read

IMAGES = Path("docs/images")
SIZE, EDGE = 360, 48
COLOURS = ("#1b6e73", "#b4531d", "#5b4b9a", "#3d7a2f", "#a03060", "#8a6d00", "#2e6fb0", "#777777")
Series = tuple[str, list[tuple[float, float]]]


def _point(x: float, y: float) -> str:
    span = SIZE - 2 * EDGE
    return f"{EDGE + x * span:.1f},{SIZE - EDGE - y * span:.1f}"


def chart(title: str, across: str, up: str, series: Sequence[Series], most: float = 1.0, diagonal: bool = False) -> str:
    """An SVG line chart with both axes from 0 to 1 (the upright one to `most`), readable on light and dark grounds."""
    lines = []
    for step in range(6):
        share = step / 5
        lines.append(f'<path d="M{_point(0, share)} L{_point(1, share)}" stroke="#8884" fill="none"/>')
        x, y = _point(0, share).split(",")
        lines.append(f'<text x="{float(x) - 6:.0f}" y="{float(y) + 4:.0f}" text-anchor="end">{share * most:.2g}</text>')
        x, y = _point(share, 0).split(",")
        lines.append(f'<text x="{x}" y="{float(y) + 16:.0f}" text-anchor="middle">{share:.1f}</text>')
    if diagonal:
        lines.append(f'<path d="M{_point(0, 0)} L{_point(1, 1)}" stroke="#888" stroke-dasharray="4 4" fill="none"/>')
    for number, (name, points) in enumerate(series):
        colour = COLOURS[number % len(COLOURS)]
        path = " L".join(_point(x, y / most) for x, y in points)
        lines.append(f'<path d="M{path}" stroke="{colour}" stroke-width="2.5" fill="none"/>')
        lines += (
            [f'<circle cx="{p.split(",")[0]}" cy="{p.split(",")[1]}" r="3" fill="{colour}"/>' for p in path.split(" L")]
            if len(points) <= BINS
            else []
        )
        lines.append(f'<text x="{EDGE + 8}" y="{EDGE + 14 + 16 * number}" fill="{colour}">{escape(name)}</text>')
    lines.append(f'<text x="{SIZE / 2}" y="{SIZE - 8}" text-anchor="middle">{escape(across)}</text>')
    lines.append(f'<text transform="translate(14 {SIZE / 2}) rotate(-90)" text-anchor="middle">{escape(up)}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}" role="img" font-family="sans-serif" font-size="12" fill="#777">'
        f"<title>{escape(title)}</title><desc>{escape(across)} against {escape(up)}, one line each for {escape(', '.join(n for n, _ in series))}</desc>{''.join(lines)}</svg>\n"
    )


def coverage_risk(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> list[tuple[float, float]]:
    """(share decided, share of these that is wrong) as the least confidence falls, a hundred points."""
    order = np.argsort(-confidence)
    wrong = np.cumsum(~right[order]) / np.arange(1, len(order) + 1)
    chosen = np.unique(np.linspace(0, len(order) - 1, 100).astype(int))
    return [(float((i + 1) / len(order)), float(wrong[i])) for i in chosen]


def judged(rows: Matrix, mails: Sequence[Labelled]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Confidence and rightness of the best guess for each mail."""
    names = sorted({mail.outcome.value for mail in mails})
    truth = np.array([names.index(mail.outcome.value) for mail in mails])
    return rows.max(axis=1), rows.argmax(axis=1) == truth


def bins(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> list[tuple[float, float]]:
    """(mean confidence, accuracy) of each of ten bins that holds at least five mails."""
    return [(mean, accuracy) for mean, accuracy, mails in reliability(list(confidence), list(right)) if mails >= 5]


def by_outcome(rows: Matrix, mails: Sequence[Labelled]) -> list[Series]:
    """A coverage-risk curve for each outcome that is guessed."""
    confidence, right = judged(rows, mails)
    guess = rows.argmax(axis=1)
    return [(o.value, coverage_risk(confidence[guess == k], right[guess == k])) for k, o in enumerate(OUTCOMES) if (guess == k).any()]


def main() -> None:
    mails, frozen = load(shipped.fixtures(), read), load(shipped.fixtures() / "holdout", read)
    trained = fit(mails, "report")
    own = judged(trained.out_of_fold, mails)
    fresh = judged(trained.model.probabilities([mail.message for mail in frozen]), frozen)
    names = (f"unseen templates ({len(mails)} mails)", f"frozen hold-out ({len(frozen)} mails)")
    pairs = list(zip(names, (own, fresh), strict=True))
    IMAGES.mkdir(exist_ok=True)
    diagram = chart(
        "Reliability: how often the model is right when it says how sure it is",
        "confidence",
        "share that is right",
        [(n, bins(*j)) for n, j in pairs],
        diagonal=True,
    )
    title = "Coverage and risk: how many mails are decided without a person, and how many of these wrongly"
    axes = ("share decided", "share of these that is wrong")
    (IMAGES / "reliability.svg").write_text(diagram, encoding="utf-8")
    (IMAGES / "coverage.svg").write_text(chart(title, *axes, [(n, coverage_risk(*j)) for n, j in pairs], most=0.25), encoding="utf-8")
    each = chart(f"{title}, by outcome", *axes, by_outcome(trained.out_of_fold, mails), most=0.1)
    (IMAGES / "coverage-by-outcome.svg").write_text(each, encoding="utf-8")
    for name, (confidence, right) in pairs:
        print(f"{name}: accuracy {right.mean():.3f}, calibration error {calibration_error(list(confidence), list(right)):.3f}")


if __name__ == "__main__":
    main()
