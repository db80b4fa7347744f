"""The pages: log-in, forms, what they show, and that mail content is only ever text."""

from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.auth import csrf_token
from api.services import Services
from ledger.errors import OperatorError
from ledger.mailboxes import Health
from ledger.outcome import Product, Track
from ledger.trust import Trust
from tests.api.world import IMAP, NOW, World, bearer, client_of

HTML = {"Accept": "text/html,application/xhtml+xml"}
XSS = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'><svg/onload=alert(3)>"


class Tags(HTMLParser):
    """All tags of a page with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture
def visitor(world: World, client: TestClient) -> TestClient:
    """Anna's browser, logged in."""
    client.headers.update(HTML)
    client.cookies.set("demur_session", world.token("anna"))
    return client


def csrf(client: TestClient) -> str:
    """What the forms of this session carry."""
    return csrf_token(client.cookies["demur_session"])


def test_a_browser_without_a_session_is_led_to_the_log_in(client: TestClient):
    for path in ("/", "/users/anna"):
        answer = client.get(path, headers=HTML)
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert 'name="token"' in client.get("/login").text


def test_the_log_in_sets_a_cookie_that_scripts_and_other_sites_cannot_use(world: World, client: TestClient):
    token = world.token("anna")
    answer = client.post("/login", data={"token": f" {token} "})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"demur_session={token};")
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    assert client.get("/", headers=HTML).status_code == 200


def test_the_cookie_is_secure_over_https(world: World, client: TestClient):
    answer = client.get(f"https://demur.example/login?token={world.token('anna')}")
    assert answer.status_code == 303
    assert "Secure" in answer.headers["set-cookie"].split("; ")


def test_the_link_of_the_terminal_logs_in_once(world: World, client: TestClient):
    link = world.services.sessions.new_link()
    answer = client.get(f"/login?token={link}")
    assert (answer.status_code, answer.headers["location"], answer.headers["Cache-Control"]) == (303, "/", "no-store")
    assert link not in answer.headers["set-cookie"]
    assert client.get("/").status_code == 200
    assert client.get(f"/login?token={link}").status_code == 303, "who is logged in may click it again"
    stranger = client_of(world).get(f"/login?token={link}")
    assert (stranger.status_code, "set-cookie" in stranger.headers) == (401, False)


def test_a_new_link_makes_the_old_one_worthless_and_the_link_is_no_token(world: World, client: TestClient):
    old, new = world.services.sessions.new_link(), world.services.sessions.new_link()
    assert client.get(f"/login?token={old}").status_code == 401
    assert client.get("/status", headers=bearer(new)).status_code == 401
    assert client.get(f"/login?token={new}").status_code == 303


def test_a_session_ends_with_its_log_out_and_with_its_process(world: World, client: TestClient):
    client.get(f"/login?token={world.services.sessions.new_link()}")
    session = client.cookies["demur_session"]
    next_process = client_of(World(world.ledger))
    next_process.cookies.set("demur_session", session)
    assert next_process.get("/status").status_code == 401
    assert client.post("/logout", data={"csrf": csrf(client)}).status_code == 303
    client.cookies.set("demur_session", session)
    assert client.get("/status").status_code == 401


def test_an_unknown_token_is_not_a_session(client: TestClient):
    for answer in (client.post("/login", data={"token": "demur_wrong"}), client.get("/login?token=demur_wrong"), client.post("/login")):
        assert answer.status_code == 401
        assert "set-cookie" not in answer.headers
        assert "This token is not known" in answer.text


def test_another_site_cannot_log_a_browser_in(world: World, client: TestClient):
    foreign = {"Sec-Fetch-Site": "cross-site"}
    token = world.token("anna")
    for answer in (client.post("/login", data={"token": token}, headers=foreign), client.get(f"/login?token={token}", headers=foreign)):
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers


def test_logging_out_needs_the_forms_secret_and_forgets_the_cookie(visitor: TestClient):
    assert visitor.post("/logout").status_code == 403
    answer = visitor.post("/logout", data={"csrf": csrf(visitor)})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert 'demur_session=""' in answer.headers["set-cookie"]


def test_forms_without_their_secret_change_nothing(world: World, visitor: TestClient):
    sha256 = world.mail("anna", "rejection", "2025-05-10")
    before = world.ledger.record.entries(world.user("anna"))
    for path, data in (
        ("/users/anna/filed", {"product": "facebook"}),
        (f"/users/anna/messages/{sha256}/said", {"outcome": "receipt"}),
    ):
        assert visitor.post(path, data=data).status_code == 403
        assert visitor.post(path, data=data | {"csrf": csrf_token("demur_other")}).status_code == 403
        assert visitor.post(path, data=data | {"csrf": "ü"}).status_code == 403
    assert world.ledger.record.entries(world.user("anna")) == before


def test_a_filing_and_a_correction_can_be_made_on_the_page(world: World, visitor: TestClient):
    sha256 = world.mail("anna", "rejection", "2025-05-10")
    said = visitor.post(f"/users/anna/messages/{sha256}/said", data={"outcome": "confirmation", "csrf": csrf(visitor)})
    filed = visitor.post("/users/anna/filed", data={"product": "facebook", "on": "", "csrf": csrf(visitor)})
    assert (said.status_code, filed.status_code) == (303, 303)
    status = visitor.get("/status/anna").json()
    assert [(case["product"], case["state"]) for case in status["cases"]] == [("facebook", "pending"), ("instagram", "confirmed")]
    assert visitor.post("/users/anna/filed", data={"product": "myspace", "csrf": csrf(visitor)}).status_code == 422


def test_the_forms_on_the_page_carry_the_secret_and_a_reader_sees_none(world: World, visitor: TestClient):
    world.mail("anna", "rejection", "2025-05-10")
    forms = Tags(visitor.get("/users/anna").text)
    assert [field["value"] for field in forms.named("input") if field.get("name") == "csrf"] == [csrf(visitor)] * 3
    visitor.cookies.clear()
    visitor.cookies.set("demur_session", world.token("anna", "read"))
    assert [form["action"] for form in Tags(visitor.get("/users/anna").text).named("form")] == ["/logout"]


def test_a_card_says_what_since_when_why_and_what_next(world: World, visitor: TestClient):
    world.mailbox("anna@example.org", "anna", looked=timedelta(minutes=2))
    world.mail("anna", "confirmation", "2025-05-13")
    world.mail("anna", "notice", "2025-05-20", product=Product.FACEBOOK)
    world.mail("anna", "rejection", "2025-05-04", track=Track.THIRD_PARTY, product=Product.META)
    page = visitor.get("/").text
    for words in (
        "Confirmed", "Meta confirmed on 13 May 2025.", "“we say confirmation”", "About your request (confirmation)",
        "Proved: signed by facebookmail.com", "Nothing to do.", "Looked 2 minutes ago", "1 of 3 objections confirmed",
        "Not objected", "Refused", "All of Meta, information from others",
    ):  # fmt: skip
        assert words in page
    (link,) = [a for a in Tags(page).named("a") if (a["href"] or "").startswith("https:")]
    assert link["href"] == "https://www.facebook.com/help/contact/712876720715583"
    assert link["rel"] == "noreferrer noopener"


def test_a_mailbox_that_cannot_be_read_shouts(world: World, visitor: TestClient):
    refused = world.mailbox("anna@example.org", "anna", looked=timedelta(days=3))
    world.ledger.mailboxes.note_bad(refused, Health.AUTHENTICATION_ERROR, "the password was refused", None)
    page = visitor.get("/").text
    assert "Could not look since 29 May 2025, 12:00 UTC." in page
    assert "anna@example.org: the password was refused" in page
    assert "Looked" not in page


def test_what_does_not_count_is_marked_in_the_timeline(world: World, visitor: TestClient):
    world.mail("anna", "confirmation", "2025-05-10", trust=Trust.FORGED, trust_reason="the signature does not fit")
    page = visitor.get("/users/anna").text
    assert "not counted" in page
    assert "Forged: the signature does not fit" in page


def test_an_overdue_answer_and_a_running_clock_are_shown(world: World, visitor: TestClient):
    world.mail("anna", "receipt", "2025-04-10")
    world.mail("anna", "receipt", "2025-05-20", product=Product.FACEBOOK)
    page = visitor.get("/").text
    assert "Meta should have answered by 12 May 2025." in page
    assert "19 days left" in page
    (clock,) = Tags(page).named("progress")
    assert (clock["max"], clock["value"]) == ("31", "12")


def test_what_came_by_mail_is_only_ever_text(world: World, visitor: TestClient):
    world.mail("anna", "confirmation", "2025-05-10", subject=XSS, phrases=(XSS,), trust_reason=XSS)
    world.mail("anna", "rejection", "2025-05-20", subject=XSS, phrases=(XSS,))
    refused = world.mailbox("anna@example.org", "anna", looked=timedelta(days=3))
    world.ledger.mailboxes.note_bad(refused, Health.CONNECT_ERROR, XSS, None)
    for path in ("/", "/users/anna"):
        page = visitor.get(path).text
        tags = Tags(page)
        assert not [name for name, _ in tags.found if name in ("iframe", "style", "object")]
        assert {script["src"] for script in tags.named("script")} <= {"/static/htmx-2.0.11.min.js"}
        assert not [image for image in tags.named("svg") if set(image) != {"class", "aria-hidden"}]
        assert {image["src"] for image in tags.named("img")} == {"/static/demur.svg"}
        assert not [a for _, attributes in tags.found for a in attributes if a.startswith("on") or a == "style"]
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_a_form_link_can_only_lead_to_the_web(world: World, visitor: TestClient):
    world.mail("anna", "notice", "2025-05-10", form_url="javascript:alert(1)")
    links = {a["href"] for a in Tags(visitor.get("/").text).named("a")}
    assert not [link for link in links if link and link.startswith("javascript")]


@pytest.mark.parametrize("path", ["/", "/users/anna", "/login", "/nowhere", "/users/nobody"])
def test_every_page_has_a_language_a_title_landmarks_and_no_inline_script(world: World, visitor: TestClient, path: str):
    world.mail("anna", "receipt", "2025-05-10")
    answer = visitor.get(path)
    tags = Tags(answer.text)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert tags.named("html") == [{"lang": "en"}]
    assert [len(tags.named(name)) for name in ("title", "main", "h1")] == [1, 1, 1]
    assert {script["src"] for script in tags.named("script")} <= {"/static/htmx-2.0.11.min.js"}
    assert len(answer.content) < 150_000


def test_all_states_have_a_word_and_a_sign():
    from api import marks
    from ledger.outcome import Outcome
    from ledger.status import State

    icons = (Path(marks.__file__).parent / "static/icons.svg").read_text()
    assert set(marks.STATES) == set(State)
    assert set(marks.OUTCOMES) == {*Outcome, "filed", "form_works"}
    assert set(marks.MEANINGS) == set(Outcome)
    for mark in (*marks.STATES.values(), *marks.OUTCOMES.values(), marks.OVERDUE):
        assert mark.word
        assert f'id="{mark.icon}"' in icons


def test_what_is_not_there_is_a_page_for_browsers_and_json_for_programs(visitor: TestClient):
    page = visitor.get("/nowhere")
    assert (page.status_code, "There is nothing here" in page.text) == (404, True)
    plain = visitor.get("/nowhere", headers={"Accept": "application/json"})
    assert (plain.status_code, plain.json()) == (404, {"detail": "Not Found"})


SECURED = ["/", "/login", "/users/anna", "/status", "/status/anna", "/healthz", "/readyz", "/metrics", "/openapi.json", "/nowhere",
           "/static/demur.css", "/static/nothing", "/status?limit=x", "/docs"]  # fmt: skip


@pytest.mark.parametrize("path", SECURED)
@pytest.mark.parametrize("accept", ["text/html", "*/*"])
@pytest.mark.parametrize("known", [True, False])
def test_every_answer_has_the_strict_headers(world: World, client: TestClient, path: str, accept: str, known: bool):
    if known:
        client.headers.update(bearer(world.token("anna")))
    headers = client.get(path, headers={"Accept": accept}).headers
    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    assert (headers["X-Content-Type-Options"], headers["Referrer-Policy"]) == ("nosniff", "no-referrer")
    assert headers["Cache-Control"] == ("no-cache" if path.startswith("/static/") else "no-store")


def test_a_bug_is_answered_with_the_strict_headers_and_without_its_inside(world: World):
    def broken() -> dict[str, str]:
        raise ZeroDivisionError("secret inside")

    client = TestClient(create_app(Services(world.ledger, lambda: NOW, broken)), raise_server_exceptions=False)
    answer = client.get("/readyz")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "Content-Security-Policy" in answer.headers


def test_a_database_that_is_away_is_503_without_its_address(world: World):
    def away() -> dict[str, str]:
        raise OperatorError("cannot reach the database /srv/secret.db")

    answer = TestClient(create_app(Services(world.ledger, lambda: NOW, away))).get("/readyz")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert "secret" not in answer.text


def test_an_organisation_sees_a_table_that_can_be_filtered(world: World, admin: TestClient):
    for number in range(8):
        world.mail(f"user{number}", ("confirmation", "receipt")[number % 2], "2025-05-10")
    page = admin.get("/").text
    assert page.count("<tr>") == 9
    assert "/?state=confirmed" in page
    assert admin.get("/?state=confirmed").text.count("<tr>") == 5


def test_a_long_table_has_a_next_page(world: World, admin: TestClient):
    for number in range(26):
        world.user(f"user{number:03}")
    assert 'href="/?after=user024"' in admin.get("/").text
    page = admin.get("/?after=user024").text
    assert ("user025" in page, "user024</a>" in page) == (True, False)


def test_pages_work_behind_a_prefix(world: World):
    app = create_app(world.services)
    world.mailbox("anna@example.org", "anna", settings=IMAP)
    client = TestClient(app, root_path="/demur", follow_redirects=False)
    assert client.get("/", headers=HTML).headers["location"] == "/demur/login"
    page = client.get("/", headers=bearer(world.token("anna"))).text
    assert 'href="/demur/static/demur.css"' in page
