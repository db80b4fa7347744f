"""Deciding what was stored: one mail that brings out a mistake of ours holds up no other and is not lost."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from cryptography.fernet import Fernet

from ingest.decide import Decider
from ingest.identity import identity
from ingest.keys import Keys
from ledger.ledger import open_ledger
from ledger.mailboxes import Cursor, MailboxSettings
from ledger.message import Message
from ledger.outcome import Outcome
from ledger.prediction import Prediction
from ledger.record import Arrival, Batch
from ledger.vault import Vault
from tests.ingest.letter import letter

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_a_mail_that_cannot_be_decided_holds_up_no_other_and_is_tried_again(tmp_path: Path) -> None:
    broken = True

    def classify(messages: Sequence[Message]) -> list[Prediction]:
        if broken and any("poison" in message.text for message in messages):
            raise ZeroDivisionError
        return [Prediction(Outcome.RECEIPT, 0.9, False, "test", {}) for _ in messages]

    ledger = open_ledger(f"sqlite:///{tmp_path}/demur.sqlite3", tmp_path, Vault([Fernet.generate_key().decode()]))
    mailbox = ledger.mailboxes.save("anna@example.org", MailboxSettings("imap"), None)
    anna = ledger.people.ensure("anna", NOW)
    ledger.people.add_addresses(anna, ["anna@example.org"])
    ledger.people.serve(mailbox.id, anna)
    words = ["We have received your objection.", "We have received your objection. poison", "We received your objection to AI at Meta."]
    mails = [identity(letter(text)) for text in words]
    ledger.record.store(
        Batch(mailbox, "INBOX", Cursor(7, 3), tuple(Arrival(n, sha, raw, NOW, "stored") for n, (sha, raw) in enumerate(mails, 1)))
    )
    decider = Decider(ledger, classify, Keys(), lambda: NOW)
    assert decider.decide(mailbox).skipped["cannot be decided"] == 1
    assert ledger.mailboxes.counts(mailbox) == {"decided": 2, "stuck": 1}
    broken = False
    decider.retry(mailbox)
    assert ledger.mailboxes.counts(mailbox) == {"decided": 3}
    ledger.database.close()
