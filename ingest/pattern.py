"""Many word patterns against one text in a single pass: a table by first word, and one by the beginnings of words."""

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from operator import add
from typing import Generic, TypeVar

from ledger.text import Kept, words_of

T = TypeVar("T")
MOST_REMEMBERED = 30_000
"""Words, for each matcher."""


def pattern_words(pattern: str) -> tuple[tuple[str, bool], ...]:
    """A pattern as folded words, each with whether it is a stem (`widerspr*`). An inner `*` is no wildcard."""
    found: list[tuple[str, bool]] = []
    for written in pattern.split():
        stem = written.endswith("*")
        folded = words_of(written.rstrip("*")).folded
        found += [(word, stem and number == len(folded)) for number, word in enumerate(folded, start=1)]
    return tuple(found)


class Node(Generic[T]):
    """Where patterns that share their first words go on, by whole words and by beginnings of words; `values` are of those that end here."""

    __slots__ = ("exact", "goes_on", "lengths", "stems", "values")

    def __init__(self) -> None:
        self.exact: dict[str, Node[T]] = {}
        self.stems: dict[str, Node[T]] = {}
        self.lengths: tuple[int, ...] = ()
        self.goes_on = False
        self.values: tuple[T, ...] = ()

    def add(self, words: tuple[tuple[str, bool], ...], value: T) -> None:
        """Grow the nodes of one pattern. One without words is never found."""
        node = self
        for word, stem in words:
            node = node._grown(word, stem)
        if words:
            node.values += (value,)

    def _grown(self, word: str, stem: bool) -> "Node[T]":
        node: Node[T] = (self.stems if stem else self.exact).setdefault(word, Node())
        self.goes_on = True
        self.lengths = tuple(sorted({len(beginning) for beginning in self.stems}))
        return node

    def behind(self, word: str) -> "tuple[Node[T], ...]":
        """The nodes that a word of a text leads to."""
        exact = self.exact.get(word)
        found: tuple[Node[T], ...] = (exact,) if exact else ()
        for length in self.lengths:
            if length <= len(word) and (node := self.stems.get(word[:length])):
                found = (*found, node)
        return found


class Matcher(Generic[T]):
    """Finds runs of words. Time is linear in the text: each word costs one look-up for each length of stems, and is remembered.

    `beside`: matchers whose patterns are found in the same pass.
    """

    def __init__(self, patterns: Iterable[tuple[tuple[tuple[str, bool], ...], T]], beside: "Sequence[Matcher[T]]" = ()) -> None:
        root: Node[T] = Node()
        for words, value in patterns:
            root.add(words, value)
        self._tables: list[Kept[tuple[Node[T], ...]]] = [
            Kept(root.behind, MOST_REMEMBERED),
            *(table for matcher in beside for table in matcher._tables),
        ]

    def _starts(self, words: list[str]) -> Iterator[tuple[Node[T], ...]]:
        """For each word the nodes of the patterns that begin with it."""
        return reduce(lambda some, more: map(add, some, more), (map(table.__getitem__, words) for table in self._tables))

    def find(self, words: list[str]) -> Iterator[tuple[int, int, T]]:
        """Every match as (first word, last word, value), in order of the first word, shorter ones first."""
        padded = [*words, ""]
        for start, reached in enumerate(self._starts(words)):
            last = start
            while reached:
                ahead: tuple[Node[T], ...] = ()
                for node in reached:
                    for value in node.values:
                        yield start, last, value
                    if node.goes_on:
                        ahead += node.behind(padded[last + 1])
                last, reached = last + 1, ahead
