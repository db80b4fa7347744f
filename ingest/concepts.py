"""The language-neutral layer: the same few things said in every language, found as concepts in each clause."""

from collections.abc import Sequence
from functools import cache

from ingest.lexicon import language
from ingest.pattern import Matcher, pattern_words
from ledger.message import Hit
from ledger.text import Words


@cache
def _matcher(code: str) -> Matcher[str]:
    concepts = language(code).concepts
    return Matcher((pattern_words(value), name) for name, values in concepts.items() for value in values)


def find_concepts(words: Words, languages: Sequence[str]) -> tuple[Hit, ...]:
    """The concepts of a text in order; `languages`: its main one first.

    A longer run of words hides the shorter ones of the same concept inside it. A function word of the main language is no word of another.
    """
    best: dict[tuple[str, int], int] = {}
    own = language(languages[0]).folded
    for code in languages:
        for first, last, name in _matcher(code).find(words.folded):
            borrowed = code != languages[0] and first == last and words.folded[first] in own
            if words.sentence[first] == words.sentence[last] and not borrowed:
                best[(name, first)] = max(best.get((name, first), 0), last)
    hits, reach = [], dict[str, int]()
    for (name, first), last in sorted(best.items(), key=lambda item: (item[0][1], -item[1], item[0][0])):
        if reach.get(name, -1) >= last:
            continue
        reach[name] = last
        start, end = words.span(first, last)
        hits.append(Hit(name, start, end, words.clause[first], words.sentence[first]))
    return tuple(hits)
