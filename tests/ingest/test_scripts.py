"""Sixty scripts of what no good server says, through the whole of `sync`: no mail is lost or kept twice, no secret is sent or shown."""

import logging
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from ingest.decide import Decider, read
from ingest.identity import identity
from ingest.imap import ImapMailbox
from ingest.keys import Keys
from ingest.pace import Pace
from ingest.sync import sync
from ledger.errors import OperatorError, RetryableError
from ledger.ledger import Ledger, open_ledger
from ledger.mailboxes import MailboxRow, MailboxSettings
from ledger.message import Message
from ledger.outcome import Outcome
from ledger.people import User
from ledger.prediction import Prediction
from ledger.vault import Vault
from tests.ingest.scripts import FIRST, GOOD, PASSWORD, SCRIPTS, SECOND, Script
from tests.rig.certificate import write_certificate
from tests.rig.scripted import OK, Scripted

PACE = Pace(connect=1, read=0.8, command=1.2)
SECONDS = 5.0
"""For a look, whatever the server does: far more than the pace, because the machine may be busy."""
NEVER_SENT = ("SELECT", "STORE", "UID STORE", "EXPUNGE", "UID EXPUNGE", "COPY", "UID COPY", "UID MOVE", "APPEND", "CLOSE", "DELETE")


def unsure(messages: Sequence[Message]) -> list[Prediction]:
    return [Prediction(Outcome.UNRELATED, 0.5, True, "none", {}) for _ in messages]


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    folder: Path = tmp_path_factory.mktemp("scripts")
    opened = open_ledger(f"sqlite:///{folder}/demur.sqlite3", folder, Vault([Fernet.generate_key().decode()]))
    read(FIRST)
    yield opened
    opened.database.close()


class Reader:
    """One user with one mailbox on a scripted server."""

    def __init__(self, ledger: Ledger, name: str, server: Scripted, security: str, ca_file: str | None = None) -> None:
        self._ledger, self._name = ledger, name
        settings = MailboxSettings(kind="imap", host="127.0.0.1", port=server.port, security=security, login="anna", ca_file=ca_file)
        row = ledger.mailboxes.save(name, settings, PASSWORD)
        self._user: User = ledger.people.ensure(name, datetime.now(UTC))
        ledger.people.add_addresses(self._user, ["anna@example.org"])
        ledger.people.serve(row.id, self._user)
        self.longest = 0.0

    def look(self) -> None:
        """One pass; only errors that say what to do may come out of it."""
        decider = Decider(self._ledger, unsure, Keys(), lambda: datetime.now(UTC))
        started = time.monotonic()
        with suppress(RetryableError, OperatorError):
            sync(self._ledger, self.row, lambda row: ImapMailbox(row, PASSWORD, True, PACE), decider)
        self.longest = max(self.longest, time.monotonic() - started)

    @property
    def row(self) -> MailboxRow:
        return self._ledger.mailboxes.require(self._name)

    def decided(self) -> list[str]:
        """The hashes of the mails that were decided, one for each entry."""
        return [decision.sha256 for _, decision in self._ledger.record.latest_decisions(self._user)]

    def entries(self) -> int:
        return len(self._ledger.record.entries(self._user))


def assert_quiet(server: Scripted, script: Script) -> None:
    """Nothing was said that a reader must not say."""
    said = [command.upper() for command in server.heard]
    assert not [command for command in said if command.startswith(NEVER_SENT)]
    assert not [command for command in said if "BODY[" in command or "(RFC822)" in command]
    assert script.logs_in or not [command for command in said if "LOGIN" in command or "AUTHENTICATE" in command]
    assert not [command for command in server.heard if command.startswith(script.silent or "\0")]


@pytest.mark.parametrize("name", SCRIPTS)
def test_what_no_good_server_says(name: str, ledger: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    script = SCRIPTS[name]
    caplog.set_level(logging.DEBUG)
    with Scripted({**GOOD, **script.says}, script.greeting, script.drip) as server:
        reader = Reader(ledger, f"reader-{list(SCRIPTS).index(name)}", server, script.security)
        started = datetime.now(UTC)
        for _ in range(script.looks):
            reader.look()
        row = reader.row
        assert (len(reader.decided()), row.state) == (script.stored, script.state), (script.must, row.detail)
        assert_quiet(server, script)
        if row.retry_at:
            assert row.retry_at - started >= script.wait
        else:
            assert script.wait == timedelta(0)
        server.turn(GOOD)
        for _ in range(2):
            reader.look()
    assert reader.longest < SECONDS
    assert len(reader.decided()) == len(set(reader.decided())) == reader.entries() == script.finally_
    if script.finally_ == 2 and "quotes" not in name and "empty" not in name:
        assert set(reader.decided()) == {identity(FIRST)[0], identity(SECOND)[0]}
    assert not {PASSWORD, "canary"} & set(str(row.detail).split())
    assert PASSWORD not in caplog.text


def test_what_is_said_in_plain_text_behind_the_answer_to_starttls_counts_for_nothing(ledger: Ledger, tmp_path: Path) -> None:
    certificate, key = write_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    injected = "{tag} OK begin\r\n* CAPABILITY IMAP4rev1 LOGINDISABLED\r\n* SEARCH 66\r\n"
    says = {"CAPABILITY": "* CAPABILITY IMAP4rev1 STARTTLS\r\n" + OK, "STARTTLS": injected}
    with Scripted({**GOOD, **says}, tls=context) as server:
        reader = Reader(ledger, "injected", server, "starttls", str(certificate))
        reader.look()
    assert set(reader.decided()) == {identity(FIRST)[0], identity(SECOND)[0]}
    starts = server.heard.index("STARTTLS")
    assert not [command for command in server.heard[:starts] if "LOGIN" in command]
