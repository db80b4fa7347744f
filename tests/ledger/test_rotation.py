"""Another key: everything is sealed anew, in batches, whatever interrupts it, and nothing is lost on the way."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from demur.commands import key as key_commands
from ledger import rotation
from ledger.errors import OperatorError
from ledger.ledger import Ledger, open_ledger
from ledger.mailboxes import Cursor, MailboxSettings
from ledger.record import Arrival, Batch
from ledger.rotation import Rotation, droppable
from ledger.vault import KeyFile, Vault, key_id, sealed_with
from tests.e2e.program import Program

NOW = datetime(2026, 11, 22, tzinfo=UTC)
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def filled(folder: Path, vault: Vault, mails: int = 7) -> Ledger:
    """A ledger with one mailbox and some mails."""
    ledger = open_ledger(f"sqlite:///{folder}/demur.sqlite3", folder, vault)
    row = ledger.mailboxes.save("anna@example.org", MailboxSettings("imap"), "hunter2")
    arrivals = tuple(Arrival(uid, f"{uid:064}", b"mail %d" % uid, NOW, "stored") for uid in range(1, mails + 1))
    ledger.record.store(Batch(row, "INBOX", Cursor(7, mails), arrivals))
    return ledger


def contents(ledger: Ledger) -> list[bytes]:
    row = ledger.mailboxes.require("anna@example.org")
    return [ledger.mailboxes.password(row).encode(), *(mail.raw for mail in ledger.record.undecided(row, 100))]


def reopened(ledger: Ledger, vault: Vault) -> Ledger:
    ledger.database.close()
    return open_ledger(str(ledger.database.url), ledger.data, vault)


def test_everything_is_sealed_anew_and_the_old_key_is_needed_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "AT_ONCE", 3)
    ledger = filled(tmp_path, Vault([OLD]))
    before = contents(ledger)
    both = Vault([NEW, OLD])
    ledger = reopened(ledger, both)
    turn = Rotation(ledger.database, both)
    assert turn.counts() == {key_id(OLD): 8}
    assert list(turn.run()) == [1, 3, 3, 1]
    assert turn.counts() == {key_id(NEW): 8}
    ledger = reopened(ledger, Vault([NEW]))
    assert contents(ledger) == before
    ledger.database.close()


def test_a_rotation_that_was_ended_half_way_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "AT_ONCE", 3)
    both = Vault([NEW, OLD])
    ledger = reopened(filled(tmp_path, Vault([OLD])), both)
    turn = Rotation(ledger.database, both)
    steps = turn.run()
    next(steps), next(steps)
    steps.close()
    assert turn.counts() == {key_id(NEW): 4, key_id(OLD): 4}
    with pytest.raises(OperatorError, match="4 stored secrets may still need"):
        droppable(turn, both, key_id(OLD))
    assert len(contents(ledger)) == 8
    assert sum(turn.run()) == 4
    droppable(turn, both, key_id(OLD))
    ledger.database.close()


def test_values_that_name_no_key_are_sealed_anew_too(tmp_path: Path) -> None:
    vault = Vault([OLD])
    ledger = filled(tmp_path, vault, mails=0)
    unnamed = Fernet(OLD).encrypt(b"mailbox:anna@example.org\0hunter2")
    with ledger.database.write() as connection:
        connection.execute(rotation.mailboxes.update().values(secret=unnamed))
    turn = Rotation(ledger.database, vault)
    assert turn.counts() == {"": 1}
    assert sum(turn.run()) == 1
    assert contents(ledger) == [b"hunter2"]
    assert turn.counts() == {key_id(OLD): 1}
    ledger.database.close()


def test_a_missing_key_is_called_by_its_id() -> None:
    sealed = Vault([OLD]).seal("p", b"x")
    assert sealed_with(sealed) == key_id(OLD)
    with pytest.raises(OperatorError, match=f"sealed with key {key_id(OLD)}, which is missing"):
        Vault([NEW]).open("p", sealed)


def test_a_program_that_runs_meanwhile_takes_the_new_key(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "secret.key")
    running = Vault(file.keys(), file.newer)
    sealed = running.seal("p", b"x")
    other = KeyFile(file.path)
    other.write([NEW, *other.keys()])
    assert sealed_with(running.seal("p", b"x")) == key_id(NEW)
    assert running.open("p", Vault([NEW]).seal("p", b"y")) == b"y"
    assert running.open("p", sealed) == b"x"
    assert file.path.stat().st_mode & 0o777 == 0o600


# as commands


def saved(program: Program, tmp_path: Path) -> None:
    mail = tmp_path / "one.eml"
    mail.write_bytes(
        b"From: a@support.facebook.com\r\nTo: anna@example.org\r\nSubject: your objection\r\n\r\nwe will honor your objection\r\n"
    )
    program.run("import", mail, "--user", "anna")


def test_rotate_list_and_drop(tmp_path: Path) -> None:
    program = Program(tmp_path / "data")
    saved(program, tmp_path)
    (first,) = program.json("key", "list")
    assert first["secrets"] == 1
    done = program.json("key", "rotate")
    assert done["secrets"] == 1
    assert done["old"] == [first["key"]]
    assert [(row["key"], row["secrets"]) for row in program.json("key", "list")] == [(done["key"], 1), (first["key"], 0)]
    program.run("key", "drop", done["key"], code=2)
    program.run("key", "drop", first["key"])
    assert program.json("status", "anna")["needs_review"] + program.json("status", "anna")["unproven"] == 1
    assert [row["key"] for row in program.json("key", "list")] == [done["key"]]


def test_an_ended_rotation_makes_no_third_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = Program(tmp_path / "data")
    saved(program, tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(key_commands.Rotation, "run", lambda self: iter(()))
        program.run("key", "rotate")
    assert len(program.json("key", "list")) == 2
    assert program.json("key", "rotate")["secrets"] == 1
    assert len(program.json("key", "list")) == 2


def test_with_a_key_from_the_settings_the_operator_puts_the_new_one_first(tmp_path: Path) -> None:
    program = Program(tmp_path / "data", {"DEMUR_SECRET_KEY": OLD})
    saved(program, tmp_path)
    assert "put a new key" in program.run("key", "rotate", code=2).stderr
    program.environment["DEMUR_SECRET_KEY"] = f"{NEW},{OLD}"
    assert program.json("key", "rotate")["secrets"] == 1
    assert "take key" in program.run("key", "drop", key_id(OLD), code=2).stderr
    program.environment["DEMUR_SECRET_KEY"] = NEW
    assert program.json("key", "list") == [{"key": key_id(NEW), "secrets": 1, "here": True}]
