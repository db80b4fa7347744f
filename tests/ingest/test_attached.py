"""Mails inside mails: the attached original is what is judged, and its bytes keep the signature that proves who wrote it."""

import base64
from email import message_from_bytes
from email.message import EmailMessage
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import SMTP

import pytest

from demur.demo.nameserver import NameServer
from demur.demo.signing import SigningKey
from ingest.authenticate import authenticate
from ingest.decide import proof_of
from ingest.keys import Keys
from ingest.parse import parse
from ledger.message import Frame, Message
from ledger.trust import Trust
from tests.ingest.letter import letter, multipart

DOMAIN = "facebookmail.com"
NOTE = b"Content-Type: text/plain\r\n\r\nsee attachment\r\n"
CANONICAL = [(b"relaxed", b"simple"), (b"relaxed", b"relaxed"), (b"simple", b"simple")]


@pytest.fixture
def keys(nameserver: NameServer) -> Keys:
    host, port = nameserver.address.rsplit(":", 1)
    return Keys(((host, int(port)),))


@pytest.fixture(params=CANONICAL, ids=["relaxed-simple", "relaxed-relaxed", "simple-simple"])
def signed(request: pytest.FixtureRequest, signing_key: SigningKey) -> bytes:
    """A mail of Meta's with what makes it easy to break: folded headers, odd blanks, German words, a long line, no blank at the end."""
    raw = letter(
        "Hallo Anna,  \nwir haben deinen Widerspruch geprüft \tund respektieren ihn.\n\n" + "lang " * 300,
        subject="=?utf-8?q?Dein_Widerspruch_gegen_die_Nutzung?=\r\n =?utf-8?q?_f=C3=BCr_KI?=",
        extra=("Content-Transfer-Encoding: 8bit", "X-Odd:value", "Reply-To:    noreply@facebookmail.com"),
    )
    return signing_key.sign(raw, DOMAIN, canonicalize=request.param)


def assert_proven(message: Message, raw: bytes, signed: bytes, keys: Keys) -> None:
    assert message.frame is Frame.ATTACHED
    assert message.original == signed
    assert authenticate(message.original, keys).trust is Trust.PROVEN
    assert proof_of(message, raw, keys).trust is Trust.PROVEN
    assert message.text.startswith("Hallo Anna,")
    assert message.original_sender == "notification@facebookmail.com"


def test_a_mail_attached_by_a_mail_program_keeps_its_signature(signed: bytes, keys: Keys) -> None:
    raw = multipart(NOTE, b"Content-Type: message/rfc822\r\nContent-Disposition: attachment\r\n\r\n" + signed, sender="anna@example.org")
    assert_proven(parse(raw), raw, signed, keys)


def test_a_mail_attached_with_folded_header_and_name_keeps_its_signature(signed: bytes, keys: Keys) -> None:
    raw = multipart(NOTE, b'Content-Type:\r\n message/rfc822;\r\n name="Dein Widerspruch.eml"\r\n\r\n' + signed, sender="anna@example.org")
    assert_proven(parse(raw), raw, signed, keys)


def test_a_mail_attached_in_base64_keeps_its_signature(signed: bytes, keys: Keys) -> None:
    part = b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(signed)
    raw = multipart(NOTE, part, sender="anna@example.org")
    assert_proven(parse(raw), raw, signed, keys)


@pytest.mark.parametrize("name", ["mail.eml", "MAIL.EML"])
def test_an_eml_file_keeps_its_signature(signed: bytes, keys: Keys, name: str) -> None:
    part = (
        f'Content-Type: application/octet-stream; name="{name}"\r\nContent-Transfer-Encoding: base64\r\n\r\n'.encode()
        + base64.encodebytes(signed)
    )
    raw = multipart(NOTE, part, sender="anna@example.org")
    assert_proven(parse(raw), raw, signed, keys)


def test_an_eml_file_with_lf_is_proven_all_the_same(signing_key: SigningKey, keys: Keys) -> None:
    signed = signing_key.sign(letter("we will honor your objection\n"), DOMAIN)
    part = b'Content-Type: application/octet-stream; name="mail.eml"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    message = parse(multipart(NOTE, part + base64.encodebytes(signed.replace(b"\r\n", b"\n")), sender="anna@example.org"))
    assert message.original is not None
    assert authenticate(message.original, keys).trust is Trust.PROVEN


def test_what_pythons_own_mail_package_attaches_is_proven(signing_key: SigningKey, keys: Keys) -> None:
    signed = signing_key.sign(letter("we will honor your objection\n"), DOMAIN)
    outer = MIMEMultipart()
    outer["From"], outer["To"], outer["Subject"] = "anna@example.org", "demur@example.org", "Fwd: request"
    outer.attach(MIMEText("see attachment"))
    outer.attach(MIMEMessage(message_from_bytes(signed)))
    message = parse(outer.as_bytes())
    assert message.original is not None
    assert authenticate(message.original, keys).trust is Trust.PROVEN


def test_what_the_modern_mail_package_attaches_is_proven(signing_key: SigningKey, keys: Keys) -> None:
    signed = signing_key.sign(letter("we will honor your objection\n"), DOMAIN, canonicalize=(b"relaxed", b"relaxed"))
    outer = EmailMessage(policy=SMTP)
    outer["From"], outer["To"], outer["Subject"] = "anna@example.org", "demur@example.org", "Fwd: request"
    outer.set_content("see attachment")
    outer.add_attachment(signed, maintype="application", subtype="octet-stream", filename="mail.eml")
    message = parse(outer.as_bytes())
    assert message.original == signed
    assert authenticate(message.original, keys).trust is Trust.PROVEN


def test_a_signed_mail_with_attachments_of_its_own_keeps_its_signature(signing_key: SigningKey, keys: Keys) -> None:
    inner = multipart(
        b"Content-Type: text/plain\r\n\r\nwe will honor your objection",
        b"Content-Type: image/png\r\n\r\n\x89PNG",
        boundary="inner",
        subtype="related",
    )
    signed = signing_key.sign(inner, DOMAIN)
    raw = multipart(NOTE, b"Content-Type: message/rfc822\r\n\r\n" + signed, sender="anna@example.org")
    message = parse(raw)
    assert message.original == signed
    assert message.text == "we will honor your objection"
    assert proof_of(message, raw, keys).trust is Trust.PROVEN


def test_a_mail_attached_in_an_attached_mail_does_not_speak_for_meta(signing_key: SigningKey, keys: Keys) -> None:
    signed = signing_key.sign(letter("we will honor your objection\n"), DOMAIN)
    middle = multipart(NOTE, b"Content-Type: message/rfc822\r\n\r\n" + signed, sender="Facebook <evil@example.org>", boundary="middle")
    raw = multipart(NOTE, b"Content-Type: message/rfc822\r\n\r\n" + middle, sender="anna@example.org")
    message = parse(raw)
    assert message.original == middle
    assert proof_of(message, raw, keys).trust is not Trust.PROVEN


def test_the_outer_signature_does_not_prove_the_attached_mail(signing_key: SigningKey, keys: Keys) -> None:
    forged = letter("we will honor your objection", sender="Facebook <notification@facebookmail.com>")
    raw = signing_key.sign(multipart(NOTE, b"Content-Type: message/rfc822\r\n\r\n" + forged), DOMAIN)
    assert authenticate(raw, keys).trust is Trust.PROVEN
    message = parse(raw)
    assert message.frame is Frame.ATTACHED
    assert proof_of(message, raw, keys).trust is Trust.UNPROVEN


def test_a_mail_that_is_nothing_but_another_mail_is_judged_by_that() -> None:
    inner = letter("we will honor your objection")
    message = parse(b"From: anna@example.org\r\nContent-Type: message/rfc822\r\n\r\n" + inner)
    assert (message.original, message.frame) == (inner, Frame.ATTACHED)
    assert message.text == "we will honor your objection"


def test_an_attached_mail_gives_its_receivers_and_links_too() -> None:
    inner = letter(
        '<p>Please <a href="https://www.facebook.com/help/contact/712876720715583">object here</a> now</p>',
        kind="text/html",
        subject="Notice",
    )
    message = parse(
        multipart(NOTE, b"Content-Type: message/rfc822\r\n\r\n" + inner, sender="anna@example.org", to="demur@example.org", subject="Fwd")
    )
    assert (message.subject, message.to, message.delivered_to) == ("Notice", ("anna@example.org",), ("demur@example.org",))
    assert [anchor.href for anchor in message.anchors] == ["https://www.facebook.com/help/contact/712876720715583"]
    assert message.note == "Fwd\nsee attachment"
    assert message.sender == "anna@example.org"


def test_of_two_attached_mails_the_first_is_judged() -> None:
    first, second = (b"Content-Type: message/rfc822\r\n\r\n" + letter(words) for words in ("we will honor it", "we refuse it"))
    assert parse(multipart(NOTE, first, second)).text == "we will honor it"


def test_an_attached_empty_mail_leaves_the_outer_words() -> None:
    message = parse(multipart(b"Content-Type: text/plain\r\n\r\nplease look at this", b"Content-Type: message/rfc822\r\n\r\n"))
    assert message.text == "please look at this"


@pytest.mark.parametrize("encoding", ["quoted-printable", "base64", "8bit", "7bit"])
def test_bodies_in_every_transfer_encoding_are_read(encoding: str) -> None:
    message = EmailMessage(policy=SMTP)
    words = "Der Widerspruch wurde eingelegt" + ("" if encoding == "7bit" else " für Anna – «gut»")
    message["From"] = "a@facebookmail.com"
    message.set_content(words + "\n", cte=encoding)
    assert parse(message.as_bytes()).text == words
