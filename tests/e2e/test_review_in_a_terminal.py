"""The review as a person does it in a terminal: questions, keys, taking back, stopping, and what is in the ledger afterwards."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ledger.ledger import Ledger, open_ledger
from ledger.outcome import Outcome
from ledger.trust import Trust
from ledger.vault import Vault, key_file
from tests.e2e.program import ROOT, Program
from tests.ledger.archive import arrival, batch, mailbox, person, verdict
from tests.rig.terminal import Terminal

WORDS = "We thought about your objection for long. \x1b[2JIt may or may not be honoured. We will see."


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """A ledger with two mails of one template in doubt, one of another, one that nothing proves, and an address to ask about."""
    data = tmp_path / "data"
    ledger = open_ledger(f"sqlite:///{data / 'demur.sqlite3'}", _made(data), Vault([key_file(data / "secret.key")]))
    user = person(ledger)
    box = mailbox(ledger, user)
    told = [
        (arrival(1, f"{WORDS} One.", 4), Outcome.REJECTION, {"abstained": True, "template": "first", "subject": "About it"}),
        (arrival(2, f"{WORDS} Two.", 3), Outcome.REJECTION, {"abstained": True, "template": "first", "subject": "About it"}),
        (arrival(3, "Another matter", 2), Outcome.RECEIPT, {"abstained": True, "template": "second", "subject": "Another"}),
        (arrival(4, "A third matter", 1), Outcome.RECEIPT, {"trust": Trust.UNPROVEN, "trust_reason": "no signature", "subject": "Third"}),
    ]
    mails = [mail for mail, _, _ in told]
    ledger.record.store(batch(box, *mails))
    phrases = {"phrases": ("may or may not be honoured",), "confidence": 0.51}
    found = [verdict(user, mail, outcome, **(phrases | facts)) for mail, outcome, facts in told]
    ledger.record.decide(box, {mail.sha256 or "": "decided" for mail in mails}, found, box.checked_at or found[0].at)
    ledger.database.close()
    return Program(data)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


@contextmanager
def review(program: Program, *options: str, columns: int = 100) -> Iterator[Terminal]:
    """`demur review` in a terminal."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DEMUR_") and name != "NO_COLOR"}
    environment = kept | {"PYTHONPATH": str(ROOT), "DEMUR_DATA": str(program.data)}
    terminal = Terminal([sys.executable, "-m", "demur", "review", "--by", "anna", *options], program.data.parent, environment, columns)
    try:
        yield terminal
    finally:
        terminal.close()


def words(program: Program) -> list[str]:
    """What persons said so far, sorted."""
    ledger: Ledger = open_ledger(
        f"sqlite:///{program.data / 'demur.sqlite3'}", program.data, Vault([key_file(program.data / "secret.key")])
    )
    said = sorted(correction.outcome.value for _, correction in ledger.record.corrections())
    ledger.database.close()
    return said


def test_questions_are_answered_with_single_keys_taken_back_and_skipped(program: Program) -> None:
    with review(program) as terminal:
        shown = terminal.expect("q quit")
        assert "1 of 3" in shown
        assert "About it" in shown
        assert "may or may not be honoured. We will see." in shown
        assert "the model is not sure enough: 51%" in shown
        assert "as the model sees it: " in shown
        assert "This settles 2 mails." in shown
        assert "rejection" in shown
        assert "← the model's guess" in shown
        assert "\x1b[2J" not in terminal.seen
        terminal.press("5")
        terminal.expect("→ confirmation")
        assert "Another" in terminal.expect("q quit")
        assert words(program) == []
        terminal.press("u")
        terminal.expect("Taken back: confirmation")
        terminal.expect("q quit")
        terminal.press("zz6")
        terminal.expect("→ rejection")
        terminal.expect("q quit")
        terminal.press("s")
        third = terminal.expect("q quit")
        assert "nothing proves that Meta sent it (no signature)" in third
        assert "This settles 1 mail." in third
        terminal.press("3")
        terminal.expect("That was the last.")
        assert words(program) == ["rejection", "rejection"]
        terminal.press("\r")
        terminal.expect("3 mails settled, 1 waiting.")
        assert terminal.finish() == 0
    assert words(program) == ["receipt", "rejection", "rejection"]


def test_who_stops_in_the_middle_of_a_narrow_terminal_keeps_what_was_answered(program: Program) -> None:
    with review(program, columns=60) as terminal:
        terminal.expect("q quit")
        assert max(len(line.rstrip()) for line in terminal.text.splitlines()) <= 60
        terminal.press("6")
        terminal.expect("q quit")
        terminal.press("\x03")
        terminal.expect("2 mails settled, 2 waiting.")
        assert terminal.finish() == 130
    assert words(program) == ["rejection", "rejection"]


def test_where_nobody_sits_at_a_terminal_the_queue_is_listed(program: Program) -> None:
    listed = program.run("review").stdout
    assert "About it" in listed
    assert "\x1b" not in listed
    assert len(program.json("review")["groups"]) == 2
    with review(program, "--list") as terminal:
        assert terminal.finish() == 0
        assert "About it" in terminal.text
