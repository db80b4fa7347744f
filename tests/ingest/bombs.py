"""Mails and pages that are built to make parsers slow, greedy or wrong. Each is made when it is asked for."""

import base64
from collections.abc import Callable

from tests.ingest.letter import letter

HEAD = b"From: a@facebookmail.com\r\nTo: b@example.org\r\nSubject: x\r\nMIME-Version: 1.0\r\n"


def _headers(*lines: bytes) -> bytes:
    return b"\r\n".join(lines) + b"\r\n\r\nhello"


def _part(content_type: bytes, body: bytes) -> bytes:
    return HEAD + b"Content-Type: " + content_type + b"\r\n\r\n" + body


def nested(depth: int, line_end: bytes = b"\r\n") -> bytes:
    """So many multiparts inside each other; none is closed."""
    opened = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(depth))
    return (HEAD + opened + b"Content-Type: text/plain\r\n\r\nhello objection text here\r\n").replace(b"\r\n", line_end)


def _attached_in_attached(depth: int) -> bytes:
    mail = letter("hello world now")
    for number in range(depth):
        boundary = b"b%d" % number
        mail = (
            _part(b"multipart/mixed; boundary=" + boundary, b"--" + boundary)
            + b'\r\nContent-Type: application/octet-stream; name="a.eml"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
            + base64.encodebytes(mail)
            + b"\r\n--"
            + boundary
            + b"--\r\n"
        )
    return mail


MAILS: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "zero bytes": lambda: b"\0" * 100_000,
    "a thousand nested parts": lambda: nested(1000),
    "a thousand nested parts with bare CR": lambda: nested(1000, b"\r") + b"\n",
    "100,000 parts": lambda: _part(b"multipart/mixed; boundary=b", b"--b\r\n\r\nx\r\n" * 100_000),
    "100,000 empty parts": lambda: _part(b"multipart/mixed; boundary=b", b"--b\r\n\r\n" * 100_000),
    "ten million empty lines": lambda: HEAD + b"\r\n" + b"\n" * 10_000_000,
    "20,000 addresses in To": lambda: _headers(b"From: a@b.c", b"To: " + b", ".join(b"u%d@example.org" % n for n in range(20_000))),
    "20,000 addresses in folded To": lambda: _headers(
        b"From: a@b.c", b"To: " + b",\r\n ".join(b"u%d@example.org" % n for n in range(20_000))
    ),
    "900 From headers": lambda: _headers(*(b"From: u%d@example.org, v%d@example.org" % (n, n) for n in range(900))),
    "comments inside comments": lambda: _headers(b"From: " + b"(" * 200_000, b"To: " + b"(" * 50_000),
    "quotes and angles": lambda: _headers(b"From: " + b'<a@"' * 60_000, b"To: " + b"<" * 50_000),
    "broken encoded words in Subject": lambda: _headers(b"Subject: " + b"=?a?q?x" * 36_000),
    "encoded words in Subject": lambda: _headers(b"Subject: " + b"=?utf-8?q?x?= " * 17_000),
    "broken encoded words in From": lambda: _headers(b"From: " + b"=?a?q?x" * 36_000 + b" <a@b.c>"),
    "broken encoded words in any header": lambda: _headers(b"X-Any: " + b"=?a?q?x" * 36_000),
    "broken encoded words in a file name": lambda: (
        HEAD + b"Content-Type: application/x\r\nContent-Disposition: attachment; filename=" + b"=?a?q?x" * 30_000 + b"\r\n\r\nx"
    ),
    "broken encoded words in 400 file names": lambda: _part(
        b"multipart/mixed; boundary=b", (b"--b\r\nContent-Disposition: attachment; filename=" + b"=?a?q?x" * 900 + b"\r\n\r\nx\r\n") * 400
    ),
    "12,000 parameters": lambda: _part(b"text/plain" + b"".join(b"; a*%d*=utf-8''x" % n for n in range(12_000)), b"hello"),
    "empty parameters": lambda: _part(b"text/plain" + b"; " * 120_000, b"hello"),
    "semicolons in quotes": lambda: _part(b'text/plain; a="' + b';"' * 120_000, b"hello"),
    "a header of 5 MB": lambda: _headers(b"X-Long: " + b"a" * 5_000_000),
    "100,000 headers": lambda: _headers(*(b"X-%d: a" % n for n in range(100_000))),
    "Received of nothing but names": lambda: _headers(b"Received: " + b"from a by b " * 20_000, b"Received: " + b";" * 2000),
    "a date of numbers": lambda: _headers(b"Date: " + b"1 " * 120_000),
    "a punycode body": lambda: _part(b"text/plain; charset=punycode", b"abc-" + b"b" * 4_000_000),
    "a punycode subject": lambda: _headers(b"Subject: =?punycode?q?abc-" + b"b" * 200_000 + b"?="),
    "5 MB of base64 in one line": lambda: HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n" + b"A" * 5_000_000 + b"!",
    "soft line breaks": lambda: HEAD + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=\r\n" * 2_000_000,
    "6 MB of uuencode": lambda: (
        HEAD + b"Content-Transfer-Encoding: uuencode\r\n\r\nbegin 644 a\r\n" + (b"M" + b"#" * 60 + b"\r\n") * 100_000
    ),
    "10 MB of words": lambda: _part(b"text/plain", b"hello meta, we honour your objection. " * 260_000),
    "10 MB of one word": lambda: _part(b"text/plain", b"a" * 10_000_000),
    "60,000 exclamation marks in one word": lambda: _part(b"text/plain", b"a" + b"!" * 60_000 + b"b"),
    "60,000 lines that end with a comma": lambda: _part(b"text/plain", b"a" + b",\n" * 30_000 + b"b"),
    "phrases that nearly fit": lambda: _part(b"text/plain", b"will honor " * 6000),
    "header lines in the text": lambda: _part(b"text/plain", b"From: b\r\n> Date: x\r\n" * 10_000),
    "accents heaped on one letter": lambda: _part(b"text/plain; charset=utf-8", ("a" + "\u0300\u0316" * 500_000).encode()),
    "a ligature of eighteen letters": lambda: _part(b"text/plain; charset=utf-8", "\ufdfa".encode() * 64_000),
    "quote marks": lambda: _part(b"text/plain", b"> " * 30_000 + b"x\r\n" + b">" * 60_000),
    "blanks": lambda: _part(b"text/plain", b" " * 60_000 + b"x" + b"\n " * 30_000),
    "addresses of pages": lambda: _part(
        b"text/plain", b"http://" * 5000 + b"".join(b" http://www.facebook.com/%d?a=b" % n for n in range(1500))
    ),
    "mails in mails in mails": lambda: _attached_in_attached(20),
    "rfc822 in rfc822": lambda: (
        HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 1 + b"Subject: a\r\nContent-Type: message/rfc822\r\n\r\n" * 5000
    ),
    "400 pages in one mail": lambda: _part(
        b"multipart/mixed; boundary=b", (b"--b\r\nContent-Type: text/html\r\n\r\n" + b"<i>" * 900 + b"<p>x" * 4000 + b"\r\n") * 400
    ),
}

PAGES: dict[str, Callable[[], str]] = {
    "nested blocks": lambda: "<div>" * 100_000,
    "paragraphs that are never closed": lambda: "<p>" * 200_000,
    "nested tables": lambda: "<table><tr><td>x" * 330 + "<font>" * 10_000,
    "tables in links": lambda: "<a href=x><table>" * 20_000,
    "links in links": lambda: "<a href=x>" * 60_000,
    "formatting that is opened again in every paragraph": lambda: "<b><i>" * 400 + "<p>x</p>" * 40_000,
    "links that are opened again in every paragraph": lambda: "<a href=x>y" * 900 + "<p>z" * 60_000,
    "attributes": lambda: "<p " + "".join(f"a{n}=1 " for n in range(40_000)) + ">x",
    "many attributes many times": lambda: ("<p " + "".join(f"a{n}=1 " for n in range(2000)) + ">x</p>") * 20,
    "tags that are never closed": lambda: "<a " * 160_000,
    "less-than signs": lambda: "<" * 500_000,
    "comments": lambda: "<!--" * 100_000,
    "entities": lambda: "&lt" * 160_000,
    "quotes in quotes": lambda: "<blockquote>x" * 990 + "y<br>" * 60_000,
    "hidden in hidden": lambda: "<div hidden>" * 990 + "x" * 400_000,
    "a style of blanks": lambda: "<p style='" + " " * 400_000 + "'>x",
    "5 MB": lambda: "<p>word word</p>" * 330_000,
}
