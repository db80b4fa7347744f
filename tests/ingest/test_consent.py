"""Consent in the browser: PKCE on loopback or pasted, and nobody else's answer counts; what an identity provider may answer."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from ingest.consent import by_browser, by_device, code_in, request_for
from ingest.grant import Grant, lasting_until
from ingest.issuer import Issuer
from ingest.token_endpoint import Client, WithdrawnError, granted, post, renewed
from ledger.errors import OperatorError, RetryableError
from tests.rig.identity import Identity

CLIENT = Client("demur-test")
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def identity() -> Iterator[Identity]:
    with Identity() as running:
        yield running


def issuer_at(identity: Identity) -> Issuer:
    return Issuer("rig", f"{identity.base}/token", "mail", f"{identity.base}/authorize", f"{identity.base}/device")


def browse(text: str) -> None:
    """A person's browser, that follows to wherever it is sent."""
    address = text.splitlines()[-1]
    threading.Thread(target=lambda: httpx2.get(address, follow_redirects=True, trust_env=False)).start()


def test_the_browsers_answer_comes_to_this_machine(identity: Identity) -> None:
    grant = by_browser(issuer_at(identity), CLIENT, "anna@example.org", browse, patience=10)
    assert grant.access.startswith("access-")
    assert grant.refresh.startswith("refresh-")
    asked = dict(identity.asked)["/authorize"]
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"].startswith("http://127.0.0.1:")


def test_where_the_browser_is_elsewhere_its_address_is_pasted(identity: Identity) -> None:
    shown: list[str] = []

    def paste() -> str:
        answer = httpx2.get(shown[0].splitlines()[-1], trust_env=False)
        return str(answer.headers["Location"]) + "\n"

    assert by_browser(issuer_at(identity), CLIENT, "anna", shown.append, paste).refresh


@pytest.mark.parametrize("returned", ["", "http://127.0.0.1/?code=x", "http://127.0.0.1/?code=x&state=other", "nonsense", "http://[", "\0"])
def test_an_answer_to_another_question_is_refused(returned: str, identity: Identity) -> None:
    request = request_for(issuer_at(identity), CLIENT, "http://127.0.0.1:1/", "anna")
    with pytest.raises(OperatorError, match="not the answer"):
        code_in(returned, request)


def test_a_refusal_in_the_browser_is_said(identity: Identity) -> None:
    request = request_for(issuer_at(identity), CLIENT, "http://127.0.0.1:1/", "anna")
    with pytest.raises(OperatorError, match="refused"):
        code_in(f"http://127.0.0.1:1/?error=access_denied&state={request.state}", request)


def test_a_code_without_its_verifier_buys_nothing(identity: Identity) -> None:
    request = request_for(issuer_at(identity), CLIENT, "http://127.0.0.1:1/", "anna")
    code = parse_qs(urlsplit(str(httpx2.get(request.address, trust_env=False).headers["Location"])).query)["code"][0]
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": request.redirect, "code_verifier": "guessed"}
    with pytest.raises(WithdrawnError):
        post(f"{identity.base}/token", fields)


def test_nobody_answers_in_the_browser(identity: Identity) -> None:
    with pytest.raises(OperatorError, match="in time"):
        by_browser(issuer_at(identity), CLIENT, "anna", lambda text: None, patience=0.0)


def test_a_device_that_is_asked_too_often_is_asked_less_often(identity: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    answers = [(400, {"error": "slow_down"}), (400, {"error": "authorization_pending"}), (200, identity.issue())]
    monkeypatch.setattr(identity, "_token", lambda fields: answers.pop(0))
    by_device(issuer_at(identity), CLIENT, lambda text: None, pauses.append)
    assert pauses == [0.05, 5.05, 5.05]


@pytest.mark.parametrize(
    ("status", "answer", "error"),
    [
        (400, {"error": "invalid_grant", "error_description": "canary"}, WithdrawnError),
        (400, {"error": "invalid_client"}, OperatorError),
        (401, {"error": "canary\r\ncanary"}, OperatorError),
        (302, "https://evil.example/", OperatorError),
        (429, {}, RetryableError),
        (500, {"error": "invalid_grant"}, RetryableError),
        (400, {"error": "temporarily_unavailable"}, RetryableError),
        (200, {}, RetryableError),
        (200, {"access_token": "a\r\nb", "refresh_token": "r"}, RetryableError),
        (200, {"access_token": 5}, RetryableError),
    ],
)
def test_what_a_provider_answers_decides_who_must_act(
    identity: Identity, monkeypatch: pytest.MonkeyPatch, status: int, answer: dict[str, object] | str, error: type[Exception]
) -> None:
    monkeypatch.setattr(identity, "_token", lambda fields: (status, answer))
    with pytest.raises(error) as raised:
        renewed(issuer_at(identity), Grant("rig", "c", "a", "r", NOW), NOW)
    assert type(raised.value) is error
    assert "canary" not in str(raised.value)


def test_a_provider_that_does_not_answer_is_asked_again() -> None:
    with pytest.raises(RetryableError, match="does not answer"):
        post("http://127.0.0.1:1/token", {})


def test_without_a_new_refresh_token_the_one_before_stays() -> None:
    grant = granted(Issuer("rig", "t", "s"), CLIENT, {"access_token": "a", "expires_in": "60"}, NOW, "before")
    assert (grant.refresh, grant.expires_at) == ("before", NOW + timedelta(seconds=60))


@pytest.mark.parametrize("seconds", [None, "", "soon", -1, 0, 1e300, "nan", [], "inf"])
def test_nonsense_for_how_long_a_token_lasts_counts_as_an_hour(seconds: object) -> None:
    assert lasting_until(seconds, NOW) == NOW + timedelta(hours=1)


def test_a_grant_is_read_as_it_was_written_and_shows_no_token() -> None:
    grant = Grant("rig", "c", "canary-a", "canary-r", NOW, "canary-s")
    assert Grant.read(grant.text()) == grant
    assert "canary" not in repr(grant)
    for text in ("", "hunter2", "{}", "[]", "null"):
        with pytest.raises(OperatorError, match="--oauth"):
            Grant.read(text)
