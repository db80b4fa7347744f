"""Whose mail it is, and whether that is firm enough for a decision."""

import pytest

from ingest.binding import bind
from ingest.parse import parse
from ledger.message import Message
from ledger.people import User
from tests.ingest.letter import letter, multipart

ANNA, BEN = User(1, "anna"), User(2, "ben")
ALONE = {ANNA: frozenset({"anna@example.org"})}
FAMILY = {ANNA: frozenset({"anna@example.org", "home@example.org"}), BEN: frozenset({"ben@example.org", "home@example.org"})}


def mail(to: str, *extra: str) -> Message:
    return parse(letter(to=to, extra=extra))


def bound(message: Message, served: dict[User, frozenset[str]]) -> list[tuple[str, bool]]:
    return [(binding.user.name, binding.bound) for binding in bind(message, served)]


@pytest.mark.parametrize("to", ["anna@example.org", "Anna <ANNA@Example.org>", "x@y.z, anna@example.org", "anna+meta@example.org"])
def test_a_mail_to_the_users_address_is_the_users(to: str) -> None:
    assert bound(mail(to), ALONE) == [("anna", True)]
    assert bound(mail(to), FAMILY) == [("anna", True)]


def test_a_mail_to_two_users_is_both_theirs() -> None:
    assert bound(mail("anna@example.org, ben@example.org"), FAMILY) == [("anna", True), ("ben", True)]


def test_an_address_that_two_users_share_is_both_theirs() -> None:
    assert bound(mail("home@example.org"), FAMILY) == [("anna", True), ("ben", True)]


def test_a_plus_tag_with_a_users_name_tells_who_is_meant() -> None:
    assert bound(mail("home+ben@example.org"), FAMILY) == [("ben", True)]


@pytest.mark.parametrize("header", ["Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To"])
def test_the_address_of_delivery_alone_binds_nothing_firmly(header: str) -> None:
    message = mail("undisclosed@facebookmail.com", f"{header}: ben@example.org")
    assert bound(message, FAMILY) == [("ben", False)]


def test_the_signed_address_outranks_the_address_of_delivery() -> None:
    assert bound(mail("anna@example.org", "Delivered-To: ben@example.org"), FAMILY) == [("anna", True)]


def test_a_strangers_mail_in_a_shared_mailbox_is_nobodys() -> None:
    assert bound(mail("stranger@example.net"), FAMILY) == []


def test_a_strangers_mail_in_ones_own_mailbox_is_ones_own_but_not_firmly() -> None:
    assert bound(mail("stranger@example.net"), ALONE) == [("anna", False)]


def test_mail_of_a_user_without_known_addresses_was_imported_and_is_the_users() -> None:
    assert bound(mail("whoever@example.net"), {ANNA: frozenset()}) == [("anna", True)]


def test_an_attached_original_binds_by_the_address_that_it_was_sent_to() -> None:
    inner = letter("we will honor your objection", to="ben@example.org")
    outer = multipart(b"Content-Type: message/rfc822\r\n\r\n" + inner, sender="anna@example.org", to="anna@example.org")
    assert bound(parse(outer), FAMILY) == [("ben", True)]


def test_an_attached_original_sent_to_somebody_else_is_not_the_forwarders_firmly() -> None:
    inner = letter("we will honor your objection", to="stranger@example.net")
    outer = multipart(b"Content-Type: message/rfc822\r\n\r\n" + inner, sender="anna@example.org", to="anna@example.org")
    assert bound(parse(outer), ALONE) == [("anna", False)]


def test_a_mailbox_that_serves_nobody_binds_nothing() -> None:
    assert bound(mail("anna@example.org"), {}) == []
