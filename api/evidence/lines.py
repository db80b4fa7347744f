"""The entries of a bundle as lines of JSON: everything that the chain was computed from, letter for letter."""

import json
from collections.abc import Iterable
from datetime import datetime

from ledger.entry import BODIES, ChainLink, Entry, body_of

NAMES = ("seq", "at", "recorded_at", "kind", "body", "hash")


def lines_of(links: Iterable[ChainLink]) -> bytes:
    """One JSON object for each entry, in the order in which they were written."""
    return b"".join(_line(link) for link in links)


def _line(link: ChainLink) -> bytes:
    values = (link.seq, link.at.isoformat(), link.recorded_at.isoformat(), link.kind, link.body, link.hash)
    return json.dumps(dict(zip(NAMES, values, strict=True))).encode() + b"\n"


def links_of(lines: bytes) -> list[ChainLink]:
    """The entries that such lines hold. Raises ValueError when they are none."""
    try:
        return [_link(json.loads(line)) for line in lines.splitlines()]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no entry: {error}") from None


def _link(line: dict[str, object]) -> ChainLink:
    seq, at, recorded_at, kind, body, digest = (line[name] for name in NAMES)
    if not isinstance(seq, int):
        raise TypeError("seq")
    return ChainLink(seq, datetime.fromisoformat(str(at)), datetime.fromisoformat(str(recorded_at)), str(kind), str(body), str(digest))


def entries_of(links: Iterable[ChainLink]) -> list[Entry]:
    """The entries to fold; those of a kind that this version does not know are left out."""
    known = [link for link in links if link.kind in BODIES]
    return [Entry(link.at, link.recorded_at, body_of(link.kind, link.body), link.seq, link.hash) for link in known]
