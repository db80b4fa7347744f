"""ARC: a forwarder's word counts where the operator lists it, its seals fit, and it saw Meta's own signature; nobody else's does."""

from collections.abc import Iterator

import pytest

from demur.demo.nameserver import NameServer
from demur.demo.signing import SIGNED, SigningKey
from ingest.authenticate import authenticate
from ingest.keys import Keys
from ledger.trust import Proof, Trust
from tests.forgeries.seal import arc
from tests.ingest.letter import letter

SEALER, OTHER, META = "forwarder.example", "evil.example", "facebookmail.com"
SAW = b"mx.forwarder.example; dkim=pass header.d=facebookmail.com; dmarc=pass (p=REJECT) header.from=facebookmail.com"
TEXT = "We have reviewed your request and will honour your objection.\n"


@pytest.fixture(scope="module")
def server(signing_key: SigningKey) -> Iterator[NameServer]:
    records = {signing_key.name(domain): signing_key.record for domain in (SEALER, OTHER, META)}
    records[f"testing._domainkey.{SEALER}"] = signing_key.record.replace("v=DKIM1;", "v=DKIM1; t=y;")
    with NameServer(records) as server:
        yield server


@pytest.fixture
def judged(server: NameServer, signing_key: SigningKey):
    host, port = server.address.rsplit(":", 1)
    keys = Keys(((host, int(port)),))

    def judge(raw: bytes, *sealers: str) -> Proof:
        return authenticate(raw, keys, sealers=frozenset(sealers or (SEALER,)))

    return judge


@pytest.fixture
def forwarded(signing_key: SigningKey) -> bytes:
    """A mail that Meta signed, with a footer that a forwarder put below it."""
    return signing_key.sign(letter(TEXT), META) + b"__\r\nforwarded for you\r\n"


def test_without_arc_a_footer_breaks_the_proof(judged, forwarded: bytes) -> None:
    assert judged(forwarded).trust is Trust.UNPROVEN


def test_a_listed_forwarders_seal_proves_what_it_saw(judged, forwarded: bytes, signing_key: SigningKey) -> None:
    proof = judged(arc(forwarded, signing_key, SEALER, SAW, SIGNED))
    assert (proof.trust, proof.reason.startswith(f"ARC by {SEALER}")) == (Trust.PROVEN, True)
    assert proof.seal
    assert (proof.seal.method, proof.seal.domain, proof.seal.key) == ("arc", SEALER, signing_key.record)


def test_a_chain_of_listed_forwarders_proves_it_too(judged, forwarded: bytes, signing_key: SigningKey) -> None:
    second = arc(arc(forwarded, signing_key, SEALER, SAW, SIGNED), signing_key, OTHER, b"mx.evil.example; arc=pass", SIGNED, 2)
    assert judged(second, SEALER, OTHER).trust is Trust.PROVEN
    assert judged(second, SEALER).trust is Trust.UNPROVEN
    assert judged(second, OTHER).trust is Trust.UNPROVEN


def test_nobody_is_listed_by_default(forwarded: bytes, signing_key: SigningKey, server: NameServer) -> None:
    host, port = server.address.rsplit(":", 1)
    assert authenticate(arc(forwarded, signing_key, SEALER, SAW, SIGNED), Keys(((host, int(port)),))).trust is Trust.UNPROVEN


@pytest.mark.parametrize(
    "saw",
    [
        SAW.replace(b"dkim=pass", b"dkim=fail"),
        SAW.replace(b"dmarc=pass", b"dmarc=fail"),
        SAW.replace(b"header.from=facebookmail.com", b"header.from=evil.example"),
        SAW.replace(b"header.d=facebookmail.com", b"header.d=evil.example"),
        SAW.replace(b"header.from=facebookmail.com", b"header.from=whatsapp.com"),
        b"mx.forwarder.example; spf=pass smtp.mailfrom=facebookmail.com",
        b"mx.forwarder.example (dkim=pass header.d=facebookmail.com; dmarc=pass header.from=facebookmail.com); none",
        b"",
    ],
)
def test_what_the_forwarder_did_not_see_is_not_proven(judged, forwarded: bytes, signing_key: SigningKey, saw: bytes) -> None:
    assert judged(arc(forwarded, signing_key, SEALER, saw, SIGNED)).trust is Trust.UNPROVEN


def test_a_seal_that_does_not_fit_proves_nothing(judged, forwarded: bytes, signing_key: SigningKey) -> None:
    sealed = arc(forwarded, signing_key, SEALER, SAW, SIGNED)
    for altered in (
        sealed.replace(b"will honour", b"refuse"),
        sealed + b"more\r\n",
        sealed.replace(b"Subject: About", b"Subject: Not about"),
        sealed.replace(b"To: Anna", b"To: Ben"),
        sealed.replace(b"dmarc=pass", b"dmarc=pass  x=y"),
        sealed.replace(b"cv=none", b"cv=pass"),
        sealed.replace(b"ARC-Seal: i=1", b"ARC-Seal: i=2"),
        sealed.replace(b"ARC-Message-Signature", b"X-Message-Signature"),
    ):
        assert altered != sealed
        assert judged(altered).trust is Trust.UNPROVEN


@pytest.mark.parametrize("out", [b"From", b"Subject", b"To", b"Date", b"Content-Type"])
def test_a_seal_that_leaves_out_what_matters_proves_nothing(judged, forwarded: bytes, signing_key: SigningKey, out: bytes) -> None:
    assert judged(arc(forwarded, signing_key, SEALER, SAW, [name for name in SIGNED if name != out])).trust is Trust.UNPROVEN


def test_a_seal_over_part_of_the_text_or_under_a_test_key_proves_nothing(judged, forwarded: bytes, signing_key: SigningKey) -> None:
    assert judged(arc(forwarded, signing_key, SEALER, SAW, SIGNED, tags=b"l=10; ")).trust is Trust.UNPROVEN
    testing = SigningKey("testing", signing_key.private_pem, signing_key.record)
    assert judged(arc(forwarded, testing, SEALER, SAW, SIGNED)).trust is Trust.UNPROVEN
    missing = SigningKey("missing", signing_key.private_pem, signing_key.record)
    assert judged(arc(forwarded, missing, SEALER, SAW, SIGNED)).trust is Trust.UNPROVEN


def test_a_sealed_mail_from_somebody_else_is_not_metas(judged, signing_key: SigningKey) -> None:
    assert judged(arc(letter(TEXT, sender="mail@evil.example"), signing_key, SEALER, SAW, SIGNED)).trust is not Trust.PROVEN


def test_while_dns_is_silent_a_sealed_mail_is_unknown(forwarded: bytes, signing_key: SigningKey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.keys.TIMEOUT", 0.5)
    sealed = arc(letter(TEXT), signing_key, SEALER, SAW, SIGNED)
    assert authenticate(sealed, Keys((("127.0.0.1", 9),)), sealers=frozenset({SEALER})).trust is Trust.UNKNOWN
