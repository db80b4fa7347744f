"""Every form of every page, found among the routes: it needs the session's secret, a session that may write, and never touches another's."""

import re

import pytest
from fastapi.routing import APIRoute, APIRouter
from starlette.testclient import TestClient

from api import session
from api.auth import csrf_token
from api.pages import ROUTERS
from tests.api.world import World

FIELDS = {
    "yours": "true",
    "outcome": "receipt",
    "product": "facebook",
    "address": "bert@example.org",
    "password": "x",
    "user": "anna",
    "country": "DE",
    "language": "de",
}
UPLOAD = {"files": ("a.eml", b"Subject: x\r\n\r\n")}


def posts(router: APIRouter) -> list[str]:
    """The paths of all forms of a router and of the routers in it."""
    found = []
    for route in router.routes:
        if isinstance(route, APIRoute):
            found += [route.path] if "POST" in route.methods else []
        else:
            found += posts(route.original_router)  # type: ignore[attr-defined]
    return found


FORMS = sorted(path for router in (*ROUTERS, session.router) for path in posts(router) if path != "/login")
ABOUT_SOMEONE = [path for path in FORMS if re.search(r"{(user|sha256|name)", path)]
FOR_ADMINISTRATORS = [path for path in FORMS if path.startswith("/models")]


@pytest.fixture
def path_of(world: World):
    """Real paths: everything in them exists and is Anna's."""
    values = {
        "user": "anna",
        "sha256": world.mail("anna", "receipt", "2025-05-10", to=(FIELDS["address"],)),
        "name": "anna@example.org",
        "version": "v",
    }
    world.mailbox("anna@example.org", "anna")
    return lambda path: re.sub(r"{(\w+)(?::path)?}", lambda found: values[found[1]], path)


def log_in(world: World, client: TestClient, name: str | None, scope: str = "write") -> str:
    client.cookies.set("demur_session", world.token(name, scope))
    return csrf_token(client.cookies["demur_session"])


def send(client: TestClient, path: str, csrf: str | None):
    data = FIELDS | ({"csrf": csrf} if csrf is not None else {})
    return client.post(path, data=data, files=UPLOAD if path == "/import" else None)


def snapshot(world: World) -> object:
    anna = world.user("anna")
    boxes = [(row.name, row.failures) for row in world.ledger.mailboxes.all()]
    return [entry.hash for entry in world.ledger.record.entries(anna)], boxes, len(world.connected)


def test_the_forms_are_found():
    assert len(FORMS) >= 12
    assert {"/users/{user}/filed", "/connect", "/import", "/mailboxes/{name:path}/remove", "/review/{sha256}/said"} <= set(FORMS)


@pytest.mark.parametrize("path", FORMS)
def test_a_form_without_its_secret_or_with_another_sessions_changes_nothing(world: World, client: TestClient, path_of, path: str):
    log_in(world, client, None)
    before = snapshot(world)
    for brought in (None, "", "x", csrf_token(world.token(None)), "ü" * 64):
        assert send(client, path_of(path), brought).status_code == 403
    assert snapshot(world) == before


@pytest.mark.parametrize("path", FORMS)
def test_a_form_without_a_session_or_with_a_made_up_one_changes_nothing(world: World, client: TestClient, path_of, path: str):
    concrete = path_of(path)
    before = snapshot(world)
    for token in (None, "demur_session_made-up", "demur_link_made-up", ""):
        if token is not None:
            client.cookies.set("demur_session", token)
        assert send(client, concrete, csrf_token(token or "")).status_code == 401
    assert snapshot(world) == before


@pytest.mark.parametrize("path", [path for path in FORMS if path != "/logout"])
def test_a_session_that_may_only_read_changes_nothing(world: World, client: TestClient, path_of, path: str):
    concrete = path_of(path)
    for name in ("anna", None):
        secret = log_in(world, client, name, "read")
        before = snapshot(world)
        assert send(client, concrete, secret).status_code == 403
        assert snapshot(world) == before


@pytest.mark.parametrize("path", ABOUT_SOMEONE)
def test_what_is_someone_elses_does_not_exist_for_a_form(world: World, client: TestClient, path_of, path: str):
    concrete = path_of(path)
    secret = log_in(world, client, "bert")
    before = snapshot(world)
    answer = send(client, concrete, secret)
    assert (answer.status_code, "anna" in answer.text) == (404, False)
    assert snapshot(world) == before


@pytest.mark.parametrize("path", FOR_ADMINISTRATORS)
def test_one_users_session_has_no_say_over_the_model(world: World, client: TestClient, path_of, path: str):
    assert send(client, path_of(path), log_in(world, client, "anna")).status_code == 403


def test_a_user_connects_for_themselves_whatever_the_form_says(world: World, client: TestClient):
    secret = log_in(world, client, "bert")
    assert send(client, "/connect", secret).status_code == 303
    assert [wanted.user for wanted in world.connected] == ["bert"]


@pytest.mark.parametrize("path", ABOUT_SOMEONE)
def test_the_owner_is_served(world: World, client: TestClient, path_of, path: str):
    assert send(client, path_of(path), log_in(world, client, "anna")).status_code == 303
