"""What is news and what is not: every change once, nothing without a change, and never a word of a mail."""

from datetime import UTC, datetime

from ledger.mailboxes import Health
from ledger.outcome import Outcome, Product
from tests.ledger.archive import CANARY
from tests.ledger.story import moment
from tests.notify.conftest import HOOK, Office


def test_a_first_start_tells_nothing_of_what_was(office: Office) -> None:
    office.mail(Outcome.NOTICE, 0)
    office.mail(Outcome.CONFIRMATION, 1, name="ben")
    assert office.turn() == []
    assert office.turn(hours=1) == []


def test_a_state_that_changes_is_told_once_with_its_facts(office: Office) -> None:
    office.mail(Outcome.NOTICE, 0)
    office.begun()
    office.mail(Outcome.RECEIPT, 2)
    (told,) = office.turn(minutes=1)
    assert told["type"] == "case.changed"
    assert told["timestamp"] == office.now.isoformat()
    assert told["data"] == {
        "user": "anna",
        "product": "instagram",
        "track": "own_data",
        "state": "pending",
        "before": "notified",
        "since": moment(2).isoformat(),
        "due": "2025-06-16",
    }
    assert office.turn(hours=2) == []


def test_nothing_is_told_where_nothing_changed(office: Office) -> None:
    office.mail(Outcome.NOTICE, 0)
    office.begun()
    office.mail(Outcome.NOTICE, 2)
    office.mail(Outcome.UNRELATED, 2)
    office.mail(Outcome.REJECTION, 2, abstained=True)
    assert office.turn(minutes=1) == []


def test_what_is_told_has_no_word_of_any_mail_and_no_address(office: Office) -> None:
    office.mail(Outcome.NOTICE, 0)
    office.begun()
    office.mail(Outcome.CONFIRMATION, 2)
    office.ledger.mailboxes.note_bad(
        office.ledger.mailboxes.require("anna@example.org"), Health.AUTHENTICATION_ERROR, f"detail {CANARY}", None
    )
    assert len(office.turn(minutes=1)) == 2
    bodies = " ".join(body for _, _, body in office.rig.server.calls)
    assert CANARY not in bodies
    assert "@" not in bodies
    assert "secret" not in bodies.lower()


def test_a_person_s_word_is_told_as_well_and_so_is_its_taking_back(office: Office) -> None:
    from ledger.entry import Correction

    office.mail(Outcome.NOTICE, 0)
    office.begun()
    (judged,) = office.ledger.record.latest_decisions(office.user())
    sha256 = judged[1].sha256
    office.ledger.record.write(office.user(), office.now, Correction(sha256, Outcome.UNRELATED, "anna", office.now), office.now)
    (told,) = office.turn(minutes=1)
    assert (told["data"]["before"], told["data"]["state"]) == ("notified", "none")
    office.ledger.record.write(office.user(), office.now, Correction(sha256, Outcome.NOTICE, "anna", office.now), office.now)
    (told,) = office.turn(minutes=1)
    assert (told["data"]["before"], told["data"]["state"]) == ("none", "notified")


def test_old_mail_of_a_new_user_is_history_and_new_mail_is_news(office: Office) -> None:
    office.now = moment(100)
    office.begun()
    office.ledger.people.ensure("carla", office.now)
    office.mail(Outcome.NOTICE, 1, name="carla")
    assert office.turn(minutes=1) == []
    office.mail(Outcome.CONFIRMATION, 3, name="carla")
    assert office.turn(minutes=1) == []
    office.mail(Outcome.NOTICE, 99, name="carla", product=Product.FACEBOOK)
    (told,) = office.turn(minutes=1)
    assert told["data"]["product"] == "facebook"


def test_a_deadline_within_a_week_is_told_exactly_once(office: Office) -> None:
    office.mail(Outcome.RECEIPT, 0)
    office.begun()
    office.now = datetime(2025, 6, 5, 12, tzinfo=UTC)
    assert office.turn() == []
    office.now = datetime(2025, 6, 6, 12, tzinfo=UTC)
    (told,) = [each for each in office.turn() if each["type"] == "deadline.near"]
    assert told["data"]["due"] == "2025-06-13"
    office.open()
    for _ in range(8):
        assert [each for each in office.turn(days=1) if each["type"] == "deadline.near"] == []


def test_a_deadline_that_moves_is_told_anew(office: Office) -> None:
    office.mail(Outcome.RECEIPT, 0)
    office.begun()
    office.now = datetime(2025, 6, 10, 12, tzinfo=UTC)
    office.turn()
    office.mail(Outcome.RECEIPT, 27, announces_extension=True)
    assert [each for each in office.turn(hours=2) if each["type"] == "deadline.near"] == []
    office.now = datetime(2025, 8, 8, 12, tzinfo=UTC)
    (told,) = [each for each in office.turn() if each["type"] == "deadline.near"]
    assert told["data"]["due"] == "2025-08-13"


def test_a_mailbox_that_needs_its_owner_is_told_once_and_again_when_it_broke_again(office: Office) -> None:
    office.mail(Outcome.NOTICE, 0)
    office.begun()
    row = office.ledger.mailboxes.require("anna@example.org")
    for _ in range(3):
        office.ledger.mailboxes.note_bad(row, Health.AUTHENTICATION_ERROR, "the password is not taken", None)
    (told,) = office.turn(minutes=1)
    assert (told["type"], told["data"]) == ("mailbox.attention", {"user": "anna", "state": "authentication_error"})
    assert office.turn(minutes=1) == []
    office.ledger.mailboxes.note_good(row, office.now)
    assert office.turn(minutes=1) == []
    office.ledger.mailboxes.note_bad(row, Health.AUTHENTICATION_ERROR, "the password is not taken", None)
    assert len(office.turn(minutes=1)) == 1


def test_a_server_that_is_away_is_told_after_a_day(office: Office) -> None:
    office.mail(Outcome.NOTICE, 0)
    row = office.ledger.mailboxes.require("anna@example.org")
    office.ledger.mailboxes.note_good(row, office.now)
    office.begun()
    office.ledger.mailboxes.note_bad(row, Health.CONNECT_ERROR, "no answer", office.now)
    assert office.turn(hours=20) == []
    (told,) = office.turn(hours=5)
    assert told["data"]["state"] == "connect_error"


def test_the_digest_comes_once_a_week_and_only_with_news(office: Office) -> None:
    office.mail(Outcome.NOTICE, 0)
    office.begun()
    office.mail(Outcome.RECEIPT, 2)
    office.turn(minutes=1)
    office.now = datetime(2025, 5, 19, 6, 59, tzinfo=UTC)
    assert office.turn() == []
    (told,) = office.turn(minutes=2)
    assert told["type"] == "digest.weekly"
    assert told["data"] == {"week": "2025-W21", "changes": 1, "deadlines": 0, "mailboxes": 0, "cases": {"pending": 1}}
    assert office.turn(days=3) == []
    assert office.turn(days=5) == []


def test_who_switches_news_off_and_on_again_is_told_nothing_of_what_happened_meanwhile(office: Office) -> None:
    office.mail(Outcome.NOTICE, 0)
    office.begun()
    office.open(urls="")
    office.turn()
    office.mail(Outcome.CONFIRMATION, 2)
    office.open(urls=HOOK)
    assert office.turn(hours=1) == []


def test_who_is_forgotten_is_forgotten_in_the_outbox_too(office: Office) -> None:
    office.mail(Outcome.NOTICE, 0)
    office.begun()
    office.rig.server.play = lambda call: call.answer(500)
    office.mail(Outcome.CONFIRMATION, 2)
    office.turn(minutes=1)
    assert len(office.ledger.outbox.waiting()) == 1
    office.ledger.forget(office.user())
    assert office.ledger.outbox.waiting() == []
    assert not [subject for subject in office.ledger.outbox.told() if subject.startswith("case:")]
    assert office.turn(days=1) == []
