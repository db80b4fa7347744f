"""Text as the rules see it: cleaned for people, folded into words for matching. Linear in the length of the text."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TypeVar

T = TypeVar("T")

INVISIBLE = dict.fromkeys(
    [
        0xAD,
        0x34F,
        0x61C,
        0x115F,
        0x1160,
        0x17B4,
        0x17B5,
        0x180E,
        0x3164,
        0xFEFF,
        *range(0x200B, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2070),
        *range(0xE0000, 0xE0080),
    ]
)
"""Soft hyphens, zero-width and direction marks: they split words for machines only."""
APOSTROPHES = dict.fromkeys(map(ord, "’‘ʼ`´′＇"), "'")
CONTROL = {code: " " for code in range(32) if code not in (9, 10)} | {0x7F: " "}
CLEANED = INVISIBLE | APOSTROPHES | CONTROL | dict.fromkeys([0xA0, 0x2007, 0x202F, 0x3000], " ")
LETTERS = str.maketrans({"ı": "i", "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "ħ": "h", "ŧ": "t", "ð": "d", "þ": "th", "ŋ": "n"})
WORD = re.compile(r"(\w+)")
BREAK = re.compile(r"\n\s*\n|\n\s*[-*•–]\s|(?<![.!?…:])[.!?…:]++(?=\s|$)|[,;()«»„“”\"—–]|\s[-]\s")
URL = re.compile(r"https?://\S+")
DOMAIN = re.compile(r"(?<=\w)@[\w.-]*")
LACOL = re.compile(r"@\w++(?:[.+-]\w++)*+")
"""The part of a mail address before its `@`, read backwards: forwards it could not be found in linear time."""
MARKS = re.compile(r"[^\w\s]{40,}")
SENTENCE_END = frozenset(".!?…:\n")
SMALL, LARGE = "a", "A"
NO_WORD = "\ue000"
LONGEST_KEPT = 60


def _without_marks(run: re.Match[str]) -> str:
    """QUIRK: normalisation sorts accents that are heaped on one letter, in quadratic time; no word has forty."""
    return "".join(c for c in run[0] if not unicodedata.category(c).startswith("M"))


def clean(text: str) -> str:
    """Text for people and rules: NFKC, visible characters only, plain apostrophes and blanks, no lone surrogates."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(CLEANED)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", MARKS.sub(_without_marks, text)).translate(CLEANED)
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def fold(word: str) -> str:
    """A word for comparison: lower case, no accents, a few letters spelled plainly."""
    decomposed = unicodedata.normalize("NFD", word.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c)).translate(LETTERS)


class Kept(dict[str, T]):
    """What a function says of short strings, kept for the next time. MEASURED: bench/results/classify.md; half the cost of `lru_cache`."""

    def __init__(self, function: Callable[[str], T], most: int = 100_000) -> None:
        self._function, self._most = function, most

    def __missing__(self, key: str) -> T:
        value = self._function(key)
        if len(key) <= LONGEST_KEPT:
            if len(self) >= self._most:
                self.clear()
            self[key] = value
        return value


FOLDED = Kept(fold)


@dataclass(slots=True)
class Words:
    """The folded words of a text with where they stand: character offsets, clause and sentence number (lists of equal length)."""

    text: str
    folded: list[str] = field(default_factory=list)
    start: list[int] = field(default_factory=list)
    end: list[int] = field(default_factory=list)
    clause: list[int] = field(default_factory=list)
    sentence: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.folded)

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Character offsets of the words `first` to `last`, both included."""
        return self.start[first], self.end[last]


def _steps(gap: str) -> tuple[int, int]:
    """How many clauses and sentences begin between two words: what stands there, and a letter that stands for the second word's first.

    A full stop before a small letter or a number ends a word and no sentence («Art. 21», «el. pašto»).
    """
    marks = [(mark[0], gap[mark.end() : mark.end() + 2]) for mark in BREAK.finditer(gap)]
    ends = [mark for mark, behind in marks if mark[0] in SENTENCE_END and not (mark == "." and behind in (f" {SMALL}", f" {NO_WORD}"))]
    return len(marks), len(ends)


STEPS = Kept(_steps)


def _is_small(letter: str) -> bool:
    return letter.islower() or letter.isdigit()


def _blot(length: int, first: str) -> str:
    """Characters that are no word, in the place of an address; like it, they begin small or not."""
    return (NO_WORD if _is_small(first) else "@") * length


def _blotted_url(url: re.Match[str]) -> str:
    inside_a_word = WORD.match(url.string[: url.start()][-1:])
    return url[0] if inside_a_word else _blot(len(url[0]), url[0][0])


def _without_addresses(text: str) -> str:
    """Text of the same length without addresses of pages and of people."""
    if "://" in text:
        text = URL.sub(_blotted_url, text)
    if "@" in text:
        text = DOMAIN.sub(lambda found: "@" * len(found[0]), text)
        text = LACOL.sub(lambda found: _blot(len(found[0]), found[0][-1]), text[::-1])[::-1]
    return text


def words_of(text: str) -> Words:
    """Split cleaned text into folded words, clauses and sentences. Addresses of pages and of people are no words."""
    pieces = WORD.split(_without_addresses(text))
    tokens = pieces[1::2]
    ends = list(accumulate(map(len, pieces)))
    clause = sentence = 0
    clauses, sentences = [], []
    for gap, token in zip(pieces[::2], tokens, strict=False):
        if gap != " ":
            more_clauses, more_sentences = STEPS[gap + (SMALL if _is_small(token[0]) else LARGE)]
            clause += more_clauses
            sentence += more_sentences
        clauses.append(clause)
        sentences.append(sentence)
    return Words(text, [FOLDED[token] for token in tokens], ends[:-1:2], ends[1::2], clauses, sentences)


def folded_words(text: str) -> tuple[str, ...]:
    """The folded words alone: how a pattern is compared with a text."""
    return tuple(words_of(clean(text)).folded)


def sentence_at(words: Words, index: int) -> Iterator[int]:
    """Indices of all words in the sentence of word `index`."""
    number = words.sentence[index]
    first = index
    while first > 0 and words.sentence[first - 1] == number:
        first -= 1
    while first < len(words) and words.sentence[first] == number:
        yield first
        first += 1


DATE = r"(?:(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])|(?:0[1-9]|[12]\d|3[01])-(?:0[1-9]|1[0-2])-(?:19|20)\d\d)(?![\w-])"
PHONE = r"\+\d(?:[ ()/.-]{0,2}\d){6,14}(?!\d)"
CODE = rf"(?<![\w/.+-])(?!{DATE})(?:[A-Z]{{1,3}}-)?\d(?:[ -]?\d){{4,7}}(?![\w/-])"
PHONE_OR_CODE = re.compile(f"({PHONE})|{CODE}")
FIVE_DIGITS = re.compile(r"\d(?:[ -]?\d){4}")


def has_code(text: str) -> bool:
    """Whether something in the text looks like a one-time code (five to eight digits); dates and international phone numbers do not."""
    return FIVE_DIGITS.search(text) is not None and any(not found[1] for found in PHONE_OR_CODE.finditer(text))


def masked_codes(text: str) -> str:
    """Text with all that `has_code` finds blotted out: a code is never stored nor shown."""
    return PHONE_OR_CODE.sub(lambda found: found[1] or "••••••", text)
