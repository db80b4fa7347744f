"""The status of users as JSON: exact shapes, freshness, pages and filters."""

from datetime import UTC, date, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from ledger.entry import filing_of
from ledger.mailboxes import Health, MailboxSettings
from ledger.outcome import Product, Track
from ledger.trust import Trust
from tests.api.world import IMAP, NOW, World


def case(client: TestClient, user: str = "anna") -> dict:
    """The only case of a user."""
    (found,) = client.get(f"/status/{user}").json()["cases"]
    return found


def test_a_confirmed_objection_answers_in_exactly_the_promised_shape(world: World, anna: TestClient):
    world.mailbox("anna@example.org", "anna", looked=timedelta(minutes=2))
    sha256 = world.mail("anna", "confirmation", "2025-05-13", names_accounts_centre=True)
    world.mail("anna", "notice", "2025-05-20")
    assert anna.get("/status/anna").json() == {
        "user": "anna",
        "as_of": "2025-06-01T12:00:00Z",
        "freshness": {
            "checked_at": "2025-06-01T11:58:00Z",
            "stale": False,
            "mailboxes": [{"name": "anna@example.org", "state": "connected", "checked_at": "2025-06-01T11:58:00Z", "detail": None}],
        },
        "cases": [
            {
                "product": "instagram",
                "track": "own_data",
                "state": "confirmed",
                "since": "2025-05-13T12:00:00Z",
                "attempt": 1,
                "answer_due": None,
                "overdue": False,
                "flags": ["covers_linked_accounts", "reminded"],
                "because": {
                    "message": sha256,
                    "outcome": "confirmation",
                    "subject": "About your request (confirmation)",
                    "received": "2025-05-13T12:00:00Z",
                    "phrases": ["we say confirmation"],
                    "confidence": 0.98,
                    "model": "2025.06.01-abc123",
                    "trust": "proven",
                    "trust_reason": "DKIM d=facebookmail.com",
                    "decided_by": "model",
                },
                "against": None,
                "next_step": {
                    "action": "none",
                    "text": "Nothing to do.",
                    "url": None,
                    "due": None,
                    "asks": [],
                    "authority": None,
                    "standing": None,
                },
                "clock_started": None,
                "reminded_on": ["2025-05-20"],
            }
        ],
        "unproven": 0,
        "asked_addresses": [],
        "needs_review": 0,
    }


STATES = [
    (["notice"], "notified", "object", "https://help.instagram.com/contact/767264225370182", None),
    (["broken_link"], "link_broken", "retry_form", "https://help.meta.com/support/privacy", None),
    (["verification"], "verifying", "enter_code", None, None),
    (["receipt"], "pending", "wait", None, "2025-06-10"),
    (["receipt", "information_request"], "needs_information", "send_information", None, None),
    (["receipt", "confirmation"], "confirmed", "none", None, None),
    (["receipt", "rejection"], "rejected", "complain", None, None),
    (["confirmation", "rejection"], "contradicted", "review", None, None),
]


@pytest.mark.parametrize(("outcomes", "state", "action", "url", "due"), STATES)
def test_each_state_says_what_to_do_next(world: World, anna: TestClient, outcomes, state, action, url, due):
    shas = [world.mail("anna", outcome, f"2025-05-{10 + number}") for number, outcome in enumerate(outcomes)]
    found = case(anna)
    assert found["state"] == state
    assert found["because"]["message"] == shas[-1]
    step = found["next_step"]
    assert (step["action"], step["url"], step["due"], found["answer_due"]) == (action, url, due, due)


def test_a_contradiction_shows_both_mails(world: World, anna: TestClient):
    first = world.mail("anna", "confirmation", "2025-05-10")
    second = world.mail("anna", "rejection", "2025-05-20")
    found = case(anna)
    assert (found["because"]["message"], found["against"]["message"]) == (second, first)
    assert found["because"].keys() == found["against"].keys()


def test_an_answer_that_does_not_come_in_time_is_overdue(world: World, anna: TestClient):
    world.mail("anna", "receipt", "2025-04-10")
    found = case(anna)
    assert (found["state"], found["overdue"], found["answer_due"]) == ("pending", True, "2025-05-12")
    assert found["next_step"]["action"] == "complain"


def test_a_filing_is_evidence_without_a_mail(world: World, anna: TestClient):
    at, filing = filing_of(Product.THREADS, Track.OWN_DATA, date(2025, 5, 30), "anna", NOW)
    world.ledger.record.write(world.user("anna"), at, filing, NOW)
    assert case(anna)["because"] == {
        "message": None,
        "outcome": "filed",
        "subject": None,
        "received": "2025-05-30T00:00:00Z",
        "phrases": [],
        "confidence": 1.0,
        "model": None,
        "trust": None,
        "trust_reason": None,
        "decided_by": "person:anna",
    }


def test_unproven_and_doubtful_mails_are_counted_and_move_nothing(world: World, anna: TestClient):
    world.mail("anna", "confirmation", "2025-05-10", trust=Trust.UNPROVEN)
    world.mail("anna", "rejection", "2025-05-11", abstained=True)
    answer = anna.get("/status/anna").json()
    assert (answer["cases"], answer["unproven"], answer["needs_review"]) == ([], 1, 1)


def test_a_user_without_any_mailbox_is_stale_and_was_never_looked_at(world: World, anna: TestClient):
    assert anna.get("/status/anna").json()["freshness"] == {"checked_at": None, "stale": True, "mailboxes": []}


def test_a_mailbox_that_was_never_read_is_stale(world: World, anna: TestClient):
    world.mailbox("anna@example.org", "anna")
    freshness = anna.get("/status/anna").json()["freshness"]
    assert (freshness["stale"], freshness["checked_at"]) == (True, None)


@pytest.mark.parametrize(("minutes", "stale"), [(60, False), (61, True)])
def test_a_look_goes_stale_after_an_hour(world: World, anna: TestClient, minutes: int, stale: bool):
    world.mailbox("anna@example.org", "anna", looked=timedelta(minutes=minutes))
    assert anna.get("/status/anna").json()["freshness"]["stale"] is stale


def test_the_oldest_look_counts_and_a_refused_password_is_stale_with_its_reason(world: World, anna: TestClient):
    world.mailbox("a@example.org", "anna", looked=timedelta(minutes=1))
    refused = world.mailbox("b@example.org", "anna", looked=timedelta(minutes=30))
    world.ledger.mailboxes.note_bad(refused, Health.AUTHENTICATION_ERROR, "the password was refused", None)
    freshness = anna.get("/status/anna").json()["freshness"]
    assert (freshness["checked_at"], freshness["stale"]) == ("2025-06-01T11:30:00Z", True)
    assert freshness["mailboxes"][1] == {
        "name": "b@example.org",
        "state": "authentication_error",
        "checked_at": "2025-06-01T11:30:00Z",
        "detail": "the password was refused",
    }


def test_imported_mail_does_not_go_stale(world: World, anna: TestClient):
    for name, days in (("one", 9), ("two", 3)):
        world.mailbox(name, "anna", settings=MailboxSettings("import"), looked=timedelta(days=days))
    assert anna.get("/status/anna").json()["freshness"] == {"checked_at": "2025-05-29T12:00:00Z", "stale": False, "mailboxes": []}


def test_users_come_in_pages_by_name(world: World, admin: TestClient):
    for name in ("dora", "anna", "carl", "bert", "emil"):
        world.user(name)
    seen, after = [], ""
    while after is not None:
        page = admin.get("/status", params={"limit": 2, "after": after}).json()
        seen.append([status["user"] for status in page["users"]])
        after = page["next"]
    assert seen == [["anna", "bert"], ["carl", "dora"], ["emil"]]


def test_the_last_page_that_is_full_has_no_next(world: World, admin: TestClient):
    for name in ("anna", "bert"):
        world.user(name)
    assert admin.get("/status", params={"limit": 2}).json()["next"] is None


def names(client: TestClient, **query: object) -> list[str]:
    """The users that a filter finds."""
    return [status["user"] for status in client.get("/status", params=query).json()["users"]]


def test_filters_hold_of_one_case_together(world: World, admin: TestClient):
    world.mail("anna", "confirmation", "2025-05-10", product=Product.FACEBOOK)
    world.mail("anna", "rejection", "2025-05-10", product=Product.INSTAGRAM)
    world.mail("bert", "confirmation", "2025-05-10", product=Product.INSTAGRAM)
    assert names(admin, state="confirmed") == ["anna", "bert"]
    assert names(admin, product="instagram") == ["anna", "bert"]
    assert names(admin, product="instagram", state="confirmed") == ["bert"]
    assert names(admin, state="pending") == []


def test_stale_users_are_found_across_pages(world: World, admin: TestClient):
    for number in range(230):
        name = f"user{number:03}"
        if number % 100:
            world.user(name)
        else:
            world.mailbox(f"{name}@example.org", name, looked=timedelta(minutes=1), settings=IMAP)
    assert names(admin, stale=False) == ["user000", "user100", "user200"]
    first = admin.get("/status", params={"stale": False, "limit": 2}).json()
    assert first["next"] == "user100"
    assert names(admin, stale=False, limit=2, after="user100") == ["user200"]


def test_a_user_token_lists_only_its_user_and_filters_apply(world: World, anna: TestClient):
    world.mail("anna", "confirmation", "2025-05-10")
    world.mail("bert", "confirmation", "2025-05-10")
    assert names(anna) == ["anna"]
    assert names(anna, state="confirmed", product="instagram") == ["anna"]
    assert names(anna, state="rejected") == []
    assert names(anna, after="anna") == []


@pytest.mark.parametrize("query", ["state=lost", "product=myspace", "limit=0", "limit=501", "after=%00", "stale=perhaps"])
def test_a_filter_that_makes_no_sense_is_refused_without_an_echo(admin: TestClient, query: str):
    answer = admin.get(f"/status?{query}")
    assert answer.status_code == 422
    assert set(answer.json()["detail"][0]) == {"loc", "msg", "type"}


def test_the_timeline_has_every_entry_newest_first(world: World, anna: TestClient):
    late = world.mail("anna", "rejection", "2025-05-20")
    early = world.mail("anna", "receipt", "2025-05-10")
    world.now = NOW + timedelta(hours=1)
    anna.post(f"/messages/{late}/correction", json={"outcome": "confirmation"})
    at, filing = filing_of(Product.INSTAGRAM, Track.OWN_DATA, date(2025, 5, 15), "anna", NOW)
    world.ledger.record.write(world.user("anna"), at, filing, NOW)
    answer = anna.get("/status/anna/timeline").json()
    assert answer["user"] == "anna"
    told = [(entry["kind"], entry["outcome"], entry["message"], entry["decided_by"]) for entry in answer["entries"]]
    assert told == [
        ("correction", "confirmation", late, "person:anna"),
        ("decision", "rejection", late, "model"),
        ("filing", "filed", None, "person:anna"),
        ("decision", "receipt", early, "model"),
    ]
    assert answer["entries"][0]["subject"] == "About your request (rejection)"
    assert len({entry["hash"] for entry in answer["entries"]}) == 4


def test_times_of_other_zones_are_told_in_utc(world: World, anna: TestClient):
    world.now = datetime.fromisoformat("2025-06-01T14:00:00+02:00").astimezone(UTC)
    assert anna.get("/status/anna").json()["as_of"] == "2025-06-01T12:00:00Z"
