"""Text as the rules see it: cleaned for people, folded into words for matching. Linear in the length of the text."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

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
PIECE = re.compile(r"https?://\S+|\w+|\n\s*\n|\n\s*[-*•–]\s|[.!?…:]+(?=\s|$)|[,;()«»„“”\"—–]|\s[-]\s")
MARKS = re.compile(r"[^\w\s]{40,}")
ADDRESS_JOINTS = frozenset(".+-_")
SENTENCE_END = frozenset(".!?…:\n")


def _without_marks(run: re.Match[str]) -> str:
    """QUIRK: normalisation sorts accents that are heaped on one letter, in quadratic time; no word has forty."""
    return "".join(c for c in run[0] if not unicodedata.category(c).startswith("M"))


def clean(text: str) -> str:
    """Text for people and rules: NFKC, visible characters only, plain apostrophes and blanks, no lone surrogates."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    text = MARKS.sub(_without_marks, text.replace("\r\n", "\n").replace("\r", "\n").translate(CLEANED))
    text = unicodedata.normalize("NFKC", text).translate(CLEANED)
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


@lru_cache(maxsize=100_000)
def fold(word: str) -> str:
    """A word for comparison: lower case, no accents, a few letters spelled plainly."""
    decomposed = unicodedata.normalize("NFD", word.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c)).translate(LETTERS)


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

    def drop_local_part(self, at: int) -> None:
        """Take back the words that turn out to be the beginning of a mail address (`no-reply` of `no-reply@…`)."""
        while self.end and self.end[-1] == at - 1 and self.text[at - 1] in ADDRESS_JOINTS:
            at = self.start[-1]
            for column in (self.folded, self.start, self.end, self.clause, self.sentence):
                column.pop()

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Character offsets of the words `first` to `last`, both included."""
        return self.start[first], self.end[last]


def _abbreviates(mark: str, text: str, end: int) -> bool:
    """Whether a full stop ends a word and no sentence: before a small letter or a number («Art. 21», «el. pašto»)."""
    following = text[end + 1 : end + 2]
    return mark == "." and text[end : end + 1] == " " and (following.islower() or following.isdigit())


def _address_end(text: str, at: int) -> int:
    """Where the domain that begins at `at` ends."""
    while at < len(text) and (text[at].isalnum() or text[at] in ".-_"):
        at += 1
    return at


def words_of(text: str) -> Words:
    """Split cleaned text into folded words, clauses and sentences. Addresses of pages and of people are no words."""
    words = Words(text)
    clause = sentence = address_end = 0
    for piece in PIECE.finditer(text):
        token = piece.group()
        if piece.start() < address_end:
            continue
        if text[piece.end() : piece.end() + 1] == "@":
            words.drop_local_part(piece.start())
            address_end = _address_end(text, piece.end() + 1)
            continue
        if token[0].isalnum() or token[0] == "_":
            if token.startswith(("http://", "https://")):
                continue
            words.folded.append(fold(token))
            words.start.append(piece.start())
            words.end.append(piece.end())
            words.clause.append(clause)
            words.sentence.append(sentence)
        else:
            clause += 1
            sentence += token[0] in SENTENCE_END and not _abbreviates(token, text, piece.end())
    return words


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


def has_code(text: str) -> bool:
    """Whether something in the text looks like a one-time code (five to eight digits); dates and international phone numbers do not."""
    return any(not found[1] for found in PHONE_OR_CODE.finditer(text))


def masked_codes(text: str) -> str:
    """Text with all that `has_code` finds blotted out: a code is never stored nor shown."""
    return PHONE_OR_CODE.sub(lambda found: found[1] or "••••••", text)
