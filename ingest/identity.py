"""What makes a mail the same mail: the SHA-256 of its raw bytes with line ends normalised to CRLF."""

import hashlib

from ingest.caps import KEPT_OF_HUGE, MAX_SIZE, normalised


def identity(raw: bytes) -> tuple[str, bytes]:
    """(sha256 in hex of the whole mail, the bytes that are kept): of a mail over 10 MB only the first 256 KB are kept."""
    whole = normalised(raw)
    return hashlib.sha256(whole).hexdigest(), whole if len(whole) <= MAX_SIZE else whole[:KEPT_OF_HUGE]
