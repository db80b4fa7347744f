"""A mailbox over IMAP: read-only (EXAMINE, BODY.PEEK), headers first, bodies of candidates only, in bounded batches.

QUIRK: after any exception an imapclient object is unusable; whoever catches one closes the mailbox and opens another.
"""

import email
import imaplib
import ipaddress
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import CapabilityError, IMAPClientAbortError, IMAPClientError, LoginError

from ingest.candidate import HEADERS, carries_mail, may_carry_mail, worth_fetching
from ingest.caps import KEPT_OF_HUGE, MAX_SIZE
from ingest.identity import identity
from ingest.parse import header_texts
from ledger.errors import OperatorError, RetryableError
from ledger.mailboxes import Cursor, MailboxRow, MailboxSettings
from ledger.record import Arrival, Batch

T = TypeVar("T")
CONNECT_SECONDS = 20.0
READ_SECONDS = 60.0
HEADERS_AT_ONCE = 500
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
TRANSIENT = re.compile(rb"\[(UNAVAILABLE|INUSE|LIMIT|OVERQUOTA|SERVERBUG|THROTTLED)\]|\[ALERT\]", re.IGNORECASE)
SECURITIES = ("tls", "starttls", "loopback")


class UnreadableAnswerError(RetryableError):
    """The server answered what is not IMAP."""


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


def _tls(settings: MailboxSettings) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=settings.ca_file)
    except (OSError, ssl.SSLError):
        raise OperatorError(f"--ca-file {settings.ca_file} is not a readable PEM certificate") from None


@contextmanager
def mapped(settings: MailboxSettings) -> Iterator[None]:
    """The one place where errors of imapclient, imaplib, ssl and sockets become ours. The server's own words are never passed on."""
    where = f"{settings.host}:{settings.port}"
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise OperatorError(f"the certificate of {where} does not hold ({error.verify_message}): name its CA with --ca-file") from None
    except ssl.SSLError as error:
        if "WRONG_VERSION_NUMBER" in str(error) or "RECORD_LAYER" in str(error):
            raise OperatorError(f"{where} does not speak TLS on this port: use --security starttls, or the TLS port (mostly 993)") from None
        raise RetryableError(f"the TLS connection to {where} broke") from None
    except CapabilityError:
        raise OperatorError(f"{where} does not offer STARTTLS: use --security tls; nothing was sent in plain text") from None
    except LoginError as error:
        # QUIRK: imapclient wraps a connection that ends during LOGIN in the same error as a wrong password.
        if TRANSIENT.search(str(error).encode()) or isinstance(error.__context__, imaplib.IMAP4.abort):
            raise RetryableError(f"{where} takes no log-in at the moment") from None
        raise AuthenticationError(
            f"{where} refused the log-in: check --login and the password (many providers want an app password)"
        ) from None
    except (IMAPClientError, imaplib.IMAP4.error, AssertionError) as error:
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
        if TRANSIENT.search(str(error).encode()):
            raise
        return otherwise


def quietened(client: IMAPClient) -> IMAPClient:
    """Switch imaplib's own tracing off.

    QUIRK: imapclient 4.1 hard-codes imaplib's debug level 5: bodies are formatted into log lines even when nobody logs.
    MEASURED: fetching is 4.3 times faster without.
    """
    client._imap.debug = 0
    return client


def open_client(settings: MailboxSettings, password: str, allow_loopback: bool) -> IMAPClient:
    """Connect and log in, with the certificate verified before the first secret byte. Raises OperatorError or RetryableError."""
    _refuse_control("login", settings.login)
    _refuse_control("password", password)
    _check_address(settings, allow_loopback)
    context = None if settings.security == "loopback" else _tls(settings)
    with mapped(settings):
        client = IMAPClient(
            settings.host,
            settings.port,
            ssl=settings.security == "tls",
            ssl_context=context if settings.security == "tls" else None,
            timeout=SocketTimeout(CONNECT_SECONDS, READ_SECONDS),
        )
        quietened(client)
        client.normalise_times = False
        try:
            if settings.security == "starttls":
                client.starttls(context)
            _log_in(client, settings.login, password)
        except BaseException:
            _drop(client)
            raise
    return client


def _log_in(client: IMAPClient, login: str, password: str) -> None:
    """QUIRK: imaplib's LOGIN takes ASCII only; AUTHENTICATE PLAIN (RFC 4616) takes UTF-8."""
    if login.isascii() and password.isascii():
        client.login(login, password)
    else:
        client.plain_login(login, password)


def _drop(client: IMAPClient) -> None:
    try:
        client.shutdown()
    except (OSError, imaplib.IMAP4.error):
        return


class ImapMailbox:
    """An open IMAP connection as a `Mailbox`."""

    def __init__(self, row: MailboxRow, password: str, allow_loopback: bool = False) -> None:
        self._row = row
        self._settings = row.settings
        self.client = open_client(row.settings, password, allow_loopback)

    def close(self) -> None:
        """Drop the connection; a dead server cannot hold us."""
        _drop(self.client)

    @property
    def can_idle(self) -> bool:
        """Whether the server offers IDLE."""
        with mapped(self._settings):
            return bool(self.client.has_capability("IDLE"))

    def idle(self) -> None:
        """Watch INBOX: the server speaks on the socket when something arrives."""
        with mapped(self._settings):
            self.client.select_folder("INBOX", readonly=True)
            self.client.idle()

    def idle_done(self) -> None:
        """End the watch. Raises RetryableError when the connection died meanwhile (`idle_check` would not tell)."""
        with mapped(self._settings):
            self.client.idle_done()

    def folders(self) -> list[str]:
        """INBOX, then Junk and All Mail as SPECIAL-USE or their usual names say; or those that the user named."""
        if self._settings.folders:
            return list(self._settings.folders)
        with mapped(self._settings):
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

    def fetch_after(self, folder: str, cursor: Cursor | None, again: Sequence[int] = ()) -> Iterator[Batch]:
        """See `Mailbox`. A folder that is gone yields nothing; OperatorError where the user named it."""
        selected = self._selected(folder)
        if selected is None:
            return self._note_missing(folder)
        uidvalidity = int(selected.get(b"UIDVALIDITY") or (cursor.uidvalidity if cursor else 0))
        uidnext = selected.get(b"UIDNEXT")
        after = cursor.uid if cursor and cursor.uidvalidity == uidvalidity else 0
        if uidnext is not None and uidnext <= after:
            after = after if uidnext == after + 1 else 0  # QUIRK: GMX turns UIDNEXT back under the same UIDVALIDITY
        if again and cursor and cursor.uidvalidity == uidvalidity:
            yield Batch(self._row, folder, cursor, tuple(self._second_look(uid) for uid in again))
        for uids in self._windows(after, uidnext, int(selected.get(b"EXISTS", 0))):
            for start in range(0, len(uids), HEADERS_AT_ONCE):
                yield self._batch(folder, uidvalidity, uids[start : start + HEADERS_AT_ONCE])

    def _selected(self, folder: str) -> dict[bytes, Any] | None:
        """What the server says of a folder as it opens it for reading; None when it refuses to."""
        with mapped(self._settings):
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
            yield self._search(after + 1, None)
            return
        span = uidnext - after - 1
        width = span if exists <= UIDS_AT_ONCE else max(10_000, span * UIDS_AT_ONCE // exists)
        low = after + 1
        while low < uidnext:
            high = min(low + max(width, 1) - 1, uidnext - 1)
            yield self._search(low, high)
            low = high + 1

    def _search(self, low: int, high: int | None) -> list[int]:
        with mapped(self._settings):
            found = self.client.search(["UID", f"{low}:{high if high is not None else '*'}"])
        # RFC 9051 §6.4.4: `n:*` names the last mail even where its UID is below n.
        return sorted(uid for uid in found if uid >= low and (high is None or uid <= high))

    def _fetch(self, uids: Sequence[int], *items: str) -> dict[int, dict[bytes, Any]]:
        """What the server tells of these mails; nothing when it refuses: one mail that it cannot read must not hold up the others."""
        if not uids:
            return {}
        with mapped(self._settings):
            return _unless_refused(lambda: dict(self.client.fetch(list(uids), list(items))), {})

    def _heads(self, uids: Sequence[int]) -> dict[int, dict[bytes, Any]]:
        """Size, arrival and the headers that `worth_fetching` looks at; only of mails that the server gave headers for."""
        found = self._fetch(uids, "RFC822.SIZE", "INTERNALDATE", HEADER_ITEM)
        return {uid: head for uid, head in found.items() if any(key.startswith(b"BODY[HEADER") for key in head)}

    def _batch(self, folder: str, uidvalidity: int, uids: list[int]) -> Batch:
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
        return Batch(self._row, folder, Cursor(uidvalidity, uids[-1]), tuple(sorted(arrivals, key=lambda a: a.uid)))

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
        return found | _raws(self._fetch(group, "BODY.PEEK[]"))

    def _second_look(self, uid: int) -> Arrival:
        """What became of a UID that the server left out: really gone, readable after all, or put aside."""
        if uid not in self._search(uid, uid):
            return Arrival(uid, state="gone")
        head = self._heads([uid]).get(uid)
        if head is not None and not self._candidates({uid: head}):
            return Arrival(uid)
        raw = self._bodies({uid: head}).get(uid) if head is not None else None
        return Arrival(uid, state="quarantined") if raw is None or head is None else _arrival(uid, raw, head)


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
