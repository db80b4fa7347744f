"""What language a text is in: the share of each language's own function words. Words that many languages share count little."""

import re
from collections import Counter, defaultdict
from functools import cache

from ingest.lexicon import codes, language

WORD = re.compile(r"[^\W\d_]+")
ADDRESS = re.compile(r"://|@|\w\.\w")
"""What an address of a page or a person holds: «com» is a word of Portuguese, too."""
ENOUGH = 0.9
"""The least weight: about one word that no other language has."""
LOOKED_AT = 600


@cache
def _weights() -> dict[str, tuple[tuple[str, float], ...]]:
    """Each function word with the languages that have it; a word of n languages weighs 1/n for each."""
    having: dict[str, list[str]] = defaultdict(list)
    for code in codes():
        for word in language(code).words:
            having[word].append(code)
    return {word: tuple((code, 1 / len(found)) for code in found) for word, found in having.items()}


def language_of(text: str) -> str | None:
    """The code of the text's main language (ISO 639-1), or None where too little of it is known."""
    weights, scores = _weights(), Counter[str]()
    spoken = " ".join(token for token in text[:20_000].lower().split() if not ADDRESS.search(token))
    for word in WORD.findall(spoken)[:LOOKED_AT]:
        for code, weight in weights.get(word, ()):
            scores[code] += weight  # type: ignore[assignment]
    if not scores:
        return None
    code, score = max(scores.items(), key=lambda item: (item[1], item[0]))
    return code if score >= ENOUGH else None
