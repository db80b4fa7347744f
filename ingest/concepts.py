"""The language-neutral layer: the same few things said in every language, found as concepts in each clause."""

from collections.abc import Sequence
from functools import cache

from ingest.lexicon import language
from ingest.pattern import Matcher, pattern_words
from ledger.message import Hit
from ledger.text import Words


@cache
def _of_one(code: str) -> Matcher[tuple[str, str]]:
    concepts = language(code).concepts
    return Matcher((pattern_words(value), (name, code)) for name, values in concepts.items() for value in values)


@cache
def _matcher(languages: tuple[str, ...]) -> Matcher[tuple[str, str]]:
    return Matcher((), [_of_one(code) for code in languages])


def find_concepts(words: Words, languages: Sequence[str]) -> tuple[Hit, ...]:
    """The concepts of a text in order; `languages`: its main one first.

    A longer run of words hides the shorter ones of the same concept inside it. A function word of the main language is no word of another.
    """
    main, folded, sentence = languages[0], words.folded, words.sentence
    own = language(main).folded
    found = {
        (first, -last, name)
        for first, last, (name, code) in _matcher(tuple(languages)).find(folded)
        if (sentence[first] == sentence[last] if first != last else code == main or folded[first] not in own)
    }
    hits, reach = [], dict[str, int]()
    for first, minus_last, name in sorted(found):
        if reach.get(name, -1) < -minus_last:
            reach[name] = -minus_last
            hits.append(Hit(name, words.start[first], words.end[-minus_last], words.clause[first], sentence[first]))
    return tuple(hits)
