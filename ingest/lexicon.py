"""What Demur knows of each language, read from `languages/*.toml` and `languages/concepts/*.toml`. Data, no rules."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ledger.outcome import Outcome
from ledger.text import fold, folded_words

HERE = Path(__file__).parent
BASE = "en"
"""Mails in every language hold English words (link texts, product names): English is matched beside the mail's own."""


@dataclass(frozen=True, slots=True)
class PhraseRule:
    """A status phrase as written, and as the folded words that are matched."""

    text: str
    words: tuple[str, ...]
    outcome: Outcome
    deciding: bool


@dataclass(frozen=True, slots=True)
class Language:
    code: str
    name: str
    words: frozenset[str]
    folded: frozenset[str]
    conditions: tuple[tuple[str, ...], ...]
    phrases: tuple[PhraseRule, ...]
    concepts: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class MailWords:
    """How mail programs mark forwards and replies, over all languages, folded."""

    forward: frozenset[str]
    reply: frozenset[str]
    forwarded: tuple[str, ...]
    wrote: tuple[str, ...]
    headers: frozenset[str]


def _load(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return tomllib.load(file)


@cache
def codes() -> tuple[str, ...]:
    """The codes of all languages that have a file."""
    return tuple(sorted(path.stem for path in (HERE / "languages").glob("*.toml")))


@cache
def language(code: str) -> Language:
    """All data of one language."""
    data = _load(HERE / "languages" / f"{code}.toml")
    concepts = HERE / "languages" / "concepts" / f"{code}.toml"
    rules = tuple(
        PhraseRule(p["text"], folded_words(p["text"]), Outcome(p["outcome"]), p["strength"] == "deciding") for p in data["phrases"]
    )
    return Language(
        code=code,
        name=data["name"],
        words=frozenset(word.lower() for word in data["words"]),
        folded=frozenset(fold(word) for word in data["words"]),
        conditions=tuple(folded_words(words) for words in data["if"]),
        phrases=rules,
        concepts={key: tuple(values) for key, values in _load(concepts).items()} if concepts.exists() else {},
    )


@cache
def mail_words() -> MailWords:
    """The marks of all languages together: the program that forwards a mail has its own language."""
    tables = [_load(HERE / "languages" / f"{code}.toml")["mail"] for code in codes()]

    def all_of(key: str) -> set[str]:
        return {" ".join(folded_words(value)) for table in tables for value in table[key]} - {""}

    return MailWords(
        forward=frozenset(all_of("forward")),
        reply=frozenset(all_of("reply")),
        forwarded=tuple(sorted(all_of("forwarded"))),
        wrote=tuple(sorted(all_of("wrote"))),
        headers=frozenset(all_of("headers")),
    )
