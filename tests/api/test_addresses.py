"""«Is this address yours?»: asked once for each address, answered by its user, never taken from another."""

from starlette.testclient import TestClient

from api.auth import csrf_token
from tests.api.world import World

UNKNOWN = {"bound": False, "bound_reason": "To is none of the user's known addresses"}


def asking(world: World, user: str = "anna", address: str = "old@example.org", outcome: str = "confirmation") -> str:
    return world.mail(user, outcome, "2025-05-13", to=(address,), **UNKNOWN)


def test_an_unknown_address_is_asked_about_once_however_many_mails_name_it(world: World, anna: TestClient) -> None:
    first = asking(world)
    second = asking(world, outcome="receipt")
    [question] = anna.get("/review").json()["addresses"]
    assert (question["user"], question["address"], question["count"]) == ("anna", "old@example.org", 2)
    assert set(question["messages"]) == {first, second}
    assert anna.get("/status/anna").json()["asked_addresses"] == ["old@example.org"]


def test_mail_that_is_about_something_else_asks_nothing(world: World, anna: TestClient) -> None:
    asking(world, outcome="unrelated")
    assert anna.get("/review").json()["addresses"] == []


def test_yes_makes_the_address_the_users_and_looks_again(world: World, anna: TestClient) -> None:
    asking(world)
    answer = anna.post("/users/anna/addresses", json={"address": "OLD@example.org"})
    assert answer.status_code == 201
    assert answer.json()["addresses"] == ["old@example.org"]
    assert [user.name for user in world.looked_again] == ["anna"]


def test_no_is_remembered_and_may_be_taken_back(world: World, anna: TestClient) -> None:
    asking(world)
    assert anna.post("/users/anna/addresses", json={"address": "old@example.org", "yours": False}).json()["declined"] == ["old@example.org"]
    changed = anna.post("/users/anna/addresses", json={"address": "old@example.org", "yours": True}).json()
    assert (changed["addresses"], changed["declined"]) == (["old@example.org"], [])


def test_an_address_that_no_mail_asks_about_is_not_taken(world: World, anna: TestClient) -> None:
    assert anna.post("/users/anna/addresses", json={"address": "boss@example.org"}).status_code == 422
    assert world.ledger.people.addresses(world.user("anna")) == []


def test_another_users_address_is_not_taken_even_where_a_mail_asks(world: World, anna: TestClient, admin: TestClient) -> None:
    world.ledger.people.add_addresses(world.user("ben"), ["ben@example.org"])
    asking(world, address="ben@example.org")
    assert anna.post("/users/anna/addresses", json={"address": "ben@example.org"}).status_code == 422
    assert admin.post("/users/anna/addresses", json={"address": "ben@example.org"}).status_code == 201


def test_what_is_no_address_is_refused(anna: TestClient) -> None:
    for address in ("", "anna", "a b@c", "@", "a@b@c"):
        assert anna.post("/users/anna/addresses", json={"address": address}).status_code == 422


def test_the_page_asks_and_takes_the_answer(world: World, client: TestClient) -> None:
    asking(world)
    token = world.token("anna")
    client.cookies.set("demur_session", token)
    browser, csrf = client, csrf_token(token)
    page = browser.get("/users/anna").text
    assert "Is this address yours?" in page
    assert "old@example.org" in page
    assert "old@example.org" in browser.get("/review").text
    answer = browser.post("/users/anna/addresses/said", data={"csrf": csrf, "address": "old@example.org", "yours": "true"})
    assert answer.status_code == 303
    assert world.ledger.people.addresses(world.user("anna")) == ["old@example.org"]
