"""A user's evidence put together: every file with where it comes from. The same ledger at the same moment gives the same bytes."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from string import Template
from typing import Any, BinaryIO

from api.evidence.container import Packer
from api.evidence.lines import lines_of
from api.evidence.manifest import MANIFEST, PUBLIC_KEY, SIGNATURE, SUMS, Contents, json_bytes
from api.evidence.page import timeline_page
from api.evidence.sheet import csv_bytes
from api.evidence.signer import Signer, own_signer
from api.report import link_histories, timeline, user_status
from api.source import ModelCard
from ledger.entry import GENESIS, ChainLink
from ledger.holiday import holidays_in
from ledger.ledger import Ledger
from ledger.people import User

README = Template((Path(__file__).parent / "readme.txt").read_text(encoding="utf-8"))
COLUMNS = (
    "at", "recorded_at", "seq", "kind", "outcome", "product", "track", "subject", "phrases", "trust", "trust_reason", "confidence",
    "model", "decided_by", "message", "hash",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Source:
    """Where a bundle is made from. `model_card`: the files of a model's card, by name; `program`: what makes it, with its version."""

    ledger: Ledger
    model_card: ModelCard
    program: str


@dataclass(frozen=True, slots=True)
class Made:
    """What was exported. `fingerprint`: of the key that signed it, to be kept apart from the bundle."""

    fingerprint: str
    files: int
    entries: int
    mails: int


def write_bundle(source: Source, user: User, now: datetime, file: BinaryIO) -> Made:
    """Write a user's bundle into a file that is open for writing and can seek."""
    links = source.ledger.record.links(user)
    signer, contents = own_signer(source.ledger.vault), Contents()
    mails = _Mails(source.ledger, _shas(links))
    with Packer(file) as packer:

        def add(name: str, content: bytes) -> None:
            contents.note(name, content)
            packer.add(name, content)

        for name, content in _files(source, user, now, links, mails):
            add(name, content)
        facts = _facts(source, user, now, links, mails, signer)
        add("README.txt", README.substitute(facts | {"head": facts["chain_head"]}).encode())
        add(PUBLIC_KEY, signer.public_key)
        add(MANIFEST, contents.manifest(facts))
        packer.add(SUMS, contents.listing())
        packer.add(SIGNATURE, signer.sign(contents.listing()))
    return Made(signer.fingerprint, len(contents.sums) + 2, len(links), mails.found)


def _facts(source: Source, user: User, now: datetime, links: Sequence[ChainLink], mails: "_Mails", signer: Signer) -> dict[str, object]:
    return {
        "user": user.name,
        "exported_at": now.isoformat(),
        "program": source.program,
        "entries": len(links),
        "chain_head": links[-1].hash if links else GENESIS,
        "mails": mails.found,
        "mails_not_kept": mails.missing,
        "mails_shortened": mails.shortened,
        "fingerprint": signer.fingerprint,
    }


def _shas(links: Sequence[ChainLink]) -> list[str]:
    found = (json.loads(link.body).get("sha256") for link in links)
    return sorted({sha for sha in found if isinstance(sha, str)})


def _files(source: Source, user: User, now: datetime, links: Sequence[ChainLink], mails: "_Mails") -> Iterator[tuple[str, bytes]]:
    status = user_status(source.ledger, user, now)
    told = timeline(source.ledger, user).model_dump(mode="json")
    yield "status.json", json_bytes(status.model_dump(mode="json") | _calendar(source, user, now, links))
    yield "timeline.json", json_bytes(told)
    yield "timeline.csv", csv_bytes(COLUMNS, (_row(entry) for entry in told["entries"]))
    yield "timeline.html", timeline_page(status=status, entries=[(link, _told(link)) for link in _newest_first(links)])
    yield "entries.jsonl", lines_of(links)
    yield "probes.json", json_bytes([history.model_dump(mode="json") for history in link_histories(source.ledger, user)])
    for sha256 in mails.shas:
        yield from mails.files(sha256)
        yield f"verdicts/{sha256}.json", json_bytes([_plain(link) for link in links if json.loads(link.body).get("sha256") == sha256])
    for version in sorted({str(model) for link in links if (model := json.loads(link.body).get("model"))}):
        for name, content in sorted(source.model_card(version).items()):
            yield f"models/{version}/{name}", content


def _calendar(source: Source, user: User, now: datetime, links: Sequence[ChainLink]) -> dict[str, object]:
    """The holidays that the deadlines were worked out with, from the first entry to a year after the export."""
    country = source.ledger.people.profile(user).country
    years = range(min([link.at for link in links] + [now]).year, now.year + 2)
    return {"country": country, "holidays": sorted(day.isoformat() for day in holidays_in(country) if day.year in years)}


def _newest_first(links: Sequence[ChainLink]) -> list[ChainLink]:
    return sorted(links, key=lambda link: (link.at, link.seq), reverse=True)


def _row(entry: Mapping[str, Any]) -> list[object]:
    return [" | ".join(entry[name]) if name == "phrases" else entry[name] for name in COLUMNS]


def _told(link: ChainLink) -> dict[str, Any]:
    """What an entry says, without what it does not say."""
    return {name: value for name, value in json.loads(link.body).items() if value not in (None, "", [], {})}


def _plain(link: ChainLink) -> dict[str, object]:
    """An entry with its body taken apart: whatever is in it, in this version or a later one."""
    body = json.loads(link.body)
    return {"seq": link.seq, "at": link.at.isoformat(), "recorded_at": link.recorded_at.isoformat(), "kind": link.kind, "said": body}


class _Mails:
    """The stored mails of a bundle, read one at a time."""

    def __init__(self, ledger: Ledger, shas: Sequence[str]) -> None:
        self._ledger, self.shas = ledger, shas
        self.found = 0
        self.missing: list[str] = []
        self.shortened: list[str] = []

    def files(self, sha256: str) -> Iterator[tuple[str, bytes]]:
        """A mail and its header lines, where the mail is kept."""
        stored = self._ledger.record.mail(sha256)
        if stored is None:
            self.missing.append(sha256)
            return
        self.found += 1
        yield self._named(sha256, stored.raw), stored.raw
        yield f"headers/{sha256}.txt", stored.raw.partition(b"\r\n\r\n")[0] + b"\r\n"

    def _named(self, sha256: str, raw: bytes) -> str:
        if is_mail(sha256, raw):
            return f"mails/{sha256}.eml"
        self.shortened.append(sha256)
        return f"mails/{sha256}.beginning.eml"


def is_mail(sha256: str, raw: bytes) -> bool:
    """Whether these are all the bytes of the mail."""
    return hashlib.sha256(raw).hexdigest() == sha256
