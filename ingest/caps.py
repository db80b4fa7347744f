"""Limits that hold before any parser sees a mail. What is cut is noted; the raw mail itself is kept whole elsewhere."""

import re

MAX_SIZE = 10 * 1024 * 1024
"""Bytes that are parsed at all. MEASURED: mail-parser takes 14 times the size of a mail in memory."""
KEPT_OF_HUGE = 256 * 1024
MAX_HEADER_BYTES = 256 * 1024
MAX_HEADER_LINES = 1000
MAX_PARTS = 500
MAX_DEPTH = 30
MAX_LINES = 200_000
"""More than base64 makes of 10 MB."""
MAX_FIELD = 1000
"""Bytes of one Content-… header. MEASURED: a file name of 210 KB in broken RFC 2047 words keeps mail-parser busy for 70 seconds."""
LINE_END = re.compile(rb"\n")
HEADER_END = re.compile(rb"\r?\n\r?\n")
FIELD = re.compile(rb"(?im)^content-[a-z-]+[ \t]*:[^\r\n]*(?:\r\n[ \t][^\r\n]*)*")
PART = re.compile(rb"(?im)^content-type[ \t]*:")
NESTED = re.compile(rb"(?im)^content-type[ \t]*:[ \t\r\n]*(?:multipart|message)/")
BOUNDARY = re.compile(rb"(?m)^--[^\s]")


def _cut(raw: bytes, pattern: re.Pattern[bytes], most: int) -> bytes | None:
    """The bytes before the match that is one too many, or None when there are not that many."""
    for count, match in enumerate(pattern.finditer(raw)):
        if count == most:
            return raw[: match.start()]
    return None


def _short_headers(raw: bytes) -> bytes | None:
    found = HEADER_END.search(raw)
    head = raw[: found.start()] if found else raw
    body = raw[found.start() :] if found else b""
    lines = head[:MAX_HEADER_BYTES].split(b"\n")
    if len(head) <= MAX_HEADER_BYTES and len(lines) <= MAX_HEADER_LINES:
        return None
    return b"\n".join(lines[:MAX_HEADER_LINES]) + (body or b"\n\n")


def capped(raw: bytes) -> tuple[bytes, tuple[str, ...]]:
    """The part of a raw mail that is safe to parse, and a defect for every limit that it broke."""
    defects = []
    if len(raw) > MAX_SIZE:
        raw = raw[:KEPT_OF_HUGE]
        defects.append(f"larger than {MAX_SIZE // 2**20} MB, only the first {KEPT_OF_HUGE // 1024} KB were read")
    # QUIRK: the standard library's parser takes a bare CR for a line end, so the limits must see it as one, too.
    raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    raw = FIELD.sub(lambda field: field[0][:MAX_FIELD], raw)
    if (shorter := _short_headers(raw)) is not None:
        raw = shorter
        defects.append("too many header lines, the rest was left out")
    for pattern, most, what in (
        (NESTED, MAX_DEPTH, "nested parts"),
        (PART, MAX_PARTS, "parts"),
        (BOUNDARY, MAX_PARTS * 2, "part boundaries"),
        (LINE_END, MAX_LINES, "lines"),
    ):
        if (shorter := _cut(raw, pattern, most)) is not None:
            raw = shorter
            defects.append(f"more than {most} {what}, the rest was left out")
    return raw, tuple(defects)


def normalised(raw: bytes) -> bytes:
    """A raw mail with CRLF line ends, so that a file and the same mail over IMAP are the same bytes."""
    if b"\n" not in raw:
        return raw.replace(b"\r", b"\r\n")
    return raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
