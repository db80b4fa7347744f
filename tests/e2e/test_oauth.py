"""Access by OAuth from consent to status, against a real Dovecot that asks a fake identity provider: expiry, rotation, crashes, withdrawal."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from demur.composition import Composition
from demur.settings import Settings
from ingest.grant import Grant
from ledger.mailboxes import Health, MailboxRow
from tests.e2e.program import Program
from tests.ingest.letter import letter
from tests.rig.dovecot import Dovecot, new_home
from tests.rig.identity import Identity

pytestmark = pytest.mark.server
ANNA = "anna@example.org"


@pytest.fixture(scope="module")
def identity() -> Iterator[Identity]:
    with Identity() as running:
        yield running


@pytest.fixture(scope="module")
def server(identity: Identity) -> Iterator[Dovecot]:
    """A Dovecot that asks the provider about every token."""
    dovecot = Dovecot(new_home(), introspection=f"{identity.base}/introspect")
    dovecot.start()
    dovecot.deliver("anna", letter("we will honor your objection\n"))
    yield dovecot
    dovecot.stop()
    shutil.rmtree(dovecot.home, ignore_errors=True)


@pytest.fixture
def program(tmp_path: Path, identity: Identity, server: Dovecot) -> Program:
    """A program whose operator described the provider."""
    identity.families, identity.asked, identity.failing, identity.lasting = [], [], [], 3600.0
    identity.before_answer = lambda path: None
    found = Program(tmp_path / "data")
    found.data.mkdir()
    (found.data / "oauth.toml").write_text(identity.table(device=True))
    return found


def connect(program: Program, server: Dovecot, *more: str, code: int = 0) -> str:
    options = ("--host", "localhost", "--port", str(server.port), "--ca-file", str(server.certificate), "--login", "anna")
    return program.run("connect", ANNA, "--user", "anna", "--oauth", "rig", *options, *more, code=code).stderr


def parts_of(program: Program) -> Composition:
    return Composition(Settings(data=program.data))


def kept(program: Program) -> tuple[MailboxRow, Grant]:
    parts = parts_of(program)
    row = parts.ledger.mailboxes.require(ANNA)
    grant = Grant.read(parts.ledger.mailboxes.password(row))
    parts.close()
    return row, grant


def killed(program: Program, identity: Identity, path: str) -> None:
    """`demur sync`, killed in the moment in which the provider answers a request to `path`."""
    environment = os.environ | {"DEMUR_DATA": str(program.data), "PYTHONPATH": str(Path(__file__).parent.parent.parent)}
    started = threading.Event()
    process: list[subprocess.Popen[bytes]] = []

    def kill(asked: str) -> None:
        if asked == path:
            started.wait(10)
            process[0].kill()
            process[0].wait()

    identity.before_answer = kill
    process.append(subprocess.Popen([sys.executable, "-m", "demur", "sync"], env=environment, stderr=subprocess.DEVNULL))
    started.set()
    assert process[0].wait(60) == -signal.SIGKILL
    identity.before_answer = lambda path: None


def test_consent_is_given_with_a_code_and_the_mailbox_is_read(program: Program, server: Dovecot, identity: Identity) -> None:
    identity.patience_left = 2
    said = connect(program, server)
    assert "enter the code ABCD-EFGH" in said
    assert identity.times("urn:ietf:params:oauth:grant-type:device_code") == 3
    assert program.json("sync")["candidates"] == 1
    assert identity.times("refresh_token") == 0


def test_an_access_token_is_used_until_shortly_before_its_end_then_renewed_and_kept(
    program: Program, server: Dovecot, identity: Identity
) -> None:
    identity.lasting = 300.0  # within five minutes of its end from the first second
    connect(program, server)
    first = kept(program)[1]
    identity.lasting = 3600.0
    program.run("sync")
    second = kept(program)[1]
    program.run("sync")
    assert identity.times("refresh_token") == 1
    assert (first.access, first.refresh) != (second.access, second.refresh)
    assert kept(program)[1] == second


def test_a_token_that_is_refused_before_its_time_is_renewed_once(program: Program, server: Dovecot, identity: Identity) -> None:
    connect(program, server)
    identity.end_access()
    program.run("sync")
    assert identity.times("refresh_token") == 1


@pytest.mark.parametrize("moment", ["/token", "/introspect"])
def test_a_kill_while_the_token_is_replaced_locks_nobody_out(moment: str, program: Program, server: Dovecot, identity: Identity) -> None:
    """Before the new token is kept, and when its first use reaches the provider, which then drops the old one."""
    identity.lasting = 300.0
    connect(program, server)
    before = kept(program)[1]
    identity.lasting = 3600.0
    killed(program, identity, moment)
    after = kept(program)[1]
    assert (after.refresh == before.refresh) == (moment == "/token")
    assert program.json("sync")["mailboxes"][0]["mailbox"] == ANNA
    program.run("sync")
    assert kept(program)[0].state is Health.CONNECTED


def test_a_withdrawn_consent_needs_its_owner_and_connecting_again_heals_it(program: Program, server: Dovecot, identity: Identity) -> None:
    connect(program, server)
    identity.revoke()
    refused = program.run("sync", code=2)
    assert f"It needs you: `demur connect {ANNA} --oauth rig` asks for consent again" in refused.stderr
    row = kept(program)[0]
    assert row.state is Health.AUTHENTICATION_ERROR
    assert row.retry_at is not None
    assert row.retry_at > datetime.now(UTC) + timedelta(hours=23)
    connect(program, server)
    program.run("sync")
    assert kept(program)[0].state is Health.CONNECTED


def test_a_provider_that_is_away_is_asked_again_later(program: Program, server: Dovecot, identity: Identity) -> None:
    identity.lasting = 300.0
    connect(program, server)
    identity.failing = [503]
    program.run("sync", code=2)
    assert kept(program)[0].state is Health.CONNECT_ERROR
    program.run("sync")
    assert kept(program)[0].state is Health.CONNECTED


def test_two_that_need_a_new_token_at_once_ask_for_one(program: Program, server: Dovecot, identity: Identity) -> None:
    identity.lasting = 300.0
    connect(program, server)
    identity.lasting = 3600.0
    row, ready, found = kept(program)[0], threading.Barrier(2), list[str]()

    def renew() -> None:
        parts = parts_of(program)
        parts.ledger.database.migrate()
        ready.wait()
        found.append(parts.bearers.fresh(row).access)
        parts.close()

    threads = [threading.Thread(target=renew) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2
    assert len(set(found)) == 1
    assert identity.times("refresh_token") == 1


def test_connecting_again_without_a_word_keeps_the_consent(program: Program, server: Dovecot, identity: Identity) -> None:
    connect(program, server)
    options = ("--host", "localhost", "--port", str(server.port), "--ca-file", str(server.certificate), "--login", "anna")
    program.run("connect", ANNA, "--user", "ben", "--alias", "ben@example.org", *options)
    assert identity.times("urn:ietf:params:oauth:grant-type:device_code") == 1
    assert kept(program)[0].settings.oauth == "rig"


@pytest.mark.parametrize("mechanism", ["xoauth2", "oauthbearer"])
def test_the_log_in_is_the_one_that_the_server_offers(program: Program, identity: Identity, mechanism: str) -> None:
    dovecot = Dovecot(new_home(), introspection=f"{identity.base}/introspect", mechanisms=(mechanism,))
    dovecot.start()
    try:
        connect(program, dovecot)
        identity.revoke()
        assert "It needs you" in program.run("sync", code=2).stderr
    finally:
        dovecot.stop()
        shutil.rmtree(dovecot.home, ignore_errors=True)


def test_a_server_that_takes_no_tokens_is_told_none(program: Program, dovecot: Dovecot) -> None:
    said = connect(program, dovecot, code=2)
    assert "takes no access tokens" in said


def test_the_session_ends_with_its_token(program: Program, server: Dovecot, identity: Identity) -> None:
    identity.lasting = 302.0
    connect(program, server)
    parts = parts_of(program)
    row = parts.ledger.mailboxes.require(ANNA)
    mailbox = parts.connect(row)
    assert not mailbox.has_ended(datetime.now(UTC))
    assert mailbox.has_ended(datetime.now(UTC) + timedelta(seconds=3))
    mailbox.close()
    parts.close()


def test_tokens_are_in_no_file_and_no_answer(program: Program, server: Dovecot, identity: Identity) -> None:
    program.environment["DEMUR_LOG_LEVEL"] = "DEBUG"
    said = connect(program, server)
    said += program.run("sync").stderr + program.run("doctor", code=None).stdout
    grant = kept(program)[1]
    files = b"".join(path.read_bytes() for path in program.data.rglob("*") if path.is_file())
    for secret in (grant.access, grant.refresh):
        assert secret not in said + repr(grant)
        assert secret.encode() not in files


def test_what_is_missing_is_said_in_one_line(program: Program, server: Dovecot) -> None:
    for options, words in (
        (("--oauth", "microsoft"), "set DEMUR_OAUTH_MICROSOFT_CLIENT_ID"),
        (("--oauth", "google"), "set DEMUR_OAUTH_GOOGLE_CLIENT_ID"),
        (("--oauth", "nobody"), "is one of google, microsoft, rig"),
    ):
        refused = program.run("connect", ANNA, "--user", "anna", "--host", "localhost", *options, code=2)
        assert words in refused.stderr
        assert refused.stderr.count("\n") == 1


def test_a_provider_is_spoken_to_over_https_only(program: Program, server: Dovecot) -> None:
    table = '[rig]\ndevice = "https://id.example/d"\ntoken = "http://id.example/t"\nscope = "mail"\nclient_id = "x"\n'
    (program.data / "oauth.toml").write_text(table)
    assert "must be an https:// address" in connect(program, server, code=2)
