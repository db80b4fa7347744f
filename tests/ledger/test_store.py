"""One contract for every kind of database: what the ledger keeps, it keeps whole, once and hidden; what it forgets is gone."""

import hashlib
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from ledger.entry import GENESIS, Body, Correction, Decision, Filing, body_json, chained
from ledger.errors import OperatorError
from ledger.ledger import Ledger
from ledger.mailboxes import Cursor, Health, Mailboxes, MailboxSettings
from ledger.outcome import Outcome, Product, Track
from ledger.people import Bearer, People, User, normalised, untagged
from ledger.record import Arrival, Batch, Record
from ledger.status import State
from ledger.tables import cases, entries, mailboxes, messages, tokens
from ledger.trust import Trust
from ledger.vault import Vault
from tests.ledger.archive import (
    CANARY,
    IMAP,
    PASSWORD,
    arrival,
    batch,
    everything,
    mailbox,
    person,
    raw,
    rows,
    stored_and_decided,
    verdict,
)
from tests.ledger.story import START, day, moment

LATER = START + timedelta(hours=1)


def sha_of(mail: Arrival) -> str:
    assert mail.sha256
    return mail.sha256


def filing(product: Product = Product.INSTAGRAM, days: float = 0) -> Filing:
    return Filing(product, Track.OWN_DATA, day(days), whole_day=False, by="anna")


def decided(ledger: Ledger, user: User) -> list[Decision]:
    return [entry.body for entry in ledger.record.entries(user) if isinstance(entry.body, Decision)]


class TestStore:
    """Runs on each backend."""

    # people

    def test_a_user_is_made_once(self, ledger: Ledger) -> None:
        assert ledger.people.ensure("anna", START) == ledger.people.ensure("anna", LATER) == ledger.people.find("anna")
        assert [user.name for user in ledger.people.all()] == ["anna"]

    @pytest.mark.parametrize("name", ["", "a b", "a/b", "ä", "a\n", "x" * 201, "<a>"])
    def test_a_name_that_does_not_fit_is_refused(self, ledger: Ledger, name: str) -> None:
        with pytest.raises(OperatorError, match="--user"):
            ledger.people.ensure(name, START)

    def test_who_is_not_there_is_not_found(self, ledger: Ledger) -> None:
        assert ledger.people.find("anna") is None
        assert ledger.people.by_id(4711) is None
        with pytest.raises(OperatorError, match="there is no user anna"):
            ledger.people.require("anna")

    def test_users_are_listed_by_name_page_by_page(self, ledger: Ledger) -> None:
        for name in ("carl", "anna", "ben"):
            person(ledger, name)
        assert [user.name for user in ledger.people.all(limit=2)] == ["anna", "ben"]
        assert [user.name for user in ledger.people.all(after="ben")] == ["carl"]

    def test_addresses_are_kept_once_in_lower_case(self, ledger: Ledger) -> None:
        user = person(ledger, "anna", " <Anna@Example.org> ", "anna@example.org", "a@b.example", "nonsense")
        assert ledger.people.addresses(user) == ["a@b.example", "anna@example.org"]

    def test_a_plus_tag_can_be_left_out(self) -> None:
        assert untagged(normalised("Anna+Meta@example.org")) == "anna@example.org"
        assert untagged("nonsense") == "nonsense"

    def test_a_mailbox_serves_users_each_with_their_addresses(self, ledger: Ledger) -> None:
        anna, ben, carl = person(ledger, "anna"), person(ledger, "ben", "ben@example.org", "b@example.org"), person(ledger, "carl")
        silent = ledger.people.ensure("dora", START)
        row = mailbox(ledger, anna, ben, silent)
        ledger.people.serve(row.id, ben)
        mailbox(ledger, carl, name="carl@example.org")
        assert ledger.people.of_mailbox(row.id) == {
            anna: frozenset({"anna@example.org"}),
            ben: frozenset({"ben@example.org", "b@example.org"}),
            silent: frozenset(),
        }

    def test_a_mailbox_can_stop_serving_one_of_its_users(self, ledger: Ledger) -> None:
        anna, ben = person(ledger, "anna"), person(ledger, "ben")
        row = mailbox(ledger, anna, ben)
        ledger.people.unserve(row.id, anna)
        assert list(ledger.people.of_mailbox(row.id)) == [ben]

    # tokens

    def test_a_token_says_who_shows_it(self, ledger: Ledger) -> None:
        anna = person(ledger)
        own, admin = ledger.people.make_token(anna, "read", START), ledger.people.make_token(None, "write", START)
        assert ledger.people.bearer(own) == Bearer(anna.id, admin=False, scope="read")
        assert ledger.people.bearer(admin) == Bearer(None, admin=True, scope="write")
        assert [bearer.may_write for token in (own, admin) if (bearer := ledger.people.bearer(token))] == [False, True]

    @pytest.mark.parametrize("token", ["", "demur_", "demur_" + "A" * 43, "%", "'; DROP TABLE tokens; --"])
    def test_an_unknown_token_is_nobody_s(self, ledger: Ledger, token: str) -> None:
        ledger.people.make_token(None, "write", START)
        assert ledger.people.bearer(token) is None

    def test_a_revoked_token_is_worthless_and_the_others_stay(self, ledger: Ledger) -> None:
        gone, kept = (ledger.people.make_token(None, "read", START) for _ in range(2))
        ledger.people.revoke(gone)
        ledger.people.revoke("demur_unknown")
        assert (ledger.people.bearer(gone), ledger.people.bearer(kept) is None) == (None, False)

    def test_a_token_is_stored_hashed(self, ledger: Ledger) -> None:
        token = ledger.people.make_token(person(ledger), "read", START)
        with ledger.database.read() as connection:
            assert connection.scalars(select(tokens.c.digest)).all() == [hashlib.sha256(token.encode()).hexdigest()]
        assert token.removeprefix("demur_") not in everything(ledger.database)

    # mailboxes

    def test_a_mailbox_is_found_as_it_was_saved(self, ledger: Ledger) -> None:
        row = mailbox(ledger)
        assert ledger.mailboxes.find("anna@example.org") == row
        assert (row.settings, row.state, row.checked_at, row.failures) == (IMAP, Health.CONNECTED, None, 0)
        assert ledger.mailboxes.password(row) == PASSWORD

    def test_a_mailbox_that_is_not_there_is_said_with_what_to_do(self, ledger: Ledger) -> None:
        assert ledger.mailboxes.find("anna@example.org") is None
        with pytest.raises(OperatorError, match="demur connect"):
            ledger.mailboxes.require("anna@example.org")

    def test_the_password_is_stored_encrypted(self, ledger: Ledger) -> None:
        mailbox(ledger)
        assert PASSWORD not in everything(ledger.database)

    def test_a_password_that_was_moved_to_another_mailbox_does_not_open(self, ledger: Ledger) -> None:
        mine, theirs = mailbox(ledger), mailbox(ledger, name="ben@example.org")
        with ledger.database.write() as connection:
            sealed = connection.scalar(select(mailboxes.c.secret).where(mailboxes.c.id == theirs.id))
            connection.execute(update(mailboxes).where(mailboxes.c.id == mine.id).values(secret=sealed))
        with pytest.raises(OperatorError, match="another row"):
            ledger.mailboxes.password(mine)

    def test_an_import_has_no_password(self, ledger: Ledger) -> None:
        row = ledger.mailboxes.save("import:anna", MailboxSettings(kind="import"), None)
        assert ledger.mailboxes.password(row) == ""

    def test_saving_again_changes_the_settings_and_forgets_the_failures_not_the_password(self, ledger: Ledger) -> None:
        row = mailbox(ledger)
        ledger.mailboxes.note_bad(row, Health.AUTHENTICATION_ERROR, "the password was refused", LATER)
        again = ledger.mailboxes.save(row.name, replace(row.settings, port=1993), None)
        assert (again.id, again.settings.port, again.state, again.detail, again.failures) == (row.id, 1993, Health.CONNECTED, None, 0)
        assert ledger.mailboxes.password(again) == PASSWORD

    def test_failures_are_counted_until_a_look_ends_well(self, ledger: Ledger) -> None:
        row = mailbox(ledger)
        for _ in range(3):
            ledger.mailboxes.note_bad(row, Health.CONNECT_ERROR, "the server did not answer", LATER)
        bad = ledger.mailboxes.refreshed(row)
        assert (bad.state, bad.detail, bad.retry_at, bad.failures) == (Health.CONNECT_ERROR, "the server did not answer", LATER, 3)
        ledger.mailboxes.note_good(row, LATER)
        good = ledger.mailboxes.refreshed(row)
        assert (good.state, good.detail, good.retry_at, good.failures) == (Health.CONNECTED, None, None, 0)
        assert good.checked_at == LATER

    def test_mailboxes_are_listed_by_name_for_all_and_for_each_user(self, ledger: Ledger) -> None:
        anna, ben, carl = person(ledger, "anna"), person(ledger, "ben"), person(ledger, "carl")
        shared, own = mailbox(ledger, anna, ben, name="shared@example.org"), mailbox(ledger, anna, name="anna@example.org")
        assert ledger.mailboxes.all() == [own, shared]
        assert ledger.mailboxes.of_users([carl, anna, ben]) == {carl: [], anna: [own, shared], ben: [shared]}
        assert ledger.mailboxes.of_users([]) == {}

    # raw mail

    def test_stored_mail_waits_for_its_decision_oldest_first(self, ledger: Ledger) -> None:
        row = mailbox(ledger)
        late, early = arrival(1, "late", days=2), arrival(2, "early", days=1)
        ledger.record.store(batch(row, late, early))
        assert [mail.raw for mail in ledger.record.undecided(row, 10)] == [raw("early"), raw("late")]
        assert [mail.raw for mail in ledger.record.undecided(row, 1)] == [raw("early")]
        assert ledger.record.undecided(mailbox(ledger, name="other@example.org"), 10) == []

    def test_storing_the_same_again_changes_nothing(self, ledger: Ledger) -> None:
        row = mailbox(ledger)
        one = batch(row, arrival(1), arrival(2))
        ledger.record.store(one)
        before = everything(ledger.database)
        ledger.record.store(one)
        assert everything(ledger.database) == before

    def test_storing_again_does_not_bring_back_what_was_decided(self, ledger: Ledger) -> None:
        user = person(ledger)
        row = mailbox(ledger, user)
        stored_and_decided(ledger, row, user, arrival(1))
        ledger.record.store(batch(row, arrival(1)))
        assert ledger.record.undecided(row, 10) == []

    def test_what_is_no_candidate_leaves_only_its_place(self, ledger: Ledger) -> None:
        row = mailbox(ledger)
        ledger.record.store(batch(row, Arrival(1), Arrival(2), arrival(3), Arrival(4, state="gone")))
        assert ledger.mailboxes.counts(row) == {"skipped": 2, "stored": 1, "gone": 1}
        assert len(rows(ledger.database)["messages"]) == 1

    def test_the_cursor_moves_with_its_batch(self, ledger: Ledger) -> None:
        row = mailbox(ledger)
        assert ledger.mailboxes.cursor(row, "INBOX") is None
        ledger.record.store(batch(row, arrival(1)))
        ledger.record.store(batch(row, arrival(5), uid=9))
        ledger.record.store(batch(row, folder="Spam", uid=3))
        assert (ledger.mailboxes.cursor(row, "INBOX"), ledger.mailboxes.cursor(row, "Spam")) == (Cursor(7, 9), Cursor(7, 3))
        ledger.record.store(Batch(row, "INBOX", Cursor(8, 1), ()))
        assert ledger.mailboxes.cursor(row, "INBOX") == Cursor(8, 1)

    def test_an_import_has_no_cursor(self, ledger: Ledger) -> None:
        row = mailbox(ledger)
        ledger.record.store(Batch(row, "import", None, (arrival(2**47),)))
        assert ledger.mailboxes.cursor(row, "import") is None
        assert len(ledger.record.undecided(row, 10)) == 1

    def test_the_greatest_uid_fits(self, ledger: Ledger) -> None:
        row = mailbox(ledger)
        ledger.record.store(Batch(row, "INBOX", Cursor(2**32 - 1, 2**32 - 1), (arrival(2**32 - 1),)))
        assert ledger.mailboxes.cursor(row, "INBOX") == Cursor(2**32 - 1, 2**32 - 1)

    def test_where_the_cursor_cannot_be_written_no_mail_is_kept(self, ledger: Ledger) -> None:
        row = mailbox(ledger)
        ledger.record.store(batch(row, arrival(1)))
        before = everything(ledger.database)
        broken = Batch(row, "INBOX", Cursor(7, None), (arrival(2), arrival(3)))  # type: ignore[arg-type]
        with pytest.raises(IntegrityError):
            ledger.record.store(broken)
        assert everything(ledger.database) == before

    def test_where_one_mail_cannot_be_placed_none_is_kept_and_the_cursor_stays(self, ledger: Ledger) -> None:
        row = mailbox(ledger)
        ledger.record.store(batch(row, arrival(1)))
        before = everything(ledger.database)
        with pytest.raises(IntegrityError):
            ledger.record.store(batch(row, arrival(2), replace(arrival(3), state=None), uid=3))  # type: ignore[arg-type]
        assert everything(ledger.database) == before

    def test_mail_of_a_mailbox_that_was_removed_meanwhile_is_not_kept(self, ledger: Ledger) -> None:
        row = mailbox(ledger)
        ledger.mailboxes.remove(row)
        with pytest.raises(IntegrityError):
            ledger.record.store(batch(row, arrival(1)))
        assert rows(ledger.database)["messages"] == []

    def test_raw_mail_is_stored_encrypted_and_comes_back_byte_for_byte(self, ledger: Ledger) -> None:
        row, mail = mailbox(ledger), arrival(1)
        ledger.record.store(batch(row, mail))
        kept = ledger.record.mail(sha_of(mail))
        assert kept is not None
        assert (kept.raw, kept.arrived_at) == (mail.raw, START)
        assert CANARY not in everything(ledger.database)
        assert "support.facebook.com" not in everything(ledger.database)

    def test_raw_mail_that_was_moved_to_another_row_does_not_open(self, ledger: Ledger) -> None:
        row, mine, theirs = mailbox(ledger), arrival(1), arrival(2)
        ledger.record.store(batch(row, mine, theirs))
        with ledger.database.write() as connection:
            sealed = connection.scalar(select(messages.c.raw).where(messages.c.sha256 == theirs.sha256))
            connection.execute(update(messages).where(messages.c.sha256 == mine.sha256).values(raw=sealed))
        with pytest.raises(OperatorError, match="another row"):
            ledger.record.mail(sha_of(mine))

    def test_mails_that_are_stored_are_known(self, ledger: Ledger) -> None:
        mail = arrival(1)
        ledger.record.store(batch(mailbox(ledger), mail))
        assert ledger.record.known([sha_of(mail), "f" * 64]) == {mail.sha256}
        assert ledger.record.known([]) == set()
        assert ledger.record.mail("f" * 64) is None

    # decisions

    def test_a_decided_mail_waits_no_longer_and_moves_the_case(self, ledger: Ledger) -> None:
        user = person(ledger)
        row = mailbox(ledger, user)
        stored_and_decided(ledger, row, user, arrival(1), Outcome.CONFIRMATION)
        assert ledger.record.undecided(row, 10) == []
        assert ledger.mailboxes.counts(row) == {"decided": 1}
        (case,) = ledger.record.status(user).cases
        assert (case.state, case.since) == (State.CONFIRMED, START)

    def test_deciding_the_same_again_changes_nothing(self, ledger: Ledger) -> None:
        user, mail = person(ledger), arrival(1)
        row = mailbox(ledger, user)
        ledger.record.store(batch(row, mail))
        one = verdict(user, mail)
        assert ledger.record.decide(row, {sha_of(mail): "decided"}, [one, one], START) == 1
        before = everything(ledger.database)
        assert ledger.record.decide(row, {sha_of(mail): "decided"}, [one], LATER) == 0
        assert ledger.record.redecide([one], LATER) == 0
        assert everything(ledger.database) == before

    def test_the_same_mail_in_two_folders_is_one_mail_and_one_entry(self, ledger: Ledger) -> None:
        user, mail = person(ledger), arrival(1)
        row = mailbox(ledger, user)
        ledger.record.store(batch(row, mail))
        ledger.record.store(batch(row, replace(mail, uid=33), folder="All Mail"))
        (waiting,) = ledger.record.undecided(row, 10)
        assert ledger.record.decide(row, {waiting.sha256: "decided"}, [verdict(user, mail)], START) == 1
        assert ledger.mailboxes.counts(row) == {"decided": 2}
        assert len(ledger.record.entries(user)) == 1

    def test_a_mail_for_two_users_is_one_mail_and_an_entry_of_each(self, ledger: Ledger) -> None:
        anna, ben, carl = person(ledger, "anna"), person(ledger, "ben"), person(ledger, "carl")
        row, mail = mailbox(ledger, anna, ben, carl), arrival(1)
        ledger.record.store(batch(row, mail))
        assert ledger.record.decide(row, {sha_of(mail): "decided"}, [verdict(anna, mail), verdict(ben, mail)], START) == 2
        assert [len(ledger.record.entries(user)) for user in (anna, ben, carl)] == [1, 1, 0]
        assert ledger.record.owners(sha_of(mail)) == sorted([anna.id, ben.id])
        assert len(rows(ledger.database)["messages"]) == 1

    def test_a_mail_about_something_else_loses_its_bytes(self, ledger: Ledger) -> None:
        row, mail = mailbox(ledger), arrival(1)
        ledger.record.store(batch(row, mail))
        ledger.record.decide(row, {sha_of(mail): "unrelated"}, [], START)
        assert ledger.record.mail(sha_of(mail)) is None
        assert ledger.mailboxes.counts(row) == {"unrelated": 1}

    def test_a_mail_that_an_entry_is_about_keeps_its_bytes(self, ledger: Ledger) -> None:
        user, mail = person(ledger), arrival(1)
        row, other = mailbox(ledger, user), mailbox(ledger, name="other@example.org")
        stored_and_decided(ledger, row, user, mail)
        ledger.record.store(batch(other, mail))
        ledger.record.decide(other, {sha_of(mail): "unrelated"}, [], START)
        assert ledger.record.mail(sha_of(mail)) is not None

    def test_a_mail_for_nobody_waits_until_somebody_is_known(self, ledger: Ledger) -> None:
        row, mail = mailbox(ledger), arrival(1)
        ledger.record.store(batch(row, mail))
        ledger.record.decide(row, {sha_of(mail): "unassigned"}, [], START)
        assert ledger.record.undecided(row, 10) == []
        assert [kept.sha256 for kept in ledger.record.undecided(row, 10, ("unassigned",))] == [mail.sha256]

    def test_another_model_s_decision_is_another_entry(self, ledger: Ledger) -> None:
        user, mail = person(ledger), arrival(1)
        stored_and_decided(ledger, mailbox(ledger, user), user, mail, Outcome.CONFIRMATION)
        newer = verdict(user, mail, Outcome.REJECTION, model="model-2")
        assert (ledger.record.redecide([newer], LATER), ledger.record.redecide([newer], LATER)) == (1, 0)
        assert ledger.record.latest_decisions(user) == [(START, newer.decision)]

    def test_a_model_that_decides_again_after_another_one_is_heard(self, ledger: Ledger) -> None:
        user, mail = person(ledger), arrival(1)
        stored_and_decided(ledger, mailbox(ledger, user), user, mail, Outcome.CONFIRMATION)
        first = verdict(user, mail, Outcome.CONFIRMATION)
        for hours, model in enumerate(["model-2", "model-1", "model-2", "model-1"], 1):
            again = verdict(user, mail, Outcome.REJECTION, model=model) if model == "model-2" else first
            assert ledger.record.redecide([again], START + timedelta(hours=hours)) == 1
        assert ledger.record.redecide([first], moment(1)) == 0
        assert [case.state for case in ledger.record.status(user).cases] == [State.CONFIRMED]
        assert ledger.record.broken_chain(user) is None

    def test_a_model_that_reads_a_mail_otherwise_by_newer_rules_is_heard(self, ledger: Ledger) -> None:
        user, mail = person(ledger), arrival(1)
        stored_and_decided(ledger, mailbox(ledger, user), user, mail, Outcome.CONFIRMATION)
        for changes in ({"product": Product.FACEBOOK}, {"outcome": Outcome.RECEIPT}, {"abstained": True}, {"announces_extension": True}):
            newer = verdict(user, mail, **({"outcome": Outcome.CONFIRMATION} | changes))
            assert (ledger.record.redecide([newer], LATER), ledger.record.redecide([newer], LATER)) == (1, 0)
        assert ledger.record.latest_decisions(user) == [(START, newer.decision)]

    @pytest.mark.parametrize("facts", [{"confidence": 0.5}, {"mailbox": "other@example.org"}, {"subject": "Hello"}, {"phrases": ("yes",)}])
    def test_what_moves_nothing_makes_no_further_decision(self, ledger: Ledger, facts: dict[str, Any]) -> None:
        user, mail = person(ledger), arrival(1)
        ledger.record.redecide([verdict(user, mail)], START)
        assert ledger.record.redecide([verdict(user, mail, **facts)], LATER) == 0

    def test_where_one_user_s_entry_fails_nobody_s_is_written(self, ledger: Ledger) -> None:
        anna, mail = person(ledger), arrival(1)
        row = mailbox(ledger, anna)
        ledger.record.store(batch(row, mail))
        before = everything(ledger.database)
        with pytest.raises(IntegrityError):
            ledger.record.decide(row, {sha_of(mail): "decided"}, [verdict(anna, mail), verdict(User(4711, "gone"), mail)], START)
        assert everything(ledger.database) == before

    # entries

    def test_an_entry_comes_back_as_it_was_written(self, ledger: Ledger) -> None:
        user = person(ledger)
        at = datetime(2025, 5, 13, 1, 2, 3, 456789, timezone(timedelta(hours=5, minutes=30)))
        written: list[Body] = [
            verdict(user, arrival(1), phrases=("we’ll honour it",), language="en", defects=("no date",)).decision,
            Correction("a" * 64, Outcome.REJECTION, "ben", LATER),
            filing(),
        ]
        for body in written:
            assert ledger.record.write(user, at, body, LATER)
        found = ledger.record.entries(user)
        assert [entry.body for entry in found] == written
        assert [entry.seq for entry in found] == [1, 2, 3]
        assert {(entry.at, entry.at.tzinfo, entry.recorded_at) for entry in found} == {(at, UTC, LATER)}
        assert ledger.record.broken_chain(user) is None

    def test_what_was_said_before_is_not_written_again(self, ledger: Ledger) -> None:
        user = person(ledger)
        correction = Correction("a" * 64, Outcome.REJECTION, "ben", LATER)
        assert [ledger.record.write(user, START, body, LATER) for body in (filing(), filing(), correction, correction)] == [
            True, False, True, False,
        ]  # fmt: skip

    def test_text_of_any_kind_is_kept(self, ledger: Ledger) -> None:
        user, subject = person(ledger), "nul \x00, half \ud83d, emoji 🎉, «'\"; DROP TABLE entries; --»"
        ledger.record.write(user, START, verdict(user, arrival(1), subject=subject).decision, START)
        assert decided(ledger, user)[0].subject == subject

    def test_two_threads_that_write_for_the_same_user_keep_the_chain_whole(self, ledger: Ledger) -> None:
        user, start, failed = person(ledger), threading.Barrier(2), list[BaseException]()

        def write(first: int) -> None:
            try:
                start.wait()
                for number in range(first, first + 20):
                    ledger.record.write(user, moment(number), filing(days=number), moment(number))
            except BaseException as error:
                failed.append(error)

        threads = [threading.Thread(target=write, args=(first,)) for first in (0, 10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == []
        assert [entry.seq for entry in ledger.record.entries(user)] == list(range(1, 31))
        assert ledger.record.broken_chain(user) is None

    @pytest.mark.parametrize("second", [["anna", "ben"], ["ben", "anna"]])
    def test_two_threads_that_write_for_the_same_users_do_not_block_each_other(self, ledger: Ledger, second: list[str]) -> None:
        people = {name: person(ledger, name) for name in ("anna", "ben")}
        start, failed = threading.Barrier(2), list[BaseException]()

        def decide(names: list[str], first: int) -> None:
            try:
                start.wait()
                for number in range(first, first + 10):
                    ledger.record.redecide([verdict(people[name], arrival(number)) for name in names], START)
            except BaseException as error:
                failed.append(error)

        threads = [threading.Thread(target=decide, args=work) for work in ((["anna", "ben"], 0), (second, 5))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == []
        assert [len(ledger.record.entries(user)) for user in people.values()] == [15, 15]
        assert [ledger.record.broken_chain(user) for user in people.values()] == [None, None]

    # the chain

    def _three_entries(self, ledger: Ledger) -> User:
        user = person(ledger)
        for days in range(3):
            ledger.record.write(user, moment(days), filing(days=days), moment(days))
        return user

    def test_a_chain_that_nobody_touched_is_whole(self, ledger: Ledger) -> None:
        assert ledger.record.broken_chain(person(ledger, "ben")) is None
        assert ledger.record.broken_chain(self._three_entries(ledger)) is None

    @pytest.mark.parametrize(
        "altered",
        [{"body": "{}"}, {"at": moment(9)}, {"recorded_at": moment(9)}, {"kind": "decision"}, {"hash": "0" * 64}, {"seq": 9}],
        ids=lambda altered: next(iter(altered)),
    )
    def test_an_altered_entry_is_found(self, ledger: Ledger, altered: dict[str, object]) -> None:
        user = self._three_entries(ledger)
        with ledger.database.write() as connection:
            connection.execute(update(entries).where(entries.c.seq == 2).values(altered))
        assert ledger.record.broken_chain(user) == 2

    def test_a_chain_that_an_older_version_wrote_is_whole_as_it_was_written(self, ledger: Ledger) -> None:
        """Bodies gain fields; the hash is of the text that was stored, never of what a newer version would write."""
        user, mail = person(ledger), arrival(1)
        text = body_json(verdict(user, mail).decision).replace('"seal":null,', "")
        assert "seal" not in text
        row = {
            "organisation_id": 1,
            "user_id": user.id,
            "seq": 1,
            "kind": "decision",
            "key": "k",
            "at": moment(0),
            "recorded_at": moment(0),
        }
        with ledger.database.write() as connection:
            link = chained(GENESIS, user.name, 1, moment(0), moment(0), "decision", text)
            connection.execute(insert(entries).values(row | {"sha256": mail.sha256, "body": text, "hash": link}))
        ledger.record.write(user, moment(2), filing(days=2), moment(2))
        assert ledger.record.broken_chain(user) is None
        assert len(ledger.record.entries(user)) == 2

    def test_an_entry_that_was_taken_out_is_missed(self, ledger: Ledger) -> None:
        user = self._three_entries(ledger)
        with ledger.database.write() as connection:
            connection.execute(delete(entries).where(entries.c.seq == 2))
        assert ledger.record.broken_chain(user) == 2

    def test_an_entry_that_was_put_in_is_found(self, ledger: Ledger) -> None:
        user = self._three_entries(ledger)
        with ledger.database.write() as connection:
            first = connection.execute(select(entries).where(entries.c.seq == 1)).one()._asdict()
            connection.execute(insert(entries).values(first | {"id": 99, "seq": 4, "key": "filing:put-in"}))
        assert ledger.record.broken_chain(user) == 4

    def test_an_entry_that_was_moved_to_another_user_is_found(self, ledger: Ledger) -> None:
        self._three_entries(ledger)
        ben = person(ledger, "ben")
        with ledger.database.write() as connection:
            connection.execute(update(entries).where(entries.c.seq == 1).values(user_id=ben.id))
        assert ledger.record.broken_chain(ben) == 1

    # the projection

    def test_the_projection_is_what_the_entries_add_up_to(self, ledger: Ledger) -> None:
        user = person(ledger)
        ledger.record.write(user, START, filing(), START)
        ledger.record.write(user, START, filing(Product.FACEBOOK), START)
        stored_and_decided(ledger, mailbox(ledger, user), user, arrival(1, days=3), Outcome.REJECTION)
        with ledger.database.read() as connection:
            kept = {(row.product, row.track, row.state, row.since) for row in connection.execute(select(cases))}
        assert kept == {("facebook", "own_data", "pending", START), ("instagram", "own_data", "rejected", moment(3))}
        assert ledger.record.rebuild(user)

    @pytest.mark.parametrize("damage", [delete(cases), update(cases).values(state="confirmed"), update(cases).values(since=LATER)])
    def test_a_projection_that_went_wrong_is_found_and_put_right(self, ledger: Ledger, damage: object) -> None:
        user = person(ledger)
        ledger.record.write(user, START, filing(), START)
        right = rows(ledger.database)["cases"]
        with ledger.database.write() as connection:
            connection.execute(damage)  # type: ignore[call-overload]
        assert not ledger.record.rebuild(user)
        assert ledger.record.rebuild(user)
        assert rows(ledger.database)["cases"] == right

    # lists

    def _four_users(self, ledger: Ledger) -> None:
        for number, (name, product, outcome) in enumerate(
            [
                ("anna", Product.INSTAGRAM, Outcome.CONFIRMATION),
                ("anna", Product.FACEBOOK, Outcome.REJECTION),
                ("ben", Product.INSTAGRAM, Outcome.REJECTION),
                ("carl", Product.INSTAGRAM, Outcome.CONFIRMATION),
            ]
        ):
            user = person(ledger, name)
            ledger.record.redecide([verdict(user, arrival(number), outcome, product=product)], START)
        person(ledger, "dora")

    @pytest.mark.parametrize(
        ("state", "product", "after", "limit", "names"),
        [
            (None, None, "", 10, ["anna", "ben", "carl", "dora"]),
            (None, None, "", 2, ["anna", "ben"]),
            (None, None, "ben", 10, ["carl", "dora"]),
            (None, None, "b", 1, ["ben"]),
            (None, None, "zoe", 10, []),
            ("confirmed", None, "", 10, ["anna", "carl"]),
            ("confirmed", None, "anna", 10, ["carl"]),
            ("confirmed", None, "", 1, ["anna"]),
            (None, "facebook", "", 10, ["anna"]),
            ("rejected", "instagram", "", 10, ["ben"]),
            ("confirmed", "facebook", "", 10, []),
            ("nonsense", None, "", 10, []),
        ],
    )
    def test_users_are_filtered_by_a_case_and_paged(
        self, ledger: Ledger, state: str | None, product: str | None, after: str, limit: int, names: list[str]
    ) -> None:
        self._four_users(ledger)
        assert [user.name for user in ledger.record.users_in(state, product, after, limit)] == names

    def test_cases_and_users_are_counted_by_state(self, ledger: Ledger) -> None:
        self._four_users(ledger)
        assert ledger.record.state_counts() == {
            ("instagram", "confirmed"): 2,
            ("instagram", "rejected"): 1,
            ("facebook", "rejected"): 1,
        }
        assert ledger.record.users_by_state() == {"confirmed": 2, "rejected": 2}

    def test_users_with_a_doubtful_mail_are_found(self, ledger: Ledger) -> None:
        doubts: dict[str, dict[str, Any]] = {
            "anna": {"abstained": True},
            "ben": {"trust": Trust.UNPROVEN},
            "carl": {"subject": '"abstained":true, "bound":false, "trust":"unproven"'},
            "dora": {"bound": False},
        }
        for number, (name, facts) in enumerate(doubts.items()):
            user = person(ledger, name)
            ledger.record.redecide([verdict(user, arrival(number), **facts)], START)
        assert [user.name for user in ledger.record.users_in_doubt()] == ["anna", "ben", "dora"]

    def test_the_beginning_of_a_hash_names_a_mail(self, ledger: Ledger) -> None:
        user, mail = person(ledger), arrival(1)
        ledger.record.redecide([verdict(user, mail)], START)
        assert ledger.record.completed(sha_of(mail)[:8]) == ledger.record.completed(sha_of(mail)) == mail.sha256

    def test_a_beginning_that_two_mails_share_names_none(self, ledger: Ledger) -> None:
        user = person(ledger)
        for end in "ab":
            ledger.record.redecide([verdict(user, replace(arrival(1), sha256="0" * 63 + end))], START)
        with pytest.raises(OperatorError, match="2 mails begin with 00000000"):
            ledger.record.completed("00000000")

    @pytest.mark.parametrize("prefix", ["", "abc", "%%%%%%%%", "________", "ABCDEF01", "g" * 8, "f" * 64])
    def test_what_names_no_mail_is_said_in_one_line(self, ledger: Ledger, prefix: str) -> None:
        ledger.record.redecide([verdict(person(ledger), arrival(1))], START)
        with pytest.raises(OperatorError, match="demur review"):
            ledger.record.completed(prefix)

    def test_of_several_corrections_of_a_mail_the_last_said_is_in_force(self, ledger: Ledger) -> None:
        user = person(ledger)
        said = [Correction("a" * 64, outcome, "anna", moment(days)) for days, outcome in ((9, Outcome.NOTICE), (1, Outcome.RECEIPT))]
        for correction in said:
            ledger.record.write(user, correction.said_at, correction, LATER)
        assert ledger.record.corrections() == [("a" * 64, said[0])]

    # removing and forgetting

    def test_a_removed_mailbox_leaves_the_entries_and_their_mails_only(self, ledger: Ledger) -> None:
        user = person(ledger)
        row, needed, waiting = mailbox(ledger, user), arrival(1), arrival(2)
        stored_and_decided(ledger, row, user, needed)
        ledger.record.store(batch(row, waiting, Arrival(3)))
        assert ledger.mailboxes.remove(row) == 1
        left = rows(ledger.database)
        assert [mail.sha256 for mail in left["messages"]] == [needed.sha256]
        assert [left[name] for name in ("mailboxes", "mailbox_users", "locations", "cursors")] == [[], [], [], []]
        assert len(ledger.record.entries(user)) == 1

    def test_a_removed_mailbox_leaves_the_mails_that_lie_in_another_one(self, ledger: Ledger) -> None:
        row, other, mail = mailbox(ledger), mailbox(ledger, name="other@example.org"), arrival(1)
        ledger.record.store(batch(row, mail))
        ledger.record.store(batch(other, mail))
        assert ledger.mailboxes.remove(row) == 0
        assert [kept.raw for kept in ledger.record.undecided(other, 10)] == [mail.raw]

    def test_a_forgotten_user_is_in_no_table(self, ledger: Ledger) -> None:
        user = person(ledger, "anna", "anna@example.org", "second.address@example.net")
        row = mailbox(ledger, user)
        mails = [arrival(number) for number in range(1, 4)]
        ledger.record.store(batch(row, *mails))
        ledger.record.decide(row, {sha_of(mails[0]): "decided"}, [verdict(user, mails[0], subject="Dear Anna")], START)
        ledger.record.decide(row, {sha_of(mails[1]): "unassigned"}, [], START)
        ledger.record.write(user, START, filing(), START)
        ledger.people.make_token(user, "read", START)
        assert ledger.forget(user) == {"entries": 2, "mails": 3, "addresses": 2, "mailboxes": 1}
        left = rows(ledger.database)
        assert {name for name, kept in left.items() if kept} == {"organisations"}
        assert "anna" not in everything(ledger.database).lower()

    def test_forgetting_a_user_leaves_the_others_untouched(self, ledger: Ledger) -> None:
        anna, ben = person(ledger, "anna"), person(ledger, "ben")
        shared, bens = mailbox(ledger, anna, ben, name="family@example.org"), mailbox(ledger, ben, name="ben@example.org")
        mine, both = arrival(1), arrival(2)
        stored_and_decided(ledger, shared, anna, mine)
        ledger.record.store(batch(shared, both))
        ledger.record.decide(shared, {sha_of(both): "decided"}, [verdict(anna, both), verdict(ben, both)], START)
        ledger.record.store(batch(bens, arrival(3)))
        token = ledger.people.make_token(ben, "read", START)
        before = ledger.record.entries(ben)
        assert ledger.forget(anna) == {"entries": 2, "mails": 1, "addresses": 1, "mailboxes": 0}
        assert ledger.people.find("anna") is None
        assert ledger.record.entries(ben) == before
        assert ledger.record.broken_chain(ben) is None
        assert ledger.record.rebuild(ben)
        assert ledger.people.bearer(token) is not None
        assert ledger.mailboxes.all() == [bens, shared]
        assert (ledger.record.mail(sha_of(mine)), ledger.record.mail(sha_of(both)) is None) == (None, False)
        assert len(ledger.record.undecided(bens, 10)) == 1

    def test_a_forgotten_user_s_mailbox_leaves_what_another_one_waits_for(self, ledger: Ledger) -> None:
        anna, ben = person(ledger, "anna"), person(ledger, "ben")
        annas, bens, mail = mailbox(ledger, anna), mailbox(ledger, ben, name="ben@example.org"), arrival(1)
        stored_and_decided(ledger, annas, anna, mail)
        ledger.record.store(batch(bens, mail))
        ledger.forget(anna)
        assert [kept.raw for kept in ledger.record.undecided(bens, 10)] == [mail.raw]

    def test_a_forgotten_name_can_begin_anew(self, ledger: Ledger) -> None:
        user = person(ledger)
        ledger.record.write(user, START, filing(), START)
        ledger.forget(user)
        again = person(ledger)
        assert ledger.record.entries(again) == []
        assert ledger.record.write(again, START, filing(), START)
        assert ledger.record.broken_chain(again) is None

    # organisations

    def test_one_organisation_sees_and_deletes_nothing_of_another(self, ledger: Ledger, vault: Vault) -> None:
        theirs = ledger.database.organisation_id("theirs")
        record, people = Record(ledger.database, vault, theirs), People(ledger.database, theirs)
        boxes = Mailboxes(ledger.database, vault, theirs)
        other = replace(ledger, people=people, mailboxes=boxes, record=record)
        ours, stranger, mail = person(ledger), person(other), arrival(1)
        assert ours.id != stranger.id
        for own, user in ((ledger, ours), (other, stranger)):
            stored_and_decided(own, mailbox(own, user), user, mail)
        token = ledger.people.make_token(ours, "read", START)
        assert people.bearer(token) is None
        assert [user.id for user in people.all()] == [stranger.id]
        assert people.by_id(ours.id) is None
        assert record.owners(sha_of(mail)) == [stranger.id]
        assert record.entries(ours) == []
        assert len(boxes.all()) == 1
        assert ledger.forget(ours) == {"entries": 1, "mails": 1, "addresses": 1, "mailboxes": 1}
        assert ledger.record.mail(sha_of(mail)) is None
        assert record.mail(sha_of(mail)) is not None
        assert len(record.entries(stranger)) == 1
