"""The limits that hold before any parser sees a mail, each with the defect that says so."""

import pytest

from ingest.caps import KEPT_OF_HUGE, MAX_SIZE, capped, normalised
from ingest.parse import parse
from tests.ingest.bombs import HEAD, nested
from tests.ingest.letter import letter


def defect_of(raw: bytes) -> str:
    return " | ".join(capped(raw)[1])


def test_an_ordinary_mail_is_not_touched() -> None:
    raw = letter("Hello\nworld\n")
    assert capped(raw) == (raw, ())


def test_of_a_huge_mail_the_beginning_is_read() -> None:
    raw = letter("we will honor your objection\n" + "x" * 70 * 1024 * 1024)
    safe, defects = capped(raw)
    assert len(safe) <= KEPT_OF_HUGE
    assert "larger than 10 MB" in defects[0]
    message = parse(raw)
    assert message.text.startswith("we will honor your objection")
    assert message.size == len(raw)


def test_ten_megabytes_are_read_whole() -> None:
    head = letter("")
    assert defect_of(head + b"x" * (MAX_SIZE - len(head))) == ""


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"".join(b"X-%d: a\r\n" % n for n in range(1001)) + b"\r\nhello", "header lines"),
        (b"X: " + b"a" * 300 * 1024 + b"\r\n\r\nhello", "header lines"),
        (nested(31), "more than 30 nested parts"),
        (
            HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n" * 501,
            "more than 500 parts",
        ),
        (HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 1001, "more than 1000 part boundaries"),
        (HEAD + b"\r\n" + b"\n" * 200_001, "more than 200000 lines"),
    ],
)
def test_each_limit_says_that_it_was_broken(raw: bytes, said: str) -> None:
    assert said in defect_of(raw)
    assert any(said in defect for defect in parse(raw).defects)


@pytest.mark.parametrize(
    "raw",
    [
        b"".join(b"X-%d: a\r\n" % n for n in range(999)) + b"\r\nhello",
        nested(29),
        HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n" * 499,
    ],
)
def test_what_stays_below_the_limits_has_no_such_defect(raw: bytes) -> None:
    assert defect_of(raw) == ""


def test_words_before_the_limit_are_kept() -> None:
    parts = (
        b"--b\r\nContent-Type: text/plain\r\n\r\nwe will honor your objection\r\n" + b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n" * 600
    )
    assert "we will honor your objection" in parse(HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + parts).text


def test_the_body_survives_too_many_headers() -> None:
    raw = HEAD + b"".join(b"X-%d: a\r\n" % n for n in range(2000)) + b"\r\nwe will honor your objection"
    message = parse(raw)
    assert (message.text, message.sender) == ("we will honor your objection", "a@facebookmail.com")


def test_a_long_content_header_is_cut() -> None:
    safe, _ = capped(HEAD + b"Content-Type: text/plain; name=" + b"x" * 5000 + b"\r\n\tfolded\r\nX-Next: kept\r\n\r\nhello")
    assert len(safe) < 1300
    assert b"X-Next: kept\r\n\r\nhello" in safe


@pytest.mark.parametrize(
    ("raw", "whole"),
    [
        (b"a\nb", b"a\r\nb"),
        (b"a\r\nb", b"a\r\nb"),
        (b"a\n\r\n", b"a\r\n\r\n"),
        (b"a\rb", b"a\r\nb"),
        (b"a\rb\n", b"a\rb\r\n"),
        (b"", b""),
        (b"a\r\r\n", b"a\r\r\n"),
    ],
)
def test_line_ends_become_crlf(raw: bytes, whole: bytes) -> None:
    assert normalised(raw) == whole
    assert normalised(normalised(raw)) == normalised(raw)
