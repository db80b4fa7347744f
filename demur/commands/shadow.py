"""`demur shadow`: a model that predicts beside the current one, and decides nothing."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from demur.commands.context import Json, composition
from demur.composition import Composition
from demur.judge import registry
from demur.output import plain, print_json, print_table
from demur.parallel import MANY, spread
from ledger.errors import OperatorError

if TYPE_CHECKING:
    from ingest.shadow import Beside


def shadow(
    version: Annotated[str | None, typer.Argument(help="The version to put into the shadow.")] = None,
    off: Annotated[bool, typer.Option("--off", help="Take the version out of the shadow.")] = False,
    report: Annotated[bool, typer.Option("--report", help="Compare its word with what was decided since it began.")] = False,
    json_: Json = False,
) -> None:
    """Let a model predict beside the current one without deciding, and compare the two.

    Example: demur shadow 2026.11.22-1a2b3c, and after some days: demur shadow --report
    """
    if sum((version is not None, off, report)) > 1:
        raise OperatorError("demur shadow: one of VERSION, --off and --report at a time")
    parts = composition()
    models = parts.models
    if off:
        models.set_shadow(None)
    elif version is not None:
        models.set_shadow(version)
    if report:
        _report(parts, json_)
    elif json_:
        print_json({"current": models.current(), "shadow": models.shadow()})
    else:
        typer.echo(f"Model {models.shadow()} predicts in the shadow." if models.shadow() else "No model is in the shadow.")


def _report(parts: Composition, json_: bool) -> None:
    from ingest.shadow import beside

    models = registry(parts.settings.data)
    version, since = models.shadow_version(), models.shadow_since()
    if version is None or since is None:
        raise OperatorError("no model is in the shadow: `demur shadow VERSION` puts one there, `demur models` lists them")
    classify = partial(models.open(version).predict, abstain_below=parts.settings.abstain_below)
    with spread(parts.settings, worthwhile=parts.ledger.record.decided_mails() > MANY):
        found = list(beside(parts.ledger, parts.ledger.people.all(), since, classify))
    facts = {"current": models.current_version(), "shadow": version, "since": since.isoformat(), **_summary(found)}
    print_json(facts) if json_ else _print(facts, found)


def _summary(found: "list[Beside]") -> dict[str, Any]:
    """The comparison as JSON data. `agreement` is None where nothing was decided yet."""
    from ingest.shadow import right, tallies

    said, current, beside = right(found)
    return {
        "mails": len(found),
        "agreement": round(sum(b.agree for b in found) / len(found), 4) if found else None,
        "decided": [
            {"outcome": t.decided, "mails": t.mails, "same": t.same, "otherwise": t.otherwise, "abstained": t.abstained}
            for t in tallies(found)
        ],
        "corrected": {"mails": said, "current_right": current, "shadow_right": beside},
        "disagreements": [_disagreement(b) for b in found if not b.agree],
    }


def _disagreement(each: "Beside") -> dict[str, Any]:
    return {
        "user": each.user.name,
        "sha256": each.decided.sha256,
        "outcome": each.decided.outcome,
        "abstained": each.decided.abstained,
        "shadow_outcome": each.shadow.outcome,
        "shadow_abstained": each.shadow.abstained,
        "shadow_confidence": each.shadow.confidence,
        "said": each.said,
    }


def _print(facts: dict[str, Any], found: "list[Beside]") -> None:
    typer.echo(f"Model {facts['shadow']} beside {facts['current']}, {facts['mails']} mails since {facts['since'][:16]}.")
    if not found:
        typer.echo(f"Nothing was decided since then; `demur replay --model {facts['shadow']}` compares on all stored mails.")
        return
    typer.echo(f"They agree on {facts['agreement']:.1%}.")
    if facts["corrected"]["mails"]:
        typer.echo(
            "Of {mails} mails that people spoke about, it is right on {shadow_right}, the current one on {current_right}.".format_map(
                facts["corrected"]
            )
        )
    print_table(
        ["decided", "mails", "the same", "otherwise", "left to a person"],
        [[t["outcome"] or "left to a person", t["mails"], t["same"], t["otherwise"], t["abstained"]] for t in facts["decided"]],
    )
    rows = [
        [b.user.name, b.decided.sha256[:12], _word(b.decided), _word(b.shadow), plain(b.decided.subject)[:50]] for b in found if not b.agree
    ]
    if rows:
        typer.echo("")
        print_table(["user", "mail", "decided", "shadow", "subject"], rows)


def _word(decision: Any) -> str:
    return f"{decision.outcome}{'?' if decision.abstained else ''}"
