"""`demur evaluate --label-errors`: labelled mails whose label a model that never saw their template believes least."""

import sys
from pathlib import Path

import typer

from demur import shipped
from demur.composition import Composition
from demur.output import plain, print_json, print_table
from demur.progress import training_progress
from demur.training import reviewed

SHOWN = 20


def label_errors(parts: Composition, fixtures: Path | None, json_: bool) -> None:
    """Print the labels to look at first, of labelled and of reviewed mails."""
    from classifier.fixtures import load
    from classifier.suspects import suspects
    from classifier.train import fit
    from ingest.decide import read

    mails = [*load(fixtures or shipped.fixtures(), read), *reviewed(parts)]
    trained = fit(mails, "out-of-fold", training_progress(sys.stderr))
    found = suspects(mails, trained.out_of_fold, trained.model.classes)[:SHOWN]
    if json_:
        rows = [(s.name, s.label, s.predicted, s.self_confidence, s.confidence) for s in found]
        print_json([dict(zip(("path", "label", "predicted", "self_confidence", "confidence"), row, strict=True)) for row in rows])
        return
    typer.echo("Labels to look at first: the less a model that never saw the mail's template believes its label, the higher it stands.\n")
    print_table(
        ["mail", "label", "predicted", "belief in the label"],
        [[plain(s.name), s.label, f"{s.predicted} {s.confidence:.0%}", f"{s.self_confidence:.1%}"] for s in found],
    )
