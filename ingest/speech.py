"""What language a text is in: the share of each language's own function words. Words that many languages share count little."""

import re
from collections import defaultdict
from functools import cache

from ingest.lexicon import BASE, codes, language

WORD = re.compile(r"[^\W\d_]+")
ADDRESS = re.compile(r"://|@|\w\.\w")
"""What an address of a page or a person holds: «com» is a word of Portuguese, too."""
ENOUGH = 0.9
"""The least weight: about one word that no other language has."""
LOOKED_AT = 600
MIXED = 0.35
"""A second language counts from a third of the first one's weight: «Hi Anna,» above and «Case closed.» below a Turkish sentence."""


@cache
def _weights() -> dict[str, tuple[tuple[str, float], ...]]:
    """Each function word with the languages that have it; a word of n languages weighs 1/n for each."""
    having: dict[str, list[str]] = defaultdict(list)
    for code in codes():
        for word in language(code).words:
            having[word].append(code)
    return {word: tuple((code, 1 / len(found)) for code in found) for word, found in having.items()}


def _scores(text: str) -> list[tuple[float, str]]:
    """(weight, code) of every language that a text has words of, the heaviest first."""
    weights, scores = _weights(), dict[str, float]()
    spoken = " ".join(token for token in text[:20_000].lower().split() if not ADDRESS.search(token))
    for word in WORD.findall(spoken)[:LOOKED_AT]:
        for code, weight in weights.get(word, ()):
            scores[code] = scores.get(code, 0.0) + weight
    return sorted(((score, code) for code, score in scores.items()), reverse=True)


def language_of(text: str) -> str | None:
    """The code of the text's main language (ISO 639-1), or None where too little of it is known."""
    scores = _scores(text)
    return scores[0][1] if scores and scores[0][0] >= ENOUGH else None


def languages_of(text: str) -> tuple[str, ...]:
    """The languages to look for words in: the main one, a second one that a mixed mail has, and English."""
    scores = _scores(text)
    main = [code for score, code in scores[:1] if score >= ENOUGH]
    second = [code for score, code in scores[1:2] if score >= ENOUGH and score >= MIXED * scores[0][0]]
    return tuple(dict.fromkeys([*main, *second, BASE]))
