"""Status phrases: fixed runs of words that say what a mail decides, matched on folded words inside one sentence."""

from collections.abc import Sequence
from functools import cache

from ingest.lexicon import PhraseRule, language
from ingest.pattern import Matcher
from ledger.message import Phrase
from ledger.text import Words


@cache
def _rules_of(code: str) -> Matcher[PhraseRule]:
    return Matcher((tuple((word, False) for word in rule.words), rule) for rule in language(code).phrases)


@cache
def _rules(languages: tuple[str, ...]) -> Matcher[PhraseRule]:
    return Matcher((), [_rules_of(code) for code in languages])


@cache
def _conditions(code: str) -> Matcher[bool]:
    return Matcher((tuple((word, False) for word in words), True) for words in language(code).conditions)


def conditional_sentences(words: Words, languages: Sequence[str]) -> set[int]:
    """Numbers of the sentences that hold a condition: what they promise is not decided."""
    return {words.sentence[start] for lang in languages for start, _, _ in _conditions(lang).find(words.folded)}


def find_phrases(words: Words, languages: Sequence[str]) -> tuple[Phrase, ...]:
    """The status phrases of a text with their spans; of overlapping ones with the same outcome the longest."""
    matches = [m for m in _rules(tuple(languages)).find(words.folded) if words.sentence[m[0]] == words.sentence[m[1]]]
    if not matches:
        return ()
    conditional = conditional_sentences(words, languages)
    found: dict[tuple[int, int, str], Phrase] = {}
    for first, last, rule in matches:
        start, end = words.span(first, last)
        phrase = Phrase(words.text[start:end], rule.outcome, rule.deciding, words.sentence[first] in conditional, start, end)
        found[(start, end, rule.outcome)] = phrase
    return tuple(sorted(_longest(list(found.values())), key=lambda p: (p.start, p.end)))


def _longest(phrases: list[Phrase]) -> list[Phrase]:
    return [p for p in phrases if not any(q is not p and q.outcome is p.outcome and q.start <= p.start and p.end <= q.end for q in phrases)]
