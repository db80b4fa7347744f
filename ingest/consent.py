"""Asking a person for consent: with a code on any device (RFC 8628), or in the browser with PKCE on loopback (RFC 7636, 8252)."""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from ingest.grant import Grant
from ingest.issuer import Issuer
from ingest.token_endpoint import Client, NotYetError, granted, post
from ledger.errors import OperatorError, RetryableError

PATIENCE = 600.0
"""Seconds for a person to answer in the browser."""
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
DONE = "<!doctype html><meta charset=utf-8><title>Demur</title><p>Demur has its answer. You can close this page.</p>"
Show = Callable[[str], None]


def utc_now() -> datetime:
    """The time at which a token was given."""
    return datetime.now(UTC)


# with a code on another device


def by_device(issuer: Issuer, client: Client, show: Show, pause: Callable[[float], None] = time.sleep) -> Grant:
    """Show a code and an address, then ask until the person has said yes there. Raises OperatorError when they say no."""
    asked = post(issuer.device, {"scope": issuer.scope} | client.fields)
    try:
        code, shown, page = str(asked["device_code"]), str(asked["user_code"]), str(asked["verification_uri"])
        wait, left = max(float(asked.get("interval", 5)), 0.05), float(asked["expires_in"])
    except (KeyError, ValueError, TypeError):
        raise RetryableError(f"{issuer.name} answered without a code for the log-in") from None
    show(f"Open {page} on any device and enter the code {shown}")
    while left > 0:
        pause(wait)
        left -= wait
        try:
            fields = {"grant_type": DEVICE, "device_code": code} | client.fields
            return granted(issuer, client, post(issuer.token, fields), utc_now())
        except NotYetError as not_yet:
            wait += 5 if not_yet.slower else 0
    raise OperatorError("nobody entered the code in time: connect again")


# in the browser


@dataclass(frozen=True, slots=True)
class Request:
    """One question to a browser. `verifier` and `state` are known to this process alone."""

    address: str
    redirect: str
    verifier: str
    state: str


def request_for(issuer: Issuer, client: Client, redirect: str, login: str) -> Request:
    """The address that a person opens to give consent."""
    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    fields = {
        "response_type": "code",
        "client_id": client.id,
        "redirect_uri": redirect,
        "scope": issuer.scope,
        "state": state,
        "code_challenge": digest,
        "code_challenge_method": "S256",
        "login_hint": login,
    }
    joint = "&" if urlsplit(issuer.authorize).query else "?"
    return Request(f"{issuer.authorize}{joint}{urlencode(fields | dict(issuer.parameters))}", redirect, verifier, state)


def code_in(returned: str, request: Request) -> str:
    """The code in the address that the browser was sent back to. Raises OperatorError when it is not the answer to this request."""
    try:
        found = parse_qs(urlsplit(returned.strip()).query)
    except ValueError:
        found = {}
    given, code = found.get("state", [""])[0], found.get("code", [""])[0]
    if not hmac.compare_digest(given.encode(), request.state.encode()):
        raise OperatorError("this address is not the answer to the question that was asked: connect again and use the newest one")
    if not code:
        raise OperatorError("the identity provider says that consent was refused: connect again")
    return code


class _Answer(BaseHTTPRequestHandler):
    """The browser, coming back."""

    server: "_Listener"
    timeout = 10

    def do_GET(self) -> None:
        found = parse_qs(urlsplit(self.path).query)
        if not ({"code", "error"} & found.keys()) or "state" not in found:
            self.send_error(404)
            return
        self.server.returned = self.path
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        self.wfile.write(DONE.encode())

    def log_message(self, *args: object) -> None:
        """Say nothing: the address holds a code."""


class _Listener(HTTPServer):
    returned = ""


def _waited(listener: _Listener, patience: float) -> str:
    end = time.monotonic() + patience
    listener.timeout = 0.5
    while not listener.returned:
        if time.monotonic() > end:
            raise OperatorError("nobody gave consent in the browser in time: connect again, with --paste where the browser is elsewhere")
        listener.handle_request()
    return listener.returned


def by_browser(
    issuer: Issuer, client: Client, login: str, show: Show, paste: Callable[[], str] | None = None, patience: float = PATIENCE
) -> Grant:
    """Have a person open an address; its answer comes to a port on this machine, or is pasted. Raises OperatorError."""
    with _Listener(("127.0.0.1", 0), _Answer) as listener:
        request = request_for(issuer, client, f"http://127.0.0.1:{listener.server_port}/", login)
        show(f"Open this address in a browser:\n{request.address}")
        code = code_in(paste() if paste else _waited(listener, patience), request)
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": request.redirect, "code_verifier": request.verifier}
    grant = granted(issuer, client, post(issuer.token, fields | client.fields), utc_now())
    if not grant.refresh:
        raise OperatorError(f"{issuer.name} gave no refresh token, so that the mailbox could be read for an hour only: check the scope")
    return grant
