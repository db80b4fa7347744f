"""What an organisation does over HTTP, against the running program."""

from pathlib import Path

import httpx2
import pytest

from demur.demo.nameserver import NameServer
from demur.demo.signing import SigningKey
from tests.e2e.program import Program
from tests.e2e.story import START, from_meta
from tests.rig.dovecot import PASSWORD, Dovecot
from tests.rig.free import until


@pytest.mark.server
def test_a_mail_is_brought_a_mailbox_is_connected_and_a_correction_is_made_over_http(
    tmp_path: Path, dovecot: Dovecot, signing_key: SigningKey, nameserver: NameServer
) -> None:
    box = "http@example.org"
    dovecot.deliver(box, from_meta(signing_key, "receipt", box, 5), arrived=START)
    program = Program(tmp_path / "data", {"DEMUR_NAMESERVERS": nameserver.address, "DEMUR_ALLOW_LOOPBACK_MAIL": "1"})
    program.run("filed", "anna", "--product", "whatsapp", "--on", "2025-05-02")
    token = program.run("token", "create", "--user", "anna", "--scope", "write").stdout.strip()
    with (
        program.running() as running,
        httpx2.Client(base_url=running.base, headers={"Authorization": f"Bearer {token}"}, timeout=20) as client,
    ):
        brought = client.post("/messages", content=from_meta(signing_key, "notice", box, 0), headers={"Content-Type": "message/rfc822"})
        assert brought.status_code == 201, brought.text
        states = {case["product"]: case["state"] for case in client.get("/status/anna").json()["cases"]}
        assert states == {"facebook": "notified", "whatsapp": "pending"}
        server = {"host": "127.0.0.1", "port": dovecot.plain_port, "security": "loopback"}
        connected = client.post("/mailboxes", json={"address": box, "password": PASSWORD, **server})
        assert connected.status_code == 201, connected.text
        assert PASSWORD not in connected.text

        def facebook() -> str:
            return next(case["state"] for case in client.get("/status/anna").json()["cases"] if case["product"] == "facebook")

        until(lambda: facebook() == "pending", 15, "the receipt in the new mailbox")
        corrected = client.post(f"/messages/{brought.json()['sha256']}/correction", json={"outcome": "rejection"})
        assert corrected.status_code == 201
        assert client.get("/status", params={"state": "pending"}).json()["users"][0]["user"] == "anna"
        assert client.post("/mailboxes", json={"address": "b@example.org", "password": "wrong", **server}).status_code == 422
        assert client.get("/metrics").status_code == 200


def test_whoever_connects_over_http_does_not_reach_the_own_network(tmp_path: Path) -> None:
    program = Program(tmp_path / "data")
    program.run("filed", "anna", "--product", "facebook")
    token = program.run("token", "create", "--user", "anna", "--scope", "write").stdout.strip()
    with program.running() as running:
        answer = httpx2.post(
            f"{running.base}/mailboxes",
            json={"address": "a@example.org", "password": "x", "host": "127.0.0.1", "port": running.port},
            headers={"Authorization": f"Bearer {token}"},
            timeout=20,
        )
    assert answer.status_code == 422
    assert "public internet" in answer.text
