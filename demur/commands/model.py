"""`demur train`, `evaluate`, `models`, `promote`, `rollback`: the classifier's life."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from demur import shipped
from demur.commands.context import Json, composition
from demur.commands.labels import label_errors as print_label_errors
from demur.composition import Composition
from demur.judge import registry
from demur.output import print_json, print_table
from demur.parallel import spread
from demur.progress import training_progress
from demur.training import train as run_training


class Unseen(StrEnum):
    """What a judging model has never seen of a mail that it judges."""

    TEMPLATE = "template"
    LANGUAGE = "language"


def train(
    fixtures: Annotated[
        list[Path] | None, typer.Option(help="Folder of labelled mails (repeat); DEMUR_FIXTURES, else the shipped ones.")
    ] = None,
    json_: Json = False,
) -> None:
    """Train a candidate on labelled and reviewed mails; it replaces the model only when it is not worse.

    Example: demur train --fixtures my-mails
    """
    result = run_training(composition(), fixtures or [], training_progress(sys.stderr))
    metrics = result.card.metrics
    if json_:
        print_json({"version": result.card.version, "promoted": result.promoted, "reasons": list(result.reasons), "metrics": metrics})
        return
    typer.echo(
        f"Model {result.card.version}: macro-F1 {metrics['macro_f1']:.3f} on unseen templates, {metrics['coverage']:.0%} decided alone."
    )
    typer.echo("It decides from now on." if result.promoted else "It was not promoted: " + "; ".join(result.reasons) + ".")


def evaluate(
    fixtures: Annotated[
        Path | None, typer.Option(help="Folder of labelled mails; the shipped ones, judged out of fold, when left out.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="Version to judge; the current one when left out.")] = None,
    label_errors: Annotated[bool, typer.Option("--label-errors", help="List the labels that are believed least instead.")] = False,
    leave_out: Annotated[Unseen, typer.Option(help="What the judging models of the shipped mails have never seen.")] = Unseen.TEMPLATE,
    json_: Json = False,
) -> None:
    """Report how good a model is, by outcome and language, and how many labelled mails there are.

    Example: demur evaluate --fixtures my-mails --json
    """
    from classifier.evaluate import evaluate as judge_model
    from classifier.fixtures import load
    from ingest.decide import read

    parts = composition()
    if label_errors:
        print_label_errors(parts, fixtures, json_)
        return
    if fixtures is None and model is None:
        report = _out_of_fold(parts, read, leave_out)
    else:
        mails = load(fixtures or shipped.fixtures() / "holdout", read)
        opened = registry(parts.settings.data).open(model) if model else parts.judge.model()
        report = judge_model(opened, mails)
    print_json(report.as_dict()) if json_ else _print_report(report)


def _out_of_fold(parts: Composition, read: Any, leave_out: Unseen) -> Any:
    """The shipped fixtures judged by models that never saw a mail of the same template, or of the same language."""
    from classifier.evaluate import evaluate as judge_model
    from classifier.fixtures import load
    from classifier.train import fit, without_language

    mails = load(shipped.fixtures(), read)
    report = training_progress(sys.stderr)
    with spread(parts.settings):
        trained = fit(mails, f"without the same {leave_out.value}", report)
        rows = trained.out_of_fold if leave_out is Unseen.TEMPLATE else without_language(trained, mails, report)
    return judge_model(trained.model, mails, rows)


def _print_report(report: Any) -> None:
    typer.echo(
        f"model {report.model}: {report.mails} mails, macro-F1 {report.macro_f1:.3f}, accuracy {report.accuracy:.3f}, "
        f"decided alone {report.coverage:.1%}, wrong confirmations or rejections {report.wrong_decisive}, "
        f"calibration error {report.calibration_error:.3f}\n"
    )
    print_table(
        ["outcome", "precision", "recall", "F1", "mails", "templates", "least confidence", "decided", "of these wrong"],
        [
            [n, f"{s.precision:.3f}", f"{s.recall:.3f}", f"{s.f1:.3f}", s.mails, s.templates, f"{s.threshold:.2f}", *_decided(s.selective)]
            for n, s in report.outcomes.items()
        ],
    )
    typer.echo("")
    outcomes = list(report.outcomes)
    print_table(
        ["language", "accuracy", "mails", *(name[:7] for name in outcomes), "decided", "of these wrong"],
        [
            [code, f"{s.accuracy:.3f}", s.mails, *(s.outcomes[name] for name in outcomes), *_decided(s.selective)]
            for code, s in report.languages.items()
        ],
    )


def _decided(selective: Any) -> list[str]:
    return [f"{selective.coverage:.1%}", f"{selective.risk:.1%}"]


def models(json_: Json = False) -> None:
    """List all models: → decides, ~ predicts in the shadow.

    Example: demur models
    """
    parts = composition()
    found = registry(parts.settings.data)
    current, shadow = found.current_version(), found.shadow_version()
    cards = found.versions()
    if json_:
        print_json(
            [
                {
                    "version": c.version,
                    "current": c.version == current,
                    "shadow": c.version == shadow,
                    "created_at": c.created_at,
                    "mails": c.mails,
                    "macro_f1": c.metrics["macro_f1"],
                }
                for c in cards
            ]
        )
        return
    print_table(
        ["", "version", "made", "mails", "macro-F1"],
        [
            [
                "→" if c.version == current else "~" if c.version == shadow else "",
                c.version,
                c.created_at,
                c.mails,
                f"{c.metrics['macro_f1']:.3f}",
            ]
            for c in cards
        ],
    )


def promote(version: Annotated[str, typer.Argument(help="The version that shall decide.")]) -> None:
    """Let a version decide from now on.

    Example: demur promote 2026.11.22-1a2b3c
    """
    found = registry(composition().settings.data)
    found.open(version)
    found.promote(version)
    typer.echo(f"Model {version} decides from now on.")


def rollback() -> None:
    """Let the model before the current one decide again.

    Example: demur rollback
    """
    typer.echo(f"Model {registry(composition().settings.data).rollback()} decides again.")
