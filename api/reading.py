"""One mail as a person reads it: its text, what was found in it, and how a model sees it. Codes are blotted out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ledger.outcome import Outcome
from ledger.text import folded_words, words_of


@dataclass(frozen=True, slots=True)
class ShownLink:
    """A link without trackers and personal tokens. `form`: it leads to a form of Meta's."""

    url: str
    text: str
    form: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """`text` is what was judged, `note` stood above it, `quoted` was cited, `hidden` no reader sees. Probabilities add up to 1."""

    subject: str
    sender: str
    to: tuple[str, ...]
    text: str
    note: str = ""
    quoted: str = ""
    hidden: str = ""
    links: tuple[ShownLink, ...] = ()
    probabilities: Mapping[Outcome, float] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()


def _found(folded: list[str], wanted: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """Where a run of words stands: index of its first and last word."""
    for first in range(len(folded) - len(wanted) + 1):
        if folded[first] == wanted[0] and tuple(folded[first : first + len(wanted)]) == wanted:
            yield first, first + len(wanted) - 1


def _spans(text: str, phrases: Iterable[str]) -> list[tuple[int, int]]:
    """Character offsets of all phrases, without overlaps, in order."""
    words = words_of(text)
    places = [words.span(*found) for phrase in phrases if (wanted := folded_words(phrase)) for found in _found(words.folded, wanted)]
    kept: list[tuple[int, int]] = []
    for start, end in sorted(places, key=lambda place: (place[0], -place[1])):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept


def marked(text: str, phrases: Iterable[str]) -> list[tuple[str, bool]]:
    """A text in pieces, each with whether it is one of the phrases. The pieces add up to the text."""
    pieces, at = [], 0
    for start, end in _spans(text, phrases):
        pieces += [(text[at:start], False), (text[start:end], True)]
        at = end
    return [(piece, is_phrase) for piece, is_phrase in [*pieces, (text[at:], False)] if piece]
