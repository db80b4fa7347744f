"""What a person writes over HTTP: corrections, filings, mails, mailboxes."""

import hashlib
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.body_limit import MAIL
from api.services import NewMailbox, Services
from ledger.errors import OperatorError, RetryableError
from ledger.mailboxes import MailboxRow
from ledger.outcome import Product
from ledger.trust import Trust
from tests.api.world import NOW, World, bearer


def state(client: TestClient) -> str:
    """The state of anna's only case."""
    (case,) = client.get("/status/anna").json()["cases"]
    return case["state"]


def test_a_correction_makes_an_unproven_mail_count(world: World, anna: TestClient):
    sha256 = world.mail("anna", "confirmation", "2025-05-10", trust=Trust.UNPROVEN)
    answer = anna.post(f"/messages/{sha256}/correction", json={"outcome": "confirmation"})
    assert answer.status_code == 201
    assert (answer.json()["decided_by"], answer.json()["confidence"]) == ("person:anna", 1.0)
    (case,) = anna.get("/status/anna").json()["cases"]
    assert (case["state"], case["because"]["decided_by"], case["because"]["trust"]) == ("confirmed", "person:anna", "unproven")
    assert case["because"]["confidence"] == 1.0


def test_the_last_of_several_corrections_counts(world: World, anna: TestClient):
    sha256 = world.mail("anna", "rejection", "2025-05-10")
    anna.post(f"/messages/{sha256}/correction", json={"outcome": "unrelated", "by": "bert"})
    assert anna.get("/status/anna").json()["cases"] == []
    world.now = NOW + timedelta(minutes=1)
    anna.post(f"/messages/{sha256}/correction", json={"outcome": "receipt"})
    assert state(anna) == "pending"


def test_an_administrator_corrects_a_mail_for_all_who_have_it(world: World, admin: TestClient):
    raw = b"one mail for two"
    sha256 = world.mail("anna", "rejection", "2025-05-10", raw)
    world.mail("bert", "rejection", "2025-05-10", raw)
    assert admin.post(f"/messages/{sha256}/correction", json={"outcome": "confirmation", "by": "clerk"}).status_code == 201
    for user in ("anna", "bert"):
        (case,) = admin.get(f"/status/{user}").json()["cases"]
        assert (case["state"], case["because"]["decided_by"]) == ("confirmed", "person:clerk")


@pytest.mark.parametrize("body", [{}, {"outcome": "perhaps"}, {"outcome": "receipt", "by": ""}, {"outcome": "receipt", "word": 1}, []])
def test_a_correction_that_makes_no_sense_is_refused(world: World, anna: TestClient, body):
    sha256 = world.mail("anna", "rejection", "2025-05-10")
    assert anna.post(f"/messages/{sha256}/correction", json=body).status_code == 422


def test_a_filing_starts_the_clock(world: World, anna: TestClient):
    answer = anna.post("/users/anna/filings", json={"product": "facebook", "on": "2025-05-13"})
    assert answer.status_code == 201
    (case,) = answer.json()["cases"]
    assert (case["state"], case["track"], case["answer_due"]) == ("pending", "own_data", "2025-06-13")
    assert state(anna) == "pending"


def test_a_filing_without_a_day_is_of_this_moment(world: World, anna: TestClient):
    (case,) = anna.post("/users/anna/filings", json={"product": "facebook", "track": "third_party"}).json()["cases"]
    assert (case["since"], case["clock_started"], case["track"]) == ("2025-06-01T12:00:00Z", "2025-06-01", "third_party")


def test_the_same_filing_again_is_no_second_one(world: World, anna: TestClient):
    filing = {"product": "facebook", "on": "2025-05-13"}
    assert [anna.post("/users/anna/filings", json=filing).status_code for _ in range(2)] == [201, 200]
    assert len(anna.get("/status/anna/timeline").json()["entries"]) == 1


@pytest.mark.parametrize("on", ["2025-06-03", "2017-01-01", "0001-01-01", "9999-12-31", "yesterday"])
def test_a_filing_on_a_day_that_cannot_be_is_refused(anna: TestClient, on: str):
    assert anna.post("/users/anna/filings", json={"product": "facebook", "on": on}).status_code == 422


def test_today_may_be_tomorrow_in_the_east(anna: TestClient):
    assert anna.post("/users/anna/filings", json={"product": "facebook", "on": "2025-06-02"}).status_code == 201


def test_a_mail_that_is_brought_is_decided_for_the_tokens_user(world: World, anna: TestClient):
    raw = b"Your code is 482913\nsupport@facebookmail.com\nEnter 482913 now"
    answer = anna.post("/messages", content=raw, headers={"Content-Type": "message/rfc822"})
    assert (answer.status_code, answer.json()) == (201, {"sha256": hashlib.sha256(raw).hexdigest(), "recorded": True})
    mail = anna.get(f"/messages/{answer.json()['sha256']}").json()
    assert (mail["user"], mail["outcome"], mail["sender"]) == ("anna", "receipt", "support@facebookmail.com")
    assert (mail["subject"], mail["text"]) == ("Your code is ••••••", "Enter •••••• now")


def test_an_administrator_says_whose_mail_it_is(world: World, admin: TestClient):
    world.user("anna")
    assert admin.post("/messages", content=b"mail").status_code == 422
    assert admin.post("/messages?user=nobody", content=b"mail").status_code == 404
    assert admin.post("/messages?user=anna", content=b"mail").status_code == 201


def test_nobody_brings_mail_for_another_user(world: World, anna: TestClient):
    world.user("bert")
    assert anna.post("/messages?user=bert", content=b"mail").status_code == 404


def test_an_empty_mail_and_one_that_is_too_large_are_refused(anna: TestClient):
    assert anna.post("/messages", content=b" \n").status_code == 422
    assert anna.post("/messages", content=b"x" * (MAIL + 1)).status_code == 413


def test_a_body_that_grows_without_announcing_its_length_is_cut_off(anna: TestClient):
    assert anna.post("/users/anna/filings", content=(b"x" * 65536 for _ in range(8))).status_code == 413


def test_a_large_body_is_refused_from_strangers_too(client: TestClient):
    assert client.post("/users/anna/filings", content=b"x" * 300_000).status_code in (401, 413)


def test_without_the_worker_mail_and_mailboxes_are_not_taken(world: World):
    client = TestClient(create_app(Services(world.ledger, lambda: NOW, dict)), headers=bearer(world.token("anna")))
    assert client.post("/messages", content=b"mail").status_code == 503
    assert client.post("/mailboxes", json={"address": "a@example.org", "password": "x"}).status_code == 503


def test_a_mail_whose_bytes_are_gone_still_shows_its_decision(world: World):
    sha256 = world.mail("anna", "receipt", "2025-05-10")
    client = TestClient(create_app(Services(world.ledger, lambda: NOW, dict)), headers=bearer(world.token("anna")))
    mail = client.get(f"/messages/{sha256}").json()
    assert (mail["text"], mail["subject"], mail["outcome"]) == (None, "About your request (receipt)", "receipt")


def test_the_review_queue_groups_mails_of_one_template(world: World, admin: TestClient):
    first = world.mail("anna", "receipt", "2025-05-10", abstained=True, subject="Case 123456789 of May")
    second = world.mail("bert", "receipt", "2025-05-12", abstained=True, subject="Case 99 of  May", confidence=0.4)
    other = world.mail("bert", "rejection", "2025-05-11", abstained=True, subject="Case 99 of May")
    world.mail("bert", "rejection", "2025-05-11")
    groups = admin.get("/review").json()["groups"]
    assert [(group["subject"], group["outcome"], group["messages"], group["users"]) for group in groups] == [
        ("Case # of May", "receipt", sorted([first, second]), ["anna", "bert"]),
        ("Case # of May", "rejection", [other], ["bert"]),
    ]
    assert (groups[0]["count"], groups[0]["confidence"], groups[0]["newest"]) == (2, 0.4, "2025-05-12T12:00:00Z")
    assert [group["messages"] for group in admin.get("/review?user=anna").json()["groups"]] == [[first]]


def test_a_word_takes_a_mail_out_of_the_queue(world: World, anna: TestClient):
    doubted = world.mail("anna", "receipt", "2025-05-10", abstained=True)
    unproven = world.mail("anna", "confirmation", "2025-05-10", trust=Trust.UNPROVEN)
    world.mail("bert", "receipt", "2025-05-10", abstained=True)
    queue = anna.get("/review").json()
    assert [[g["messages"] for g in queue[part]] for part in ("groups", "unproven")] == [[[doubted]], [[unproven]]]
    for sha256 in (doubted, unproven):
        anna.post(f"/messages/{sha256}/correction", json={"outcome": "receipt"})
    assert anna.get("/review").json() == {"groups": [], "unproven": [], "addresses": []}


def test_a_mail_proven_later_leaves_the_queue(world: World, anna: TestClient):
    raw = b"the same mail"
    world.mail("anna", "receipt", "2025-05-10", raw, trust=Trust.UNKNOWN)
    world.mail("anna", "receipt", "2025-05-10", raw)
    assert anna.get("/review").json()["unproven"] == []


def test_a_mailbox_is_connected_for_the_tokens_user_and_its_secret_never_comes_out(world: World, anna: TestClient):
    wanted = {"address": "anna@example.org", "password": "hunter2hunter2", "folders": ["INBOX"], "aliases": ["a@example.org"]}
    answer = anna.post("/mailboxes", json=wanted)
    assert (answer.status_code, answer.json()["users"]) == (201, ["anna"])
    assert world.connected == [
        NewMailbox("anna", "anna@example.org", "hunter2hunter2", folders=("INBOX",), aliases=("a@example.org",)),
    ]
    listed = anna.get("/mailboxes")
    assert [box["name"] for box in listed.json()["mailboxes"]] == ["anna@example.org"]
    for text in (answer.text, listed.text, repr(world.connected)):
        assert "hunter2" not in text
        assert "top-secret" not in text


def test_a_password_is_not_sent_back_when_the_request_does_not_fit(anna: TestClient):
    answer = anna.post("/mailboxes", json={"address": "no address", "password": "hunter2hunter2", "prot": 1})
    assert answer.status_code == 422
    assert "hunter2" not in answer.text


@pytest.mark.parametrize(("error", "status"), [(OperatorError("--port: use 993"), 422), (RetryableError("the server is away"), 503)])
def test_a_mailbox_that_cannot_be_connected_says_what_to_change(world: World, error: Exception, status: int):
    def connect(wanted: NewMailbox) -> MailboxRow:
        raise error

    app = create_app(Services(world.ledger, lambda: NOW, dict, connect=connect))
    answer = TestClient(app, headers=bearer(world.token("anna"))).post("/mailboxes", json={"address": "a@example.org", "password": "x"})
    assert (answer.status_code, answer.json()) == (status, {"detail": str(error)})


def test_nobody_points_the_mailbox_of_another_elsewhere(world: World, anna: TestClient):
    world.mailbox("bert@example.org", "bert")
    wanted = {"address": "bert@example.org", "password": "x", "host": "imap.evil.example"}
    assert anna.post("/mailboxes", json=wanted).status_code == 404
    assert anna.post("/mailboxes", json=wanted | {"address": "x@example.org", "login": "bert@example.org"}).status_code == 404
    assert world.connected == []


def test_an_own_mailbox_is_removed_and_its_entries_stay(world: World, anna: TestClient):
    world.mailbox("anna@example.org", "anna")
    world.mail("anna", "confirmation", "2025-05-10")
    assert anna.delete("/mailboxes/anna@example.org").status_code == 204
    assert world.ledger.mailboxes.find("anna@example.org") is None
    assert anna.delete("/mailboxes/anna@example.org").status_code == 404
    assert state(anna) == "confirmed"


def test_a_shared_mailbox_is_left_not_removed(world: World, anna: TestClient):
    shared = world.mailbox("team@example.org", "anna", "bert")
    (box,) = anna.get("/mailboxes").json()["mailboxes"]
    assert box["users"] == ["anna"]
    assert anna.delete("/mailboxes/team@example.org").status_code == 204
    assert [user.name for user in world.ledger.people.of_mailbox(shared.id)] == ["bert"]
    assert anna.get("/mailboxes").json() == {"mailboxes": []}


def test_an_administrator_sees_and_removes_every_mailbox(world: World, admin: TestClient):
    world.mailbox("team@example.org", "anna", "bert")
    (box,) = admin.get("/mailboxes").json()["mailboxes"]
    assert (box["users"], box["state"], box["host"]) == (["anna", "bert"], "connected", "imap.example.org")
    assert admin.delete("/mailboxes/team@example.org").status_code == 204
    assert world.ledger.mailboxes.all() == []


def test_metrics_count_users_mailboxes_and_requests_without_naming_anyone(world: World, admin: TestClient):
    world.mailbox("anna@example.org", "anna")
    world.mail("anna", "confirmation", "2025-05-10", product=Product.FACEBOOK)
    world.mail("anna", "confirmation", "2025-05-10")
    admin.get("/status/anna")
    admin.get("/wp-login.php")
    text = admin.get("/metrics").text
    assert 'demur_users{state="confirmed"} 1.0' in text
    assert 'demur_cases{product="facebook",state="confirmed"} 1.0' in text
    assert 'demur_mailboxes{state="connected"} 2.0' in text
    assert 'demur_http_requests_total{method="GET",route="/status/{user}",status="200"} 1.0' in text
    assert 'route="none",status="404"' in text
    assert "anna" not in text
    assert "wp-login" not in text


def test_metrics_can_be_switched_off(world: World):
    client = TestClient(create_app(Services(world.ledger, lambda: NOW, dict, metrics_enabled=False)))
    assert client.get("/metrics").status_code == 404


def test_readiness_gives_plain_reasons(world: World, client: TestClient):
    assert (client.get("/readyz").status_code, client.get("/healthz").json()) == (200, {"status": "ok"})
    world.problems["model"] = "no model is promoted: run demur train"
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"ready": False, "reasons": world.problems})
    assert client.get("/healthz").status_code == 200
