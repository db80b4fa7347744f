"""When two raw mails are the same mail."""

import hashlib

from ingest.caps import KEPT_OF_HUGE, MAX_SIZE
from ingest.identity import identity
from ingest.parse import parse
from tests.ingest.letter import letter


def test_the_identity_is_the_sha256_of_the_mail_with_crlf() -> None:
    raw = letter("Hello\nworld\n")
    assert identity(raw) == (hashlib.sha256(raw).hexdigest(), raw)


def test_a_file_with_lf_is_the_same_mail_as_over_imap() -> None:
    raw = letter("Hello\nworld\n")
    assert identity(raw.replace(b"\r\n", b"\n")) == identity(raw)


def test_one_other_byte_is_another_mail() -> None:
    assert identity(letter("Hello"))[0] != identity(letter("hello"))[0]


def test_the_same_message_id_does_not_make_two_mails_one() -> None:
    first, second = (letter(text, extra=("Message-ID: <1@facebookmail.com>",)) for text in ("granted", "refused"))
    assert identity(first)[0] != identity(second)[0]


def test_a_mail_without_message_id_has_an_identity() -> None:
    assert parse(letter()).message_id is None
    assert len(identity(letter())[0]) == 64


def test_of_a_huge_mail_only_the_beginning_is_kept_but_all_of_it_is_hashed() -> None:
    raw = letter("x" * (MAX_SIZE + 1))
    sha256, kept = identity(raw)
    assert (sha256, kept) == (hashlib.sha256(raw).hexdigest(), raw[:KEPT_OF_HUGE])


def test_the_parser_and_the_store_agree() -> None:
    raw = letter("Hello\nworld").replace(b"\r\n", b"\n")
    assert parse(raw).sha256 == identity(raw)[0] == parse(identity(raw)[1]).sha256
