"""What stands in a redacted mail for what was personal: the same thing always gets the same stand-in, and a stand-in stands for itself."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from ledger.forms import BY_ID

NAMES = (
    "Robin", "Kim", "Alex", "Sascha", "Charlie", "Jessie", "Luca", "Noa", "Andrea", "Dominique", "Jamie", "Sidney", "Taylor", "Casey",
    "Morgan", "Quinn", "Riley", "Skyler", "Toni", "Uli",
)  # fmt: skip
"""First names of nobody in particular. More names than that get a number."""
STAND_IN_NUMBER = re.compile(r"0*\d{0,3}")
STAND_IN_TOKEN = re.compile(r"token\d+")
LAWS = frozenset({"2016679", "118271"})
"""Numbers of laws (Regulation 2016/679, 1182/71) are nobody's."""


@dataclass(frozen=True, slots=True)
class Found:
    """Something personal that was replaced: its kind, and what it was."""

    kind: str
    value: str


@dataclass(slots=True)
class Pseudonyms:
    """The stand-ins of one mail. `found`: everything that got one, in order."""

    found: list[Found] = field(default_factory=list)
    _known: dict[tuple[str, str], str] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)

    def _stand_in(self, kind: str, value: str, make: Callable[[int], str]) -> str:
        key = (kind, value.casefold())
        if key not in self._known:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._known[key] = make(self._counts[kind])
            self.found.append(Found(kind, value))
        return self._known[key]

    def name(self, value: str) -> str:
        """A name for a name."""
        if value.rstrip("0123456789") in NAMES:
            return value
        return self._stand_in("name", value, _name)

    def address(self, value: str) -> str:
        """An address at example.org for an address."""
        return self._stand_in("address", value, lambda number: f"person{number}@example.org")

    def number(self, value: str) -> str:
        """Digits for digits, as many and with the same signs between them; numbers of forms and laws stay."""
        digits = re.sub(r"\D", "", value)
        if digits in BY_ID or digits in LAWS or STAND_IN_NUMBER.fullmatch(digits):
            return value
        stand_in = iter(self._stand_in("number", digits, lambda number: f"{number % 1000:0{len(digits)}d}"))
        return re.sub(r"\d", lambda _: next(stand_in), value)

    def token(self, value: str) -> str:
        """A word for a run of characters that may log somebody in or name a case."""
        return value if STAND_IN_TOKEN.fullmatch(value) else self._stand_in("token", value, lambda number: f"token{number}")

    def page(self, value: str) -> str:
        """A page at example.org for a page of a stranger."""
        return self._stand_in("link", value, lambda number: f"https://example.org/{number}")

    def dropped(self, kind: str, value: str) -> None:
        """Note that something was left out."""
        self.found.append(Found(kind, value))


def _name(number: int) -> str:
    index, again = (number - 1) % len(NAMES), (number - 1) // len(NAMES)
    return NAMES[index] + (str(again + 1) if again else "")
