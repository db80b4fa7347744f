"""When the database cannot be used: one line that says what to change, no traceback, and nothing half-written."""

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import event, text

from ledger.database import Database
from ledger.entry import Filing
from ledger.errors import OperatorError, RetryableError
from ledger.ledger import Ledger, open_ledger
from ledger.mailboxes import Cursor
from ledger.outcome import Product, Track
from ledger.record import Arrival
from ledger.vault import Vault
from tests.ledger.archive import CANARY, arrival, batch, everything, mailbox, make_foreign, person, stored_and_decided, verdict
from tests.ledger.story import START, day, moment
from tests.rig.free import free_port


def said(act: Callable[[], object], kind: type[Exception] = OperatorError) -> str:
    """What is said when it fails: always one line."""
    with pytest.raises(kind) as error:
        act()
    assert "\n" not in str(error.value)
    return str(error.value)


def sqlite_at(path: Path) -> str:
    return f"sqlite:///{path}"


# addresses


@pytest.mark.parametrize("url", ["", "nonsense", "mysql+nonsense://host/x", "oracle+oracledb://host/x", "postgresql+psycopg://host:port/x"])
def test_an_address_that_cannot_be_used_is_said(url: str) -> None:
    assert "DEMUR_DATABASE_URL" in said(lambda: Database(url))


def test_a_password_in_the_address_is_never_said() -> None:
    database = Database(f"postgresql+psycopg://demur:{CANARY}@127.0.0.1:{free_port()}/demur?connect_timeout=2")
    assert CANARY not in said(database.migrate)


# PostgreSQL


def test_a_postgresql_that_does_not_answer_is_said() -> None:
    url = f"postgresql+psycopg://demur@127.0.0.1:{free_port()}/demur"
    assert "cannot reach the database" in said(Database(url).migrate)


@pytest.mark.server
def test_a_postgresql_database_that_does_not_exist_is_said(postgres_server: str) -> None:
    assert "DEMUR_DATABASE_URL" in said(Database(f"{postgres_server}/nowhere").migrate)


@pytest.mark.server
def test_a_postgresql_that_only_reads_is_said(postgres_server: str) -> None:
    database = Database(f"{postgres_server}/postgres?options=-c%20default_transaction_read_only%3Don")
    assert "read-only" in said(database.migrate)
    database.close()


@pytest.mark.server
def test_a_postgresql_that_went_away_is_said(postgres_server: str) -> None:
    database, other = Database(f"{postgres_server}/postgres"), Database(f"{postgres_server}/postgres")

    def cut() -> None:
        with database.read() as connection:
            own = connection.scalar(text("SELECT pg_backend_pid()"))
            with other.write() as executioner:
                executioner.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": own})
            connection.execute(text("SELECT 1"))

    assert "cannot reach the database" in said(cut)
    with database.read() as connection:
        assert connection.scalar(text("SELECT 1")) == 1
    database.close()
    other.close()


# SQLite's file


def test_a_folder_that_does_not_exist_is_said(tmp_path: Path) -> None:
    assert "DEMUR_DATA" in said(Database(sqlite_at(tmp_path / "nowhere" / "demur.sqlite3")).migrate)


def test_a_folder_in_the_file_s_place_is_said(tmp_path: Path) -> None:
    assert "cannot open the database" in said(Database(sqlite_at(tmp_path)).migrate)


def test_a_file_that_is_no_database_is_said_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "demur.sqlite3"
    path.write_text("Dear diary, this is not a database. " * 100)
    assert str(path) in said(Database(sqlite_at(path)).migrate)
    assert path.read_text().startswith("Dear diary")


def test_a_database_with_a_torn_page_is_said(tmp_path: Path, vault: Vault) -> None:
    path = tmp_path / "demur.sqlite3"
    ledger = open_ledger(sqlite_at(path), tmp_path, vault)
    user = person(ledger)
    for days in range(60):
        ledger.record.write(user, moment(days), Filing(Product.FACEBOOK, Track.OWN_DATA, day(days), True, "anna"), moment(days))
    ledger.database.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:8192] + b"\xff" * (len(whole) - 8192))
    assert "restore it from a backup" in said(lambda: everything(ledger.database))


def test_a_folder_without_the_right_to_write_is_said_for_a_new_database(foreign_folder: Path) -> None:
    make_foreign(foreign_folder)
    assert "DEMUR_DATA" in said(Database(sqlite_at(foreign_folder / "demur.sqlite3")).migrate)


def test_a_folder_without_the_right_to_write_is_said_for_a_database_that_is_there(foreign_folder: Path, vault: Vault) -> None:
    ledger = open_ledger(sqlite_at(foreign_folder / "demur.sqlite3"), foreign_folder, vault)
    ledger.database.close()
    make_foreign(foreign_folder)
    assert "DEMUR_DATA" in said(lambda: ledger.people.ensure("anna", START))


def test_a_database_that_another_one_writes_to_is_tried_again(tmp_path: Path, vault: Vault) -> None:
    ledger = open_ledger(sqlite_at(tmp_path / "demur.sqlite3"), tmp_path, vault)
    ledger.database.close()
    event.listen(ledger.database.engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=20"))
    with sqlite3.connect(tmp_path / "demur.sqlite3", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "busy" in said(lambda: ledger.people.ensure("anna", START), RetryableError)
        assert ledger.people.all() == []
        other.execute("ROLLBACK")
    other.close()
    assert ledger.people.ensure("anna", START).name == "anna"


def test_a_writer_does_not_wait_for_a_reader_nor_a_reader_for_a_writer(tmp_path: Path, vault: Vault) -> None:
    ledger = open_ledger(sqlite_at(tmp_path / "demur.sqlite3"), tmp_path, vault)
    begin = time.monotonic()
    with ledger.database.read() as reader:
        assert reader.scalar(text("SELECT count(*) FROM users")) == 0
        ledger.people.ensure("anna", START)
        assert reader.scalar(text("SELECT count(*) FROM users")) == 0
    with ledger.database.write():
        assert len(ledger.people.all()) == 1
    assert time.monotonic() - begin < 2


# a full disk


@pytest.fixture
def small_ledger(tmp_path: Path, vault: Vault) -> Ledger:
    """A ledger whose disk has room for a few more pages only."""
    ledger = open_ledger(sqlite_at(tmp_path / "demur.sqlite3"), tmp_path, vault)
    user = person(ledger)
    stored_and_decided(ledger, mailbox(ledger, user), user, arrival(1))
    with ledger.database.read() as connection:
        pages = connection.scalar(text("PRAGMA page_count"))
    ledger.database.close()
    event.listen(ledger.database.engine, "connect", lambda connection, _: connection.execute(f"PRAGMA max_page_count={pages + 4}"))
    return ledger


def _big_mails() -> list[Arrival]:
    """Ten mails that no compression makes small."""
    return [arrival(uid, Random(uid).randbytes(10_000).hex()) for uid in range(2, 12)]


def test_on_a_full_disk_a_batch_is_kept_whole_or_not_at_all(small_ledger: Ledger) -> None:
    record, row = small_ledger.record, small_ledger.mailboxes.require("anna@example.org")
    before = everything(small_ledger.database)
    assert "disk" in said(lambda: record.store(batch(row, *_big_mails())))
    assert everything(small_ledger.database) == before
    assert small_ledger.mailboxes.cursor(row, "INBOX") == Cursor(7, 1)


def test_on_a_full_disk_a_decision_is_kept_whole_or_not_at_all(small_ledger: Ledger) -> None:
    user = small_ledger.people.require("anna")
    before = everything(small_ledger.database)
    verdicts = [verdict(user, arrival(uid), subject="x" * 300, defects=("y" * 500,)) for uid in range(2, 100)]
    assert "disk" in said(lambda: small_ledger.record.redecide(verdicts, START))
    assert everything(small_ledger.database) == before


def test_after_the_disk_has_room_again_the_same_batch_goes_in(small_ledger: Ledger) -> None:
    row = small_ledger.mailboxes.require("anna@example.org")
    big = batch(row, *_big_mails())
    said(lambda: small_ledger.record.store(big))
    event.listen(small_ledger.database.engine, "connect", lambda connection, _: connection.execute("PRAGMA max_page_count=100000"))
    small_ledger.database.close()
    small_ledger.record.store(big)
    assert len(small_ledger.record.undecided(row, 100)) == 10


# what lies in the file


def _on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())


def test_no_word_of_a_mail_and_no_password_is_in_any_file(tmp_path: Path, vault: Vault) -> None:
    ledger = open_ledger(sqlite_at(tmp_path / "demur.sqlite3"), tmp_path, vault)
    user = person(ledger)
    stored_and_decided(ledger, mailbox(ledger, user), user, arrival(1))
    for _ in ("while it is open", "after it was closed"):
        kept = _on_disk(tmp_path)
        assert b"anna@example.org" in kept
        assert CANARY.encode() not in kept
        assert b"correct-horse" not in kept
        ledger.database.close()


def test_a_forgotten_user_is_in_no_file(tmp_path: Path, vault: Vault) -> None:
    ledger = open_ledger(sqlite_at(tmp_path / "demur.sqlite3"), tmp_path, vault)
    for name in ("anna", "ben"):
        user = person(ledger, name, f"{name}@example.org")
        row = ledger.mailboxes.save(f"{name}@example.org", mailbox(ledger).settings, None)
        ledger.people.serve(row.id, user)
        stored_and_decided(ledger, row, user, arrival(len(name)), subject=f"Dear {name}")
    ledger.mailboxes.remove(ledger.mailboxes.require("anna@example.org"))
    ledger.forget(ledger.people.require("anna"))
    for _ in ("while it is open", "after it was closed"):
        kept = _on_disk(tmp_path)
        assert b"Dear ben" in kept
        assert b"Dear anna" not in kept
        ledger.database.close()
