"""The link that the terminal shows, and the sessions that begin with it: in memory only, so that neither outlives the process."""

import hashlib
import secrets
import threading

from ledger.people import Bearer

ADMINISTRATOR = Bearer(None, True, "write")
MOST = 100
"""Sessions at a time; the oldest goes first."""


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


class Sessions:
    """Who logged in with a link of this process. Safe to use from several threads."""

    def __init__(self) -> None:
        self._link: str | None = None
        self._open: dict[str, Bearer] = {}
        self._lock = threading.Lock()

    def new_link(self) -> str:
        """A token that can be exchanged once for an administrator's session; the one before is worthless from now on."""
        token = "demur_link_" + secrets.token_urlsafe(32)
        with self._lock:
            self._link = _digest(token)
        return token

    def exchange(self, token: str) -> str | None:
        """A new session for the link's token, which is then used up; None for any other."""
        with self._lock:
            if self._link is None or _digest(token) != self._link:
                return None
            self._link = None
            session = "demur_session_" + secrets.token_urlsafe(32)
            self._open[_digest(session)] = ADMINISTRATOR
            while len(self._open) > MOST:
                del self._open[next(iter(self._open))]
            return session

    def bearer(self, session: str) -> Bearer | None:
        """Who a session belongs to, or None."""
        with self._lock:
            return self._open.get(_digest(session))

    def end(self, session: str) -> None:
        """Log a session out."""
        with self._lock:
            self._open.pop(_digest(session), None)
