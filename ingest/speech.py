"""What language a text is in: the share of each language's own function words. Words that many languages share count little."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import lcm

from ingest.lexicon import BASE, codes, language

WORD = re.compile(r"[^\W\d_]+")
ADDRESS = re.compile(r"://|@|\w\.\w")
"""What an address of a page or a person holds: «com» is a word of Portuguese, too."""
WHOLE = lcm(*range(1, 33))
"""The weight of a word that one language alone has: whole numbers, so that no sum depends on its order."""
ENOUGH = WHOLE * 9 // 10
"""The least weight: about one word that no other language has."""
LOOKED_AT = 600
MIXED = 0.2
"""A second language counts from a fifth of the first one's weight: «Hi Anna,» above and «Case closed.» below a Turkish sentence."""


@dataclass(frozen=True, slots=True)
class Speech:
    """`main`: the text's main language (ISO 639-1), or None where too little of it is known.

    `languages` to look for words in: the main one, a second one that a mixed mail has, and English.
    """

    main: str | None
    languages: tuple[str, ...]


@cache
def _weights() -> dict[str, tuple[tuple[str, int], ...]]:
    """Each function word with the languages that have it; a word of n languages weighs 1/n for each."""
    having: dict[str, list[str]] = defaultdict(list)
    for code in codes():
        for word in language(code).words:
            having[word].append(code)
    return {word: tuple((code, WHOLE // len(found)) for code in found) for word, found in having.items()}


def _scores(counts: Mapping[str, int]) -> list[tuple[int, str]]:
    """(weight, code) of every language that has some of the words, the heaviest first."""
    weights, scores = _weights(), dict[str, int]()
    for word, count in counts.items():
        for code, weight in weights[word]:
            scores[code] = scores.get(code, 0) + count * weight
    return sorted(((score, code) for code, score in scores.items()), reverse=True)


def _function_words(text: str) -> Counter[str]:
    spoken = " ".join(token for token in text[:20_000].lower().split() if token.isalpha() or not ADDRESS.search(token))
    return Counter(filter(_weights().__contains__, WORD.findall(spoken)[:LOOKED_AT]))


def speech_of(text: str) -> Speech:
    """What languages a text is in. What the main one has itself says nothing for a second one."""
    counts = _function_words(text)
    scores = _scores(counts)
    if not scores or scores[0][0] < ENOUGH:
        return Speech(None, (BASE,))
    heaviest, main = scores[0]
    own = language(main).words
    rest = _scores({word: count for word, count in counts.items() if word not in own})
    second = [code for score, code in rest[:1] if score >= max(ENOUGH, MIXED * heaviest)]
    return Speech(main, tuple(dict.fromkeys([main, *second, BASE])))


def language_of(text: str) -> str | None:
    """The code of the text's main language, or None where too little of it is known."""
    return speech_of(text).main
