"""An identity provider on loopback: consent, tokens that end, refresh tokens that are replaced, and a server that can be hurt.

Its rule for replaced refresh tokens is the strict one: the old one dies when the new one, or its access token, is first seen.
"""

import base64
import contextlib
import hashlib
import json
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import parse_qs, urlencode, urlsplit

Fields = dict[str, str]


@dataclass
class Family:
    """One person's consent: the refresh tokens that hold, and the access tokens with the refresh token each came with."""

    username: str
    refresh: list[str] = field(default_factory=list)
    access: dict[str, str] = field(default_factory=dict)


class _Visit(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "_Server"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self._play(parts.path, {k: v[0] for k, v in parse_qs(parts.query).items()})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self._play(self.path, {k: v[0] for k, v in parse_qs(body).items()})

    def _play(self, path: str, fields: Fields) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            status, answer = self.server.identity.answer(path, fields)
            content = b"" if isinstance(answer, str) else json.dumps(answer).encode()
            self.send_response(status)
            if isinstance(answer, str):
                self.send_header("Location", answer)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    identity: "Identity"
    daemon_threads = True


class Identity:
    """The provider. `lasting`: seconds of an access token. `asked`: what was asked for, with the fields, in order."""

    def __init__(self, username: str = "anna") -> None:
        self.username, self.lasting = username, 3600.0
        self.families: list[Family] = []
        self.codes: dict[str, tuple[Family, str, str]] = {}
        self.asked: list[tuple[str, Fields]] = []
        self.failing: list[int] = []
        self.before_answer: Callable[[str], None] = lambda path: None
        self.patience_left = 0
        self._lock = threading.RLock()
        self._server = _Server(("127.0.0.1", 0), _Visit)
        self._server.identity = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> "Identity":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def table(self, device: bool = False) -> str:
        """The data folder's oauth.toml that describes this provider as `rig`."""
        ask = f'device = "{self.base}/device"' if device else f'authorize = "{self.base}/authorize"'
        return f'[rig]\n{ask}\ntoken = "{self.base}/token"\nscope = "mail"\nclient_id = "demur-test"\n'

    def times(self, grant_type: str) -> int:
        """How often tokens were asked for in this way."""
        return sum(fields.get("grant_type") == grant_type for path, fields in self.asked if path == "/token")

    def revoke(self) -> None:
        """The person withdraws their consent."""
        with self._lock:
            self.families.clear()

    def end_access(self) -> None:
        """Every access token ends at once, before its time."""
        with self._lock:
            for family in self.families:
                family.access.clear()

    def issue(self, family: Family | None = None) -> dict[str, object]:
        """New tokens, as the token endpoint answers."""
        with self._lock:
            if family is None:
                family = Family(self.username)
                self.families.append(family)
            refresh, access = f"refresh-{secrets.token_hex(12)}", f"access-{secrets.token_hex(12)}"
            family.refresh.append(refresh)
            family.access[access] = refresh
            return {"access_token": access, "refresh_token": refresh, "expires_in": self.lasting, "token_type": "Bearer"}

    def answer(self, path: str, fields: Fields) -> tuple[int, dict[str, object] | str]:
        """One request; a string is where the browser is sent."""
        with self._lock:
            self.asked.append((path, fields))
            if path == "/token" and self.failing:
                return self.failing.pop(0), {"error": "server_error"}
            found = {"/token": self._token, "/device": self._device, "/introspect": self._introspect, "/authorize": self._authorize}[path](
                fields
            )
        self.before_answer(path)
        return found

    def _authorize(self, fields: Fields) -> tuple[int, str]:
        code, family = secrets.token_hex(8), Family(self.username)
        self.families.append(family)
        self.codes[code] = (family, fields["code_challenge"], fields["redirect_uri"])
        return 302, f"{fields['redirect_uri']}?{urlencode({'code': code, 'state': fields['state']})}"

    def _device(self, fields: Fields) -> tuple[int, dict[str, object]]:
        return 200, {
            "device_code": "device",
            "user_code": "ABCD-EFGH",
            "verification_uri": f"{self.base}/enter",
            "expires_in": 900,
            "interval": 0.05,
        }

    def _token(self, fields: Fields) -> tuple[int, dict[str, object]]:
        if fields["grant_type"] == "refresh_token":
            return self._refreshed(fields["refresh_token"])
        if fields["grant_type"] == "authorization_code":
            return self._exchanged(fields)
        if self.patience_left:
            self.patience_left -= 1
            return 400, {"error": "authorization_pending"}
        return 200, self.issue()

    def _exchanged(self, fields: Fields) -> tuple[int, dict[str, object]]:
        family, challenge, redirect = self.codes.pop(fields["code"])
        digest = hashlib.sha256(fields["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != challenge or redirect != fields["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        return 200, self.issue(family)

    def _refreshed(self, refresh: str) -> tuple[int, dict[str, object]]:
        for family in self.families:
            if refresh in family.refresh:
                self._seen(family, refresh)
                return 200, self.issue(family)
        return 400, {"error": "invalid_grant", "error_description": "Bad Request"}

    def _seen(self, family: Family, refresh: str) -> None:
        """The client has this token: those before it die."""
        del family.refresh[: family.refresh.index(refresh)]

    def _introspect(self, fields: Fields) -> tuple[int, dict[str, object]]:
        for family in self.families:
            if refresh := family.access.get(fields["token"]):
                self._seen(family, refresh) if refresh in family.refresh else None
                return 200, {"active": True, "username": family.username}
        return 200, {"active": False}
