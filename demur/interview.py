"""The review as a conversation in a terminal: one question for each template, one key for each answer.

The keys are those of the page. An answer is written when the next one is given, or at the end: until then it can be undone.
"""

import os
import select
import sys
import termios
import tty
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

from api.marks import MEANINGS
from api.reading import Reading, marked
from api.report import message, review_queue
from api.schema import AddressQuestion, MessageOut, ReviewItem, ReviewQueue
from demur.composition import Composition
from demur.output import console, plain
from demur.web import look_again, read_mail
from ledger.outcome import Outcome
from ledger.people import User
from ledger.settle import settle
from ledger.trust import Trust

OUTCOMES = tuple(MEANINGS)
ANSWERS = "".join(str(number) for number, _ in enumerate(OUTCOMES, start=1))
BEFORE, AFTER = 240, 420
"""Characters of a mail that are shown before and after the words that may decide."""
LIKELY = 0.01


@dataclass(frozen=True, slots=True)
class Word:
    """An answer that is not written yet: to which question, about which mail."""

    place: int
    sha256: str
    outcome: Outcome


@contextmanager
def single_keys() -> Iterator[None]:
    """The terminal gives out each key at once and shows none, for as long as the block lasts. Keys that were pressed early stay."""
    before = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin, termios.TCSANOW)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def key_pressed() -> str:
    """The key that a person presses; `q` where there is no more input, nothing for arrows and the like."""
    stdin = sys.stdin.fileno()
    key = os.read(stdin, 1)
    if key == b"\x1b" and select.select([stdin], [], [], 0.05)[0]:
        os.read(stdin, 32)
    return key.decode("latin-1").lower() if key not in (b"", b"\x04") else "q"


class Interview:
    """Asks, and writes what is answered."""

    def __init__(self, parts: Composition, by: str, key: Callable[[], str] = key_pressed, shown: Console | None = None) -> None:
        """`by`: who answers. `key`: waits for a key. `shown`: where questions appear."""
        self._parts, self._by, self._key = parts, by, key
        self._console = shown or console()
        self._word: Word | None = None
        self._open: list[int] = []
        self._settled = 0

    def run(self, queue: ReviewQueue) -> None:
        """Ask everything, then say what was settled. Whoever stops early, by whatever key, keeps what was answered."""
        if not (queue.groups or queue.unproven or queue.addresses):
            self._say("Nothing to review.")
            return
        try:
            if all(self._ask_address(question) for question in queue.addresses):
                left = review_queue(self._parts.ledger, None)
                self._ask_all([*left.groups, *_single(left.unproven)])
        finally:
            self._write()
            self._end()

    def _say(self, text: str, style: str = "") -> None:
        self._console.print(Text(text, style=style))

    def _end(self) -> None:
        left = review_queue(self._parts.ledger, None)
        count = sum(item.count for item in (*left.groups, *left.unproven))
        self._say(f"{self._settled} {'mail' if self._settled == 1 else 'mails'} settled, {count} waiting.")

    # addresses

    def _ask_address(self, question: AddressQuestion) -> bool:
        """Whose an address is; False when the person wants to stop."""
        self._console.print(Rule(style="dim"))
        self._say(f"Is {plain(question.address)} an address of {question.user}'s? {question.count} mails wait for it.", "bold")
        self._say("y yes   n no   s skip   q quit", "dim")
        answer = self._wait("ynsq")
        if answer in "yn":
            self._note_address(question, answer == "y")
        return answer != "q"

    def _note_address(self, question: AddressQuestion, yours: bool) -> None:
        people = self._parts.ledger.people
        person = people.require(question.user)
        (people.accept_address if yours else people.decline_address)(person, question.address)
        decided = look_again(self._parts, person)
        self._say(f"Noted. {decided} waiting mails were decided anew." if decided else "Noted.")

    def _wait(self, keys: str) -> str:
        while (key := self._key()) not in tuple(keys):
            pass
        return key

    # mails

    def _ask_all(self, items: Sequence[ReviewItem]) -> None:
        place = self._next_open(items, 0)
        while place < len(items) or self._word:
            key = self._ask(items, place)
            if key == "q":
                return
            place = self._back(place) if key == "u" else self._forward(items[place], place, key)
            place = self._next_open(items, place)

    def _ask(self, items: Sequence[ReviewItem], place: int) -> str:
        """Show one question and wait for a key that answers; after the last, for the wish to take it back."""
        if place < len(items):
            self._show(items[place], place, len(items))
            return self._wait(ANSWERS + "suq")
        self._say("That was the last. u takes the last answer back, any other key ends.", "dim")
        return "u" if self._key() == "u" else "q"

    def _next_open(self, items: Sequence[ReviewItem], place: int) -> int:
        while place < len(items) and self._is_settled(items[place]):
            place += 1
        return place

    def _is_settled(self, item: ReviewItem) -> bool:
        """Whether an earlier answer settled a mail along with its own."""
        owner = self._owners(item.messages[0])[0]
        found = message(self._parts.ledger, owner, item.messages[0], None)
        return found is None or found.decided_by != "model"

    def _forward(self, item: ReviewItem, place: int, key: str) -> int:
        if key != "s":
            self._write()
            outcome = OUTCOMES[int(key) - 1]
            self._word = Word(place, item.messages[0], outcome)
            self._say(f"→ {outcome.value}", "green")
        self._open.append(place)
        return place + 1

    def _back(self, place: int) -> int:
        """The question before, where its answer is not written yet."""
        if not self._open:
            self._say("Nothing to take back: what was written before is changed with `demur correct`.", "yellow")
            return place
        before = self._open.pop()
        if self._word and self._word.place == before:
            self._say(f"Taken back: {self._word.outcome.value}", "yellow")
            self._word = None
        return before

    def _write(self) -> None:
        """Put the last answer into the ledger: from now on it stands."""
        word, self._word = self._word, None
        if word:
            self._open.clear()
            record, now = self._parts.ledger.record, self._parts.now()
            self._settled += settle(record, self._owners(word.sha256), record.users_in_doubt(), word.sha256, word.outcome, self._by, now)

    def _owners(self, sha256: str) -> list[User]:
        found = self._parts.ledger.record.owners(sha256)
        return [person for number in found if (person := self._parts.ledger.people.by_id(number))]

    # what a question looks like

    def _show(self, item: ReviewItem, place: int, of: int) -> None:
        sha256 = item.messages[0]
        stored = self._parts.ledger.record.mail(sha256)
        mail = message(self._parts.ledger, self._owners(sha256)[0], sha256, None)
        reading = read_mail(self._parts, stored.raw) if stored else None
        assert mail
        self._console.print(Rule(f"{place + 1} of {of}", align="left", style="dim"))
        self._say(plain(mail.subject) or "(no subject)", "bold")
        self._say(f"{mail.received:%Y-%m-%d}   {plain(reading.sender) if reading else ''}   for {', '.join(item.users[:3])}", "dim")
        if reading:
            self._console.print(Padding(excerpt(reading.text, item.phrases), (1, 2)))
        for line in _doubts(mail, reading):
            self._say(f"· {line}")
        count = item.count if mail.abstained and mail.trust is Trust.PROVEN else 1
        self._say(f"This settles {count} mail{'' if count == 1 else 's'}.")
        self._print_keys(mail.outcome)

    def _print_keys(self, guess: Outcome) -> None:
        for number, outcome in enumerate(OUTCOMES, start=1):
            mark = "   ← the model's guess" if outcome is guess else ""
            self._say(f"  {number} {outcome.value:<20} {MEANINGS[outcome]}{mark}", "bold" if mark else "")
        self._say("  s skip   u undo   q quit", "dim")


def _single(items: Sequence[ReviewItem]) -> Iterator[ReviewItem]:
    """Mails that nothing proves, each for itself: a word on one of them settles no other."""
    for item in items:
        for sha256 in item.messages:
            yield item.model_copy(update={"messages": [sha256], "count": 1})


def _doubts(mail: MessageOut, reading: Reading | None) -> Iterator[str]:
    """Why a person is asked."""
    if mail.abstained:
        yield f"the model is not sure enough: {mail.confidence:.0%}"
    if mail.trust is not Trust.PROVEN:
        yield f"nothing proves that Meta sent it ({plain(mail.trust_reason)}); it counts only if you say so"
    if not mail.bound:
        yield f"whose it is, is not sure: {plain(mail.bound_reason)}"
    if reading and reading.probabilities:
        likely = sorted(reading.probabilities.items(), key=lambda pair: -pair[1])
        yield "as the model sees it: " + ", ".join(f"{outcome.value} {share:.0%}" for outcome, share in likely[:4] if share >= LIKELY)


def excerpt(text: str, phrases: Sequence[str]) -> Text:
    """The part of a mail around the words that may decide, those emphasised; its beginning where there are none."""
    shown, starts = Text(), list[int]()
    for piece, deciding in marked(_lines(text), phrases):
        if deciding:
            starts.append(len(shown))
        shown.append(piece, style="bold underline" if deciding else "")
    first = max(starts[0] - BEFORE, 0) if starts else 0
    last = (starts[0] if starts else 0) + AFTER
    cut = shown[first:last]
    return Text.assemble("… " if first else "", cut, " …" if last < len(shown) else "")


def _lines(text: str) -> str:
    """A mail's words without what would steer the terminal, with its line breaks, never more than one empty line."""
    lines = [plain(line).rstrip() for line in text.splitlines()]
    kept = [line for index, line in enumerate(lines) if line or (index and lines[index - 1])]
    return "\n".join(kept)
