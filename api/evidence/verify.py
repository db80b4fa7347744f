"""Is a bundle what was exported? Offline: every hash, the signature, the container, the chain, the mails, and the status folded anew."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO

from api.evidence.container import UNREADABLE, first_difference, members
from api.evidence.lines import entries_of, links_of
from api.evidence.manifest import FORMAT, MANIFEST, PUBLIC_KEY, SIGNATURE, SUMS, listed
from api.evidence.signer import signed_by
from api.report import case_status
from ledger.entry import GENESIS, ChainLink, first_break
from ledger.errors import OperatorError
from ledger.status import status_of

KEPT = frozenset({SUMS, SIGNATURE, PUBLIC_KEY, MANIFEST, "entries.jsonl", "status.json"})
"""What verification reads again; of everything else only the hash is kept."""
NONSENSE = (KeyError, ValueError, TypeError, AttributeError, RecursionError)
"""What JSON of another shape than ours leads to."""
DERIVED = ("next_step",)
"""Parts of a case that are advice, not fact: their words may change from one version of Demur to the next."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it was exported. `what`: a file of the bundle, or `container`."""

    what: str
    why: str


@dataclass(slots=True)
class Verification:
    """What a check found. `fingerprint`: of the key that signed the list; None when no signature holds."""

    findings: list[Finding] = field(default_factory=list)
    fingerprint: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    files: int = 0

    @property
    def whole(self) -> bool:
        return not self.findings


def verify(path: Path, fingerprint: str | None = None) -> Verification:
    """Check the bundle at `path`; with a fingerprint, also that this key signed it. Raises OperatorError when it cannot be read."""
    try:
        with path.open("rb") as file:
            return _verified(file, fingerprint)
    except OSError as error:
        raise OperatorError(f"cannot read {path}: {error.strerror}") from None


def _verified(file: BinaryIO, fingerprint: str | None) -> Verification:
    found = Verification()
    try:
        sums, kept = _read(file, found)
    except UNREADABLE as error:
        found.findings.append(Finding("container", f"is not an intact zip of a bundle ({type(error).__name__})"))
        return found
    found.files = len(sums)
    found.findings += _list_findings(sums, kept)
    found.fingerprint = signed_by(kept.get(PUBLIC_KEY, b""), kept.get(SUMS, b""), kept.get(SIGNATURE, b""))
    found.findings += _signature_findings(found.fingerprint, fingerprint)
    found.findings += _understood(sums, kept, found)
    if found.whole:
        found.findings += _container_findings(file)
    return found


def _read(file: BinaryIO, found: Verification) -> tuple[dict[str, str], dict[str, bytes]]:
    sums: dict[str, str] = {}
    kept: dict[str, bytes] = {}
    for member in members(file):
        if member.name in sums:
            found.findings.append(Finding(member.name, "is there twice"))
        sums[member.name] = hashlib.sha256(member.content).hexdigest()
        if member.name in KEPT:
            kept[member.name] = member.content
    return sums, kept


def _list_findings(sums: dict[str, str], kept: dict[str, bytes]) -> Iterator[Finding]:
    """What differs between the files and the list of files."""
    try:
        expected = listed(kept.get(SUMS, b""))
    except ValueError:
        yield Finding(SUMS, "is no list of hashes")
        return
    for name in sorted(expected.keys() - sums.keys()):
        yield Finding(name, "is missing")
    for name in sorted(sums.keys() - expected.keys() - {SUMS, SIGNATURE}):
        yield Finding(name, "was added")
    for name in sorted(expected.keys() & sums.keys()):
        if expected[name] != sums[name]:
            yield Finding(name, "was altered")


def _signature_findings(signer: str | None, wanted: str | None) -> Iterator[Finding]:
    if signer is None:
        yield Finding(SUMS, "is not what was signed: the list, its signature or the public key was altered")
    elif wanted is not None and signer != plain_fingerprint(wanted):
        yield Finding(PUBLIC_KEY, f"is another key than the one asked for: its fingerprint is {signer}")


def plain_fingerprint(text: str) -> str:
    """A fingerprint as it is compared: hex digits in lower case. Raises OperatorError for anything else."""
    digits = "".join(text.split()).replace(":", "").lower()
    if len(digits) != 64 or set(digits) - set("0123456789abcdef"):
        raise OperatorError("--fingerprint: give all 64 hex digits that `demur export` printed")
    return digits


def _understood(sums: dict[str, str], kept: dict[str, bytes], found: Verification) -> list[Finding]:
    """What the files say about each other, or that they say nothing that can be understood."""
    findings = []
    try:
        for finding in _meaning(sums, kept, found):
            findings.append(finding)
    except NONSENSE as error:
        findings.append(Finding(MANIFEST, f"or entries.jsonl or status.json cannot be understood ({type(error).__name__})"))
    return findings


def _meaning(sums: dict[str, str], kept: dict[str, bytes], found: Verification) -> Iterator[Finding]:
    """What the files say about each other."""
    facts, status = json.loads(kept[MANIFEST]), json.loads(kept["status.json"])
    links = links_of(kept["entries.jsonl"])
    user, format_ = str(facts["user"]), facts["format"]
    if format_ != FORMAT:
        yield Finding(MANIFEST, f"has a format that this version does not know: {format_}")
        return
    found.facts = facts
    yield from _manifest_findings(facts, sums)
    yield from _chain_findings(user, links, facts)
    yield from _mail_findings(links, sums, facts)
    yield from _status_findings(links, status)


def _manifest_findings(facts: dict[str, Any], sums: dict[str, str]) -> Iterator[Finding]:
    named = {name: entry["sha256"] for name, entry in facts["files"].items()}
    for name in sorted(named.keys() | (sums.keys() - {SUMS, SIGNATURE, MANIFEST})):
        if named.get(name) != sums.get(name):
            yield Finding(MANIFEST, f"names another {name}")


def _chain_findings(user: str, links: list[ChainLink], facts: dict[str, Any]) -> Iterator[Finding]:
    broken = first_break(user, links)
    if broken is not None:
        yield Finding("entries.jsonl", f"entry {broken} does not follow from the one before: an entry was altered, removed or put in")
    if len(links) != facts["entries"] or (links[-1].hash if links else GENESIS) != facts["chain_head"]:
        yield Finding("entries.jsonl", "does not end where the manifest says")


def _mail_findings(links: list[ChainLink], sums: dict[str, str], facts: dict[str, Any]) -> Iterator[Finding]:
    excused = {*facts["mails_not_kept"], *facts["mails_shortened"]}
    named = {sha for link in links if isinstance(sha := json.loads(link.body).get("sha256"), str)}
    for sha in sorted(named - excused):
        if sums.get(f"mails/{sha}.eml") != sha:
            yield Finding(f"mails/{sha}.eml", "is not the mail that the entries are about")


def _status_findings(links: list[ChainLink], exported: dict[str, Any]) -> Iterator[Finding]:
    as_of = datetime.fromisoformat(exported["as_of"])
    status = status_of(entries_of(links), frozenset(date.fromisoformat(day) for day in exported["holidays"]))
    cases = [case_status(case, as_of).model_dump(mode="json") for case in status.cases]
    folded = {"cases": [_facts(case) for case in cases], "unproven": status.unproven, "needs_review": status.needs_review}
    said = {"cases": [_facts(case) for case in exported["cases"]], **{name: exported[name] for name in ("unproven", "needs_review")}}
    if folded != said:
        yield Finding("status.json", "is not what the entries add up to")


def _facts(case: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in case.items() if name not in DERIVED}


def _container_findings(file: BinaryIO) -> Iterator[Finding]:
    offset = first_difference(file)
    if offset is not None:
        yield Finding(
            "container", f"differs from byte {offset}: names, times or spaces around the files were altered, or it was packed again"
        )
