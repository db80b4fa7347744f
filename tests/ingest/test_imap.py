"""Reading a real Dovecot: nothing is changed, nothing is fetched that need not be, nothing is lost, no secret leaves unprotected."""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from imapclient import IMAPClient

from ingest.caps import KEPT_OF_HUGE
from ingest.identity import identity
from ingest.imap import AuthenticationError, ImapMailbox, quietened
from ingest.sync import store_new
from ledger.errors import OperatorError, RetryableError
from ledger.ledger import open_ledger
from ledger.mailboxes import Cursor, MailboxSettings
from ledger.record import Arrival, Batch
from ledger.vault import Vault
from tests.ingest.accounts import opened, row
from tests.ingest.letter import letter
from tests.rig.certificate import write_certificate
from tests.rig.dovecot import PASSWORD, Dovecot
from tests.rig.free import free_port, until
from tests.rig.relay import Relay

pytestmark = pytest.mark.server
OURS = letter("we will honor your objection\n")
PRIVATE = letter("the secret recipe for plum cake\n", sender="Mum <mum@example.net>", subject="cake", to="anna@example.org")


def batches(mailbox: ImapMailbox, folder: str = "INBOX", cursor: Cursor | None = None) -> list[Batch]:
    return list(mailbox.fetch_after(folder, cursor))


def arrivals(mailbox: ImapMailbox, folder: str = "INBOX", cursor: Cursor | None = None) -> list[Arrival]:
    return [arrival for batch in batches(mailbox, folder, cursor) for arrival in batch.arrivals]


def states(found: list[Arrival]) -> list[tuple[int, str]]:
    return [(arrival.uid, arrival.state) for arrival in found]


def other_client(server: Dovecot, user: str) -> IMAPClient:
    """Another program on the same account, one that may change things."""
    client = IMAPClient("127.0.0.1", server.plain_port, ssl=False)
    client.login(user, PASSWORD)
    return client


def plain(server: Dovecot, user: str, port: int) -> ImapMailbox:
    """A mailbox read in plain text through a relay, so that every byte can be seen."""
    return opened(server, user, host="127.0.0.1", port=port, security="loopback", ca_file=None)


# what is read


def test_a_candidate_is_fetched_whole_with_its_arrival(dovecot: Dovecot) -> None:
    arrived = datetime(2025, 5, 13, 7, 12, tzinfo=UTC)
    dovecot.deliver("whole", OURS, arrived=arrived)
    (batch,) = batches(opened(dovecot, "whole"))
    assert batch.arrivals == (Arrival(1, identity(OURS)[0], OURS, arrived, "stored"),)
    assert batch.cursor is not None
    assert batch.cursor.uid == 1


def test_the_body_of_other_mail_never_leaves_the_server(dovecot: Dovecot) -> None:
    for raw in (PRIVATE, OURS, PRIVATE):
        dovecot.deliver("private", raw)
    with Relay(dovecot.plain_port) as relay:
        mailbox = plain(dovecot, "private", relay.port)
        assert states(arrivals(mailbox)) == [(1, "skipped"), (2, "stored"), (3, "skipped")]
        mailbox.close()
        assert b"honor your objection" in relay.received
        assert b"plum cake" not in relay.received
        assert b"UID FETCH 2 (BODY.PEEK[])" in relay.sent


def test_what_is_left_out_leaves_only_its_place(dovecot: Dovecot) -> None:
    dovecot.deliver("place", PRIVATE)
    assert arrivals(opened(dovecot, "place")) == [Arrival(1, None, b"", None, "skipped")]


def test_a_mail_of_metas_attached_to_a_friends_is_found_without_reading_the_others(dovecot: Dovecot) -> None:
    head = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\nFrom: a@example.net\nTo: anna@example.org\nSubject: look\n\n"
    part = b"--b\r\nContent-Type: message/rfc822\r\n\r\n" + OURS + b"\r\n--b--\r\n"
    harmless = b"--b\r\nContent-Type: application/pdf\r\n\r\nplum cake\r\n--b--\r\n"
    for content in (part, harmless):
        dovecot.deliver("carrier", head.replace("\n", "\r\n").encode() + content)
    with Relay(dovecot.plain_port) as relay:
        assert states(arrivals(plain(dovecot, "carrier", relay.port))) == [(1, "stored"), (2, "skipped")]
        assert b"plum cake" not in relay.received


def test_of_a_huge_mail_only_the_beginning_is_fetched(dovecot: Dovecot) -> None:
    huge = letter("we will honor your objection\n" + ("x" * 76 + "\n") * 140_000)
    assert len(huge) > 10 * 1024 * 1024
    dovecot.deliver("huge", huge)
    with Relay(dovecot.plain_port) as relay:
        (arrival,) = arrivals(plain(dovecot, "huge", relay.port))
        assert arrival.raw == huge[:KEPT_OF_HUGE]
        assert len(relay.received) < 2 * KEPT_OF_HUGE


@pytest.mark.parametrize(
    "raw",
    [b"", b"\r\n\r\n", b"Subject: Facebook\r\n\r\n\0\0\0", b"From: a@facebookmail.com\r\nSubject: x\rTo: y\r\n\r\nhi\r\n", b"\xff\xfe\r\n"],
)
def test_malformed_mail_stops_nothing(dovecot: Dovecot, raw: bytes) -> None:
    user = f"malformed{identity(raw)[0][:8]}"
    dovecot.deliver(user, raw)
    dovecot.deliver(user, OURS)
    found = arrivals(opened(dovecot, user))
    assert [arrival.uid for arrival in found] == [1, 2]
    assert found[1].state == "stored"


def test_many_mails_come_in_batches_each_with_its_cursor(dovecot: Dovecot) -> None:
    for number in range(1100):
        dovecot.deliver("many", OURS.replace(b"Anna", b"Anna%d" % number) if number % 100 == 0 else PRIVATE)
    found = batches(opened(dovecot, "many"))
    assert [(len(batch.arrivals), batch.cursor and batch.cursor.uid) for batch in found] == [(500, 500), (500, 1000), (100, 1100)]
    assert [arrival.uid for batch in found for arrival in batch.arrivals] == list(range(1, 1101))
    assert sum(arrival.state == "stored" for batch in found for arrival in batch.arrivals) == 11


# what was read before


def test_what_was_read_is_not_read_again(dovecot: Dovecot) -> None:
    dovecot.deliver("again", OURS)
    mailbox = opened(dovecot, "again")
    (first,) = batches(mailbox)
    assert batches(mailbox, cursor=first.cursor) == []
    dovecot.deliver("again", PRIVATE)
    assert states(arrivals(mailbox, cursor=first.cursor)) == [(2, "skipped")]


def test_after_a_new_uidvalidity_everything_is_read_again_as_the_same_mail(dovecot: Dovecot) -> None:
    dovecot.deliver("reset", OURS)
    (before,) = batches(opened(dovecot, "reset"))
    dovecot.reset_uidvalidity("reset")
    (after,) = batches(opened(dovecot, "reset"), cursor=before.cursor)
    assert after.cursor is not None
    assert before.cursor is not None
    assert after.cursor.uidvalidity != before.cursor.uidvalidity
    assert [a.sha256 for a in after.arrivals] == [a.sha256 for a in before.arrivals]


def test_a_copied_and_moved_mail_is_one_message_in_several_places(dovecot: Dovecot, tmp_path: Path) -> None:
    dovecot.deliver("moved", OURS)
    ledger = open_ledger(f"sqlite:///{tmp_path}/demur.sqlite3", tmp_path, Vault([Fernet.generate_key().decode()]))
    folders = ("INBOX", "Junk", "Archive")
    kept = ledger.mailboxes.save("moved", row(dovecot, "moved", folders=folders).settings, PASSWORD)
    client = other_client(dovecot, "moved")
    sync = partial(store_new, ledger, kept)
    assert sync(opened(dovecot, "moved", folders=folders)).candidates == 1
    client.select_folder("INBOX")
    client.copy([1], "Junk")
    assert sync(opened(dovecot, "moved", folders=folders)).candidates == 1
    client.move([1], "Archive")
    assert sync(opened(dovecot, "moved", folders=folders)).candidates == 1
    assert sync(opened(dovecot, "moved", folders=folders)).seen == 0
    assert [mail.raw for mail in ledger.record.undecided(kept, 10)] == [OURS]
    assert ledger.mailboxes.counts(kept) == {"stored": 3}
    ledger.database.close()


def expunging(server: Dovecot, user: str, after: int) -> Callable[[ImapMailbox], None]:
    """Have another program delete mail 1 after the client's first `after` FETCHes."""

    def prepare(mailbox: ImapMailbox) -> None:
        real, calls = mailbox.client.fetch, 0

        def fetch(*args: Any, **kwargs: Any) -> Any:
            nonlocal calls
            answer = real(*args, **kwargs)
            calls += 1
            if calls == after:
                client = other_client(server, user)
                client.select_folder("INBOX")
                client.delete_messages([1])
                client.expunge()
                client.logout()
            return answer

        mailbox.client.fetch = fetch

    return prepare


def test_a_mail_that_is_deleted_meanwhile_is_gone_and_the_others_are_there(dovecot: Dovecot) -> None:
    for _ in range(2):
        dovecot.deliver("expunged", OURS)
    mailbox = opened(dovecot, "expunged")
    expunging(dovecot, "expunged", after=1)(mailbox)
    assert states(arrivals(mailbox)) in ([(1, "gone"), (2, "stored")], [(1, "stored"), (2, "stored")])
    assert states(arrivals(opened(dovecot, "expunged"))) == [(2, "stored")]


def test_mail_deleted_before_is_not_looked_for(dovecot: Dovecot) -> None:
    for _ in range(3):
        dovecot.deliver("holes", OURS)
    client = other_client(dovecot, "holes")
    client.select_folder("INBOX")
    client.delete_messages([2])
    client.expunge()
    (batch,) = batches(opened(dovecot, "holes"))
    assert states(list(batch.arrivals)) == [(1, "stored"), (3, "stored")]
    assert batch.cursor is not None
    assert batch.cursor.uid == 3


# what is not changed


def test_reading_changes_no_flag_no_uid_and_no_modseq(dovecot: Dovecot) -> None:
    for raw in (OURS, PRIVATE, OURS):
        dovecot.deliver("unchanged", raw)
    client = other_client(dovecot, "unchanged")
    client.select_folder("INBOX")
    client.add_flags([3], [rb"\Flagged"])
    client.unselect_folder()

    def snapshot() -> tuple[Any, Any]:
        status = client.folder_status("INBOX", ["UIDNEXT", "UIDVALIDITY", "UNSEEN", "MESSAGES", "HIGHESTMODSEQ"])
        client.select_folder("INBOX", readonly=True)
        seen = {uid: (found[b"FLAGS"], found[b"MODSEQ"]) for uid, found in client.fetch([1, 2, 3], ["FLAGS", "MODSEQ"]).items()}
        client.unselect_folder()
        return status, {uid: (sorted(set(flags) - {rb"\Recent"}), modseq) for uid, (flags, modseq) in seen.items()}

    before = snapshot()
    mailbox = opened(dovecot, "unchanged")
    for folder in mailbox.folders():
        batches(mailbox, folder)
    mailbox.close()
    assert snapshot() == before
    assert before[0][b"UNSEEN"] == 3


def test_the_client_says_nothing_that_could_change_a_mailbox(dovecot: Dovecot) -> None:
    dovecot.deliver("words", OURS)
    with Relay(dovecot.plain_port) as relay:
        mailbox = plain(dovecot, "words", relay.port)
        for folder in mailbox.folders():
            batches(mailbox, folder)
        mailbox.close()
        said = {line.split(b" ")[1].upper() for line in relay.sent.split(b"\r\n") if line.count(b" ")}
        assert said <= {b"CAPABILITY", b"LOGIN", b"LIST", b"EXAMINE", b"UID", b"ID", b"NOOP", b"LOGOUT"}
        uid_commands = {line.split(b" ")[2].upper() for line in relay.sent.split(b"\r\n") if line.split(b" ")[1:2] == [b"UID"]}
        assert uid_commands == {b"SEARCH", b"FETCH"}
        assert b"BODY[" not in relay.sent
        assert b"RFC822 " not in relay.sent.replace(b"RFC822.SIZE", b"")


# folders


def test_inbox_and_junk_are_read_without_being_named(dovecot: Dovecot) -> None:
    dovecot.deliver("folders", OURS, folder="Junk")
    mailbox = opened(dovecot, "folders")
    assert mailbox.folders() == ["INBOX", "Junk"]
    assert states(arrivals(mailbox, "Junk")) == [(1, "stored")]


def test_a_junk_folder_is_known_by_its_usual_name_and_parents_without_mail_are_not_read(dovecot: Dovecot) -> None:
    client = other_client(dovecot, "named")
    for folder in ("Spamverdacht", "Ordner/Spam", "Projekte/Spamschutz", "Überraschung & Prüfung 日本"):
        client.create_folder(folder)
    assert set(opened(dovecot, "named").folders()) == {"INBOX", "Junk", "Spamverdacht", "Ordner/Spam"}


def test_named_folders_are_read_and_no_others(dovecot: Dovecot) -> None:
    name = "Überraschung & Prüfung 日本"
    client = other_client(dovecot, "chosen")
    client.create_folder(name)
    client.append(name, OURS)
    mailbox = opened(dovecot, "chosen", folders=(name,))
    assert mailbox.folders() == [name]
    assert states(arrivals(mailbox, name)) == [(1, "stored")]


def test_a_folder_that_is_gone_has_nothing_unless_the_user_named_it(dovecot: Dovecot) -> None:
    assert batches(opened(dovecot, "gone"), "No such folder") == []
    with pytest.raises(OperatorError, match="has no folder Tpyo: name the folders to read with --folder"):
        batches(opened(dovecot, "gone", folders=("Tpyo",)), "Tpyo")


def test_an_empty_folder_has_nothing(dovecot: Dovecot) -> None:
    assert batches(opened(dovecot, "empty")) == []


# the connection


def test_a_connection_that_is_cut_between_batches_can_be_tried_again(dovecot: Dovecot) -> None:
    for _ in range(600):
        dovecot.deliver("cut", PRIVATE)
    with Relay(dovecot.plain_port) as relay:
        reading = plain(dovecot, "cut", relay.port).fetch_after("INBOX", None)
        first = next(reading)
        relay.cut()
        with pytest.raises(RetryableError):
            next(reading)
    assert first.cursor is not None
    (rest,) = batches(opened(dovecot, "cut"), cursor=first.cursor)
    assert [arrival.uid for arrival in rest.arrivals] == list(range(501, 601))


def test_a_kicked_client_is_told_to_try_again_and_never_that_there_is_no_mail(dovecot: Dovecot) -> None:
    dovecot.deliver("kicked", OURS)
    mailbox = opened(dovecot, "kicked")
    assert mailbox.folders()
    dovecot.kick("kicked")
    with pytest.raises(RetryableError):
        batches(mailbox)


def test_a_closed_mailbox_can_be_closed_again(dovecot: Dovecot) -> None:
    mailbox = opened(dovecot, "closed")
    mailbox.close()
    mailbox.close()
    with pytest.raises(RetryableError):
        batches(mailbox)


def test_new_mail_wakes_an_idling_client(dovecot: Dovecot) -> None:
    mailbox = opened(dovecot, "idle")
    assert mailbox.can_idle
    mailbox.idle()
    dovecot.deliver("idle", OURS)
    assert until(lambda: mailbox.client.idle_check(0.1), 5, "the server's word")
    mailbox.idle_done()
    assert states(arrivals(mailbox)) == [(1, "stored")]


def test_an_idling_client_notices_at_the_end_that_the_server_went_away(dovecot: Dovecot) -> None:
    with Relay(dovecot.port) as relay:
        mailbox = opened(dovecot, "idledead", port=relay.port)
        mailbox.idle()
        relay.cut()
        with pytest.raises(RetryableError):
            mailbox.idle_done()


# the log-in


def test_a_wrong_password_is_the_owners_matter(dovecot: Dovecot) -> None:
    with pytest.raises(AuthenticationError, match="refused the log-in"):
        opened(dovecot, "wrong", password="wrong")


@pytest.mark.parametrize("password", ["größe", "пароль", "密码"])
def test_a_password_beyond_ascii_is_sent_as_utf8_and_judged_like_any_other(dovecot: Dovecot, password: str) -> None:
    with pytest.raises(AuthenticationError):
        opened(dovecot, "umlaut", password=password)


@pytest.mark.parametrize("bad", ["x\r\nA1 DELETE INBOX", "x\ny", "x\0y", "\r"])
@pytest.mark.parametrize("where", ["login", "password"])
def test_line_breaks_in_login_or_password_are_refused_before_anything_is_sent(dovecot: Dovecot, bad: str, where: str) -> None:
    with Relay(dovecot.plain_port) as relay:
        changes = {"login": bad} if where == "login" else {}
        with pytest.raises(OperatorError, match=f"the {where} holds a line break or a zero byte"):
            opened(
                dovecot,
                "inject",
                password=bad if where == "password" else PASSWORD,
                host="127.0.0.1",
                port=relay.port,
                security="loopback",
                **changes,
            )
        assert relay.connections == 0


def test_starttls_protects_the_password(dovecot: Dovecot) -> None:
    dovecot.deliver("starttls", OURS)
    with Relay(dovecot.plain_port) as relay:
        mailbox = opened(dovecot, "starttls", security="starttls", port=relay.port)
        assert states(arrivals(mailbox)) == [(1, "stored")]
        assert b"STARTTLS" in relay.sent
        assert b"LOGIN" not in relay.sent
        assert PASSWORD.encode() not in relay.sent
        assert b"honor" not in relay.received


def test_a_certificate_of_another_ca_is_refused_before_the_password_is_sent(dovecot: Dovecot, tmp_path: Path) -> None:
    stranger, _ = write_certificate(tmp_path)
    for changes in (
        {"ca_file": str(stranger)},
        {"ca_file": None},
        {"ca_file": str(stranger), "security": "starttls", "port": dovecot.plain_port},
    ):
        with pytest.raises(OperatorError, match=r"certificate of localhost:.* does not hold"):
            opened(dovecot, "ca", **changes)


def test_a_certificate_for_another_name_is_refused(dovecot: Dovecot) -> None:
    with Relay(dovecot.port, "127.0.0.2") as relay, pytest.raises(OperatorError, match=r"certificate of 127\.0\.0\.2:.* does not hold"):
        opened(dovecot, "name", host="127.0.0.2", port=relay.port)


def test_a_ca_file_that_is_none_is_named(dovecot: Dovecot, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("")
    for path in (tmp_path / "missing.pem", tmp_path / "empty.pem"):
        with pytest.raises(OperatorError, match=r"--ca-file .* is not a readable PEM certificate"):
            opened(dovecot, "cafile", ca_file=str(path))


def test_a_server_without_tls_on_the_port_is_named(dovecot: Dovecot) -> None:
    with pytest.raises(OperatorError, match="does not speak TLS on this port"):
        opened(dovecot, "plainport", port=dovecot.plain_port)


def test_a_port_where_nobody_listens_can_be_tried_again(dovecot: Dovecot) -> None:
    with pytest.raises(RetryableError, match="cannot be reached"):
        opened(dovecot, "port", port=free_port())


def test_a_host_without_address_can_be_tried_again(dovecot: Dovecot) -> None:
    with pytest.raises(RetryableError, match="has no address"):
        opened(dovecot, "host", host="demur-test.invalid")


def test_plain_text_needs_leave_and_stays_on_this_machine(dovecot: Dovecot) -> None:
    settings = {"host": "127.0.0.1", "port": dovecot.plain_port, "security": "loopback"}
    with pytest.raises(OperatorError, match="DEMUR_ALLOW_LOOPBACK_MAIL"):
        ImapMailbox(row(dovecot, "loopback", **settings), PASSWORD, allow_loopback=False)
    with pytest.raises(OperatorError, match="is for servers on this machine"):
        opened(dovecot, "loopback", **(settings | {"host": "192.0.2.1"}))
    with pytest.raises(OperatorError, match="--security is one of"):
        opened(dovecot, "loopback", **(settings | {"security": "none"}))


def test_the_servers_words_and_the_password_stand_in_no_message(dovecot: Dovecot) -> None:
    with pytest.raises(AuthenticationError) as caught:
        opened(dovecot, "words2", password="s3cret-word")
    assert "s3cret-word" not in str(caught.value)
    assert "AUTHENTICATIONFAILED" not in str(caught.value)


def test_imaplibs_own_tracing_stays_off_and_no_body_or_password_is_logged(dovecot: Dovecot, caplog: pytest.LogCaptureFixture) -> None:
    dovecot.deliver("quiet", OURS)
    with caplog.at_level(logging.DEBUG):
        mailbox = opened(dovecot, "quiet")
        assert mailbox.client._imap.debug == 0
        assert states(arrivals(mailbox)) == [(1, "stored")]
    assert quietened(mailbox.client)._imap.debug == 0
    assert PASSWORD not in caplog.text
    assert "honor your objection" not in caplog.text


def test_the_settings_of_a_mailbox_hold_no_secret() -> None:
    assert "password" not in MailboxSettings.__dataclass_fields__


def test_a_log_in_takes_no_time(dovecot: Dovecot) -> None:
    started = time.monotonic()
    opened(dovecot, "fast").close()
    assert time.monotonic() - started < 3
