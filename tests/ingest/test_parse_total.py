"""Whatever bytes come in, a message goes out: in bounded time, without an exception, and clean enough for JSON and any database."""

import json
import time
from dataclasses import asdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.decide import read
from ingest.parse import parse
from ledger.message import Message
from ledger.outcome import Outcome
from tests.ingest.bombs import HEAD, MAILS, PAGES, nested
from tests.ingest.labelled import paths
from tests.ingest.letter import letter, multipart

SECONDS = 2.0
SAMPLE = [path.read_bytes() for path in paths()[::40]]
TOKENS = [
    b"\0", b"\r", b"\n", b"\r\n\r\n", b"--", b"Content-Type: multipart/mixed; boundary=b\r\n", b"Content-Type: message/rfc822\r\n",
    b"Content-Transfer-Encoding: base64\r\n", b"Content-Transfer-Encoding: uuencode\r\n", b"charset=zip", b"charset=utf-7", b"charset=\"",
    b"=?utf-8?b?", b"=?zip?q?a?=", b"From: ", b"From ", b"To: a:b;,", b"Date: 99 Foo 99999\r\n", b"\xff\xfe", b"\xed\xa0\x80", b"+2AA-",
    b"<table><a href='http://[x'>", b"<!--", b"&#xD800;", b"&#0;", b"http://[::1", b"=\r\n", b"begin 644 x\r\n", b"<" * 50,
]  # fmt: skip


def assert_clean(message: Message) -> None:
    """No character that JSON in UTF-8 or PostgreSQL refuses."""
    shown = json.dumps(asdict(message), default=repr, ensure_ascii=False)
    shown.encode("utf-8")
    assert "\\u0000" not in json.dumps([message.subject, message.text, message.hidden, message.quoted, message.note, message.sender_name])


@given(st.binary(max_size=3000))
@settings(max_examples=200, deadline=None)
def test_random_bytes_become_a_message(raw: bytes) -> None:
    assert_clean(read(raw))


@given(
    st.sampled_from(SAMPLE),
    st.lists(st.tuples(st.floats(0, 1), st.sampled_from(TOKENS) | st.binary(max_size=8), st.integers(0, 40)), max_size=6),
)
@settings(max_examples=300, deadline=None)
def test_damaged_mails_become_messages(raw: bytes, cuts: list[tuple[float, bytes, int]]) -> None:
    for where, inserted, lost in cuts:
        at = int(where * len(raw))
        raw = raw[:at] + inserted + raw[at + lost :]
    assert_clean(read(raw))


@given(st.lists(st.sampled_from(TOKENS) | st.sampled_from([b"x", b" ", b"\r\n", b"Subject: ", b"a@b.c", b";", b'"']), max_size=40))
@settings(max_examples=300, deadline=None)
def test_heaps_of_mail_syntax_become_messages(tokens: list[bytes]) -> None:
    assert_clean(read(b"".join(tokens)))
    assert_clean(read(HEAD + b"".join(tokens)))


@pytest.mark.parametrize("name", MAILS)
def test_a_mail_made_to_hurt_is_read_in_bounded_time(name: str) -> None:
    raw = MAILS[name]()
    parse(b"")
    started = time.process_time()
    message = read(raw)
    assert time.process_time() - started < SECONDS
    assert_clean(message)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_made_to_hurt_is_read_in_bounded_time(name: str) -> None:
    raw = letter(PAGES[name](), kind="text/html; charset=utf-8")
    started = time.process_time()
    message = read(raw)
    assert time.process_time() - started < SECONDS
    assert_clean(message)


@pytest.mark.parametrize("outcome", Outcome)
def test_a_mail_with_lf_and_with_crlf_is_the_same_message(outcome: Outcome) -> None:
    for path in paths(outcome):
        unix = path.read_bytes().replace(b"\r\n", b"\n")
        assert parse(unix) == parse(unix.replace(b"\n", b"\r\n")), path.name


def test_the_hash_is_of_the_mail_with_crlf() -> None:
    raw = letter("Hello\nworld")
    assert parse(raw).sha256 == parse(raw.replace(b"\r\n", b"\n")).sha256
    assert parse(raw).size == len(raw)


def test_an_empty_mail_is_a_message_without_sender() -> None:
    message = parse(b"")
    assert (message.text, message.sender, message.size) == ("", "", 0)
    assert "no From header" in message.defects


def test_a_mail_that_begins_with_a_blank_line_has_no_headers() -> None:
    message = parse(b"\r\nFrom: evil@example.org\r\n\r\nwe will honor your objection")
    assert message.sender == ""
    assert "honor" in message.text


def test_zero_bytes_become_blanks() -> None:
    message = parse(letter("Hello\0world of\0mail", subject="Your\0request"))
    assert message.text == "Hello world of mail"
    assert message.subject == "Your request"


def test_a_bare_cr_does_not_smuggle_a_second_sender_in() -> None:
    message = parse(b"From: a@example.org\r\nSubject: x\rFrom: support@facebookmail.com\r\n\r\nhello world")
    assert message.sender == ""
    assert "2 From headers" in message.defects


def test_a_bare_cr_hides_no_nested_parts_from_the_limits() -> None:
    assert any("nested" in defect for defect in parse(nested(100, b"\r") + b"\n").defects)


@pytest.mark.parametrize("closed", [b"", b"--b--\r\n", b"--b--\r\n--b--\r\n"])
def test_a_nested_part_with_its_parents_boundary_is_read_somehow(closed: bytes) -> None:
    raw = HEAD + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: multipart/alternative; boundary="b"\r\n\r\n'
    message = parse(raw + b"--b\r\nContent-Type: text/plain\r\n\r\nwe will honor your objection\r\n" + closed)
    assert "we will honor your objection" in message.text
    assert message.defects


def test_a_boundary_that_begins_with_its_parents_makes_mail_parser_fail_and_the_mail_is_read_all_the_same() -> None:
    raw = HEAD + (
        b'Content-Type: multipart/mixed; boundary="frontier"\r\n\r\n--frontier\r\n'
        b'Content-Type: multipart/alternative; boundary="front"\r\n\r\n--frontier\r\n'
        b"Content-Type: text/plain\r\n\r\nwe will honor your objection\r\n--frontier--\r\n"
    )
    message = parse(raw)
    assert "we will honor your objection" in message.text
    assert message.defects


@pytest.mark.parametrize(
    "charset", ["zip", "hex", "rot13", "undefined", "idna", "unknown-8bit", "x-made-up", "utf-8\0", "=?x?=", '"', "aliases", ""]
)
def test_a_charset_that_is_none_is_read_as_utf8(charset: str) -> None:
    message = parse(letter("Widerspruch für Anna eingelegt", kind=f"text/plain; charset={charset}"))
    assert message.text == "Widerspruch für Anna eingelegt"


@pytest.mark.parametrize("charset", ["utf-8", "us-ascii", "utf-16"])
def test_text_that_is_not_in_its_declared_charset_is_read_as_far_as_it_goes(charset: str) -> None:
    message = parse(letter(b"Your objection \xff was received", kind=f"text/plain; charset={charset}"))
    assert "Your objection" in message.text or charset == "utf-16"
    assert "text is not in the charset that it declares" in message.defects


def test_latin1_without_a_charset_is_read_as_latin1() -> None:
    assert parse(letter("für Anna eingelegt".encode("latin-1"), kind="text/plain")).text == "für Anna eingelegt"


def test_a_charset_that_makes_half_characters_leaves_none_of_them() -> None:
    for kind in ("text/plain; charset=utf-7", "text/html; charset=utf-7", "text/html; charset=raw_unicode_escape"):
        assert_clean(read(letter("Hello big +2AA- world \\ud800 of text <a href='http://a.b/+2AA-\\ud800'>x</a>", kind=kind)))


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("=?utf-8?b?R3LDvMOfZQ==?=", "Grüße"),
        ("=?iso-8859-1?q?Gr=FC=DFe?=", "Grüße"),
        ("=?utf-8?q?Gr=C3=BC?= =?utf-8?q?=C3=9Fe?=", "Grüße"),
        ("=?zip?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("=?utf-8?b?not base64?=", "=?utf-8?b?not base64?="),
        ("=?utf-8?q?never closed", "=?utf-8?q?never closed"),
        ("Grüße", "Grüße"),
    ],
)
def test_encoded_subjects_are_read(raw: str, shown: str) -> None:
    assert parse(letter(subject=raw)).subject == shown


def test_a_subject_in_several_lines_is_one_line() -> None:
    assert parse(letter(subject="About\r\n your\r\n\trequest")).subject == "About your request"


@pytest.mark.parametrize("date", ["99 Foo 99999", "Mon, 1 Jan 2024 00:00:00 +999999999999", "Mon, 31 Dec 9999 23:59:59 -2359", "", "(((("])
def test_an_absurd_date_is_no_date(date: str) -> None:
    assert parse(b"From: a@b.c\r\nDate: " + date.encode() + b"\r\nReceived: x; " + date.encode() + b"\r\n\r\nx").date is None


def test_a_name_may_be_anything() -> None:
    message = parse(letter(sender="=?utf-8?q?Face=00book=ED=A0=80?= <a@facebookmail.com>"))
    assert message.sender == "a@facebookmail.com"
    assert_clean(message)


def test_file_names_are_no_paths_to_anywhere() -> None:
    part = b'Content-Type: text/plain; name="../../../etc/passwd"\r\nContent-Disposition: attachment; filename="../../../etc/passwd"\r\n\r\nsecret'
    message = parse(multipart(b"Content-Type: text/plain\r\n\r\nHello there, Anna.", part))
    assert message.text == "Hello there, Anna."
