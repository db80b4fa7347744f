"""The main job on real parts: Dovecot over TLS, signed mail, the trained model, the database, HTTP."""

import imaplib
import ssl
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from demur.demo.nameserver import NameServer
from demur.demo.signing import SigningKey
from tests.e2e.program import Program
from tests.e2e.story import START, from_meta, mail, ordinary
from tests.rig.dovecot import PASSWORD, Dovecot
from tests.rig.free import until

pytestmark = pytest.mark.server
MAILS, FROM_META = 300, 30


def fill(dovecot: Dovecot, key: SigningKey, box: str, people: list[str], prefix: str) -> None:
    """At least 300 mails of which 30 concern Meta, for one or two people; one of them lies in Junk."""
    story = ["notice", "receipt", "confirmation", "notice", "receipt"]
    for number in range(MAILS - FROM_META):
        dovecot.deliver(box, ordinary(number, people[number % len(people)]), arrived=START + timedelta(hours=number))
    for number in range(FROM_META):
        person = people[number % len(people)]
        product, domain = [("Facebook", "facebookmail.com"), ("Instagram", "mail.instagram.com"), ("WhatsApp", "support.whatsapp.com")][
            number // 10
        ]
        outcome = story[(number % 10) // 2]
        raw = from_meta(key, outcome, f"{person}", number, domain, product)
        dovecot.deliver(box, raw, "Junk" if number == 7 else "INBOX", arrived=START + timedelta(days=number))
    dovecot.deliver(
        box,
        mail(
            "Your objection was honoured!",
            "We will honour your objection to AI at Meta.",
            "Facebook <notification@facebookmail.com>",
            people[0],
            START,
        ),
    )


def fingerprint(dovecot: Dovecot, box: str) -> dict[str, list[bytes]]:
    """Flags, UIDs and MODSEQ of every mail: what a reader must leave as it was."""
    client = imaplib.IMAP4_SSL("127.0.0.1", dovecot.port, ssl_context=ssl.create_default_context(cafile=str(dovecot.certificate)))
    client.login(box, PASSWORD)
    found = {}
    for folder in ("INBOX", "Junk"):
        client.select(folder, readonly=True)
        found[folder] = [part for part in client.uid("FETCH", "1:*", "(FLAGS MODSEQ)")[1] if isinstance(part, bytes)]
    client.logout()
    return found


@pytest.fixture
def program(tmp_path: Path, nameserver: NameServer) -> Program:
    """Demur with an empty data folder, keys from the rig's name server."""
    return Program(tmp_path / "data", {"DEMUR_NAMESERVERS": nameserver.address, "DEMUR_ALLOW_LOOPBACK_MAIL": "1"})


@pytest.fixture
def password(tmp_path: Path) -> Path:
    """A file with the mailbox's password."""
    path = tmp_path / "password"
    path.write_text(PASSWORD + "\n")
    return path


def connect(program: Program, dovecot: Dovecot, password: Path, box: str, user: str, *more: str) -> None:
    """`demur connect` as a user types it."""
    server = ("--host", "127.0.0.1", "--port", str(dovecot.port), "--ca-file", str(dovecot.certificate))
    program.run("connect", box, "--user", user, "--password-file", password, *server, *more)


def states(status: Any) -> dict[str, str]:
    """Product → state."""
    return {case["product"]: case["state"] for case in status["cases"]}


def ledger_of(program: Program, user: str) -> list[tuple[str, str, str]]:
    """What the ledger says, without when it was written."""
    status = program.json("status", user)
    return [(c["product"], c["state"], c["because"]["message"]) for c in status["cases"]]


def test_a_mailbox_is_connected_read_and_reported_and_nothing_in_it_changes(
    program: Program, dovecot: Dovecot, signing_key: SigningKey, password: Path
) -> None:
    fill(dovecot, signing_key, "anna@example.org", ["anna@example.org"], "a")
    before = fingerprint(dovecot, "anna@example.org")
    connect(program, dovecot, password, "anna@example.org", "anna")
    counts = program.json("sync")
    assert counts["seen"] >= MAILS
    assert counts["candidates"] == FROM_META + 1
    assert counts["recorded"] == FROM_META + 1
    status = program.json("status", "anna")
    assert states(status) == {"facebook": "confirmed", "instagram": "confirmed", "whatsapp": "confirmed"}
    assert status["unproven"] == 1
    assert status["freshness"]["stale"] is False
    (box,) = program.json("mailboxes")["mailboxes"]
    assert {folder["folder"]: folder["backlog"] for folder in box["reading"]} == {"INBOX": 0, "Junk": 0}
    assert all(folder["audited_at"] for folder in box["reading"])
    assert (box["advice"], box["failures"]) == (None, 0)
    assert "connected" in program.run("mailboxes").stdout
    assert program.json("sync")["recorded"] == 0
    assert fingerprint(dovecot, "anna@example.org") == before


def test_mail_that_arrives_while_it_runs_is_in_the_status_within_five_seconds(
    program: Program, dovecot: Dovecot, signing_key: SigningKey, password: Path
) -> None:
    box = "live@example.org"
    dovecot.deliver(box, from_meta(signing_key, "notice", box, 0), arrived=START)
    connect(program, dovecot, password, box, "live")
    token = program.run("token", "create", "--user", "live").stdout.strip()
    with program.running() as running:
        until(lambda: states(running.status(token, "live")) == {"facebook": "notified"}, 15, "the first look")
        time.sleep(3)
        dovecot.deliver(box, from_meta(signing_key, "receipt", box, 1), arrived=START + timedelta(days=1))
        until(lambda: states(running.status(token, "live")) == {"facebook": "pending"}, 5, "the receipt")
        dovecot.deliver(box, from_meta(signing_key, "rejection", box, 9), arrived=START + timedelta(days=9))
        until(lambda: states(running.status(token, "live")) == {"facebook": "rejected"}, 5, "the rejection")


def test_two_people_share_a_mailbox_and_each_sees_their_own(
    program: Program, dovecot: Dovecot, signing_key: SigningKey, password: Path
) -> None:
    box = "family@example.org"
    for person, outcome in (("mum@example.org", "confirmation"), ("family+kid@example.org", "rejection")):
        dovecot.deliver(box, from_meta(signing_key, "notice", person, 0), arrived=START)
        dovecot.deliver(box, from_meta(signing_key, outcome, person, 3), arrived=START + timedelta(days=3))
    connect(program, dovecot, password, box, "mum", "--alias", "mum@example.org")
    connect(program, dovecot, password, box, "kid", "--alias", "family+kid@example.org")
    program.run("sync")
    assert states(program.json("status", "mum")) == {"facebook": "confirmed"}
    assert states(program.json("status", "kid")) == {"facebook": "rejected"}


def test_a_worker_that_is_killed_half_way_ends_with_the_same_ledger(
    program: Program, dovecot: Dovecot, signing_key: SigningKey, password: Path, tmp_path: Path
) -> None:
    box = "killed@example.org"
    fill(dovecot, signing_key, box, [box], "k")
    connect(program, dovecot, password, box, "killed")
    for delay in (0.05, 0.3, 0.6):
        running = program.start()
        time.sleep(delay)
        running.kill()
    program.run("sync")
    undisturbed = Program(tmp_path / "other", program.environment)
    connect(undisturbed, dovecot, password, box, "killed")
    undisturbed.run("sync")
    assert ledger_of(program, "killed") == ledger_of(undisturbed, "killed")
    assert program.run("doctor").returncode == 0


def test_a_key_that_cannot_be_reached_is_asked_for_again(
    dovecot: Dovecot, signing_key: SigningKey, nameserver: NameServer, password: Path, tmp_path: Path
) -> None:
    box = "dns@example.org"
    dovecot.deliver(box, from_meta(signing_key, "confirmation", box, 0), arrived=START)
    away = Program(tmp_path / "data", {"DEMUR_NAMESERVERS": "127.0.0.1:9", "DEMUR_ALLOW_LOOPBACK_MAIL": "1"})
    connect(away, dovecot, password, box, "dns")
    away.run("sync")
    assert states(away.json("status", "dns")) == {}
    assert away.json("status", "dns")["unproven"] == 1
    back = Program(tmp_path / "data", {"DEMUR_NAMESERVERS": nameserver.address, "DEMUR_ALLOW_LOOPBACK_MAIL": "1"})
    back.run("sync")
    assert states(back.json("status", "dns")) == {"facebook": "confirmed"}


def test_a_correction_makes_an_unproven_mail_count(program: Program, dovecot: Dovecot, password: Path) -> None:
    box = "word@example.org"
    forged = mail(
        "Your objection",
        "We have reviewed your request and will honour your objection. We will not use your information for AI at Meta.",
        "Facebook <notification@facebookmail.com>",
        box,
        START,
    )
    dovecot.deliver(box, forged, arrived=START)
    connect(program, dovecot, password, box, "word")
    program.run("sync")
    status = program.json("status", "word")
    assert status["cases"] == []
    queue = program.json("review")
    sha256 = queue["unproven"][0]["messages"][0]
    program.run("correct", sha256, "confirmation", "--by", "word")
    case = program.json("status", "word")["cases"][0]
    assert (case["state"], case["because"]["decided_by"], case["because"]["trust"]) == ("confirmed", "person:word", "unproven")
