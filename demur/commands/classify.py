"""`demur classify`: what each mail says, offline, without account or database."""

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from demur.commands.context import Json, composition
from demur.composition import Composition
from demur.output import plain, print_json_line
from ledger.errors import OperatorError
from ledger.message import Message
from ledger.prediction import Prediction
from ledger.text import masked_codes
from ledger.trust import Proof

AT_ONCE = 64


def classify(
    paths: Annotated[list[Path], typer.Argument(help="Mails (.eml), folders, Maildir, mbox, zip; `-` reads one mail from stdin.")],
    json_: Json = False,
) -> None:
    """Say what each mail is: offline, no account, no database.

    Example: demur classify ~/saved-mails --json
    """
    parts = composition()
    broken = 0
    found = _found(paths)
    while some := list(islice(found, AT_ONCE)):
        for line in _lines(parts, some):
            broken += "error" in line
            print_json_line(line) if json_ else typer.echo(_for_people(line))
    if broken:
        raise OperatorError(f"{broken} {'mail' if broken == 1 else 'mails'} could not be read, see above")


def _found(paths: list[Path]) -> Iterator[Any]:
    from ingest.folder import FoundMail, mails_in

    for path in paths:
        if str(path) == "-":
            yield FoundMail("-", sys.stdin.buffer.read())
        elif not path.exists():
            yield FoundMail(str(path), error="does not exist")
        else:
            yield from mails_in(path)


def _lines(parts: Composition, found: list[Any]) -> Iterator[dict[str, Any]]:
    from ingest.decide import proof_of, read

    messages = {index: read(mail.raw) for index, mail in enumerate(found) if mail.error is None}
    judged = parts.judge(list(messages.values()))
    predictions = dict(zip(messages, judged, strict=True))
    reasons = dict(zip(messages, parts.judge.reasons(list(messages.values()), [p.outcome for p in judged]), strict=True))
    for index, mail in enumerate(found):
        if mail.error is not None:
            yield {"path": mail.path, "error": mail.error}
            continue
        message = messages[index]
        proof = proof_of(message, mail.raw, parts.keys)
        yield describe(mail.path, message, predictions[index], proof, mail.defect) | {"reasons": reasons[index]}


def describe(path: str, message: Message, prediction: Prediction, proof: Proof, defect: str | None = None) -> dict[str, Any]:
    """One mail as the JSON object that scripts rely on."""
    return {
        "path": path,
        "sha256": message.sha256,
        "outcome": prediction.outcome.value,
        "confidence": prediction.confidence,
        "abstained": prediction.abstained,
        "doubt": prediction.doubt,
        "novelty": prediction.novelty,
        "probabilities": {outcome.value: p for outcome, p in prediction.probabilities.items()},
        "language": message.language,
        "product": message.product.value,
        "track": message.track.value,
        "subject": masked_codes(message.subject),
        "from": message.sender,
        "phrases": [{"text": masked_codes(p.text), "outcome": p.outcome.value} for p in message.phrases],
        "links": [
            {"url": link.url, "text": link.text, "form": link.form, "product": link.product.value if link.product else None}
            for link in message.links
        ],
        "trust": proof.trust.value,
        "trust_reason": proof.reason,
        "model": prediction.model,
        "defects": [*message.defects, *([defect] if defect else [])],
    }


def _for_people(line: dict[str, Any]) -> str:
    if "error" in line:
        return f"{line['path']}: {line['error']}"
    doubt = "?" if line["abstained"] else " "
    subject = plain(line["subject"])[:60]
    said = f"{line['outcome']:<20}{doubt} {line['confidence']:>5.0%}"
    return f"{said}  {line['trust']:<9} {line['language'] or '--'}  {subject}  ({line['path']})"
