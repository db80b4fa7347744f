"""A mailbox over IMAP: read-only (EXAMINE, BODY.PEEK), headers first, bodies of candidates only, in bounded batches.

QUIRK: after any exception an imapclient object is unusable; whoever catches one closes the mailbox and opens another.
"""

import email
import imaplib
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import CapabilityError, IMAPClientAbortError, IMAPClientError, LoginError

from ingest.candidate import HEADERS, carries_mail, may_carry_mail, worth_fetching
from ingest.caps import KEPT_OF_HUGE, MAX_SIZE
from ingest.identity import identity
from ingest.lifeline import Client, Lifeline
from ingest.mailbox import StumbledError
from ingest.pace import USUAL, Pace
from ingest.parse import header_texts
from ingest.pin import OtherCertificateError, PinnedContext, fingerprint_of
from ingest.refusal import BusyServerError, busy
from ingest.sasl import log_in_with_password, log_in_with_token
from ledger.errors import OperatorError, RetryableError
from ledger.mailboxes import Cursor, MailboxRow, MailboxSettings
from ledger.record import Arrival, Batch

T = TypeVar("T")
HEADERS_AT_ONCE = 500
CAREFUL_AFTER, PUT_ASIDE_AFTER = 3, 6
"""Failures in a row over the same mail: then one by one, then without it."""
BODIES_AT_ONCE = 200
BYTES_AT_ONCE = 8 * 1024 * 1024
UIDS_AT_ONCE = 50_000
"""MEASURED: imaplib refuses lines over 1,000,000 bytes; one SEARCH answer stays well below."""
HEADER_ITEM = f"BODY.PEEK[HEADER.FIELDS ({' '.join(HEADERS).upper()})]"
JUNK_NAMES = frozenset(
    {
        "junk",
        "spam",
        "junk e-mail",
        "junk email",
        "bulk mail",
        "spamverdacht",
        "unerwünscht",
        "courrier indésirable",
        "posta indesiderata",
        "correo no deseado",
        "ongewenste e-mail",
    }
)
SECURITIES = ("tls", "starttls", "loopback")


class UnreadableAnswerError(RetryableError):
    """The server answered what is not IMAP."""


class IdleRefusedError(RetryableError):
    """The server offers IDLE and then refuses it."""


class AuthenticationError(OperatorError):
    """The server refused the log-in: only the mailbox's owner can change that."""


def _refuse_control(what: str, value: str) -> None:
    """QUIRK: imapclient writes CR and LF in arguments to the wire as commands of their own (its issue 657)."""
    if any(c in value for c in "\r\n\0"):
        raise OperatorError(f"the {what} holds a line break or a zero byte: it is not sent to any server")


def _check_address(settings: MailboxSettings, allow_loopback: bool) -> None:
    """Plain text only to this very machine, and only when the operator allows it."""
    if settings.security not in SECURITIES:
        raise OperatorError(f"--security is one of {', '.join(SECURITIES)}")
    if settings.security != "loopback":
        return
    if not allow_loopback:
        raise OperatorError(
            "--security loopback sends the password in plain text: set DEMUR_ALLOW_LOOPBACK_MAIL=1 to allow it for servers on this machine"
        )
    try:
        found = {info[4][0] for info in socket.getaddrinfo(settings.host, settings.port)}
    except OSError:
        found = set()
    if not found or not all(ipaddress.ip_address(address).is_loopback for address in found):
        raise OperatorError(f"--security loopback is for servers on this machine, {settings.host} is not: use tls")


@lru_cache(maxsize=64)
def _trusting(ca_file: str | None, version: float) -> ssl.SSLContext:
    """MEASURED: a context of one's own for each mailbox takes half a megabyte and 10 ms. `version`: when its file changed."""
    return ssl.create_default_context(cafile=ca_file)


def _tls(settings: MailboxSettings) -> ssl.SSLContext:
    if settings.fingerprint:
        return PinnedContext(fingerprint_of(settings.fingerprint))
    try:
        return _trusting(settings.ca_file, Path(settings.ca_file).stat().st_mtime if settings.ca_file else time.time() // 86_400)
    except (OSError, ssl.SSLError):
        raise OperatorError(f"--ca-file {settings.ca_file} is not a readable PEM certificate") from None


@contextmanager
def mapped(settings: MailboxSettings) -> Iterator[None]:
    """The one place where errors of imapclient, imaplib, ssl and sockets become ours. The server's own words are never passed on."""
    where = f"{settings.host}:{settings.port}"
    try:
        yield
    except OtherCertificateError as error:
        raise OperatorError(f"the certificate of {where} is not the one of --fingerprint: it has SHA-256 {error.shown}") from None
    except ssl.SSLCertVerificationError as error:
        raise OperatorError(
            f"the certificate of {where} does not hold ({error.verify_message}): name its CA with --ca-file, or itself with --fingerprint"
        ) from None
    except ssl.SSLError as error:
        if "WRONG_VERSION_NUMBER" in str(error) or "RECORD_LAYER" in str(error):
            raise OperatorError(f"{where} does not speak TLS on this port: use --security starttls, or the TLS port (mostly 993)") from None
        raise RetryableError(f"the TLS connection to {where} broke") from None
    except CapabilityError:
        raise OperatorError(f"{where} does not offer STARTTLS: use --security tls; nothing was sent in plain text") from None
    except LoginError as error:
        # QUIRK: imapclient wraps a connection that ends during LOGIN in the same error as a wrong password.
        if refused := busy(where, error):
            raise refused from None
        if isinstance(error.__context__, imaplib.IMAP4.abort):
            raise RetryableError(f"{where} takes no log-in at the moment") from None
        hint = "the account that gave consent" if settings.oauth else "the password (many providers want an app password)"
        raise AuthenticationError(f"{where} refused the log-in: check --login and {hint}") from None
    except (IMAPClientError, imaplib.IMAP4.error, AssertionError) as error:
        if refused := busy(where, error):
            raise refused from None
        raise RetryableError(f"{where} ended or refused the conversation ({type(error).__name__})") from None
    except (TimeoutError, socket.gaierror, OSError) as error:
        what = (
            "has no address"
            if isinstance(error, socket.gaierror)
            else "does not answer"
            if isinstance(error, TimeoutError)
            else "cannot be reached"
        )
        raise RetryableError(f"{where} {what}: check --host, --port and the network") from None
    except (ValueError, IndexError, KeyError, TypeError) as error:
        raise UnreadableAnswerError(f"{where} answered what is not IMAP ({type(error).__name__})") from None


def _unless_refused(ask: Callable[[], T], otherwise: T) -> T:
    """The server's answer, or `otherwise` where it plainly says NO; a lost connection and «not now» are raised."""
    try:
        return ask()
    except IMAPClientAbortError:
        raise
    except IMAPClientError as error:
        if busy("", error):
            raise
        return otherwise


def quietened(client: IMAPClient) -> IMAPClient:
    """Switch imaplib's own tracing off.

    QUIRK: imapclient 4.1 hard-codes imaplib's debug level 5: bodies are formatted into log lines even when nobody logs.
    MEASURED: fetching is 4.3 times faster without.
    """
    client._imap.debug = 0
    return client


def open_client(
    settings: MailboxSettings, password: str, allow_loopback: bool, pace: Pace = USUAL, lifeline: Lifeline | None = None
) -> IMAPClient:
    """Connect and log in, with the certificate verified before the first secret byte. Raises OperatorError or RetryableError.

    `password`: where `settings.oauth` names an identity provider, its access token.
    """
    _refuse_control("login", settings.login)
    _refuse_control("password", password)
    _check_address(settings, allow_loopback)
    context = None if settings.security == "loopback" else _tls(settings)
    lifeline = lifeline or Lifeline()
    with mapped(settings), lifeline.within(pace.connect + pace.read):
        client = _connected(settings, context, pace, lifeline)
        try:
            if settings.security == "starttls":
                client.starttls(context)
            _refuse_disabled(client, settings)
            _log_in(client, settings, password)
        except BaseException:
            _drop(client)
            raise
        lifeline.hold(client.socket())
    return client


def _connected(settings: MailboxSettings, context: ssl.SSLContext | None, pace: Pace, lifeline: Lifeline) -> IMAPClient:
    """A client that was greeted."""
    tls = settings.security == "tls"
    timeout = SocketTimeout(pace.connect, pace.read)
    client = Client(lifeline, settings.host, settings.port, ssl=tls, ssl_context=context if tls else None, timeout=timeout)
    client.normalise_times = False
    return quietened(client)


def _log_in(client: IMAPClient, settings: MailboxSettings, password: str) -> None:
    if settings.oauth:
        log_in_with_token(client, settings.host, settings.port, settings.login, password)
    else:
        log_in_with_password(client, settings.login, password)


def _refuse_disabled(client: IMAPClient, settings: MailboxSettings) -> None:
    """RFC 9051 §6.2.3: a server that says LOGINDISABLED wants no password here, and none is sent. An identity provider's token is none."""
    if not settings.oauth and client.has_capability("LOGINDISABLED"):
        raise OperatorError(f"{settings.host}:{settings.port} takes no password on this connection: use --security tls")


def leave(client: IMAPClient) -> None:
    """Say good-bye; whether the server understands makes no difference any more."""
    try:
        client.logout()
    except (OSError, imaplib.IMAP4.error):
        _drop(client)


def _drop(client: IMAPClient) -> None:
    try:
        client.shutdown()
    except (OSError, imaplib.IMAP4.error):
        return


class ImapMailbox:
    """An open IMAP connection as a `Mailbox`."""

    def __init__(
        self,
        row: MailboxRow,
        password: str,
        allow_loopback: bool = False,
        pace: Pace = USUAL,
        lifeline: Lifeline | None = None,
        good_until: datetime | None = None,
    ) -> None:
        """Connect and log in. Whoever holds the `lifeline` can cut that short. Raises OperatorError or RetryableError.

        `good_until`: when what it logged in with ends, and the session with it; None for a password.
        """
        self._row, self._settings, self._pace, self._good_until = row, row.settings, pace, good_until
        self.lifeline = lifeline or Lifeline()
        self._throttled = False
        try:
            self.client = open_client(row.settings, password, allow_loopback, pace, self.lifeline)
        except BaseException:
            self.lifeline.release()
            raise

    def close(self) -> None:
        """Drop the connection; a dead server cannot hold us."""
        self.lifeline.release()
        _drop(self.client)

    def has_ended(self, now: datetime) -> bool:
        """Whether the session's token ends about now: it is to be closed and opened anew."""
        return self._good_until is not None and now >= self._good_until

    @contextmanager
    def _asking(self, seconds: float | None = None) -> Iterator[None]:
        """One question to the server: with a time for the whole answer, and its errors made ours."""
        with mapped(self._settings), self.lifeline.within(seconds or self._pace.command):
            yield
        # QUIRK: Gmail says [THROTTLED] in an OK; imapclient passes nothing of that on, imaplib keeps it among the untagged answers.
        self._throttled |= self.client._imap.untagged_responses.pop("THROTTLED", None) is not None

    def _mind_throttling(self) -> None:
        """What came is kept; nothing more is asked of a server that said that it slows us down."""
        if self._throttled:
            raise BusyServerError(f"{self._settings.host}:{self._settings.port}", "THROTTLED")

    @property
    def can_idle(self) -> bool:
        """Whether the server offers IDLE."""
        with self._asking():
            return bool(self.client.has_capability("IDLE"))

    def idle(self) -> None:
        """Watch one folder: the server speaks on the socket when something arrives there. Raises IdleRefusedError."""
        with self._asking():
            try:
                self.client.select_folder(self.watched, readonly=True)
                self.client.idle()
            except IMAPClientAbortError:
                raise
            except IMAPClientError as error:
                if busy("", error):
                    raise
                raise IdleRefusedError(f"{self._settings.host} refuses IDLE: it is asked every minute instead") from None

    @property
    def watched(self) -> str:
        """The folder that IDLE watches: INBOX, or the first that the user named where INBOX is not to be read."""
        named = self._settings.folders
        return named[0] if named and not any(folder.upper() == "INBOX" for folder in named) else "INBOX"

    def overheard(self) -> bool:
        """Whether the server has spoken already, in the bytes behind its answer to IDLE. Nobody who watches the socket sees those."""
        sock, imap = self.client.socket(), self.client._imap
        sock.setblocking(False)
        try:
            return bool(imap._readbuf if hasattr(imap, "_readbuf") else imap.file.peek(1))  # QUIRK: imaplib's buffer since Python 3.14
        except (OSError, ValueError, AttributeError):
            return False
        finally:
            sock.settimeout(self._pace.read)

    def spoke(self) -> bool:
        """Whether what an idling server said can mean mail; «still here» cannot. Raises where it said good-bye.

        QUIRK: `idle_check` is empty for a connection that has ended, too: then the answer is True, and `idle_done` will tell.
        """
        with self._asking():
            said = self.client.idle_check(0)
            if any(isinstance(line, tuple) and line[:1] == (b"BYE",) for line in said):
                raise imaplib.IMAP4.abort(f"BYE {said}")
        return not said or any(not isinstance(line, tuple) or line[:1] != (b"OK",) for line in said)

    def idle_done(self) -> None:
        """End the watch. Raises RetryableError when the connection died meanwhile (`idle_check` would not tell)."""
        with self._asking(2 * self._pace.farewell):
            self.client.socket().settimeout(self._pace.farewell)
            self.client.idle_done()
            self.client.socket().settimeout(self._pace.read)

    def folders(self) -> list[str]:
        """INBOX, then Junk and All Mail as SPECIAL-USE or their usual names say; or those that the user named."""
        if self._settings.folders:
            return list(self._settings.folders)
        with self._asking():
            listed = self.client.list_folders()
        names = ["INBOX"]
        for flags, separator, name in listed:
            special = {bytes(flag).lower() for flag in flags}
            leaf = name.rpartition((separator or b"/").decode())[2].lower()
            if rb"\noselect" in special or rb"\nonexistent" in special or name.upper() == "INBOX":
                continue
            if special & {rb"\junk", rb"\all"} or leaf in JUNK_NAMES:
                names.append(name)
        return names

    def fetch_after(self, folder: str, cursor: Cursor | None, again: Sequence[int] = (), stumbles: int = 0) -> Iterator[Batch]:
        """See `Mailbox`. A folder that is gone yields nothing; OperatorError where the user named it."""
        self._mind_throttling()
        selected = self._selected(folder)
        if selected is None:
            return self._note_missing(folder)
        uidvalidity = int(selected.get(b"UIDVALIDITY") or (cursor.uidvalidity if cursor else 0))
        uidnext = selected.get(b"UIDNEXT")
        after = cursor.uid if cursor and cursor.uidvalidity == uidvalidity else 0
        if uidnext is not None and uidnext <= after:  # QUIRK: GMX turns UIDNEXT back under the same UIDVALIDITY
            cursor, after = Cursor(uidvalidity, 0), 0
            yield Batch(self._row, folder, cursor, ())
        if again and cursor and cursor.uidvalidity == uidvalidity:
            yield Batch(self._row, folder, cursor, tuple(self._second_look(uid) for uid in again))
        for uids in self._windows(after, uidnext, int(selected.get(b"EXISTS", 0))):
            for some in _portions(uids, careful=stumbles >= CAREFUL_AFTER):
                self._mind_throttling()
                left = (uidnext or some[-1] + 1) - 1 - some[-1]
                if stumbles >= PUT_ASIDE_AFTER:
                    yield Batch(self._row, folder, Cursor(uidvalidity, some[0]), (Arrival(some[0], state="quarantined"),))
                else:
                    yield replace(self._batch(folder, uidvalidity, some), left=left)
                stumbles = 0

    def fetch_missed(self, folder: str, cursor: Cursor, low: int, high: int, known: Set[int]) -> Iterator[Batch]:
        """See `Mailbox`. A folder that is gone, or numbered anew, has nothing that was missed."""
        selected = self._selected(folder)
        if selected is None or int(selected.get(b"UIDVALIDITY") or cursor.uidvalidity) != cursor.uidvalidity:
            return
        missed = [uid for uid in self._search(low, high) if uid not in known]
        for some in _portions(missed):
            yield replace(self._batch(folder, cursor.uidvalidity, some), cursor=cursor, newest=None)

    def _selected(self, folder: str) -> dict[bytes, Any] | None:
        """What the server says of a folder as it opens it for reading; None when it refuses to."""
        with self._asking():
            return _unless_refused(lambda: dict(self.client.select_folder(folder, readonly=True)), None)

    def _note_missing(self, folder: str) -> None:
        """«There is no mail» and «we could not look» must not read the same."""
        where = f"{self._settings.host}:{self._settings.port}"
        if folder in self._settings.folders:
            raise OperatorError(f"{where} has no folder {folder}: name the folders to read with --folder")
        if folder.upper() == "INBOX":
            raise RetryableError(f"{where} does not open INBOX")

    def _windows(self, after: int, uidnext: int | None, exists: int) -> Iterator[list[int]]:
        """UIDs above `after` in order, a bounded number at a time. Enumerated, because server-side search misses mail."""
        if exists == 0:
            return
        if uidnext is None:
            yield from self._by_place(after, exists)
            return
        span = uidnext - after - 1
        width = span if exists <= UIDS_AT_ONCE else max(10_000, span * UIDS_AT_ONCE // exists)
        low = after + 1
        while low < uidnext:
            high = min(low + max(width, 1) - 1, uidnext - 1)
            yield self._search(low, high)
            low = high + 1

    def _by_place(self, after: int, exists: int) -> Iterator[list[int]]:
        """UIDs above `after` of a server that does not tell UIDNEXT: all at once, or a number of mails at a time."""
        if exists <= UIDS_AT_ONCE:
            yield self._search(after + 1, None)
            return
        for first in range(1, exists + 1, UIDS_AT_ONCE):
            with self._asking():
                found = self.client.search([f"{first}:{min(first + UIDS_AT_ONCE - 1, exists)}"])
            yield sorted(uid for uid in found if uid > after)

    def _search(self, low: int, high: int | None) -> list[int]:
        with self._asking():
            found = self.client.search(["UID", f"{low}:{high if high is not None else '*'}"])
        # RFC 9051 §6.4.4: `n:*` names the last mail even where its UID is below n.
        return sorted(uid for uid in found if uid >= low and (high is None or uid <= high))

    def _fetch(self, uids: Sequence[int], *items: str) -> dict[int, dict[bytes, Any]]:
        """What the server tells of these mails; nothing when it refuses: one mail that it cannot read must not hold up the others."""
        if not uids:
            return {}
        with self._asking():
            return _unless_refused(lambda: dict(self.client.fetch(list(uids), list(items))), {})

    def _heads(self, uids: Sequence[int]) -> dict[int, dict[bytes, Any]]:
        """Size, arrival and the headers that `worth_fetching` looks at; only of mails that the server gave headers for."""
        found = self._fetch(uids, "RFC822.SIZE", "INTERNALDATE", HEADER_ITEM)
        return {uid: head for uid, head in found.items() if any(key.startswith(b"BODY[HEADER") for key in head)}

    def _batch(self, folder: str, uidvalidity: int, uids: list[int]) -> Batch:
        try:
            return self._read(folder, uidvalidity, uids)
        except BusyServerError:
            raise
        except RetryableError as error:
            raise StumbledError(str(error)) from None

    def _read(self, folder: str, uidvalidity: int, uids: list[int]) -> Batch:
        """Headers of all, bodies of the candidates. A UID without an answer is gone, or read alone, or put aside."""
        heads = self._heads(uids)
        wanted = self._candidates(heads)
        bodies = self._bodies(wanted)
        lost = [uid for uid in uids if uid not in heads or (uid in wanted and uid not in bodies)]
        arrivals = [Arrival(uid) for uid in uids if uid in heads and uid not in wanted]
        arrivals += [_arrival(uid, raw, wanted[uid]) for uid, raw in bodies.items()]
        arrivals += [self._second_look(uid) for uid in lost]
        if not heads and any(arrival.state == "quarantined" for arrival in arrivals):
            raise RetryableError(f"{self._settings.host} gives out no mail at the moment")
        newest = max((_moment(head.get(b"INTERNALDATE")) for head in heads.values()), default=None)
        return Batch(self._row, folder, Cursor(uidvalidity, uids[-1]), tuple(sorted(arrivals, key=lambda a: a.uid)), newest)

    def _candidates(self, heads: dict[int, dict[bytes, Any]]) -> dict[int, dict[bytes, Any]]:
        """Those mails whose headers, or the mails attached to them, make them worth fetching."""
        wanted = {uid for uid, head in heads.items() if worth_fetching(_headers(head))}
        wanted |= self._carriers([uid for uid, head in heads.items() if uid not in wanted and may_carry_mail(_headers(head))])
        return {uid: head for uid, head in heads.items() if uid in wanted}

    def _carriers(self, uids: Sequence[int]) -> set[int]:
        """Those mails to which a mail of Meta's is attached. A server that cannot list attachments costs only these."""
        try:
            structures = self._fetch(uids, "BODYSTRUCTURE")
        except UnreadableAnswerError:
            return set()
        return {uid for uid, found in structures.items() if carries_mail(found.get(b"BODYSTRUCTURE"))}

    def _bodies(self, wanted: dict[int, dict[bytes, Any]]) -> dict[int, bytes]:
        """Raw mails by UID, fetched in groups of bounded size; of a huge mail its first 256 KB."""
        found: dict[int, bytes] = {}
        group: list[int] = []
        size = 0
        for uid, head in wanted.items():
            bytes_of_mail = int(head.get(b"RFC822.SIZE") or 0)
            if bytes_of_mail > MAX_SIZE:
                found |= _raws(self._fetch([uid], f"BODY.PEEK[]<0.{KEPT_OF_HUGE}>"))
                continue
            if group and (len(group) >= BODIES_AT_ONCE or size + bytes_of_mail > BYTES_AT_ONCE):
                found |= _raws(self._fetch(group, "BODY.PEEK[]"))
                group, size = [], 0
            group.append(uid)
            size += bytes_of_mail
        found |= _raws(self._fetch(group, "BODY.PEEK[]"))
        return found | self._read_again({uid: raw for uid, raw in found.items() if len(raw) < _least(wanted[uid])})

    def _read_again(self, short: dict[int, bytes]) -> dict[int, bytes]:
        """Mails that came shorter than the server says they are, each asked for once more; the longer answer is kept.

        QUIRK: Exchange's sizes are estimates, so that a mail may stay «short» for ever.
        """
        again = {uid: _raws(self._fetch([uid], "BODY.PEEK[]")).get(uid, b"") for uid in short}
        return {uid: max(short[uid], raw, key=len) for uid, raw in again.items()}

    def _second_look(self, uid: int) -> Arrival:
        """What became of a UID that the server left out: really gone, readable after all, or put aside."""
        if uid not in self._search(uid, uid):
            return Arrival(uid, state="gone")
        head = self._heads([uid]).get(uid)
        if head is not None and not self._candidates({uid: head}):
            return Arrival(uid)
        raw = self._bodies({uid: head}).get(uid) if head is not None else None
        return Arrival(uid, state="quarantined") if raw is None or head is None else _arrival(uid, raw, head)


def _portions(uids: Sequence[int], careful: bool = False) -> Iterator[list[int]]:
    """UIDs in portions for one batch each; where reading stumbled, the first portion mail by mail."""
    for start in range(0, len(uids), HEADERS_AT_ONCE):
        some = list(uids[start : start + HEADERS_AT_ONCE])
        yield from ([uid] for uid in some) if careful and start == 0 else [some]


def _least(head: dict[bytes, Any]) -> int:
    """How many bytes of a mail the server should have given; of a huge one, whatever it gave."""
    size = int(head.get(b"RFC822.SIZE") or 0)
    return 0 if size > MAX_SIZE else size


def _raws(answer: dict[int, dict[bytes, Any]]) -> dict[int, bytes]:
    found = {}
    for uid, items in answer.items():
        raw = next((value for key, value in items.items() if key.startswith(b"BODY[]")), None)
        if isinstance(raw, bytes):
            found[uid] = raw
    return found


def _headers(head: dict[bytes, Any]) -> dict[str, str]:
    raw = next((value for key, value in head.items() if key.startswith(b"BODY[HEADER")), None) or b""
    mime = email.message_from_bytes(raw)
    return {name.lower(): " ".join(header_texts(mime, name)) for name in HEADERS}


def _arrival(uid: int, raw: bytes, head: dict[bytes, Any]) -> Arrival:
    sha256, kept = identity(raw)
    return Arrival(uid, sha256, kept, _moment(head.get(b"INTERNALDATE")), "stored")


def _moment(arrived_at: object) -> datetime:
    """An INTERNALDATE in UTC; now, where the server gives none that can be."""
    try:
        return arrived_at.astimezone(UTC) if isinstance(arrived_at, datetime) else datetime.now(UTC)
    except (ValueError, OverflowError):
        return datetime.now(UTC)
