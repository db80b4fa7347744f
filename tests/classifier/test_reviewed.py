"""What people said becomes training data; what models predicted never does, nor what somebody forged."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from demur.composition import Composition
from demur.settings import Settings
from demur.training import may_teach, reviewed
from ingest.binding import Binding
from ingest.decide import decision_of, read
from ingest.identity import identity
from ledger.entry import Correction
from ledger.mailboxes import Cursor, MailboxSettings
from ledger.outcome import Outcome
from ledger.prediction import Prediction
from ledger.record import Arrival, Batch, StoredMail, Verdict
from ledger.trust import Proof, Trust
from tests.e2e.story import mail

NOW = datetime(2026, 1, 2, tzinfo=UTC)
META = "Meta <a@facebookmail.com>"


@pytest.fixture
def parts(tmp_path: Path) -> Composition:
    return Composition(Settings(data=tmp_path / "data"), lambda: NOW)


def decided(parts: Composition, text: str, trust: Trust, said: Outcome | None = None) -> str:
    """One stored mail of Anna's with a sure prediction, on which a person may have spoken; returns its hash."""
    sha256, raw = identity(mail("Your objection", text, META, "anna@example.org", NOW))
    user = parts.ledger.people.ensure("anna", NOW)
    box = parts.ledger.mailboxes.save("box", MailboxSettings("import"), None)
    uid = int(sha256[:8], 16)
    parts.ledger.record.store(Batch(box, "INBOX", Cursor(1, uid), (Arrival(uid, sha256, raw, NOW, "stored"),)))
    sure = Prediction(Outcome.RECEIPT, 0.99, False, "m")
    decision = decision_of(StoredMail(sha256, raw, NOW), read(raw), sure, Proof(trust, "x"), Binding(user, True, "x"), (), "box")
    parts.ledger.record.decide(box, {sha256: "decided"}, [Verdict(user, NOW, decision)], NOW)
    if said:
        parts.ledger.record.write(user, NOW, Correction(sha256, said, "anna", NOW), NOW)
    return sha256


def test_a_prediction_alone_teaches_nothing(parts: Composition) -> None:
    decided(parts, "We have received your objection to AI at Meta.", Trust.PROVEN)
    assert reviewed(parts) == []


def test_without_a_ledger_nobody_said_anything(parts: Composition) -> None:
    assert reviewed(parts) == []


def test_a_persons_word_teaches_with_the_persons_label_and_by_template(parts: Composition) -> None:
    first = decided(parts, "We honour objection 4711 of 3 May 2025 to AI at Meta.", Trust.PROVEN, Outcome.CONFIRMATION)
    second = decided(parts, "We honour objection 4712 of 9 May 2025 to AI at Meta.", Trust.PROVEN, Outcome.CONFIRMATION)
    found = reviewed(parts)
    assert {mail.name for mail in found} == {f"reviewed/{first}", f"reviewed/{second}"}
    assert {mail.outcome for mail in found} == {Outcome.CONFIRMATION}
    assert len({mail.template for mail in found}) == 1


def test_a_forged_mail_teaches_nothing_whatever_a_person_says(parts: Composition) -> None:
    decided(parts, "We honour your objection to AI at Meta.", Trust.FORGED, Outcome.CONFIRMATION)
    assert reviewed(parts) == []


@pytest.mark.parametrize(
    ("said", "trusts", "teaches"),
    [
        (Outcome.CONFIRMATION, {Trust.PROVEN}, True),
        (Outcome.UNRELATED, {Trust.PROVEN}, True),
        (Outcome.CONFIRMATION, {Trust.UNPROVEN}, True),
        (Outcome.CONFIRMATION, {Trust.UNKNOWN}, True),
        (Outcome.UNRELATED, {Trust.UNPROVEN}, False),
        (Outcome.UNRELATED, {Trust.UNKNOWN}, False),
        (Outcome.CONFIRMATION, {Trust.FORGED}, False),
        (Outcome.CONFIRMATION, {Trust.FORGED, Trust.UNPROVEN}, False),
        (Outcome.CONFIRMATION, {Trust.FORGED, Trust.PROVEN}, True),
    ],
)
def test_only_what_counts_and_is_not_forged_teaches(said: Outcome, trusts: set[Trust], teaches: bool) -> None:
    assert may_teach(said, trusts) is teaches
