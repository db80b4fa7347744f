"""What no good server says, said by a scripted one: nothing is lost, nothing is sent unprotected, and every failure has its kind."""

import logging
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from ingest.imap import AuthenticationError, ImapMailbox
from ingest.sync import store_new
from ledger.errors import DemurError, OperatorError, RetryableError
from ledger.ledger import open_ledger
from ledger.mailboxes import Cursor, Health, MailboxRow, MailboxSettings
from ledger.record import Arrival, Batch
from ledger.vault import Vault
from tests.ingest.letter import letter
from tests.rig.scripted import BYE, OK, Scripted, fetched, literal

OURS = letter("we will honor your objection\n")
HEAD = b"From: a@facebookmail.com\r\nSubject: x\r\n\r\n"
HEADER = "BODY[HEADER.FIELDS (FROM)]"
ARRIVED = 'RFC822.SIZE 100 INTERNALDATE "13-May-2025 09:12:00 +0200"'


def examined(exists: int, uidnext: int | None, uidvalidity: int | None = 7) -> str:
    codes = [f"* {exists} EXISTS\r\n"]
    codes += [f"* OK [UIDVALIDITY {uidvalidity}] valid\r\n"] if uidvalidity is not None else []
    codes += [f"* OK [UIDNEXT {uidnext}] next\r\n"] if uidnext is not None else []
    return "".join(codes) + "{tag} OK [READ-ONLY] done\r\n"


def head(uid: int, raw: bytes = HEAD) -> str:
    return fetched(uid, ARRIVED, literal(HEADER, raw))


def body(uid: int, raw: bytes = OURS) -> str:
    return fetched(uid, literal("BODY[]", raw))


def settings(server: Scripted, security: str = "loopback") -> MailboxSettings:
    return MailboxSettings(kind="imap", host="127.0.0.1", port=server.port, security=security, login="anna")


def opened(server: Scripted, security: str = "loopback", row: MailboxRow | None = None) -> ImapMailbox:
    mailbox = row or MailboxRow(1, "anna", settings(server, security), Health.CONNECTED, None, None, None, 0)
    return ImapMailbox(mailbox, "secret", allow_loopback=True)


def read(server: Scripted, cursor: Cursor | None = None) -> list[Batch]:
    return list(opened(server).fetch_after("INBOX", cursor))


def states(batches: list[Batch]) -> list[tuple[int, str]]:
    return [(arrival.uid, arrival.state) for batch in batches for arrival in batch.arrivals]


GOOD = {"UID FETCH 1 (RFC822": head(1) + OK, "UID FETCH 1 (BODY.PEEK[]": body(1) + OK}


def test_the_script_itself_gives_a_mail() -> None:
    with Scripted(GOOD) as server:
        (batch,) = read(server)
    assert batch.cursor == Cursor(7, 1)
    assert [arrival.raw for arrival in batch.arrivals] == [OURS]


# the log-in


@pytest.mark.parametrize("greeting", ["* BYE too many connections\r\n", "* NO go away\r\n", "220 smtp.example ESMTP\r\n", "\0\xff\r\n", ""])
def test_a_server_that_does_not_greet_can_be_tried_again(greeting: str) -> None:
    script = Scripted({}, greeting=greeting or BYE)
    with script as server, pytest.raises(RetryableError):
        opened(server)
    assert not any(command.startswith("LOGIN") for command in script.heard)


@pytest.mark.parametrize("code", ["UNAVAILABLE", "INUSE", "LIMIT", "OVERQUOTA", "SERVERBUG", "ALERT"])
def test_a_refusal_for_now_is_not_a_wrong_password(code: str) -> None:
    with (
        Scripted({"LOGIN": f"{{tag}} NO [{code}] not now\r\n"}) as server,
        pytest.raises(RetryableError, match="at the moment"),
    ):
        opened(server)


@pytest.mark.parametrize("answer", ["{tag} NO [AUTHENTICATIONFAILED] wrong\r\n", "{tag} NO no\r\n", "{tag} BAD no\r\n"])
def test_a_refusal_for_good_is_the_owners_matter(answer: str) -> None:
    with Scripted({"LOGIN": answer}) as server, pytest.raises(AuthenticationError):
        opened(server)


def test_a_connection_that_ends_during_the_log_in_is_no_wrong_password() -> None:
    with Scripted({"LOGIN": BYE}) as server, pytest.raises(RetryableError):
        opened(server)


def test_the_servers_own_words_never_reach_message_or_log(caplog: pytest.LogCaptureFixture) -> None:
    script = Scripted({"LOGIN": "{tag} NO canary \x1b[31m secret\r\n"})
    with caplog.at_level(logging.DEBUG), script as server, pytest.raises(DemurError) as caught:
        opened(server)
    assert "canary" not in str(caught.value)
    assert "secret" not in caplog.text


def test_a_server_without_starttls_gets_no_password() -> None:
    with Scripted({"CAPABILITY": "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n" + OK}) as server:
        with pytest.raises(OperatorError, match="does not offer STARTTLS: use --security tls; nothing was sent in plain text"):
            opened(server, "starttls")
        assert not any("LOGIN" in command or "AUTHENTICATE" in command for command in server.heard)


def test_a_server_that_claims_to_be_logged_in_already_gets_no_password_in_plain_text() -> None:
    with Scripted({}, greeting="* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] hello\r\n") as server:
        with pytest.raises(DemurError):
            opened(server, "starttls")
        assert not any("LOGIN" in command for command in server.heard)


def test_a_server_that_breaks_off_starttls_gets_no_password() -> None:
    with Scripted({"CAPABILITY": "* CAPABILITY IMAP4rev1 STARTTLS\r\n" + OK, "STARTTLS": "{tag} BAD no\r\n"}) as server:
        with pytest.raises(DemurError):
            opened(server, "starttls")
        assert not any("LOGIN" in command for command in server.heard)


# folders and cursors


def test_without_uidnext_all_mail_after_the_cursor_is_asked_for() -> None:
    with Scripted({**GOOD, "EXAMINE": examined(1, None)}) as server:
        assert states(read(server)) == [(1, "stored")]
        assert states(read(server, Cursor(7, 1))) == []
        assert "UID SEARCH UID 1:*" in server.heard


def test_without_uidnext_a_huge_folder_is_asked_for_some_mails_at_a_time() -> None:
    with Scripted({"EXAMINE": examined(120_000, None), "UID SEARCH": "* SEARCH 7 8\r\n" + OK, "UID FETCH": head(8) + OK}) as server:
        found = next(opened(server).fetch_after("INBOX", Cursor(7, 7)))
        assert [arrival.uid for arrival in found.arrivals] == [8]
        assert "UID SEARCH 1:50000" in server.heard


@pytest.mark.parametrize("words", ["Application-specific password required: https://x.example", "Please log in via your web browser"])
def test_an_alert_that_asks_for_a_person_is_the_owners_matter(words: str) -> None:
    with Scripted({"LOGIN": f"{{tag}} NO [ALERT] {words}\r\n"}) as server, pytest.raises(AuthenticationError):
        opened(server)


def test_without_uidvalidity_the_known_one_still_holds() -> None:
    with Scripted({**GOOD, "EXAMINE": examined(1, 2, None)}) as server:
        assert read(server, Cursor(7, 1)) == []
        (batch,) = read(server)
        assert batch.cursor == Cursor(0, 1)


def test_an_answer_that_names_the_last_mail_again_brings_nothing_twice() -> None:
    with Scripted({"EXAMINE": examined(1, None), "UID SEARCH": "* SEARCH 5\r\n" + OK}) as server:
        assert read(server, Cursor(7, 5)) == []


def test_a_uidnext_that_was_turned_back_is_read_from_the_start() -> None:
    with Scripted({**GOOD, "EXAMINE": examined(1, 2)}) as server:
        rewound, batch = read(server, Cursor(7, 90))
    assert (rewound.cursor, rewound.arrivals) == (Cursor(7, 0), ())
    assert batch.cursor == Cursor(7, 1)
    assert states([batch]) == [(1, "stored")]


def test_another_mail_under_a_known_number_is_kept_as_well(tmp_path: Path) -> None:
    other = letter("we refuse your objection\n")
    bodies = [body(1) + OK, body(1, other) + OK]
    ledger = open_ledger(f"sqlite:///{tmp_path}/demur.sqlite3", tmp_path, Vault([Fernet.generate_key().decode()]))
    with Scripted({**GOOD, "UID FETCH 1 (BODY.PEEK[]": bodies, "EXAMINE": [examined(1, 2), examined(1, 2)]}) as server:
        kept = ledger.mailboxes.save("anna", settings(server), "secret")
        store_new(ledger, kept, opened(server, row=kept))
        ledger.record.store(Batch(kept, "INBOX", Cursor(7, 90), ()))
        store_new(ledger, kept, opened(server, row=kept))
    assert {mail.raw for mail in ledger.record.undecided(kept, 10)} >= {other}
    ledger.database.close()


@pytest.mark.parametrize(
    "answer", [BYE, "{tag} NO [UNAVAILABLE] not now\r\n", "{tag} NO [SERVERBUG] internal error\r\n", "{tag} NO cannot\r\n"]
)
def test_an_inbox_that_cannot_be_opened_is_never_an_empty_one(answer: str) -> None:
    with Scripted({"EXAMINE": answer}) as server, pytest.raises(RetryableError):
        read(server)


def test_a_junk_folder_that_vanished_is_left_out() -> None:
    with Scripted({"EXAMINE": "{tag} NO [NONEXISTENT] no such mailbox\r\n"}) as server:
        assert list(opened(server).fetch_after("Junk", None)) == []


def test_a_connection_that_ends_while_a_junk_folder_is_opened_is_no_vanished_folder() -> None:
    with Scripted({"EXAMINE": BYE}) as server, pytest.raises(RetryableError):
        list(opened(server).fetch_after("Junk", None))


@pytest.mark.parametrize("answer", ["* LIST garbage\r\n" + OK, "* LIST () NIL INBOX\r\n" + OK, OK])
def test_any_list_of_folders_has_an_inbox(answer: str) -> None:
    with Scripted({"LIST": answer}) as server:
        try:
            assert opened(server).folders()[0] == "INBOX"
        except RetryableError:
            assert "garbage" in answer


def test_a_mailbox_whose_numbers_run_far_ahead_is_searched_in_windows() -> None:
    with Scripted({"EXAMINE": examined(200_000, 4_000_000_000), "UID SEARCH": "* SEARCH\r\n" + OK}) as server:
        assert read(server) == []
        assert len([command for command in server.heard if command.startswith("UID SEARCH")]) < 10


# answers to FETCH

TWO = {
    "EXAMINE": examined(2, 3),
    "UID SEARCH": "* SEARCH 1 2\r\n" + OK,
    "UID SEARCH UID 1:1": "* SEARCH 1\r\n" + OK,
    "UID SEARCH UID 2:2": "* SEARCH 2\r\n" + OK,
}


def test_a_short_answer_to_fetch_loses_no_mail() -> None:
    answers = {
        **TWO,
        "UID FETCH 1,2 (RFC822": head(1) + OK,
        "UID FETCH 2 (RFC822": head(2) + OK,
        "UID FETCH 1 (BODY.PEEK[]": body(1) + OK,
        "UID FETCH 2 (BODY.PEEK[]": body(2) + OK,
    }
    with Scripted(answers) as server:
        (batch,) = read(server)
    assert states([batch]) == [(1, "stored"), (2, "stored")]


def test_headers_without_the_body_that_was_asked_for_are_asked_for_again() -> None:
    answers = {
        **TWO,
        "UID FETCH 1,2 (RFC822": head(1) + head(2) + OK,
        "UID FETCH 1,2 (BODY": body(1) + fetched(2, "BODY[] NIL") + OK,
        "UID FETCH 2 (RFC822": head(2) + OK,
        "UID FETCH 2 (BODY.PEEK[]": body(2) + OK,
    }
    with Scripted(answers) as server:
        assert states(read(server)) == [(1, "stored"), (2, "stored")]


def test_an_answer_without_headers_is_not_taken_for_a_mail_that_is_nothing() -> None:
    answers = {**TWO, "UID FETCH 1,2 (RFC822": head(1) + fetched(2, ARRIVED) + OK, "UID FETCH 2 (RFC822": fetched(2, ARRIVED) + OK}
    with Scripted({**GOOD, **answers}) as server:
        assert states(read(server)) == [(1, "stored"), (2, "quarantined")]


def test_a_mail_that_vanished_meanwhile_is_gone() -> None:
    answers = {**TWO, "UID FETCH 1,2 (RFC822": head(1) + OK, "UID SEARCH UID 2:2": "* SEARCH\r\n" + OK}
    with Scripted({**GOOD, **answers}) as server:
        assert states(read(server)) == [(1, "stored"), (2, "gone")]


POISON = {
    **TWO,
    "UID FETCH 1,2 (RFC822": head(1) + head(2) + OK,
    "UID FETCH 1,2 (BODY": "{tag} NO cannot read message 2\r\n",
    "UID FETCH 1 (RFC822": head(1) + OK,
    "UID FETCH 2 (RFC822": head(2) + OK,
    "UID FETCH 1 (BODY": body(1) + OK,
    "UID FETCH 2 (BODY": "{tag} NO cannot read message 2\r\n",
}


def test_one_mail_that_the_server_cannot_read_does_not_hold_up_the_others() -> None:
    with Scripted(POISON) as server:
        (batch,) = read(server)
    assert states([batch]) == [(1, "stored"), (2, "quarantined")]
    assert batch.cursor == Cursor(7, 2)


def test_a_mail_that_was_put_aside_is_tried_again_and_kept_once_it_can_be_read(tmp_path: Path) -> None:
    ledger = open_ledger(f"sqlite:///{tmp_path}/demur.sqlite3", tmp_path, Vault([Fernet.generate_key().decode()]))
    refusals = ["{tag} NO cannot read message 2\r\n"] * 2
    other = letter("we refuse your objection\n")
    with Scripted({**POISON, "UID FETCH 2 (BODY": [*refusals, body(2, other) + OK]}) as server:
        kept = ledger.mailboxes.save("anna", settings(server), "secret")
        for expected in ({"stored": 1, "quarantined": 1}, {"stored": 1, "quarantined": 1}, {"stored": 2}, {"stored": 2}):
            store_new(ledger, kept, opened(server, row=kept))
            assert ledger.mailboxes.counts(kept) == expected
    assert {mail.raw for mail in ledger.record.undecided(kept, 10)} == {OURS, other}
    ledger.database.close()


def test_a_server_that_gives_out_nothing_at_all_is_tried_again_later() -> None:
    answers = {**TWO, "UID FETCH": "{tag} NO cannot\r\n"}
    with Scripted(answers) as server, pytest.raises(RetryableError, match="gives out no mail at the moment"):
        read(server)


@pytest.mark.parametrize(
    "answer",
    ["{tag} NO [UNAVAILABLE] not now\r\n", "{tag} NO [OVERQUOTA] enough\r\n", BYE, "* 1 FETCH (UID 1 BODY[] {3000000000}\r\nx* BYE\r\n"],
)
def test_a_fetch_that_fails_for_now_moves_no_cursor(answer: str) -> None:
    with Scripted({**GOOD, "UID FETCH 1 (BODY.PEEK[]": answer}) as server, pytest.raises(RetryableError):
        read(server)


def test_a_server_that_cannot_list_attachments_still_gives_metas_mails() -> None:
    mixed = b"From: a@example.net\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    for answer in ("* 2 FETCH (UID 2 BODYSTRUCTURE (((\r\n" + OK, "{tag} BAD what\r\n", fetched(2, "BODYSTRUCTURE (5 6)") + OK):
        answers = {**TWO, "UID FETCH 1,2 (RFC822": head(1) + head(2, mixed) + OK, "UID FETCH 2 (BODYSTRUCTURE": answer}
        with Scripted({**GOOD, **answers}) as server:
            assert states(read(server)) == [(1, "stored"), (2, "skipped")]


def test_a_mail_that_comes_twice_in_one_answer_is_one_arrival() -> None:
    with Scripted({**GOOD, "UID FETCH 1 (BODY.PEEK[]": body(1) + body(1) + OK}) as server:
        assert states(read(server)) == [(1, "stored")]


def test_answers_about_mail_that_nobody_asked_for_are_left_out() -> None:
    with Scripted({**GOOD, "UID FETCH 1 (BODY.PEEK[]": body(9) + "* 3 EXISTS\r\n* 2 EXPUNGE\r\n" + body(1) + OK}) as server:
        assert states(read(server)) == [(1, "stored")]


@pytest.mark.parametrize("date", ['"31-Feb-2025 09:12:00 +0200"', '"13-May-2025 09:12:00 +9999"', "NIL"])
def test_an_absurd_arrival_stops_nothing_for_good(date: str) -> None:
    strange = fetched(1, f"RFC822.SIZE 100 INTERNALDATE {date}", literal(HEADER, HEAD))
    with Scripted({**GOOD, "UID FETCH 1 (RFC822": strange + OK}) as server:
        try:
            (batch,) = read(server)
        except RetryableError:
            return
        assert all(isinstance(arrival, Arrival) and arrival.arrived_at for arrival in batch.arrivals)
