"""Mail of Meta's to an address that nobody knows: it waits, asks once, and counts as soon as the person says yes."""

from datetime import timedelta
from pathlib import Path

import pytest

from demur.demo.nameserver import NameServer
from demur.demo.signing import SigningKey
from tests.e2e.program import Program
from tests.e2e.story import START, from_meta
from tests.rig.dovecot import PASSWORD, Dovecot

pytestmark = pytest.mark.server
BOX, OLD, STRANGER = "asked@example.org", "asked.old@example.net", "stranger@example.net"


def test_an_unknown_signed_address_is_asked_for_once_and_yes_binds_the_waiting_mail(
    dovecot: Dovecot, signing_key: SigningKey, nameserver: NameServer, tmp_path: Path
) -> None:
    program = Program(tmp_path / "data", {"DEMUR_NAMESERVERS": nameserver.address, "DEMUR_ALLOW_LOOPBACK_MAIL": "1"})
    (tmp_path / "password").write_text(PASSWORD)
    for day, (outcome, to) in enumerate((("rejection", STRANGER), ("confirmation", OLD), ("confirmation", OLD))):
        dovecot.deliver(BOX, from_meta(signing_key, outcome, to, day), arrived=START + timedelta(days=day))
    server = ("--host", "127.0.0.1", "--port", str(dovecot.port), "--ca-file", str(dovecot.certificate))
    program.run("connect", BOX, "--user", "asked", "--password-file", tmp_path / "password", *server)
    program.run("sync")
    status = program.json("status", "asked")
    assert (status["cases"], status["asked_addresses"]) == ([], [OLD, STRANGER])
    assert [(question["address"], question["count"]) for question in program.json("review")["addresses"]] == [(OLD, 2), (STRANGER, 1)]
    assert f"demur address add asked {OLD}" in program.run("review").stdout
    assert "2 may be a user's" in program.run("doctor").stdout

    program.run("address", "add", "asked", OLD)
    program.run("address", "decline", "asked", STRANGER)
    status = program.json("status", "asked")
    assert [case["state"] for case in status["cases"]] == ["confirmed"]
    assert status["asked_addresses"] == []
    assert program.json("address", "list", "asked") == {"user": "asked", "addresses": [OLD, BOX], "asked": [], "declined": [STRANGER]}

    dovecot.deliver(BOX, from_meta(signing_key, "rejection", STRANGER, 9), arrived=START + timedelta(days=9))
    program.run("sync")
    assert program.json("status", "asked")["asked_addresses"] == []
    assert [case["state"] for case in program.json("status", "asked")["cases"]] == ["confirmed"]
    assert program.run("address", "add", "asked", "nobody", code=2).stderr.count("\n") == 1
