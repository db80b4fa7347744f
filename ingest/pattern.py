"""Many word patterns against one text in a single pass: a table by first word, and one by the beginnings of words."""

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

from ledger.text import words_of

T = TypeVar("T")
SHORTEST_STEM = 2


def pattern_words(pattern: str) -> tuple[tuple[str, bool], ...]:
    """A pattern as folded words, each with whether it is a stem (`widerspr*`). An inner `*` is no wildcard."""
    found: list[tuple[str, bool]] = []
    for written in pattern.split():
        stem = written.endswith("*")
        folded = words_of(written.rstrip("*")).folded
        found += [(word, stem and number == len(folded)) for number, word in enumerate(folded, start=1)]
    return tuple(found)


class Matcher(Generic[T]):
    """Finds runs of words. Time is linear in the text: each word costs one look-up per possible stem, and is remembered."""

    def __init__(self, patterns: Iterable[tuple[tuple[tuple[str, bool], ...], T]]) -> None:
        self._exact: dict[str, list[tuple[tuple[tuple[str, bool], ...], T]]] = {}
        self._stems: dict[str, list[tuple[tuple[tuple[str, bool], ...], T]]] = {}
        self._remembered: dict[str, list[tuple[tuple[tuple[str, bool], ...], T]]] = {}
        for words, value in patterns:
            if words:
                table = self._stems if words[0][1] else self._exact
                table.setdefault(words[0][0], []).append((words[1:], value))

    def _starting_with(self, word: str) -> list[tuple[tuple[tuple[str, bool], ...], T]]:
        known = self._remembered.get(word)
        if known is None:
            known = list(self._exact.get(word, ()))
            for length in range(SHORTEST_STEM, len(word) + 1):
                known += self._stems.get(word[:length], ())
            if len(self._remembered) < 200_000 and len(word) <= 60:
                self._remembered[word] = known
        return known

    def find(self, words: list[str]) -> Iterator[tuple[int, int, T]]:
        """Every match as (first word, last word, value), in order of the first word."""
        for start, word in enumerate(words):
            for rest, value in self._starting_with(word[:200]):
                if not rest or self._follows(words, start + 1, rest):
                    yield start, start + len(rest), value

    @staticmethod
    def _follows(words: list[str], at: int, rest: tuple[tuple[str, bool], ...]) -> bool:
        if at + len(rest) > len(words):
            return False
        return all(word.startswith(p) if stem else word == p for word, (p, stem) in zip(words[at : at + len(rest)], rest, strict=True))
