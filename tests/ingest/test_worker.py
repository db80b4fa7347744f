"""The loop on real connections: what breaks is opened again, what is mute is asked, what hangs is cut off, and health says so."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from ingest.decide import Decider
from ingest.imap import ImapMailbox
from ingest.keys import Keys
from ingest.lifeline import Lifeline
from ingest.pace import USUAL, Pace
from ingest.worker import Worker
from ledger.ledger import Ledger, open_ledger
from ledger.mailboxes import Health, MailboxRow, MailboxSettings
from ledger.message import Message
from ledger.outcome import Outcome
from ledger.prediction import Prediction
from ledger.vault import Vault
from tests.ingest.accounts import row
from tests.ingest.letter import letter
from tests.rig.dovecot import PASSWORD, Dovecot
from tests.rig.free import until
from tests.rig.relay import Relay
from tests.rig.scripted import OK, Scripted

OURS = letter("we will honor your objection\n")
QUICK = Pace(connect=0.7, read=2, command=4, farewell=1, refresh=0.2, poll=0.3, steady=0.2, stuck=60, backoff_first=0.2, backoff_most=1)
OF_SCRIPT = {"CAPABILITY": "* CAPABILITY IMAP4rev1 IDLE\r\n" + OK, "UID SEARCH": "* SEARCH\r\n" + OK}


def unsure(messages: Sequence[Message]) -> list[Prediction]:
    """A classifier that knows nothing."""
    return [Prediction(Outcome.UNRELATED, 0.5, True, "none", {}) for _ in messages]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(f"sqlite:///{tmp_path}/demur.sqlite3", tmp_path, Vault([Fernet.generate_key().decode()]))
    yield opened
    opened.database.close()


@contextmanager
def working(ledger: Ledger, pace: Pace = QUICK) -> Iterator[list[ImapMailbox]]:
    """A worker on the ledger's mailboxes; gives the connections that it opens, as they come."""
    opened: list[ImapMailbox] = []

    def connect(mailbox: MailboxRow, lifeline: Lifeline) -> ImapMailbox:
        opened.append(ImapMailbox(mailbox, ledger.mailboxes.password(mailbox), True, pace, lifeline))
        return opened[-1]

    worker = Worker(ledger, connect, Decider(ledger, unsure, Keys(), lambda: datetime.now(UTC)), lambda: datetime.now(UTC), pace)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield opened
    finally:
        worker.stop()
        thread.join(20)
        assert not thread.is_alive()


def on_dovecot(ledger: Ledger, dovecot: Dovecot, user: str, port: int) -> Callable[[], int]:
    """Connect a mailbox; gives how many of its mails are stored."""
    kept = ledger.mailboxes.save(user, row(dovecot, user, port=port).settings, PASSWORD)
    return lambda: sum(ledger.mailboxes.counts(kept).values())


def on_script(ledger: Ledger, server: Scripted) -> MailboxRow:
    settings = MailboxSettings(kind="imap", host="127.0.0.1", port=server.port, security="loopback", login="anna")
    return ledger.mailboxes.save("anna", settings, "secret")


@pytest.mark.server
def test_a_link_that_breaks_while_it_idles_is_opened_again_at_once(ledger: Ledger, dovecot: Dovecot) -> None:
    with Relay(dovecot.port) as relay:
        stored = on_dovecot(ledger, dovecot, "relinked", relay.port)
        with working(ledger) as opened:
            for number in range(1, 4):
                until(lambda number=number: len(opened) == number and ledger.mailboxes.require("relinked").checked_at, 10, "a look")
                until(lambda: opened[-1].client._idle_tag, 5, "IDLE")
                threading.Event().wait(QUICK.steady)
                relay.cut()
                dovecot.deliver("relinked", OURS + b"%d" % number)
                until(lambda number=number: stored() == number, 5, "the mail")
            assert ledger.mailboxes.require("relinked").state is Health.CONNECTED
    assert len(opened) == 4


@pytest.mark.server
def test_mail_is_read_again_once_the_server_is_back(ledger: Ledger, dovecot: Dovecot) -> None:
    relay = Relay(dovecot.port)
    stored = on_dovecot(ledger, dovecot, "away", relay.port)
    with working(ledger):
        until(lambda: ledger.mailboxes.require("away").state is Health.CONNECT_ERROR or ledger.mailboxes.require("away").failures, 10)
        assert ledger.mailboxes.require("away").retry_at is not None
        dovecot.deliver("away", OURS)
        with relay:
            until(lambda: stored() == 1, 10, "the mail")
            until(lambda: ledger.mailboxes.require("away").failures == 0, 5, "good health")


def test_a_server_that_offers_idle_and_refuses_it_is_asked_again_and_again(ledger: Ledger) -> None:
    with Scripted({**OF_SCRIPT, "IDLE": "{tag} BAD what\r\n"}) as server:
        mailbox = on_script(ledger, server)
        with working(ledger):
            until(lambda: len([c for c in server.heard if c.startswith("UID SEARCH")]) >= 4, 10, "several looks")
            assert ledger.mailboxes.refreshed(mailbox).state is Health.CONNECTED
    assert server.heard.count("IDLE") == 1
    assert len([c for c in server.heard if c.startswith("LOGIN")]) == 2


def test_a_server_without_idle_is_asked_on_one_connection(ledger: Ledger) -> None:
    with Scripted({**OF_SCRIPT, "CAPABILITY": "* CAPABILITY IMAP4rev1\r\n" + OK}) as server:
        on_script(ledger, server)
        with working(ledger):
            until(lambda: len([c for c in server.heard if c.startswith("UID SEARCH")]) >= 4, 10, "several looks")
    assert "IDLE" not in server.heard
    assert len([c for c in server.heard if c.startswith("LOGIN")]) == 1


def test_what_the_server_says_together_with_its_answer_to_idle_is_heard(ledger: Ledger) -> None:
    with Scripted({**OF_SCRIPT, "IDLE": "+ idling\r\n* 2 EXISTS\r\n"}) as server:
        mailbox = ImapMailbox(on_script(ledger, server), "secret", True, QUICK)
        mailbox.idle()
        assert until(mailbox.overheard, 2)
        mailbox.close()
    with Scripted({**OF_SCRIPT, "IDLE": "+ idling\r\n"}) as server:
        mailbox = ImapMailbox(on_script(ledger, server), "secret", True, QUICK)
        mailbox.idle()
        assert not mailbox.overheard()
        mailbox.close()


@pytest.mark.parametrize(("said", "means_mail"), [("* OK Still here\r\n", False), ("* 2 EXISTS\r\n", True), ("* 1 EXPUNGE\r\n", True)])
def test_a_server_that_is_only_still_there_causes_no_look(ledger: Ledger, said: str, means_mail: bool) -> None:
    with Scripted({**OF_SCRIPT, "IDLE": "+ idling\r\n", "LOGIN": OK, "": said}) as server:
        mailbox = ImapMailbox(on_script(ledger, server), "secret", True, QUICK)
        mailbox.idle()
        mailbox.client._imap.send(b"DONE\r\n")
        until(lambda: mailbox.client._poll_socket(mailbox.client.socket(), 0.1), 5)
        assert mailbox.spoke() is means_mail
        mailbox.close()


def test_a_wrong_password_is_tried_three_times_and_then_once_a_day(ledger: Ledger) -> None:
    with Scripted({**OF_SCRIPT, "LOGIN": "{tag} NO [AUTHENTICATIONFAILED] wrong\r\n"}) as server:
        mailbox = on_script(ledger, server)
        with working(ledger):
            found = until(lambda: (r := ledger.mailboxes.refreshed(mailbox)).failures and r, 10, "the refusal")
        with working(ledger):  # a new start is no new try
            threading.Event().wait(3 * QUICK.refresh)
    assert len([c for c in server.heard if c.startswith("LOGIN")]) == 1
    assert found.state is Health.AUTHENTICATION_ERROR
    assert "demur connect anna" in str(found.detail)


@pytest.mark.server
def test_a_folder_that_is_gone_does_not_keep_the_others_from_being_watched(ledger: Ledger, dovecot: Dovecot) -> None:
    settings = row(dovecot, "halfgone", folders=("INBOX", "No such folder")).settings
    kept = ledger.mailboxes.save("halfgone", settings, PASSWORD)
    with working(ledger) as opened:
        until(lambda: ledger.mailboxes.refreshed(kept).failures, 10, "the complaint")
        until(lambda: opened[0].client._idle_tag, 10, "IDLE")
        dovecot.deliver("halfgone", OURS)
        until(lambda: sum(ledger.mailboxes.counts(kept).values()) == 1, 5, "the mail")
        assert "has no folder No such folder" in str(ledger.mailboxes.refreshed(kept).detail)
    assert len(opened) == 1


@pytest.mark.server
def test_where_inbox_is_not_to_be_read_another_folder_is_watched(ledger: Ledger, dovecot: Dovecot) -> None:
    kept = ledger.mailboxes.save("elsewhere", row(dovecot, "elsewhere", folders=("Archive",)).settings, PASSWORD)
    dovecot.maildir("elsewhere", "Archive")
    with working(ledger, replace(QUICK, slice=60)) as opened:
        until(lambda: opened and opened[0].client._idle_tag, 10, "IDLE")
        threading.Event().wait(2 * QUICK.refresh)
        dovecot.deliver("elsewhere", OURS, "Archive")
        until(lambda: sum(ledger.mailboxes.counts(kept).values()) == 1, 5, "the mail")


def test_a_server_that_drips_is_cut_off(ledger: Ledger) -> None:
    pace = Pace(connect=2, read=2, command=0.5, refresh=0.2, backoff_first=0.2, backoff_most=1)
    drip = "* SEARCH " + "1 " * 200_000
    with Scripted({**OF_SCRIPT, "UID SEARCH": drip}) as server:
        mailbox = on_script(ledger, server)
        with working(ledger, pace):
            found = until(lambda: (r := ledger.mailboxes.refreshed(mailbox)).failures and r, 5, "the cut")
    assert found.state is Health.CONNECT_ERROR


def test_a_turn_without_progress_is_cut_off_and_the_mailbox_says_so(ledger: Ledger) -> None:
    pace = Pace(read=60, refresh=0.1, stuck=0.6)
    with Scripted({**OF_SCRIPT, "UID SEARCH": ""}) as server:
        mailbox = on_script(ledger, server)
        with working(ledger, pace):
            found = until(lambda: (r := ledger.mailboxes.refreshed(mailbox)).failures and r, 5, "the cut")
    assert "made no progress" in str(found.detail)


def test_the_usual_pace_notices_a_dead_link_within_six_minutes_and_idles_for_less_than_five() -> None:
    assert USUAL.slice < 300
    assert USUAL.slice + USUAL.farewell < 360
