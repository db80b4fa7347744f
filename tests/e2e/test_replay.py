"""Another model over the same mails: first what would change, then the change, and a person's word above both."""

import json
import shutil
from pathlib import Path

from classifier.card import read_card
from classifier.registry import Registry
from demur.demo.nameserver import NameServer
from demur.demo.signing import SigningKey
from tests.e2e.program import ROOT, Program
from tests.e2e.story import from_meta


def strict_copy(data: Path) -> str:
    """A second version of the shipped model that is never sure: it abstains on everything."""
    shipped = Registry(ROOT / "nowhere", ROOT / "models")
    card = read_card(shipped.folder(shipped.current_version()))
    folder = data / "models" / "strict"
    shutil.copytree(shipped.folder(card.version), folder)
    altered = json.loads((folder / "card.json").read_text()) | {"version": "strict", "thresholds": dict.fromkeys(card.thresholds, 1.1)}
    (folder / "card.json").write_text(json.dumps(altered))
    (data / "models" / "pins.json").write_text(json.dumps({"strict": card.sha256}))
    return "strict"


def test_a_replay_shows_the_states_that_would_change_and_changes_them_on_request(
    tmp_path: Path, signing_key: SigningKey, nameserver: NameServer
) -> None:
    program = Program(tmp_path / "data", {"DEMUR_NAMESERVERS": nameserver.address})
    folder = tmp_path / "mails"
    folder.mkdir()
    for number, outcome in enumerate(("notice", "receipt", "rejection")):
        (folder / f"{number}.eml").write_bytes(from_meta(signing_key, outcome, "anna@example.org", number))
    program.run("import", folder, "--user", "anna")
    assert program.json("replay")["mails"] == []
    version = strict_copy(tmp_path / "data")
    shown = program.json("replay", "--model", version)
    assert [(s["before"], s["after"]) for s in shown["states"]] == [("rejected", "none")]
    assert len(shown["mails"]) == 3
    assert program.json("status", "anna")["cases"][0]["state"] == "rejected"
    program.run("correct", program.json("status", "anna")["cases"][0]["because"]["message"], "rejection", "--by", "anna")
    assert program.json("replay", "--model", version, "--apply")["written"] == 3
    status = program.json("status", "anna")
    assert [(case["state"], case["because"]["decided_by"]) for case in status["cases"]] == [("rejected", "person:anna")]
    assert status["needs_review"] == 2
