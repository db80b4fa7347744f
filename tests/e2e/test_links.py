"""From a signed notice to a broken form and back through the program's own parts; the commands around it; nothing asked unless allowed."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.login import Sessions
from demur.commands import look as command
from demur.composition import Composition
from demur.demo.nameserver import NameServer
from demur.demo.signing import SigningKey
from demur.settings import load_settings
from demur.web import services
from ingest.fetch import Fetcher
from ingest.line import Line
from ingest.prober import Prober
from tests.e2e.program import Program
from tests.e2e.story import from_meta
from tests.rig.forms import Forms, forms

FORM = "https://www.facebook.com/help/contact/712876720715583"
FIELDS = '<html><form><textarea name="why"></textarea></form></html>'


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forms]:
    with forms(tmp_path_factory.mktemp("forms")) as started:
        yield started


@pytest.fixture
def program(tmp_path: Path, nameserver: NameServer, signing_key: SigningKey) -> Program:
    """A data folder into which Anna's notice was imported."""
    program = Program(tmp_path / "data", {"DEMUR_NAMESERVERS": nameserver.address})
    mail = tmp_path / "notice.eml"
    mail.write_bytes(from_meta(signing_key, "notice", "anna@example.org", 1))
    program.run("import", mail, "--user", "anna@example.org")
    return program


@dataclass(frozen=True)
class Led(Composition):
    """The program's parts with the one line that leads to the forms on this machine."""

    rig: Any = None

    @cached_property
    def line(self) -> Line:
        return self.rig.line

    @cached_property
    def prober(self) -> Prober:
        return Prober(self.ledger, Fetcher(self.line, 5), self.now, between=0)


def test_a_form_that_stays_gone_is_in_the_status_and_so_is_its_return(program: Program, rig: Forms) -> None:
    rig.reset()
    clock = [datetime(2025, 6, 1, tzinfo=UTC)]
    parts = Led(load_settings(data=program.data, probe_links=True), lambda: clock[0], rig)

    def look(status: int) -> None:
        rig.server.play = lambda visit: visit.answer(status, FIELDS)
        clock[0] += timedelta(hours=8, minutes=1)
        assert len(list(parts.prober.due_looks())) == 1

    def state() -> str:
        return str(program.json("status", "anna@example.org")["cases"][0]["state"])

    assert state() == "notified"
    for _ in range(3):
        look(404)
    assert state() == "notified"
    look(404)
    case = program.json("status", "anna@example.org")["cases"][0]
    assert (case["state"], case["because"]["decided_by"]) == ("link_broken", "probe")
    assert case["next_step"] == {
        "action": "retry_form",
        "text": case["next_step"]["text"],
        "url": "https://www.facebook.com/help/contact/6359191084165019",
        "due": None,
        "asks": [],
        "authority": None,
        "standing": None,
    }
    (link,) = program.json("links")["links"]
    assert (link["url"], link["standing"], len(link["probes"])) == (FORM, "broken", 4)
    with TestClient(create_app(services(parts, Sessions())), base_url="http://127.0.0.1:8000") as client:
        text = client.get("/metrics").text
        assert 'demur_links{standing="broken"} 1.0' in text
        assert 'demur_probes{finding="removed"} 4.0' in text
    look(200)
    assert state() == "notified"
    assert [entry["kind"] for entry in _timeline(parts, program)] == ["probe", "probe", "decision"]
    assert rig.forbidden == 0
    parts.close()


def _timeline(parts: Composition, program: Program) -> list[dict[str, Any]]:
    token = parts.ledger.people.make_token(None, "read", parts.now())
    with TestClient(create_app(services(parts, Sessions())), base_url="http://127.0.0.1:8000") as client:
        answer = client.get("/status/anna@example.org/timeline", headers={"Authorization": f"Bearer {token}"})
        entries: list[dict[str, Any]] = answer.json()["entries"]
        return entries


def test_nothing_is_probed_unless_the_operator_says_so(program: Program) -> None:
    refused = program.run("probe", code=2)
    assert "DEMUR_PROBE_LINKS=on" in refused.stderr
    assert refused.stderr.count("\n") == 1
    (link,) = program.json("links")["links"]
    assert (link["finding"], link["probes"]) == ("not_probed", [])


def test_a_pass_by_hand_prints_what_was_found(program: Program, rig: Forms, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.reset()
    rig.server.play = lambda visit: visit.answer(302, Location="/login/?next=x")
    monkeypatch.setattr(command, "composition", lambda: Led(load_settings(), rig=rig))
    program.environment["DEMUR_PROBE_LINKS"] = "on"
    (found,) = json.loads(program.run("probe", "--json").stdout)["probes"]
    assert (found["url"], found["finding"], found["http_status"], found["hops"]) == (FORM, "needs_login", 302, ["www.facebook.com"])
    assert "needs_login" in program.run("probe").stdout
    assert "needs_login" in program.run("links").stdout


def test_a_name_that_leads_to_this_machine_is_refused_by_the_program_as_it_is(program: Program, rig: Forms) -> None:
    rig.reset()
    rig.names.lead("www.facebook.com", ["127.0.0.1"])
    host, port = rig.names.address
    program.environment |= {"DEMUR_PROBE_LINKS": "on", "DEMUR_NAMESERVERS": f"{host}:{port}"}
    (found,) = program.json("probe")["probes"]
    assert found["finding"] == "unreachable"
    assert "not on the public internet" in found["excerpt"]
    assert rig.server.asked == []
