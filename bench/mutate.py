"""Mails that were damaged on purpose: each is made from a whole one, by a number alone, so that any can be made again."""

import base64
import random
import re
from collections.abc import Callable, Sequence

CHARSETS = [
    "zip",
    "rot13",
    "undefined",
    "idna",
    "punycode",
    "utf-7",
    "utf-16",
    "utf-32",
    "unicode_escape",
    "x" * 300,
    "utf-8\0",
    '"',
    "cp037",
]
ENCODINGS = ["base64", "quoted-printable", "uuencode", "x-uuencode", "8bit", "binary", "7bit; 8bit", "base64\0"]
TYPES = [
    "multipart/mixed",
    "multipart/alternative; boundary=b",
    "message/rfc822",
    "message/delivery-status",
    "text/html",
    "text/x",
    "/",
    "text",
]
GIANTS: list[Callable[[random.Random], bytes]] = [
    lambda r: b"X-Any: " + b"a" * r.randrange(1000, 400_000),
    lambda r: b"To: " + b",\r\n ".join(b"u%d@example.org" % n for n in range(r.randrange(10, 20_000))),
    lambda r: b"Subject: " + b"=?utf-8?q?x?= " * r.randrange(1, 20_000),
    lambda r: b"From: " + b"=?a?b?x" * r.randrange(1, 20_000) + b" <a@example.org>",
    lambda r: b"Content-Type: text/plain" + b"".join(b"; a*%d*=utf-8''x" % n for n in range(r.randrange(1, 9000))),
    lambda r: b"Received: " + b"from a by b; " * r.randrange(1, 15_000),
    lambda r: b"Date: " + b"1 " * r.randrange(1, 90_000),
    lambda r: b"References: " + b"<[a@b" * r.randrange(1, 40_000),
]
PAGE = [b"<div>", b"<table><tr><td>", b"<a href='http://[x'>", b"<!--", b"&#xD800;", b"<style>", b"<p hidden>", b"</html>", b"<b><i>", b"<"]
LARGEST = 2**22
"""Bytes that are not exceeded by much; the caps for larger mails have tests of their own."""
Mutation = Callable[[random.Random, bytes], bytes]


def flipped(r: random.Random, raw: bytes) -> bytes:
    """Some bytes are others."""
    damaged = bytearray(raw)
    for _ in range(min(r.choice([1, 4, 30, 400]), len(raw))):
        damaged[r.randrange(len(raw))] = r.randrange(256)
    return bytes(damaged)


def with_more_boundaries(r: random.Random, raw: bytes) -> bytes:
    """Lines that divide parts come twice, or lose their end."""
    lines = [line for line in re.findall(rb"(?m)^--[^\r\n]+", raw) if len(line) < 90] or [b"--frontier"]
    chosen = r.choice(lines)
    return raw.replace(chosen, r.choice([chosen * 2, chosen + b"\r\n" + chosen, chosen[: r.randrange(2, len(chosen) + 1)], chosen + b"--"]))


def with_repeated_headers(r: random.Random, raw: bytes) -> bytes:
    """One header stands there many times, in other places."""
    head, gap, body = raw.partition(b"\n\r\n" if b"\n\r\n" in raw else b"\n\n")
    lines = head.split(b"\n")
    at = r.randrange(len(lines))
    line = r.choice(lines)
    lines[at:at] = [line] * min(r.choice([1, 2, 40, 1500]), LARGEST // (len(line) + 1))
    return b"\n".join(lines) + gap + body


def nested(r: random.Random, raw: bytes) -> bytes:
    """The mail is a part of a part of a part, or attached to itself."""
    if len(raw) > 500_000:
        return raw
    for depth in range(r.choice([1, 2, 10, 33, 120])):
        mark = r.choice([b"b%d" % depth, b"b"])
        kind = r.choice([b"multipart/mixed; boundary=" + mark, b"message/rfc822", b"multipart/related"])
        raw = b"From: a@b.c\r\nContent-Type: " + kind + b"\r\n\r\n--" + mark + b"\r\n\r\n" + raw + r.choice([b"", b"\r\n--" + mark + b"--"])
    return raw


def truncated(r: random.Random, raw: bytes) -> bytes:
    """The end is missing, the beginning, or a piece in between."""
    a, b = sorted((r.randrange(len(raw) + 1), r.randrange(len(raw) + 1)))
    return r.choice([raw[:a], raw[a:], raw[:a] + raw[b:], raw[a:b]])


def in_another_charset(r: random.Random, raw: bytes) -> bytes:
    """What a part says of itself is not so."""
    lie = r.choice(CHARSETS).encode()
    changed = re.sub(rb"(?i)charset=\"?[\w-]+", b"charset=" + lie, raw)
    changed = re.sub(rb"(?i)=\?[\w-]+\?([qb])\?", rb"=?" + lie[:40].replace(b"\\", b"") + rb"?\g<1>?", changed)
    return re.sub(rb"(?i)(content-type: *)[\w/-]+", rb"\g<1>" + r.choice(TYPES).encode(), changed, count=r.randrange(3))


def with_encoded_garbage(r: random.Random, raw: bytes) -> bytes:
    """The encoding of a part is another, and what stands there is no good in any."""
    changed = re.sub(rb"(?i)(content-transfer-encoding: *)[\w-]+", rb"\g<1>" + r.choice(ENCODINGS).encode().replace(b"\\", b""), raw)
    garbage = r.choice(
        [base64.b64encode(r.randbytes(900)), b"A" * 4999, b"=" * 999, b"=\r\n" * 300, b"begin 644 a\r\nM!!\r\n", r.randbytes(500)]
    )
    at = r.randrange(len(changed) + 1)
    return changed[:at] + garbage + changed[at:]


def with_a_giant_header(r: random.Random, raw: bytes) -> bytes:
    """One header is larger than any mail should be."""
    giant = r.choice(GIANTS)(r)
    return giant + b"\r\n" + raw if r.random() < 0.7 else raw.replace(b"\n", b"\n" + giant + b"\r\n", 1)


def with_other_line_ends(r: random.Random, raw: bytes) -> bytes:
    """Lines end with CR, with LF, with zeros, with blanks."""
    ends = [b"\r", b"\n", b"\r\n", b"\0\r\n", b" \r\n", b"\r\r\n", b"\n\n", b"\x0c", "\u2028".encode()]
    if r.random() < 0.5:
        return raw.replace(b"\r\n", b"\n").replace(b"\n", r.choice(ends))
    return b"".join(line + r.choice(ends[:4]) for line in raw.splitlines())


def with_broken_markup(r: random.Random, raw: bytes) -> bytes:
    """Pieces of pages, opened and never closed."""
    piece = r.choice(PAGE) * r.choice([1, 30, 3000])
    at = r.randrange(len(raw) + 1)
    return raw[:at] + piece + raw[at:]


def repeated(r: random.Random, raw: bytes) -> bytes:
    """A piece of it comes again and again."""
    a = r.randrange(len(raw) + 1)
    piece = raw[a : a + r.choice([1, 3, 80, 2000])]
    return raw[:a] + piece * r.choice([2, 50, 700, 60_000 // (len(piece) + 1)]) + raw[a:]


MUTATIONS: dict[str, Mutation] = {
    "bytes flipped": flipped,
    "boundaries doubled": with_more_boundaries,
    "headers repeated": with_repeated_headers,
    "nested": nested,
    "truncated": truncated,
    "charset lies": in_another_charset,
    "encoded garbage": with_encoded_garbage,
    "giant header": with_a_giant_header,
    "line ends": with_other_line_ends,
    "broken markup": with_broken_markup,
    "pieces repeated": repeated,
}


def mutated(mails: Sequence[bytes], number: int, seed: int = 0) -> tuple[tuple[str, ...], bytes]:
    """(what was done, the mail): mail `number` modulo their count, damaged in one to three ways; the same for the same numbers."""
    r = random.Random(f"{seed}:{number}")
    raw = mails[number % len(mails)]
    done = tuple(r.choices(list(MUTATIONS), k=r.choice([1, 1, 2, 3])))
    for name in done:
        raw = MUTATIONS[name](r, raw[:LARGEST]) if raw else raw
    return done, raw
