"""What mail servers say in the field and no good one says when asked: the table of `test_scripts`, one script a line of trouble.

Each script is told on top of a server that has two of Meta's mails. Sources: the threads that the design names, RFC 9051, and providers' own ways.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from ledger.mailboxes import Health
from tests.ingest.letter import letter
from tests.rig.scripted import OK, fetched, literal

FIRST, SECOND = letter("we will honor your objection\n"), letter("we refuse your objection\n")
HEAD = b"From: a@facebookmail.com\r\nSubject: x\r\n\r\n"
HEADER = "BODY[HEADER.FIELDS (FROM)]"
SIZES = {1: len(FIRST), 2: len(SECOND)}
BODIES = {1: FIRST, 2: SECOND}
HEADS, BOTH = "UID FETCH 1,2 (RFC822", "UID FETCH 1,2 (BODY.PEEK[]"
HEAD1, HEAD2 = "UID FETCH 1 (RFC822", "UID FETCH 2 (RFC822"
BODY1, BODY2 = "UID FETCH 1 (BODY.PEEK[]", "UID FETCH 2 (BODY.PEEK[]"
PASSWORD = "canary-of-a-password"
HOUR = timedelta(hours=1)
NO_SUCH = "{tag} NO [NONEXISTENT] no such mailbox\r\n"
JUNK = '* LIST () "/" INBOX\r\n* LIST (\\Junk) "/" Junk\r\n' + OK


def examined(exists: int = 2, uidnext: int | None = 3, uidvalidity: int | None = 7, extra: str = "") -> str:
    """An answer to EXAMINE; None leaves a code out."""
    codes = [f"* {exists} EXISTS\r\n", extra]
    codes += [f"* OK [UIDVALIDITY {uidvalidity}] valid\r\n"] if uidvalidity is not None else []
    codes += [f"* OK [UIDNEXT {uidnext}] next\r\n"] if uidnext is not None else []
    return "".join(codes) + "{tag} OK [READ-ONLY] done\r\n"


def head(uid: int, size: int | None = None, date: str = '"13-May-2025 09:12:00 +0200"', raw: bytes = HEAD) -> str:
    """One mail's size, arrival and headers."""
    return fetched(uid, f"RFC822.SIZE {SIZES[uid] if size is None else size} INTERNALDATE {date}", literal(HEADER, raw))


def body(uid: int, raw: bytes | None = None) -> str:
    """One mail's body."""
    return fetched(uid, literal("BODY[]", BODIES[uid] if raw is None else raw))


def heads(**options: int | str) -> dict[str, str]:
    """Answers with something odd about the first mail's headers."""
    first = head(1, **options)  # type: ignore[arg-type]
    return {HEADS: first + head(2) + OK, HEAD1: first + OK}


def bodies(first: str) -> dict[str, str]:
    """Answers with something odd in place of the first mail's body."""
    return {BOTH: first + body(2) + OK, BODY1: first + OK}


GOOD: dict[str, str] = {
    "CAPABILITY": "* CAPABILITY IMAP4rev1\r\n" + OK,
    "LIST": '* LIST () "/" INBOX\r\n' + OK,
    "EXAMINE": examined(),
    "UID SEARCH": "* SEARCH 1 2\r\n" + OK,
    "UID SEARCH UID 1:1": "* SEARCH 1\r\n" + OK,
    "UID SEARCH UID 2:2": "* SEARCH 2\r\n" + OK,
    HEADS: head(1) + head(2) + OK,
    HEAD1: head(1) + OK,
    HEAD2: head(2) + OK,
    BOTH: body(1) + body(2) + OK,
    BODY1: body(1) + OK,
    BODY2: body(2) + OK,
}


@dataclass(frozen=True, slots=True)
class Script:
    """What a server says, and what becomes of it. `must`: in words.

    `stored`: mails that are decided while it says so; `finally_`: once it says what it should. `wait`: the least time until it is asked again.
    `logs_in`: whether a log-in may be sent. `looks`: passes. `silent`: beginnings of commands that must not be sent.
    """

    must: str
    says: Mapping[str, str | list[str]] = field(default_factory=dict)
    greeting: str = "* OK ready\r\n"
    security: str = "loopback"
    stored: int = 2
    finally_: int = 2
    state: Health = Health.CONNECTED
    wait: timedelta = timedelta(0)
    logs_in: bool = True
    looks: int = 1
    silent: tuple[str, ...] = ()
    drip: float = 0.0


def fails(must: str, says: Mapping[str, str | list[str]] | None = None, **more: object) -> Script:
    """A script that leads to a failed look: nothing is stored, it is tried again, and then nothing is missing."""
    return Script(must, says or {}, **({"stored": 0, "state": Health.CONNECT_ERROR} | more))  # type: ignore[arg-type]


SCRIPTS: dict[str, Script] = {
    # before and while logging in
    "BYE as greeting": fails("no log-in is sent, and it is no wrong password", greeting="* BYE too many connections\r\n", logs_in=False),
    "greeting of another protocol": fails("no log-in is sent", greeting="220 smtp.example ESMTP\r\n", logs_in=False),
    "greeting of zero bytes": fails("no log-in is sent", greeting="\0\xff\r\n", logs_in=False),
    "no greeting": fails("it is given up after the time for connecting", greeting="", logs_in=False),
    "PREAUTH where STARTTLS was wanted": fails(
        "nothing is said in plain text",
        greeting="* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] hello\r\n",
        security="starttls",
        logs_in=False,
        finally_=0,
    ),
    "STARTTLS stripped": fails("no log-in is sent in plain text", security="starttls", logs_in=False, finally_=0),
    "STARTTLS refused": fails(
        "no log-in is sent in plain text",
        {"CAPABILITY": "* CAPABILITY IMAP4rev1 STARTTLS\r\n" + OK, "STARTTLS": "{tag} NO not now\r\n"},
        security="starttls",
        logs_in=False,
        finally_=0,
    ),
    "LOGINDISABLED": fails(
        "no password is sent that is not wanted", {"CAPABILITY": "* CAPABILITY IMAP4rev1 LOGINDISABLED\r\n" + OK}, logs_in=False
    ),
    "capabilities that change after the log-in": Script(
        "the new ones hold", {"CAPABILITY": ["* CAPABILITY IMAP4rev1\r\n" + OK, "* CAPABILITY IMAP4rev1 IDLE MOVE\r\n" + OK]}
    ),
    "AUTHENTICATIONFAILED with odd words": fails(
        "the owner is asked; the words reach nobody",
        {"LOGIN": "{tag} NO [AUTHENTICATIONFAILED] \x1b[31m Ung\xfcltig \xe2\x98\xa0 canary\r\n"},
        state=Health.AUTHENTICATION_ERROR,
        wait=HOUR,
    ),
    "the password in the server's words": fails(
        "it is in no log and in no detail",
        {"LOGIN": f"{{tag}} NO [AUTHENTICATIONFAILED] LOGIN anna {PASSWORD} failed\r\n"},
        state=Health.AUTHENTICATION_ERROR,
        wait=HOUR,
    ),
    "INUSE at the log-in": fails("it is no wrong password", {"LOGIN": "{tag} NO [INUSE] locked\r\n"}, wait=timedelta(seconds=25)),
    "BYE during the log-in": fails("it is no wrong password", {"LOGIN": "* BYE going down\r\n"}),
    "authenticated but not connected": fails(
        "it is asked again later and is no wrong password",
        {
            "LIST": "{tag} BAD User is authenticated but not connected.\r\n",
            "EXAMINE": "{tag} BAD User is authenticated but not connected.\r\n",
        },
    ),
    # folders
    "EXAMINE that says NO, then OK": Script(
        "the next look finds all mail", {"EXAMINE": ["{tag} NO internal error\r\n", examined()]}, looks=2
    ),
    "a folder that is gone by the time it is opened": Script(
        "the others are read", {"LIST": JUNK, "EXAMINE Junk": NO_SUCH, 'EXAMINE "Junk"': NO_SUCH}
    ),
    "odd folder names": Script(
        "no name stops the reading of INBOX",
        {
            "LIST": '* LIST (\\Noselect) NIL {5}\r\nab"cd\r\n* LIST () NIL INBOX\r\n* LIST (\\HasNoChildren \\Junk\xfc) "/" "&AAA"\r\n'
            '* LIST () "/" "Entw&APw-rfe \\"x\\""\r\n* LIST (\\NonExistent) "." "a.b"\r\n' + OK
        },
    ),
    "a list of folders without INBOX": Script("INBOX is read all the same", {"LIST": OK}),
    "flags outside ASCII": Script(
        "they are nobody's business",
        {"EXAMINE": examined(extra="* FLAGS (\\Seen Wichtig\xfc $\xff)\r\n* OK [PERMANENTFLAGS (\xe4 \\*)] x\r\n")},
    ),
    # numbers
    "no UIDNEXT": Script("all mail is asked for", {"EXAMINE": examined(uidnext=None)}, looks=2),
    "UIDVALIDITY 0": Script("nothing is read twice", {"EXAMINE": examined(uidvalidity=0)}, looks=3),
    "no UIDVALIDITY": Script("unknown is not changed", {"EXAMINE": examined(uidvalidity=None)}, looks=3),
    "a UIDVALIDITY that changes with each look": Script(
        "all is read again and nothing is kept twice", {"EXAMINE": [examined(uidvalidity=n) for n in (7, 8, 9)]}, looks=3
    ),
    "a UIDVALIDITY that comes and goes": Script(
        "nothing is kept twice", {"EXAMINE": [examined(), examined(uidvalidity=None), examined()]}, looks=3
    ),
    "a UIDNEXT that goes back": Script(
        "it is read from the start, and nothing is kept twice", {"EXAMINE": [examined(), examined(uidnext=2), examined()]}, looks=3
    ),
    "UIDs below the ones asked for": Script(
        "they are left out", {"EXAMINE": examined(uidnext=None), "UID SEARCH": ["* SEARCH 1 2\r\n" + OK, "* SEARCH 2\r\n" + OK]}, looks=3
    ),
    "UIDs that were not asked for": Script("they are left out", {"UID SEARCH UID 1:2": "* SEARCH 2 1 2 77 4294967299\r\n" + OK}),
    "SEARCH with 8-bit bytes": fails("it is no answer: it is asked again", {"UID SEARCH": "* SEARCH 1 \xff\xfe2\r\n" + OK}),
    "SEARCH refused with LIMIT": fails("it is left alone", {"UID SEARCH": "{tag} NO [LIMIT] slow down\r\n"}, wait=timedelta(minutes=4)),
    "SEARCH without an answer line": Script("no number counts as read", {"UID SEARCH": OK}, stored=0),
    "answers in small letters": fails("they are no answer: it is asked again", {"UID SEARCH UID 1:2": "* search 1 2\r\n" + OK}),
    # answers to FETCH
    "OK without the body": Script("the mails are put aside and asked for again", {BOTH: OK, BODY1: OK, BODY2: OK}, stored=0),
    "NIL in place of a body": Script("the mail is put aside and asked for again", bodies(fetched(1, "BODY[] NIL")), stored=1),
    "a body in quotes": Script("it is a body", bodies(fetched(1, 'BODY[] "From: a@facebookmail.com"')), finally_=2),
    "an empty mail": Script(
        "what was announced as empty is empty, and says nothing",
        {**heads(size=0), **bodies(fetched(1, "BODY[] {0}\r\n"))},
        stored=1,
        finally_=1,
    ),
    "one UID twice in an answer": Script("it is one mail", {BOTH: body(1) + body(1) + body(2) + OK}),
    "an answer without UID": Script("the mail is asked for alone", {BOTH: f"* 1 FETCH ({literal('BODY[]', FIRST)})\r\n" + body(2) + OK}),
    "answers that nobody asked for": Script(
        "they are left out",
        {BOTH: "* 9 EXISTS\r\n* 2 FETCH (FLAGS (\\Seen))\r\n" + body(1) + "* 4 FETCH (UID 44 FLAGS ())\r\n" + body(2) + OK},
    ),
    "fewer answers than asked for": Script("the others are asked for alone", {HEADS: head(1) + OK, BOTH: body(1) + OK}),
    "a mail that is expunged meanwhile": Script(
        "it is gone, the other is kept",
        {HEADS: head(1) + "* 2 EXPUNGE\r\n" + OK, BOTH: body(1) + OK, "UID SEARCH UID 2:2": "* SEARCH\r\n" + OK},
        stored=1,
        finally_=1,
    ),
    "a size that is too large": Script("the longest answer is kept", heads(size=9999)),
    "a size that is too small": Script("the mail is kept whole", heads(size=3)),
    "a size of 5 GB": Script(
        "the first 256 KB are asked for",
        {**heads(size=5_000_000_000), "UID FETCH 1 (BODY.PEEK[]<0": fetched(1, literal("BODY[]<0>", FIRST)) + OK},
    ),
    "a size below zero": Script("the mail is kept whole", heads(size=-1)),
    "a year of 9999": Script("it arrived, whenever", heads(date='"31-Dec-9999 23:59:59 -0000"')),
    "a month that is none": Script("it arrived, whenever", heads(date='"31-Foo-2025 09:12:00 +0200"')),
    "a zone of +9999": Script("it arrived, whenever", heads(date='"13-May-2025 09:12:00 +9999"')),
    "an arrival of NIL": Script("it arrived, whenever", heads(date="NIL")),
    "OVERQUOTA": fails("it is left alone for an hour", {BOTH: "{tag} NO [OVERQUOTA] enough for today\r\n"}, wait=HOUR),
    "UNAVAILABLE": fails("it is asked again soon", {BOTH: "{tag} NO [UNAVAILABLE] later\r\n"}, wait=timedelta(seconds=25)),
    "THROTTLED in an OK": Script(
        "what came is kept, and nothing more is asked for",
        {"LIST": JUNK, BOTH: body(1) + body(2) + "{tag} OK [THROTTLED] done\r\n"},
        state=Health.CONNECT_ERROR,
        wait=timedelta(minutes=4),
        silent=("EXAMINE Junk", 'EXAMINE "Junk"'),
    ),
    "BYE with ALERT": fails("it is left alone", {BOTH: "* BYE [ALERT] too many connections\r\n"}, wait=timedelta(minutes=4)),
    "a literal that is cut": fails(
        "half a mail is no mail", {BOTH: "* 1 FETCH (UID 1 BODY[] {500}\r\nFrom: a@facebookmail.com\r\n* BYE\r\n"}
    ),
    "a literal of 2 GB": fails("it is refused before it is read", {BOTH: "* 1 FETCH (UID 1 BODY[] {2147483648}\r\nFrom"}),
    "a literal of 2 GB that does come": fails(
        "it is refused before it is read", {BOTH: "* 1 FETCH (UID 1 BODY[] {2147483648}\r\n" + "x" * 500_000}
    ),
    "a literal below zero": fails("it is no answer", {BOTH: "* 1 FETCH (UID 1 BODY[] {-5}\r\nFrom)\r\n" + OK}),
    "a literal with garbage behind it": Script(
        "the mails are asked for alone", {BOTH: "* 1 FETCH (UID 1 BODY[] {4}\r\nFromgarbage) ((\r\n" + OK}
    ),
    "a bracket that never closes": Script("the mails are asked for alone", {BOTH: "* 1 FETCH (UID 1 BODY[] (((\r\n" + OK}),
    "a line of 1.1 MB": fails("it is no answer", {BOTH: "* OK " + "a" * 1_100_000 + "\r\n" + OK}),
    "an answer to somebody else's command": fails("it is waited for, and then given up", {BOTH: "ZZZZ9 OK done\r\n"}),
    "a server that drips": fails("it is cut off after the time for one command", {BOTH: "* OK " + "a" * 1000}, drip=0.1),
    "headers with zero bytes": Script("the mail is kept", {HEADS: head(1, raw=HEAD.replace(b"x", b"\0\xff")) + head(2) + OK}),
}
