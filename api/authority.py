"""The data protection authority of each country: where a complaint goes. Data with its date, no rules."""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

AS_OF = "2026-11-22"
TABLE = Path(__file__).parent / "authorities.toml"


@dataclass(frozen=True, slots=True)
class Authority:
    """Who takes complaints in a country (ISO 3166). `email`, `post`: None where they were not sure on `AS_OF`."""

    country: str
    name: str
    english: str
    languages: tuple[str, ...]
    url: str
    email: str | None = None
    post: str | None = None
    note: str | None = None


@lru_cache
def authorities() -> dict[str, Authority]:
    """All authorities by country."""
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return {country: Authority(country, **(entry | {"languages": tuple(entry["languages"])})) for country, entry in table.items()}


def authority_of(country: str | None) -> Authority | None:
    """The authority for who lives in a country; None where the country is not known or has no GDPR."""
    return authorities().get(country) if country else None
