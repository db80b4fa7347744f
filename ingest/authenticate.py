"""Who sent a mail, proven by DKIM on its raw bytes and aligned with Meta's domains. Never fails: doubt is a verdict, too.

dkimpy checks the signature; what it does not check is checked here (docs/threat-model.md): alignment, `l=`, doubled headers, which
headers were signed, test keys, and headers that dkimpy and the mail parser would read differently.
"""

import base64
import binascii
import email
import hashlib
import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message as Mime

import dkim
from dkim.util import InvalidTagValueList, parse_tag_value

from ingest.arc import sealed_proof
from ingest.keys import KeySource as KeySource
from ingest.parse import header_texts, moment
from ingest.results import vouched_domain
from ingest.sender import domain_of, meta_domain, only_sender
from ledger.trust import Proof, Seal, Trust

ONCE = ("From", "Subject", "Date", "To", "Message-ID", "MIME-Version", "Content-Type", "Content-Transfer-Encoding")
"""Headers that a mail may have once only: a second one on top is shown to the reader while the signature covers the first."""
MUST_BE_SIGNED = frozenset({"from", "subject", "to", "date"})
TWO_WAYS = re.compile(rb"\r(?!\n)|\nFrom ")
"""A bare CR ends a line for the mail parser but not for dkimpy; a `From ` line is skipped by dkimpy but may begin the parser's body."""
ALGORITHMS = frozenset({"rsa-sha256", "ed25519-sha256"})
"""RFC 8301 §3.1: SHA-1 is not to be accepted."""
MIN_RSA_BITS = 1024
MAX_SIGNATURES = 5
MAX_SIZE = 30 * 1024 * 1024
LOOK_ALIKE = re.compile(r"faceb|instagr|whatsapp|\bmeta", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Signature:
    """The tags of one DKIM-Signature header."""

    index: int
    tags: dict[str, str]

    @property
    def domain(self) -> str:
        return self.tags.get("d", "").lower().rstrip(".")

    @property
    def selector(self) -> str:
        return self.tags.get("s", "")

    @property
    def signed(self) -> frozenset[str]:
        return frozenset(name.strip().lower() for name in self.tags.get("h", "").split(":"))

    def seal(self, mime: Mime, key: str | None) -> Seal:
        """What this signature rests on, with the key record that was seen."""
        return Seal(
            method="dkim",
            domain=self.domain,
            selector=self.selector,
            algorithm=self.tags.get("a", "").lower(),
            key=key,
            signature=self.tags.get("b"),
            body_hash=self.tags.get("bh"),
            signed_at=_signed_at(self.tags.get("t", ""), mime),
            digest=_digest(self.domain, self.tags.get("bh", ""), mime),
        )


def _signed_at(seconds: str, mime: Mime) -> datetime | None:
    """When a mail was signed: by the tag t= (seconds since 1970), else by the Date header, which must be signed."""
    if seconds.isdecimal() and len(seconds) <= 10:
        return datetime.fromtimestamp(int(seconds), UTC)
    dates = header_texts(mime, "Date")
    return moment(dates[0]) if dates else None


def _digest(domain: str, body_hash: str, mime: Mime) -> str:
    """One name for a signed mail in all its copies.

    Over what was signed, not over b=: leading zeros or a multiple of the modulus change an RSA signature's bytes, and it still fits.
    """
    try:
        body = base64.b64decode(body_hash)
    except (binascii.Error, ValueError):
        body = body_hash.encode()
    values = [" ".join(text.split()) for name in sorted(MUST_BE_SIGNED) for text in header_texts(mime, name)]
    return hashlib.sha256(b"\0".join([domain.encode(), body, *(value.encode() for value in values)])).hexdigest()


def _signatures(mime: Mime) -> list[Signature]:
    found = []
    for index, value in enumerate(header_texts(mime, "DKIM-Signature")[:MAX_SIGNATURES]):
        try:
            tags = {k.decode("ascii"): v.decode("ascii") for k, v in parse_tag_value(value.encode("ascii")).items()}
        except (InvalidTagValueList, UnicodeError):
            continue
        found.append(Signature(index, tags))
    return found


def _doubled(mime: Mime) -> str | None:
    counts = Counter(key.lower() for key in mime)
    return next((name for name in ONCE if counts[name.lower()] > 1), None)


def _ambiguous(raw: bytes) -> bool:
    """Whether somebody could have put words between the signed headers and the signed body."""
    head = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0]
    return TWO_WAYS.search(head) is not None


def _must_be_signed(mime: Mime) -> frozenset[str]:
    return MUST_BE_SIGNED | {"content-type"} if "Content-Type" in mime else MUST_BE_SIGNED


def _refused(signature: Signature, sender_domain: str, mime: Mime) -> str | None:
    """Why a signature proves nothing whatever its key says, or None."""
    ours = meta_domain(signature.domain)
    if ours is None:
        return f"signed by {signature.domain or 'nobody'}, not by Meta"
    if ours != meta_domain(sender_domain):
        return f"signed by {signature.domain}, not aligned with the sender's domain"
    if signature.tags.get("a", "").lower() not in ALGORITHMS:
        return f"signed by a method that is not safe ({signature.tags.get('a', 'none')[:20]})"
    if "l" in signature.tags:
        return "the signature covers only part of the text (l=)"
    missing = _must_be_signed(mime) - signature.signed
    if missing:
        return f"the signature leaves out {', '.join(sorted(missing))}"
    return None


def _verified(raw: bytes, mime: Mime, signature: Signature, keys: KeySource) -> Proof:
    name = f"{signature.selector}._domainkey.{signature.domain}"
    key = keys.look_up(name)
    seal = signature.seal(mime, key.record)
    if not key.reachable:
        return Proof(Trust.UNKNOWN, f"the key of {signature.domain} could not be looked up", seal)
    if key.record is None:
        return Proof(Trust.UNPROVEN, f"no key {signature.selector} at {signature.domain}: it may have been replaced", seal)
    if re.search(r"(?:^|;)\s*t\s*=[^;]*\by\b", key.record):
        return Proof(Trust.UNPROVEN, f"{signature.domain} marks its key as a test (t=y)", seal)
    if _signature_fits(raw, signature, key.record):
        return Proof(Trust.PROVEN, f"DKIM d={signature.domain}", seal)
    return Proof(Trust.UNPROVEN, f"the signature of {signature.domain} does not fit: the mail was altered or is not Meta's", seal)


def _signature_fits(raw: bytes, signature: Signature, record: str) -> bool:
    try:
        checker = dkim.DKIM(raw, minkey=MIN_RSA_BITS)
        return bool(checker.verify(idx=signature.index, dnsfunc=lambda name, timeout=5: record.encode("ascii", "replace")))
    except Exception:
        return False


def _best(proofs: list[Proof]) -> Proof:
    order = (Trust.PROVEN, Trust.UNKNOWN, Trust.FORGED, Trust.UNPROVEN)
    return min(proofs, key=lambda proof: order.index(proof.trust))


def _claimed_domain(mime: Mime) -> tuple[str, Proof | None]:
    """The one domain of Meta's that a mail says it is from, or why there is none."""
    values = header_texts(mime, "From")
    address, _, doubt = only_sender(values)
    if doubt:
        parts = [part for value in values for part in re.findall(r"[^\s<>,;()\"]+@[^\s<>,;()\"]+", value)]
        claims = any(meta_domain(domain_of(part)) for part in parts)
        return "", Proof(Trust.FORGED if claims else Trust.UNPROVEN, f"the sender is not one address: {doubt}")
    domain = domain_of(address)
    if meta_domain(domain) is None:
        trust = Trust.FORGED if LOOK_ALIKE.search(domain) else Trust.UNPROVEN
        return "", Proof(trust, f"{domain or 'the sender'} is not a domain of Meta's")
    if doubled := _doubled(mime):
        return "", Proof(Trust.FORGED, f"more than one {doubled} header")
    return domain, None


def _by_signatures(raw: bytes, mime: Mime, domain: str, keys: KeySource) -> Proof:
    """The best that the mail's own signatures prove."""
    signatures = _signatures(mime)
    if not signatures:
        return Proof(Trust.UNPROVEN, "no DKIM signature")
    proofs = []
    for signature in signatures:
        refused = _refused(signature, domain, mime)
        proofs.append(Proof(Trust.UNPROVEN, refused) if refused else _verified(raw, mime, signature, keys))
    return _best(proofs)


def _vouched(mime: Mime, domain: str, pin: str | None) -> Proof | None:
    """Proof by the user's own provider, where its Authentication-Results header is pinned."""
    vouched = vouched_domain(header_texts(mime, "Authentication-Results"), pin)
    if vouched and meta_domain(vouched) and meta_domain(vouched) == meta_domain(domain):
        seal = Seal("authentication-results", vouched)
        return Proof(Trust.PROVEN, f"{pin} vouches: dmarc=pass header.from={vouched}", seal)
    return None


def authenticate(raw: bytes, keys: KeySource, pin: str | None = None, sealers: frozenset[str] = frozenset()) -> Proof:
    """Judge the sender of one raw mail. Only a mail that says it is Meta's causes a look-up.

    `pin`: the name that the user's own provider writes into Authentication-Results, or `topmost` where it writes none; unpinned headers
    are ignored. `sealers`: domains of forwarders whose ARC seals count.
    """
    if len(raw) > MAX_SIZE:
        return Proof(Trust.UNPROVEN, "too large to check")
    try:
        mime = email.message_from_bytes(raw)
    except Exception:
        return Proof(Trust.UNPROVEN, "unreadable headers")
    domain, refused = _claimed_domain(mime)
    if refused:
        return refused
    if _ambiguous(raw):
        return Proof(Trust.FORGED, "the headers can be read in two ways")
    by_key = _by_signatures(raw, mime, domain, keys)
    if by_key.trust is Trust.PROVEN:
        return by_key
    if vouched := _vouched(mime, domain, pin):
        return vouched
    sealed = sealed_proof(raw, mime, domain, _must_be_signed(mime), keys, sealers)
    return _best([sealed, by_key]) if sealed else by_key
