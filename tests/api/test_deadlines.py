"""The calendar feed: what it says, who may read it, and that it never rings without a reason."""

from datetime import UTC, date, datetime, timedelta

import pytest
from icalendar import Calendar
from starlette.testclient import TestClient

from ledger.entry import filing_of
from ledger.outcome import Product, Track
from tests.api.world import World, bearer


@pytest.fixture
def token(world: World) -> str:
    return world.ledger.people.make_token(world.user("anna"), "feed", world.now)


def events(client: TestClient, token: str) -> list:
    """The events of a feed, as a calendar reads it."""
    answer = client.get("/deadlines.ics", params={"token": token})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/calendar")
    calendar = Calendar.from_ical(answer.content)
    assert (calendar["METHOD"], calendar["VERSION"]) == ("PUBLISH", "2.0")
    return list(calendar.walk("VEVENT"))


def test_a_deadline_is_an_all_day_event_with_an_alarm_a_week_before(world: World, client: TestClient, token: str) -> None:
    world.mail("anna", "receipt", "2025-05-20")
    (event,) = events(client, token)
    assert event["DTSTART"].dt == date(2025, 6, 20)
    assert event["SUMMARY"] == "Instagram: Meta’s answer is due"
    (alarm,) = event.walk("VALARM")
    assert alarm["TRIGGER"].dt == timedelta(days=-7)


def test_the_same_objection_keeps_its_uid_when_its_day_moves(world: World, client: TestClient, token: str) -> None:
    world.mail("anna", "receipt", "2025-05-20")
    (before,) = events(client, token)
    world.mail("anna", "receipt", "2025-05-25", announces_extension=True)
    (after,) = events(client, token)
    assert after["DTSTART"].dt == date(2025, 8, 20)
    assert after["UID"] == before["UID"]


def test_the_feed_is_the_same_bytes_until_something_changes(world: World, client: TestClient, token: str) -> None:
    world.mail("anna", "receipt", "2025-05-20")
    first = client.get("/deadlines.ics", params={"token": token}).content
    world.now += timedelta(hours=3)
    assert client.get("/deadlines.ics", params={"token": token}).content == first


@pytest.mark.parametrize("outcome", ["notice", "verification", "information_request", "confirmation", "rejection", "broken_link"])
def test_without_a_clock_that_runs_there_is_no_event(world: World, client: TestClient, token: str, outcome: str) -> None:
    world.mail("anna", outcome, "2025-05-20")
    assert events(client, token) == []


def test_what_is_overdue_rings_no_more(world: World, client: TestClient, token: str) -> None:
    world.mail("anna", "receipt", "2025-04-20")
    (event,) = events(client, token)
    assert event["SUMMARY"] == "Instagram: Meta’s answer is overdue"
    assert event.walk("VALARM") == []


def test_a_filing_alone_starts_the_clock(world: World, client: TestClient, token: str) -> None:
    at, filing = filing_of(Product.THREADS, Track.OWN_DATA, date(2025, 5, 13), "anna", world.now)
    world.ledger.record.write(world.user("anna"), at, filing, world.now)
    (event,) = events(client, token)
    assert event["DTSTART"].dt == date(2025, 6, 13)


def test_the_country_s_holidays_move_the_day(world: World, anna: TestClient, token: str) -> None:
    world.now = datetime(2025, 9, 10, tzinfo=UTC)
    world.mail("anna", "receipt", "2025-09-03")
    assert anna.patch("/users/anna/profile", json={"country": "de"}).json() == {"user": "anna", "country": "DE", "language": None}
    (event,) = events(anna, token)
    assert event["DTSTART"].dt == date(2025, 10, 6)
    assert anna.get("/status/anna").json()["cases"][0]["answer_due"] == "2025-10-06"


def test_no_word_of_a_mail_is_in_the_feed(world: World, client: TestClient, token: str) -> None:
    world.mail("anna", "receipt", "2025-05-20", subject="Secret subject", phrases=("secret phrase",))
    text = client.get("/deadlines.ics", params={"token": token}).text.lower()
    assert not any(word in text for word in ("secret", "anna", "example.org", "demur_"))


def test_a_feed_token_opens_nothing_else(world: World, client: TestClient, token: str) -> None:
    assert token.startswith("demur_")
    for path in ("/status", "/status/anna", "/users/anna/evidence.zip", "/deadlines.ics"):
        assert client.get(path, headers=bearer(token)).status_code == 401
    assert client.get("/status", headers={"Cookie": f"demur_session={token}"}).status_code == 401
    assert client.post("/login", data={"token": token}).status_code == 401
    assert client.get("/deadlines.ics", params={"token": token, "user": "bert"}).status_code == 401


def test_no_other_token_opens_the_feed_from_the_address(world: World, client: TestClient) -> None:
    for other in (world.token("anna", "read"), world.token(None), "demur_x", ""):
        assert client.get("/deadlines.ics", params={"token": other}).status_code == 401


def test_an_administrator_names_whose_calendar_it_is(world: World, admin: TestClient) -> None:
    world.mail("anna", "receipt", "2025-05-20")
    assert b"VEVENT" in admin.get("/deadlines.ics", params={"user": "anna"}).content
    assert admin.get("/deadlines.ics").status_code == 422
    assert admin.get("/deadlines.ics", params={"user": "nobody"}).status_code == 404
