"""The words of a complaint, one file for each language in `letters/`; a language that is not there gets English."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from babel import Locale
from babel.dates import format_date

from ledger.outcome import Product

FOLDER = Path(__file__).parent / "letters"
CONTROLLERS = Path(__file__).parent / "controllers.toml"
FALLBACK = "en"
UNITED_KINGDOM = "GB"
LOCALES = {"en": "en_GB", "no": "nb", "pt": "pt_PT"}
"""Where the language alone would write dates as elsewhere."""


@lru_cache
def languages() -> tuple[str, ...]:
    """The languages that letters are written in."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


@lru_cache
def _words(language: str) -> Mapping[str, str]:
    return tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))


@lru_cache
def _controllers() -> dict[str, dict[str, str]]:
    return tomllib.loads(CONTROLLERS.read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Letter:
    """The words for one reader: a language of `languages()`, and the country whose law is named."""

    language: str
    country: str | None

    @property
    def _locale(self) -> Locale:
        return Locale.parse(LOCALES.get(self.language, self.language))

    def say(self, key: str, **values: str) -> str:
        """One sentence. Values are put in as they are: a brace in what Meta wrote means nothing."""
        words = _words(self.language)
        law = "UK GDPR" if self.country == UNITED_KINGDOM else words["law"]
        return words[key].format(**{"law": law, **values})

    def day(self, when: date) -> str:
        """A day in this language: 13 May 2025, 13. Mai 2025."""
        return str(format_date(when, "long", locale=self._locale))

    def land(self) -> str | None:
        """The country's name in this language."""
        if self.country is None:
            return None
        return str(self._locale.territories.get(self.country, self.country))

    def controller(self, product: Product) -> tuple[str, str]:
        """Who answers for a product where the reader lives, and the address."""
        table = _controllers()["gb" if self.country == UNITED_KINGDOM else "eea"]
        return table[product], table["address"]


def letter_in(wanted: str | None, country: str | None) -> Letter:
    """The words in the wanted language, in English where it is not there."""
    return Letter(wanted if wanted in languages() else FALLBACK, country)
