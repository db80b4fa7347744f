"""A model in the shadow: it predicts beside the one that decides, and nothing that anybody sees changes because of it."""

from pathlib import Path

import pytest

from demur.demo.nameserver import NameServer
from demur.demo.signing import SigningKey
from tests.e2e.program import Program
from tests.e2e.story import from_meta
from tests.e2e.test_replay import strict_copy


@pytest.fixture
def program(tmp_path: Path, signing_key: SigningKey, nameserver: NameServer) -> Program:
    """Anna's first mail was decided before the shadow, two more come later."""
    program = Program(tmp_path / "data", {"DEMUR_NAMESERVERS": nameserver.address})
    for number, outcome in enumerate(("notice", "receipt", "rejection")):
        (tmp_path / f"{number}.eml").write_bytes(from_meta(signing_key, outcome, "anna@example.org", number))
    program.run("import", tmp_path / "0.eml", "--user", "anna")
    return program


def test_a_shadow_is_compared_on_what_was_decided_since_it_began_and_moves_no_case(program: Program, tmp_path: Path) -> None:
    version = strict_copy(program.data)
    assert version in program.run("shadow", version).stdout
    assert "Nothing was decided since then" in program.run("shadow", "--report").stdout
    program.run("import", tmp_path / "1.eml", tmp_path / "2.eml", "--user", "anna")
    before = program.json("status", "anna")["cases"]
    assert before[0]["state"] == "rejected"
    report = program.json("shadow", "--report")
    assert (report["shadow"], report["mails"], report["agreement"]) == (version, 2, 0.0)
    assert [(row["outcome"], row["mails"], row["same"], row["abstained"]) for row in report["decided"]] == [
        ("receipt", 1, 0, 1),
        ("rejection", 1, 0, 1),
    ]
    assert {(d["outcome"], d["shadow_outcome"], d["shadow_abstained"]) for d in report["disagreements"]} == {
        ("receipt", "receipt", True),
        ("rejection", "rejection", True),
    }
    assert before[0]["because"]["message"] in [d["sha256"] for d in report["disagreements"]]
    assert program.json("status", "anna")["cases"] == before
    assert "agree on 0.0%" in program.run("shadow", "--report").stdout


def test_the_shadow_is_marked_among_the_models_until_it_is_taken_out(program: Program) -> None:
    version = strict_copy(program.data)
    program.run("shadow", version)
    assert [m["shadow"] for m in program.json("models") if m["version"] == version] == [True]
    assert "~" in program.run("models").stdout
    assert program.json("shadow")["shadow"] == version
    program.run("shadow", "--off")
    assert not any(m["shadow"] for m in program.json("models"))
    assert "No model is in the shadow" in program.run("shadow").stdout
    assert "no model is in the shadow" in program.run("shadow", "--report", code=2).stderr


def test_a_person_s_word_says_which_of_the_two_was_right(program: Program, tmp_path: Path) -> None:
    program.run("shadow", program.json("shadow")["current"])
    program.run("import", tmp_path / "2.eml", "--user", "anna")
    sha256 = program.json("status", "anna")["cases"][0]["because"]["message"]
    program.run("correct", sha256, "confirmation", "--by", "anna")
    report = program.json("shadow", "--report")
    assert report["corrected"] == {"mails": 1, "current_right": 0, "shadow_right": 0}
    assert report["agreement"] == 1.0


def test_what_cannot_be_put_into_the_shadow_is_said(program: Program) -> None:
    assert "no model none" in program.run("shadow", "none", code=2).stderr
    assert "at a time" in program.run("shadow", "none", "--off", code=2).stderr
    (program.data / "models").mkdir(exist_ok=True)
    (program.data / "models" / "shadow").write_text("half a li")
    assert "demur shadow --off" in program.run("shadow", code=2).stderr
    assert program.run("shadow", "--off").returncode == 0
