"""ARC (RFC 8617): what a forwarder whom the operator lists says that it saw, where the forwarding broke Meta's own signature.

A chain proves only that its sealers said something, so every sealer in it must be listed. Nobody is listed unless the operator does it.
"""

import re
from dataclasses import dataclass
from email.message import Message as Mime

import dkim
from dkim.util import InvalidTagValueList, parse_tag_value

from ingest.keys import Key, KeySource
from ingest.parse import header_texts
from ingest.results import Results, read_results
from ingest.sender import domain_of, meta_domain
from ledger.trust import Proof, Seal, Trust

MAX_INSTANCES = 5
MIN_RSA_BITS = 1024
INSTANCE = re.compile(r"\s*i\s*=\s*(\d{1,2})\s*;")
TEST_KEY = re.compile(r"(?:^|;)\s*t\s*=[^;]*\by\b")


@dataclass(frozen=True, slots=True)
class Link:
    """One ARC header that is signed: the tags of an ARC-Seal or an ARC-Message-Signature."""

    instance: int
    tags: dict[str, str]

    @property
    def key_name(self) -> str:
        return f"{self.tags.get('s', '')}._domainkey.{self.tags.get('d', '').lower()}"


def _links(mime: Mime, name: str) -> list[Link]:
    found = []
    for value in header_texts(mime, name)[: MAX_INSTANCES + 1]:
        try:
            tags = {k.decode("ascii"): v.decode("ascii") for k, v in parse_tag_value(value.encode("ascii")).items()}
            found.append(Link(int(tags.get("i", "")), tags))
        except (InvalidTagValueList, UnicodeError, ValueError):
            return []
    return sorted(found, key=lambda link: link.instance)


def _first_results(mime: Mime) -> Results | None:
    """What the first forwarder, who had the mail from its sender, found out."""
    for value in header_texts(mime, "ARC-Authentication-Results"):
        number = INSTANCE.match(value)
        if number and int(number[1]) == 1:
            return read_results(value[number.end() :])
    return None


def _saw_meta(results: Results, domain: str) -> bool:
    """Whether DMARC and a DKIM signature of the sender's organisation passed there."""
    ours = meta_domain(domain)
    signers = [
        p.get("header.d", "") or domain_of(p.get("header.i", ""))
        for method, found, p in results.methods
        if (method, found) == ("dkim", "pass")
    ]
    return ours is not None and meta_domain(results.dmarc_pass_from() or "") == ours and ours in map(meta_domain, signers)


def _covers(newest: Link, must: frozenset[str]) -> bool:
    signed = {name.strip().lower() for name in newest.tags.get("h", "").split(":")}
    return "l" not in newest.tags and newest.tags.get("a", "").lower() == "rsa-sha256" and must <= signed


def sealed_proof(raw: bytes, mime: Mime, domain: str, must: frozenset[str], keys: KeySource, sealers: frozenset[str]) -> Proof | None:
    """Proof by a chain of listed sealers that the first of them saw Meta's signature; None where there is none.

    `must`: the headers (lower case) that the newest seal must cover.
    """
    seals, signatures = _links(mime, "ARC-Seal"), _links(mime, "ARC-Message-Signature")
    results = _first_results(mime)
    if not sealers or not seals or not signatures or len(seals) > MAX_INSTANCES or results is None:
        return None
    if any(link.tags.get("d", "").lower() not in sealers for link in (*seals, *signatures)):
        return None
    if not _covers(signatures[-1], must) or not _saw_meta(results, domain):
        return None
    return _verified(raw, seals[-1], {link.key_name: keys.look_up(link.key_name) for link in (*seals, *signatures)}, domain)


def _verified(raw: bytes, newest: Link, found: dict[str, Key], domain: str) -> Proof | None:
    sealer = newest.tags["d"].lower()
    records = {name: key.record for name, key in found.items() if key.record and not TEST_KEY.search(key.record)}
    tags = newest.tags
    seal = Seal("arc", sealer, tags.get("s"), tags.get("a", "").lower(), records.get(newest.key_name), tags.get("b"))
    if not all(key.reachable for key in found.values()):
        return Proof(Trust.UNKNOWN, f"the key of {sealer} could not be looked up", seal)
    if len(records) == len(found) and _chain_fits(raw, records):
        return Proof(Trust.PROVEN, f"ARC by {sealer}: dkim=pass dmarc=pass header.from={domain}", seal)
    return None


def _chain_fits(raw: bytes, records: dict[str, str]) -> bool:
    try:
        chain = dkim.ARC(raw, minkey=MIN_RSA_BITS)
        verdict, _, _ = chain.verify(
            dnsfunc=lambda name, timeout=5: (records.get(name.decode().rstrip(".").lower()) or "").encode("ascii", "replace")
        )
    except Exception:
        return False
    return bool(verdict == b"pass")
