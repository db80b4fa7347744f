"""Who may do what, on every route that the description names and on every page."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.openapi import description
from tests.api.shelf import FIRST, SECOND
from tests.api.world import IMAP, World, bearer

DESCRIPTION = json.loads(description())
OPEN = {"/healthz", "/readyz", "/metrics"}
ROUTES = [
    (method, path)
    for path, methods in DESCRIPTION["paths"].items()
    if path not in OPEN
    for method in methods
    if method in {"get", "post", "put", "patch", "delete"}
]
FOR_ADMINISTRATORS = [(method, path) for method, path in ROUTES if path.startswith(("/models", "/stats"))]
PERSONAL = [route for route in ROUTES if route not in FOR_ADMINISTRATORS]
WRITES = [(method, path) for method, path in ROUTES if method != "get"]
ABOUT_SOMEONE = [(method, path) for method, path in PERSONAL if "{" in path]
PAGES = [
    ("get", "/"),
    ("get", "/users/{user}"),
    ("post", "/users/{user}/filed"),
    ("post", "/users/{user}/messages/{sha256}/said"),
    ("post", "/users/{user}/addresses/said"),
]
BODIES = {
    "/messages/{sha256}/correction": {"outcome": "receipt"},
    "/users/{user}/filings": {"product": "facebook"},
    "/users/{user}/profile": {"language": "de"},
    "/users/{user}/addresses": {"address": "old@example.org"},
    "/mailboxes": {"address": "new@example.org", "password": "x"},
}


@pytest.fixture
def path_of(world: World):
    """Real paths: everything in them exists and is Anna's."""
    sha256 = world.mail("anna", "receipt", "2025-05-10", to=("old@example.org",))
    world.mailbox("anna@example.org", "anna", settings=IMAP)
    values = {"user": "anna", "sha256": sha256, "name": "anna@example.org", "version": FIRST}
    return lambda path: path.format(**values)


def ask(client: TestClient, method: str, path: str, template: str, token: str | None = None):
    """A request that would succeed for Anna's own writing token."""
    sent = {"json": BODIES[template]} if template in BODIES else {"content": b"mail"} if method == "post" else {}
    if template.endswith("/filed"):
        sent = {"data": {"product": "facebook"}}
    elif template.endswith("/addresses/said"):
        sent = {"data": {"address": "old@example.org", "yours": "true"}}
    elif template.endswith("/said"):
        sent = {"data": {"outcome": "receipt"}}
    if template == "/deadlines.ics":
        sent = {"params": {"user": "anna"}}
    return client.request(method, path, headers=bearer(token) if token else {}, **sent)


def test_the_description_names_the_routes_of_the_contract():
    assert {path for _, path in ROUTES} >= {
        "/status", "/status/{user}", "/status/{user}/timeline", "/messages", "/messages/{sha256}", "/messages/{sha256}/correction",
        "/review", "/users/{user}/filings", "/users/{user}/evidence.zip", "/users/{user}/profile", "/users/{user}/complaint", "/stats", "/deadlines.ics", "/mailboxes", "/mailboxes/{name}",
        "/models", "/models/train", "/models/{version}/promote",
    }  # fmt: skip


@pytest.mark.parametrize(("method", "path"), ROUTES + PAGES)
def test_without_a_known_token_nothing_is_told(client: TestClient, path_of, method: str, path: str):
    for token in (None, "demur_wrong", "wrong"):
        answer = ask(client, method, path_of(path), path, token)
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert set(answer.json()) == {"detail"}


@pytest.mark.parametrize(("method", "path"), PERSONAL + PAGES)
def test_the_owner_is_served(world: World, client: TestClient, path_of, method: str, path: str):
    assert ask(client, method, path_of(path), path, world.token("anna")).status_code in (200, 201, 204, 303)


@pytest.mark.parametrize(("method", "path"), FOR_ADMINISTRATORS)
def test_what_is_an_administrators_is_refused_to_users(world: World, client: TestClient, path_of, method: str, path: str):
    assert ask(client, method, path_of(path), path, world.token("anna")).status_code == 403
    assert (world.models.history, world.models.beside, world.models.training.state) == ([SECOND, FIRST], None, "idle")


@pytest.mark.parametrize(("method", "path"), ABOUT_SOMEONE + PAGES[1:])
def test_what_is_someone_elses_does_not_exist(world: World, client: TestClient, path_of, method: str, path: str):
    token = world.token("bert")
    foreign = ask(client, method, path_of(path), path, token)
    unknown = ask(client, method, re.sub(r"{\w+}", "nobody", path), path, token)
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.json() == unknown.json()
    assert "anna" not in foreign.text


@pytest.mark.parametrize(("method", "path"), WRITES + PAGES[2:])
def test_a_reading_token_writes_nothing(world: World, client: TestClient, path_of, method: str, path: str):
    concrete = path_of(path)
    entries = world.ledger.record.entries(world.user("anna"))
    for name in ("anna", None):
        assert ask(client, method, concrete, path, world.token(name, "read")).status_code == 403
    assert world.ledger.record.entries(world.user("anna")) == entries
    assert world.connected == []
    assert world.models.training.state == "idle"


@pytest.mark.parametrize(("method", "path"), [(m, p) for m, p in ROUTES + PAGES if m == "get"])
def test_a_reading_token_reads(world: World, client: TestClient, path_of, method: str, path: str):
    owner = None if (method, path) in FOR_ADMINISTRATORS else "anna"
    assert ask(client, method, path_of(path), path, world.token(owner, "read")).status_code == 200


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_an_administrator_is_served_everywhere(world: World, client: TestClient, path_of, method: str, path: str):
    answer = ask(client, method, path_of(path), path, world.token(None))
    assert answer.status_code in ((422,) if path in ("/messages", "/mailboxes") and method == "post" else (200, 201, 202, 204))


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_a_session_alone_writes_nothing_over_the_json_routes(world: World, client: TestClient, path_of, method: str, path: str):
    from api.auth import csrf_token

    token = world.token(None if (method, path) in FOR_ADMINISTRATORS else "anna")
    client.cookies.set("demur_session", token)
    concrete = path_of(path)
    assert ask(client, method, concrete, path).status_code == 403
    client.headers["X-CSRF-Token"] = csrf_token(token)
    assert ask(client, method, concrete, path).status_code in (200, 201, 202, 204)


def test_a_wrong_header_is_not_saved_by_a_good_cookie(world: World, client: TestClient):
    client.cookies.set("demur_session", world.token("anna"))
    assert client.get("/status").status_code == 200
    assert client.get("/status", headers=bearer("demur_wrong")).status_code == 401
    assert client.get("/status", headers={"Authorization": "Basic YTpi"}).status_code == 401


@pytest.mark.parametrize("name", ["%00", "a%00b", "..%2f..%2fetc", "%F0%9F%A6%86", "a" * 500, "anna%0a"])
def test_odd_names_are_simply_unknown(world: World, admin: TestClient, name: str):
    world.user("anna")
    for path in (f"/status/{name}", f"/messages/{name}", f"/users/{name}", f"/status/{name}/timeline"):
        assert admin.get(path).status_code == 404
    assert admin.delete(f"/mailboxes/{name}").status_code == 404


def test_a_field_name_that_is_not_unicode_does_not_break_the_answer(anna: TestClient):
    body = b'{"product": "facebook", "\\ud800": "\\ud800"}'
    assert anna.post("/users/anna/filings", content=body, headers={"Content-Type": "application/json"}).status_code == 422


def test_a_method_that_is_not_there_is_told_which_are(client: TestClient):
    answer = client.put("/mailboxes")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, POST")
    assert client.put("/mailboxes/name").headers["Allow"] == "DELETE"
    assert client.put("/login").status_code == 405


def test_the_committed_description_is_the_one_of_the_code():
    committed = Path(__file__).parents[2] / "docs" / "openapi.json"
    assert committed.read_text() == description(), "renew it: python -m api.openapi > docs/openapi.json"


def test_the_api_starts_without_the_other_programs():
    code = (
        "import sys, api.app; print([m for m in ('sklearn', 'imapclient', 'ingest', 'classifier', 'demur', 'joblib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[2], check=True)
    assert done.stdout.strip() == "[]"
