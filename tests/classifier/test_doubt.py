"""When a person must look, however sure the model is."""

from dataclasses import replace

import pytest

from classifier.doubt import doubt_of
from ingest.decide import read
from ledger.message import Frame, Message
from ledger.outcome import Outcome

HEAD = b"From: %s\r\nTo: anna@example.org\r\nSubject: %s\r\n\r\n"


def mail(text: str, subject: str = "Hello", sender: str = "Meta <support@facebookmail.com>") -> Message:
    return read(HEAD % (sender.encode(), subject.encode()) + text.encode())


def test_a_plain_decision_of_metas_about_ai_is_not_doubted() -> None:
    assert doubt_of(Outcome.CONFIRMATION, mail("We will honour your objection to the use of your information for AI.")) is None


def test_a_decision_in_a_strangers_words_is_doubted() -> None:
    text = "We will honour your objection to the use of your information for AI."
    message = mail(text, sender="Meta <support@meta.example>")
    assert doubt_of(Outcome.CONFIRMATION, message) == "the words are not Meta's"
    assert doubt_of(Outcome.CONFIRMATION, replace(message, frame=Frame.FORWARD)) is None


def test_a_decision_that_does_not_say_of_what_is_doubted() -> None:
    message = mail("We cannot grant it. This is final.")
    assert doubt_of(Outcome.REJECTION, message) == "it does not say what was decided"


def test_a_reply_stands_above_what_it_decides() -> None:
    message = replace(mail("We cannot grant it. This is final."), frame=Frame.REPLY)
    assert doubt_of(Outcome.REJECTION, message) is None


@pytest.mark.parametrize("matter", ["your account was suspended", "you broke our Community Standards", "your password was changed"])
def test_a_decision_that_names_another_matter_and_no_ai_is_doubted(matter: str) -> None:
    message = mail(f"We reviewed your objection and accept it: {matter}.")
    assert doubt_of(Outcome.CONFIRMATION, message) == "it may be about another matter"


def test_another_matter_beside_ai_is_no_reason_to_doubt() -> None:
    message = mail("We will honour your objection to AI training. You may still see ads.")
    assert doubt_of(Outcome.CONFIRMATION, message) is None


def test_a_mail_that_says_yes_and_no_is_doubted() -> None:
    message = mail("We refused your objection to AI training. Today we honour your objection.")
    assert doubt_of(Outcome.CONFIRMATION, message) == "it says yes and no"


def test_a_mail_of_which_no_word_is_known_is_doubted_unless_it_is_unrelated() -> None:
    message = mail("Xyzzy.")
    assert doubt_of(Outcome.NOTICE, message) == "nothing in its text is known"
    assert doubt_of(Outcome.UNRELATED, message) is None


def test_only_decisions_are_held_to_the_rules_for_decisions() -> None:
    assert doubt_of(Outcome.RECEIPT, mail("We received your request.", sender="Meta <x@meta.example>")) is None


def test_what_a_person_wrote_above_a_forwarded_mail_is_counted_apart() -> None:
    from classifier.features import note_tokens

    original = "---------- Forwarded message ---------\nFrom: Meta <notification@facebookmail.com>\n\nYou have the right to object.\n"
    mail = f"From: Ben <ben@example.org>\nTo: anna@example.org\nSubject: Fwd: AI\n\nLook, the link is broken.\n\n{original}"
    message = read(mail.encode())
    assert "RIGHT_TO_OBJECT" in {hit.concept for hit in message.hits}
    assert {"n|LINK", "n|BROKEN", "n|BROKEN&LINK"} <= set(note_tokens(message))
    assert "BROKEN" not in {hit.concept for hit in message.hits}
