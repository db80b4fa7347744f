"""A user's country and language."""

import pytest
from starlette.testclient import TestClient

from tests.api.world import World
from tests.e2e.program import Program


def test_a_profile_is_changed_in_part_and_forgotten_with_null(anna: TestClient) -> None:
    assert anna.get("/users/anna/profile").json() == {"user": "anna", "country": None, "language": None}
    anna.patch("/users/anna/profile", json={"country": "FR", "language": "fr"})
    assert anna.patch("/users/anna/profile", json={"language": "de"}).json() == {"user": "anna", "country": "FR", "language": "de"}
    assert anna.patch("/users/anna/profile", json={"country": None}).json() == {"user": "anna", "country": None, "language": "de"}


@pytest.mark.parametrize("body", [{"country": "XX"}, {"country": "Germany"}, {"language": "DE"}, {"language": "german"}, {"name": "x"}])
def test_what_is_no_country_or_language_is_refused(anna: TestClient, body: dict) -> None:
    assert anna.patch("/users/anna/profile", json=body).status_code == 422
    assert anna.get("/users/anna/profile").json()["country"] is None


def test_the_command_says_what_is_known(tmp_path) -> None:
    program = Program(tmp_path / "data")
    assert program.json("user", "anna", "--country", "de", "--language", "DE") == {"user": "anna", "country": "DE", "language": "de"}
    assert "lives in DE, reads de" in program.run("user", "anna").stdout
    assert "two letters" in program.run("user", "anna", "--country", "Germany", code=2).stderr
    assert "two letters" in program.run("user", "anna", "--language", "german", code=2).stderr
    assert program.run("user", "bert", code=2).stderr
    assert program.run("token", "create", "--admin", "--scope", "feed", code=2).stderr
    assert program.run("token", "create", "--user", "anna", "--scope", "feed").stdout.startswith("demur_")


def test_the_bundle_says_which_holidays_counted(world: World, tmp_path) -> None:
    from ledger.people import Profile
    from tests.evidence.bundles import checked, export, fill

    world.mail("anna", "receipt", "2025-05-02")
    fill(world)
    world.ledger.people.set_profile(world.user("anna"), Profile("DE", "de"))
    export(world, tmp_path / "anna.zip")
    assert checked(tmp_path / "anna.zip").findings == []
