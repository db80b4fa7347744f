"""What language a text is in: the share of each language's own function words. Words that many languages share count little."""

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cache

from ingest.lexicon import BASE, codes, language

WORD = re.compile(r"[^\W\d_]+")
ADDRESS = re.compile(r"://|@|\w\.\w")
"""What an address of a page or a person holds: «com» is a word of Portuguese, too."""
ENOUGH = 0.9
"""The least weight: about one word that no other language has."""
LOOKED_AT = 600
MIXED = 0.2
"""A second language counts from a fifth of the first one's weight: «Hi Anna,» above and «Case closed.» below a Turkish sentence."""


@cache
def _weights() -> dict[str, tuple[tuple[str, float], ...]]:
    """Each function word with the languages that have it; a word of n languages weighs 1/n for each."""
    having: dict[str, list[str]] = defaultdict(list)
    for code in codes():
        for word in language(code).words:
            having[word].append(code)
    return {word: tuple((code, 1 / len(found)) for code in found) for word, found in having.items()}


def _scores(words: Iterable[str], without: frozenset[str] = frozenset()) -> list[tuple[float, str]]:
    """(weight, code) of every language that has some of the words, the heaviest first; words in `without` do not count."""
    weights, scores = _weights(), dict[str, float]()
    for word in words:
        for code, weight in weights.get(word, ()) if word not in without else ():
            scores[code] = scores.get(code, 0.0) + weight
    return sorted(((score, code) for code, score in scores.items()), reverse=True)


def _looked_at(text: str) -> list[str]:
    spoken = " ".join(token for token in text[:20_000].lower().split() if not ADDRESS.search(token))
    return WORD.findall(spoken)[:LOOKED_AT]


def language_of(text: str) -> str | None:
    """The code of the text's main language (ISO 639-1), or None where too little of it is known."""
    scores = _scores(_looked_at(text))
    return scores[0][1] if scores and scores[0][0] >= ENOUGH else None


def languages_of(text: str) -> tuple[str, ...]:
    """The languages to look for words in: the main one, a second one that a mixed mail has, and English.

    What the main language has itself says nothing for a second one.
    """
    words = _looked_at(text)
    scores = _scores(words)
    if not scores or scores[0][0] < ENOUGH:
        return (BASE,)
    heaviest, main = scores[0]
    rest = _scores(words, language(main).words)
    second = [code for score, code in rest[:1] if score >= max(ENOUGH, MIXED * heaviest)]
    return tuple(dict.fromkeys([main, *second, BASE]))
