"""A redacted mail says the same and names nobody; the check finds what is left."""

import random
import re
from contextlib import suppress
from pathlib import Path

import pytest

from demur.judge import Judge
from ingest.decide import read
from ingest.redact import leftovers, redacted
from ledger.errors import OperatorError
from ledger.message import Frame
from tests.e2e.program import Program

ROOT = Path(__file__).parent.parent.parent
FIXTURES = random.Random(7).sample(sorted((ROOT / "fixtures").rglob("*.eml")), 120)
PRIVATE = b"""\
Delivered-To: maria.schmidt@gmx.de
Received: from mx.facebook.com (66.220.144.1) by mx.gmx.net; Tue, 13 May 2025 09:12:01 +0200
DKIM-Signature: v=1; a=rsa-sha256; d=support.facebook.com; bh=abc; b=def
X-Facebook-Notify: case_123456789012345
From: "Meta Privacy" <case++aazq3nvyrjqe4j@support.facebook.com>
To: "Maria Schmidt" <maria.schmidt@gmx.de>
Reply-To: case++aazq3nvyrjqe4j@support.facebook.com
Subject: =?utf-8?q?Re=3A_Ihr_Widerspruch=2C_Maria_Schmidt_-_Fall_60-118843?=
Date: Tue, 13 May 2025 09:12:34 +0200
Message-ID: <aazq3nvyrjqe4j.1747120320@support.facebook.com>
Content-Type: multipart/mixed; boundary="xyz"

--xyz
Content-Type: text/plain; charset=utf-8

Hallo Maria,

wir werden Ihrem Widerspruch nachkommen. Ihr Konto 100012345678901 (@maria_s) und Ihre Telefonnummer +49 170 1234567.
Sie https://www.facebook.com/n/?privacy%2Fgenai&aref=109472619666600&n_m=maria.schmidt%40gmx.de lesen
oder https://www.facebook.com/help/contact/712876720715583?x=1 und https://tracker.evil.de/abc?u=1234.
Ihr Code ist 845210. IBAN DE89 3704 0044 0532 0130 00. Marias Konto, siehe Verordnung 2016/679 vom 27.04.2016.

Ansgar T.
--xyz
Content-Type: text/html; charset=utf-8

<p id="u_0_3_a1B2c3D4e5">Hallo Maria,</p><img src="https://www.facebook.com/pic.php?mid=6390949b9ca8dbf3579d" width="1">
<a href="https://www.facebook.com/n/?privacy%2Fgenai&amp;aref=109472619666600" title="Maria">Maria&#39;s Konto</a>
--xyz
Content-Type: image/png; name="Maria.png"
Content-Disposition: attachment; filename="Maria.png"
Content-Transfer-Encoding: base64

iVBORw0KGgo=
--xyz--
"""


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    return Judge(tmp_path_factory.mktemp("models"), None, lambda *progress: None)


def test_redacted_mails_are_classified_as_before(judge: Judge) -> None:
    before = [read(path.read_bytes()) for path in FIXTURES]
    after = [read(redacted(path.read_bytes())) for path in FIXTURES]
    found = [
        (path.name, one.outcome, other.outcome)
        for path, one, other in zip(FIXTURES, judge(before), judge(after), strict=True)
        if (one.outcome, one.abstained) != (other.outcome, other.abstained)
    ]
    assert found == []
    for one, other in zip(before, after, strict=True):
        assert (one.product, one.track, one.frame, one.language) == (other.product, other.track, other.frame, other.language)


@pytest.mark.parametrize("path", FIXTURES[:40], ids=lambda path: path.name)
def test_nothing_is_left_in_a_redacted_mail_and_redacting_again_changes_nothing(path: Path) -> None:
    once = redacted(path.read_bytes())
    assert leftovers(once) == []
    assert redacted(once) == once


def test_whatever_names_somebody_is_gone_and_the_same_gets_the_same() -> None:
    made = redacted(PRIVATE)
    text = read(made).text + read(made).subject + made.decode()
    for gone in ("Maria", "Schmidt", "gmx", "aazq3", "60-118843", "100012345678901", "1234567", "109472619666600", "evil", "845210",
                 "3704", "6390949b", "u_0_3", "66.220", "DKIM", "X-Facebook", "09:12", "Ansgar", "maria_s", "iVBOR"):  # fmt: skip
        assert gone not in text, gone
    assert read(made).subject.startswith("Re: Ihr Widerspruch, Robin Kim")
    assert read(made).text.startswith("Hallo Robin,")
    assert "Robins Konto" in read(made).text or "Robin's Konto" in read(made).text
    assert (read(made).sender, read(made).to) == ("case@support.facebook.com", ("person1@example.org",))


def test_the_parts_and_what_decides_stay() -> None:
    before, after = read(PRIVATE), read(redacted(PRIVATE))
    assert re.findall(rb"(?m)^Content-Type: ([\w/]+)", redacted(PRIVATE)) == [b"multipart/mixed", b"text/plain", b"text/html", b"image/png"]
    assert {link.url for link in after.links if link.form} == {link.url for link in before.links if link.form} != set()
    assert before.has_code == after.has_code
    assert "2016/679" in redacted(PRIVATE).decode()
    assert b"X-Demur-Fixture: redacted" in redacted(PRIVATE)


@pytest.mark.parametrize(
    ("kind", "left"),
    [
        ("address", "Write to maria@gmx.de"),
        ("address", "Write to case++aazq3nvyrj@support.facebook.com"),
        ("number", "Your case 4711888"),
        ("number", "Call +353 1 234 5678"),
        ("token", "Your key a8f93kd02mfk2"),
        ("link", "See https://www.facebook.com/x?aref=1094726"),
        ("link", "See https://evil.de/track"),
        ("name", "Dear Ms. Blumenthal,"),
        ("token", "You are @blumenthal.x"),
    ],
)
def test_the_check_finds_what_is_left(kind: str, left: str) -> None:
    clean = redacted(b"From: Meta <a@facebookmail.com>\r\nTo: x@example.org\r\nSubject: Hello\r\n\r\nText\r\n")
    assert leftovers(clean) == []
    (found,) = leftovers(clean.replace(b"Text", left.encode() + b"\r\n\r\nmore text"))
    assert found.kind == kind


@pytest.mark.parametrize("header", ["Received: from x by y; now", "DKIM-Signature: v=1", "X-Facebook-Notify: 1", "List-Unsubscribe: <x>"])
def test_the_check_finds_headers_that_tell(header: str) -> None:
    clean = redacted(b"From: Meta <a@facebookmail.com>\r\nSubject: Hello\r\n\r\nText\r\n")
    assert [found.kind for found in leftovers(header.encode() + b"\r\n" + clean)] == ["header"]


def test_a_mail_that_does_not_say_that_it_is_redacted_is_none() -> None:
    assert leftovers(b"From: Meta <a@facebookmail.com>\r\nMessage-ID: <1@example.org>\r\n\r\nText\r\n")[0].kind == "header"


def test_an_attached_mail_is_redacted_too() -> None:
    inner = PRIVATE.replace(b"\n", b"\r\n")
    outer = (
        b"From: Maria Schmidt <maria.schmidt@gmx.de>\r\nTo: a@example.org\r\nSubject: Fwd\r\nContent-Type: message/rfc822\r\n\r\n" + inner
    )
    made = redacted(outer)
    assert read(made).frame is read(outer).frame is Frame.ATTACHED
    assert b"Maria" not in made
    assert leftovers(made) == []


def test_a_name_in_the_middle_of_a_sentence_has_to_be_given() -> None:
    raw = b"From: Meta <a@facebookmail.com>\r\nSubject: x\r\n\r\nThe account of Quintus is closed.\r\n"
    assert b"Quintus" in redacted(raw)
    assert b"Quintus" not in redacted(raw, ["Quintus"])
    assert [found.kind for found in leftovers(redacted(raw), ["Quintus"])] == ["name"]


@pytest.mark.parametrize("raw", [b"", b"\x00\xff", b"no header at all"])
def test_what_is_no_mail_is_refused(raw: bytes) -> None:
    with pytest.raises(OperatorError, match="no mail"):
        redacted(raw)


def test_the_command_writes_a_fixture_and_checks_it(tmp_path: Path) -> None:
    program = Program(tmp_path / "data")
    (tmp_path / "mail.eml").write_bytes(PRIVATE)
    assert program.run("redact", tmp_path / "mail.eml", "--check", code=2).stdout
    program.run("redact", tmp_path / "mail.eml", "-o", tmp_path / "fixture.eml")
    assert "Nothing is left" in program.run("redact", tmp_path / "fixture.eml", "--check").stdout
    assert program.json("redact", tmp_path / "fixture.eml", "--check")["left"] == []
    assert program.run("redact", tmp_path / "missing.eml", code=2).stderr
    assert not (tmp_path / "data").exists()


def test_a_broken_mail_is_redacted_or_refused_and_never_a_crash() -> None:
    dice = random.Random(3)
    for path in FIXTURES:
        raw = bytearray(path.read_bytes())
        for _ in range(dice.randint(1, 12)):
            place = dice.randrange(len(raw))
            raw[place:place] = dice.choice(
                [b"\0", b"\r\n", b"--", b"\xff\xfe", b"=?utf-8?q?=ff?=", b"Content-Type: multipart/mixed\n", b"\xe2\x80\xae"]
            )
        with suppress(OperatorError):
            assert leftovers(redacted(bytes(raw))) == []
