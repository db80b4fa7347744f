"""Asking an identity provider for tokens (RFC 6749). Its words are never passed on; its error codes are, when they are codes."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx2

from ingest.grant import Grant, lasting_until
from ingest.issuer import Issuer
from ledger.errors import OperatorError, RetryableError

TIMEOUT = 15.0
MAX_BYTES = 256 * 1024
CODE = re.compile(r"[a-z_]{1,60}")
PRINTABLE = re.compile(r"[\x21-\x7e]{1,16384}")


class WithdrawnError(OperatorError):
    """The provider takes the refresh token no more (`invalid_grant`): the mailbox's owner has to consent again."""


class NotYetError(RetryableError):
    """The person has not said yes yet (RFC 8628 §3.5). `slower`: ask less often."""

    def __init__(self, slower: bool) -> None:
        super().__init__("consent has not been given yet")
        self.slower = slower


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks: the identity that the operator registered with the provider."""

    id: str
    secret: str = ""

    @property
    def fields(self) -> dict[str, str]:
        """As they are sent (RFC 6749 §2.3.1)."""
        return {"client_id": self.id} | ({"client_secret": self.secret} if self.secret else {})


def post(address: str, fields: Mapping[str, str]) -> dict[str, Any]:
    """The provider's answer as JSON. Raises RetryableError when it is away, OperatorError or one of the errors above when it refuses."""
    where = urlsplit(address).hostname
    try:
        with (
            httpx2.Client(timeout=TIMEOUT, trust_env=False, follow_redirects=False) as client,
            client.stream("POST", address, data=dict(fields), headers={"Accept": "application/json"}) as answer,
        ):
            body, status = _body(answer), answer.status_code
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError):
        raise RetryableError(f"{where} does not answer: no new access token yet") from None
    if status >= 500 or status == 429:
        raise RetryableError(f"{where} is not to be asked at the moment ({status}): no new access token yet")
    found = _json(body)
    if status != 200 or "error" in found:
        raise _refusal(str(where), str(found.get("error", "")), status)
    return found


def _body(answer: httpx2.Response) -> bytes:
    body = b""
    for piece in answer.iter_bytes():
        body += piece
        if len(body) > MAX_BYTES:
            break
    return body


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _refusal(where: str, error: str, status: int) -> Exception:
    code = error if CODE.fullmatch(error) else f"status {status}"
    if code == "invalid_grant":
        return WithdrawnError(f"{where} has withdrawn the permission to read this mailbox")
    if code in ("authorization_pending", "slow_down"):
        return NotYetError(code == "slow_down")
    if code in ("access_denied", "expired_token"):
        return OperatorError(f"{where}: consent was {'refused' if code == 'access_denied' else 'not given in time'}: connect again")
    if code == "temporarily_unavailable" or code == "status 408":
        return RetryableError(f"{where} is not to be asked at the moment: no new access token yet")
    return OperatorError(f"{where} refuses this program ({code}): check the client id and what was registered for it")


def granted(issuer: Issuer, client: Client, answer: Mapping[str, Any], now: datetime, refresh: str = "") -> Grant:
    """The grant in an answer. Without a new refresh token the one before stays (RFC 6749 §6)."""
    access, renewed = answer.get("access_token"), answer.get("refresh_token") or refresh
    if not isinstance(access, str) or not PRINTABLE.fullmatch(access) or not isinstance(renewed, str):
        raise RetryableError(f"{urlsplit(issuer.token).hostname} answered without an access token")
    return Grant(issuer.name, client.id, access, renewed, lasting_until(answer.get("expires_in"), now), client.secret)


def renewed(issuer: Issuer, grant: Grant, now: datetime) -> Grant:
    """A new access token for a refresh token, which the provider may replace on the way. Raises WithdrawnError."""
    client = Client(grant.client_id, grant.client_secret)
    fields = {"grant_type": "refresh_token", "refresh_token": grant.refresh} | client.fields
    return granted(issuer, client, post(issuer.token, fields), now, grant.refresh)
