"""Who sent a mail: proven by DKIM with keys of our own from a name server of our own, or not proven, whatever tricks are played."""

import base64
from collections.abc import Iterator

import dkim
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demur.demo.nameserver import NameServer
from demur.demo.signing import SigningKey, new_key
from ingest.authenticate import ONCE, authenticate
from ingest.keys import Keys
from ingest.parse import parse
from ledger.trust import Proof, Trust
from tests.ingest.labelled import paths
from tests.ingest.letter import letter, multipart

DOMAIN = "facebookmail.com"
SMALL_PEM = b"""-----BEGIN RSA PRIVATE KEY-----
MIIBOQIBAAJBAO/wzd8j4SRy2IW1cE1qTmIdIwjB4Rj/nIIZu7VTLYL7cr6l5Jlg
UxyfCBXSyPeBEXyLeWTgjUED56di5S61Tl0CAwEAAQJALluCCxitiRM/TiYN+ocN
edtTR3/d86x/GovKPnBBnMqETgkt6e9MN85tb8rGOg3xlTO78r8WC+oAUt77Fqni
wQIhAPf5MuKSgoMte6w1HLnSMcC78V2jCveSnEeh2iW4ED/VAiEA97UK7UK6RBWU
ZIbRWmFakGAYXdw30/kMb+z2kqCOoGkCIDLSqFM3o/guwkIxQIn1Qq011+pRGFZV
fiJQUd2ZM/thAiAHe9TErktqWyyMjPYuQNq3me+ihlC5esDBcOtSKr+kYQIgWJi8
QmI0I9jwwBiAo9m6fEYZgvHmze8j54rwAyenE+U=
-----END RSA PRIVATE KEY-----
"""
SMALL_RECORD = "v=DKIM1; k=rsa; p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAO/wzd8j4SRy2IW1cE1qTmIdIwjB4Rj/nIIZu7VTLYL7cr6l5JlgUxyfCBXSyPeBEXyLeWTgjUED56di5S61Tl0CAwEAAQ=="
SMALL = SigningKey("small", SMALL_PEM, SMALL_RECORD)
META_SIGNS = [b"Date", b"To", b"Subject", b"From", b"MIME-Version", b"Content-Type"]
TEXT = "Hello Anna,\n\nwe have reviewed your request and will honor your objection.\n\nMeta\n"


@pytest.fixture(scope="module")
def medium_key() -> SigningKey:
    return new_key("medium", 1024)


@pytest.fixture(scope="module")
def dns(signing_key: SigningKey, medium_key: SigningKey) -> Iterator[NameServer]:
    """Keys at Meta's domains and at a stranger's: the run's, one of 1024 bits, one of 512, one for tests, one withdrawn."""
    domains = (
        DOMAIN,
        "facebook.com",
        "support.facebook.com",
        "instagram.com",
        "mail.instagram.com",
        "support.whatsapp.com",
        "evil.example",
    )
    records = {key.name(domain): key.record for key in (signing_key, medium_key, SMALL) for domain in domains}
    records[f"testing._domainkey.{DOMAIN}"] = signing_key.record.replace("v=DKIM1;", "v=DKIM1; t=y;")
    records[f"strict._domainkey.{DOMAIN}"] = signing_key.record.replace("v=DKIM1;", "v=DKIM1; t=s;")
    records[f"withdrawn._domainkey.{DOMAIN}"] = "v=DKIM1; k=rsa; p="
    records[f"garbage._domainkey.{DOMAIN}"] = "hello world"
    with NameServer(records) as server:
        yield server


@pytest.fixture(scope="module")
def keys(dns: NameServer) -> Keys:
    host, port = dns.address.rsplit(":", 1)
    return Keys(((host, int(port)),))


@pytest.fixture(scope="module")
def signed(signing_key: SigningKey) -> bytes:
    return signing_key.sign(letter(TEXT), DOMAIN)


def under(selector: str, key: SigningKey) -> SigningKey:
    return SigningKey(selector, key.private_pem, key.record)


# what is proven


@pytest.mark.parametrize("header", [b"simple", b"relaxed"])
@pytest.mark.parametrize("body", [b"simple", b"relaxed"])
@pytest.mark.parametrize("bits", [1024, 2048])
def test_a_signature_of_metas_proves_the_sender(
    signing_key: SigningKey, medium_key: SigningKey, keys: Keys, header: bytes, body: bytes, bits: int
) -> None:
    key = signing_key if bits == 2048 else medium_key
    proof = authenticate(key.sign(letter(TEXT), DOMAIN, canonicalize=(header, body)), keys)
    assert (proof.trust, proof.reason) == (Trust.PROVEN, f"DKIM d={DOMAIN}")
    seal = proof.seal
    assert seal
    assert (seal.method, seal.domain, seal.selector, seal.algorithm, seal.key) == ("dkim", DOMAIN, key.selector, "rsa-sha256", key.record)
    assert seal.signature
    assert seal.body_hash
    assert seal.signed_at
    assert seal.digest


def test_a_saved_file_with_lf_is_proven_too(signed: bytes, keys: Keys) -> None:
    assert authenticate(signed.replace(b"\r\n", b"\n"), keys).trust is Trust.PROVEN


@pytest.mark.parametrize(
    ("sender", "domain"),
    [
        ("no-reply@mail.instagram.com", "instagram.com"),
        ("no-reply@instagram.com", "mail.instagram.com"),
        ("a@support.facebook.com", "facebook.com"),
        ("a@facebook.com", "support.facebook.com"),
    ],
)
def test_a_subdomain_of_the_same_organisation_signs_for_it(signing_key: SigningKey, keys: Keys, sender: str, domain: str) -> None:
    assert authenticate(signing_key.sign(letter(TEXT, sender=sender), domain), keys).trust is Trust.PROVEN


def test_every_copy_of_a_signed_mail_has_the_same_digest_and_no_other_mail_has_it(
    signed: bytes, signing_key: SigningKey, keys: Keys
) -> None:
    on_top = b"Received: from a by b; Tue, 13 May 2025 09:12:01 +0200\r\nDelivered-To: ben@example.org\r\n"
    copies = [signed, signed.replace(b"\r\n", b"\n"), on_top + signed, signed.replace(b"Subject: About", b"subject:  About")]
    others = [signing_key.sign(letter(TEXT + "!"), DOMAIN), signing_key.sign(letter(TEXT, subject="Other"), DOMAIN)]
    digests = [proof.seal.digest for raw in copies + others if (proof := authenticate(raw, keys)).trust is Trust.PROVEN and proof.seal]
    assert len(digests) == 6
    assert (len(set(digests[:4])), len(set(digests))) == (1, 3)


def test_headers_that_receivers_put_on_top_change_nothing(signed: bytes, keys: Keys) -> None:
    on_top = b"Delivered-To: anna@example.org\r\nReceived: from a by b; Tue, 13 May 2025 09:12:01 +0200\r\nX-Spam: no\r\n"
    assert authenticate(on_top + signed, keys).trust is Trust.PROVEN


def test_a_second_good_signature_is_enough(signing_key: SigningKey, keys: Keys) -> None:
    raw = signing_key.sign(letter(TEXT), DOMAIN)
    bogus = raw[: raw.index(b"\r\nFrom:") + 2].replace(b"bh=", b"bh=AAAA")
    assert authenticate(bogus + raw, keys).trust is Trust.PROVEN


def test_a_strangers_signature_beside_metas_does_no_harm(signing_key: SigningKey, keys: Keys) -> None:
    raw = signing_key.sign(signing_key.sign(letter(TEXT), DOMAIN), "evil.example")
    assert authenticate(raw, keys).trust is Trust.PROVEN


def test_a_strict_key_is_a_key(signing_key: SigningKey, keys: Keys) -> None:
    assert authenticate(under("strict", signing_key).sign(letter(TEXT), DOMAIN), keys).trust is Trust.PROVEN


def test_a_mail_with_attachments_is_proven(signing_key: SigningKey, keys: Keys) -> None:
    raw = multipart(b"Content-Type: text/plain\r\n\r\nhello", b"Content-Type: image/png\r\n\r\n\x89PNG")
    assert authenticate(signing_key.sign(raw, DOMAIN), keys).trust is Trust.PROVEN


# what is not


def assert_not_proven(raw: bytes, keys: Keys, trust: Trust, reason: str) -> None:
    proof = authenticate(raw, keys)
    assert (proof.trust, reason in proof.reason) == (trust, True), proof


def test_a_mail_without_signature_is_unproven(keys: Keys) -> None:
    assert_not_proven(letter(TEXT), keys, Trust.UNPROVEN, "no DKIM signature")


def test_a_key_of_512_bits_proves_nothing(keys: Keys) -> None:
    assert_not_proven(SMALL.sign(letter(TEXT), DOMAIN), keys, Trust.UNPROVEN, "does not fit")


def test_an_altered_body_proves_nothing(signed: bytes, keys: Keys) -> None:
    assert_not_proven(signed.replace(b"will honor", b"refuse"), keys, Trust.UNPROVEN, "does not fit")
    assert_not_proven(signed + b"more\r\n", keys, Trust.UNPROVEN, "does not fit")


@pytest.mark.parametrize(
    ("old", "new"), [(b"Subject: About", b"Subject: Not about"), (b"To: Anna", b"To: Ben"), (b"2025 09:12:00", b"2026 09:12:00")]
)
def test_an_altered_signed_header_proves_nothing(signed: bytes, keys: Keys, old: bytes, new: bytes) -> None:
    assert_not_proven(signed.replace(old, new), keys, Trust.UNPROVEN, "does not fit")


def test_an_altered_address_in_from_proves_nothing(signed: bytes, keys: Keys) -> None:
    assert_not_proven(signed.replace(b"<notification@", b"<privacy@"), keys, Trust.UNPROVEN, "does not fit")


def test_a_signature_over_part_of_the_text_proves_nothing(signing_key: SigningKey, keys: Keys) -> None:
    raw = letter(TEXT)
    partial = dkim.sign(raw, b"rig", DOMAIN.encode(), signing_key.private_pem, include_headers=META_SIGNS, length=True) + raw
    assert_not_proven(partial, keys, Trust.UNPROVEN, "covers only part of the text (l=)")
    assert_not_proven(partial + b"<p>we refuse</p>", keys, Trust.UNPROVEN, "covers only part of the text (l=)")


@pytest.mark.parametrize("name", ONCE)
@pytest.mark.parametrize("place", ["top", "below"])
def test_a_second_header_of_a_kind_that_stands_once_is_forgery(signing_key: SigningKey, keys: Keys, name: str, place: str) -> None:
    raw = signing_key.sign(letter(TEXT, extra=("Message-ID: <1@facebookmail.com>", "Content-Transfer-Encoding: 7bit")), DOMAIN)
    values = {"From": "a@facebookmail.com", "To": "ben@example.org", "MIME-Version": "1.0", "Content-Type": "text/html"}
    line = f"{name}: {values.get(name, 'x')}\r\n".encode()
    doubled = line + raw if place == "top" else raw.replace(b"\r\n\r\n", b"\r\n" + line + b"\r\n", 1)
    assert authenticate(doubled, keys).trust is Trust.FORGED


@pytest.mark.parametrize("name", [b"From", b"Subject", b"To", b"Date", b"Content-Type"])
def test_a_signature_that_leaves_out_what_matters_proves_nothing(signing_key: SigningKey, keys: Keys, name: bytes) -> None:
    covered = [header for header in META_SIGNS if header != name]
    if name == b"From":  # dkimpy refuses to make one: h= is rewritten, as a forger would
        raw = signing_key.sign(letter(TEXT), DOMAIN).replace(b": from", b": x-from").replace(b":From", b":X-From").replace(b" : ", b":")
        assert authenticate(raw, keys).trust is not Trust.PROVEN
        return
    assert_not_proven(signing_key.sign(letter(TEXT), DOMAIN, headers=covered), keys, Trust.UNPROVEN, f"leaves out {name.decode().lower()}")


def test_a_content_type_that_was_put_in_later_proves_nothing(signing_key: SigningKey, keys: Keys) -> None:
    plain = letter(TEXT).replace(b"Content-Type: text/plain; charset=utf-8\r\n", b"")
    signed = signing_key.sign(plain, DOMAIN, headers=META_SIGNS[:-1])
    assert authenticate(signed, keys).trust is Trust.PROVEN
    assert_not_proven(b"Content-Type: multipart/mixed; boundary=x\r\n" + signed, keys, Trust.UNPROVEN, "leaves out content-type")


@pytest.mark.parametrize("domain", ["evil.example", "facebookmail.com.evil.example", "instagram.com", "support.whatsapp.com"])
def test_a_signature_of_another_domain_proves_nothing(signing_key: SigningKey, keys: Keys, domain: str) -> None:
    assert_not_proven(signing_key.sign(letter(TEXT), domain), keys, Trust.UNPROVEN, f"signed by {domain}")


def test_a_test_key_proves_nothing(signing_key: SigningKey, keys: Keys) -> None:
    assert_not_proven(under("testing", signing_key).sign(letter(TEXT), DOMAIN), keys, Trust.UNPROVEN, "marks its key as a test (t=y)")


@pytest.mark.parametrize("selector", ["withdrawn", "garbage"])
def test_a_withdrawn_or_broken_key_proves_nothing(signing_key: SigningKey, keys: Keys, selector: str) -> None:
    assert_not_proven(under(selector, signing_key).sign(letter(TEXT), DOMAIN), keys, Trust.UNPROVEN, "does not fit")


def test_a_key_that_is_not_there_proves_nothing_and_is_not_asked_for_again(signing_key: SigningKey, keys: Keys) -> None:
    assert_not_proven(under("gone", signing_key).sign(letter(TEXT), DOMAIN), keys, Trust.UNPROVEN, f"no key gone at {DOMAIN}")


def test_a_signature_with_sha1_proves_nothing(signing_key: SigningKey, keys: Keys) -> None:
    raw = letter(TEXT)
    old = (
        dkim.sign(raw, b"rig", DOMAIN.encode(), signing_key.private_pem, include_headers=META_SIGNS, signature_algorithm=b"rsa-sha1") + raw
    )
    assert_not_proven(old, keys, Trust.UNPROVEN, "not safe (rsa-sha1)")


def test_a_sixth_signature_is_not_looked_at(signing_key: SigningKey, keys: Keys) -> None:
    raw = signing_key.sign(letter(TEXT), DOMAIN)
    for _ in range(5):
        raw = signing_key.sign(raw, "evil.example")
    assert authenticate(raw, keys).trust is Trust.UNPROVEN


@pytest.mark.parametrize(
    "inserted",
    [
        b"X-Note: a\r\rWe refuse your objection.\r\n",
        b"X-Note: a\rSubject: Refused\r\n",
        b"From we refuse your objection\r\n",
        b"From : Meta <refused@facebookmail.com>\r\n",
    ],
)
@pytest.mark.parametrize("place", ["top", "below"])
def test_words_between_the_signed_headers_and_the_signed_text_are_forgery(signed: bytes, keys: Keys, inserted: bytes, place: str) -> None:
    tampered = b"X-First: 1\r\n" + inserted + signed if place == "top" else signed.replace(b"\r\n\r\n", b"\r\n" + inserted + b"\r\n", 1)
    assert authenticate(tampered, keys).trust is not Trust.PROVEN


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_no_changed_byte_of_the_text_stays_proven(signed: bytes, keys: Keys, data: st.DataObject) -> None:
    start = signed.index(b"\r\n\r\n") + 4
    at = data.draw(st.integers(start, len(signed.rstrip()) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != signed[at]))
    assert authenticate(signed[:at] + bytes([byte]) + signed[at + 1 :], keys).trust is not Trust.PROVEN


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_proven_mail_reads_the_same_whatever_was_put_between_its_headers(signed: bytes, keys: Keys, data: st.DataObject) -> None:
    head = signed[: signed.index(b"\r\n\r\n") + 2]
    at = data.draw(st.sampled_from([0, *(place + 2 for place in range(len(head)) if head.startswith(b"\r\n", place))]))
    tokens = [b"\r", b"\n", b"\r\n", b" ", b"From ", b"Subject: x", b"X: y", b"\r\n\r\n", b"Content-Type: text/html", b"a", b":", b"\0"]
    tampered = signed[:at] + b"".join(data.draw(st.lists(st.sampled_from(tokens), max_size=6))) + signed[at:]
    if authenticate(tampered, keys).trust is Trust.PROVEN:
        before, after = parse(signed), parse(tampered)
        assert (after.text, after.subject, after.sender, after.to) == (before.text, before.subject, before.sender, before.to)


# From


@pytest.mark.parametrize(
    "value",
    [
        "Facebook <a@facebookmail.com>, Evil <b@evil.example>",
        "Evil <b@evil.example>, Facebook <a@facebookmail.com>",
        '"Meta <support@facebookmail.com>" <evil@evil.example>',
        "<a@facebookmail.com> <b@evil.example>",
        "support@facebookmail.com.evil.example",
        "support@faceb00kmail.com",
        "support@meta-privacy.example",
        "support@instagram-help.example",
    ],
)
def test_a_from_that_plays_with_metas_name_is_forgery(signing_key: SigningKey, keys: Keys, value: str) -> None:
    assert authenticate(signing_key.sign(letter(TEXT, sender=value), DOMAIN), keys).trust is Trust.FORGED


@pytest.mark.parametrize(
    "value",
    [
        "evil@evil.example (support@facebookmail.com)",
        "=?utf-8?q?support=40facebookmail.com?= <evil@evil.example>",
        "=?utf-8?q?support=40facebookmail.com?=",
        "support@fаcebookmail.com",
        "support@xn--fcebookmail-4oi.com",
        '"Facebook" <>',
        "Facebook",
        "",
    ],
)
def test_a_from_without_an_address_of_metas_is_unproven(signing_key: SigningKey, keys: Keys, value: str) -> None:
    assert authenticate(letter(TEXT, sender=value), keys).trust in (Trust.UNPROVEN, Trust.FORGED)
    raw = signing_key.sign(letter(TEXT, sender=value), DOMAIN) if value else letter(TEXT, sender=value)
    assert authenticate(raw, keys).trust in (Trust.UNPROVEN, Trust.FORGED)


def test_two_from_headers_are_forgery_where_one_is_metas(keys: Keys) -> None:
    assert authenticate(b"From: evil@evil.example\r\n" + letter(TEXT), keys).trust is Trust.FORGED
    assert authenticate(b"From: a@b.example\r\nFrom: c@d.example\r\n\r\nx", keys).trust is Trust.UNPROVEN


def test_a_group_with_metas_address_is_not_proven_without_signature(keys: Keys) -> None:
    assert authenticate(letter(TEXT, sender="Meta: a@facebookmail.com;"), keys).trust is not Trust.PROVEN


def test_a_blank_before_the_colon_makes_no_sender(keys: Keys) -> None:
    raw = letter(TEXT).replace(b"From: ", b"From : ")
    assert authenticate(raw, keys).trust is not Trust.PROVEN
    assert parse(raw).sender == ""


def test_a_mail_from_nobody_is_unproven(keys: Keys) -> None:
    assert authenticate(b"", keys).trust is Trust.UNPROVEN
    assert authenticate(b"\r\n\r\nhello", keys).trust is Trust.UNPROVEN


# keys and names


def test_no_key_is_looked_up_for_mail_that_is_not_metas(signing_key: SigningKey, dns: NameServer) -> None:
    host, port = dns.address.rsplit(":", 1)
    fresh, asked = Keys(((host, int(port)),)), len(dns.asked)
    for sender in ("anna@example.org", "a@facebookmail.com.evil.example", "a@evil.example, a@facebookmail.com", ""):
        authenticate(signing_key.sign(letter(TEXT, sender=sender), "evil.example") if sender else letter(TEXT, sender=""), fresh)
    authenticate(signing_key.sign(letter(TEXT), "evil.example"), fresh)
    authenticate(letter(TEXT), fresh)
    assert len(dns.asked) == asked


def test_a_key_is_looked_up_once_for_many_mails(signing_key: SigningKey, dns: NameServer) -> None:
    host, port = dns.address.rsplit(":", 1)
    fresh, asked = Keys(((host, int(port)),)), len(dns.asked)
    for number in range(5):
        assert authenticate(signing_key.sign(letter(f"{number}"), DOMAIN), fresh).trust is Trust.PROVEN
    assert dns.asked[asked:] == [f"rig._domainkey.{DOMAIN}"]


def test_while_dns_is_silent_the_sender_is_unknown_and_proven_once_it_answers(
    signed: bytes, signing_key: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.keys.TIMEOUT", 0.5)
    time = [0.0]
    server = NameServer({})
    host, port = server.address.rsplit(":", 1)
    keys = Keys(((host, int(port)),), monotonic=lambda: time[0])
    proof = authenticate(signed, keys)  # bound, but nobody answers yet
    assert (proof.trust, proof.reason) == (Trust.UNKNOWN, f"the key of {DOMAIN} could not be looked up")
    server.records[signing_key.name(DOMAIN)] = signing_key.record
    time[0] += 3600
    with server:
        assert authenticate(signed, keys).trust is Trust.PROVEN


def test_of_an_unreachable_key_and_a_strangers_signature_the_unknown_counts(
    signing_key: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.keys.TIMEOUT", 0.5)
    raw = signing_key.sign(signing_key.sign(letter(TEXT), DOMAIN), "evil.example")
    assert authenticate(raw, Keys((("127.0.0.1", 9),))).trust is Trust.UNKNOWN


@pytest.mark.parametrize(
    "header",
    [
        b"DKIM-Signature: \r\n",
        b"DKIM-Signature: v=1; d=facebookmail.com\r\n",
        b"DKIM-Signature: \xff\xfe\r\n",
        b"DKIM-Signature: d=a; d=b\r\n",
    ],
)
def test_a_broken_signature_proves_nothing(keys: Keys, header: bytes) -> None:
    assert authenticate(header + letter(TEXT), keys).trust is Trust.UNPROVEN


def test_a_selector_that_is_no_name_proves_nothing(keys: Keys) -> None:
    for selector in ("x" * 300, "..", "a b", "\u00fc", ""):
        header = f"DKIM-Signature: v=1; a=rsa-sha256; d={DOMAIN}; s={selector}; h=From:To:Subject:Date:Content-Type; bh=AA==; b=AA==\r\n"
        assert authenticate(header.encode() + letter(TEXT), keys).trust is Trust.UNPROVEN


def test_a_mail_of_40_megabytes_is_not_checked(signed: bytes, keys: Keys) -> None:
    assert authenticate(signed + b"x" * 40 * 1024 * 1024, keys) == Proof(Trust.UNPROVEN, "too large to check")


@given(
    st.binary(max_size=500),
    st.sampled_from(
        [b"", b"From: a@facebookmail.com\r\n", b"From: a@facebookmail.com\r\nDKIM-Signature: v=1; d=facebookmail.com; s=rig; "]
    ),
)
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_judged_and_never_proven(keys: Keys, raw: bytes, before: bytes) -> None:
    assert authenticate(before + raw, keys).trust is not Trust.PROVEN


def test_no_fixture_is_proven(keys: Keys) -> None:
    assert all(authenticate(path.read_bytes(), keys).trust is not Trust.PROVEN for path in paths()[::10])


def test_a_key_in_two_strings_is_one_key(signing_key: SigningKey, dns: NameServer) -> None:
    assert len(signing_key.record) > 255
    host, port = dns.address.rsplit(":", 1)
    record = Keys(((host, int(port)),)).look_up(signing_key.name(DOMAIN)).record
    assert record == signing_key.record
    assert base64.b64decode(record.split("p=")[1])
