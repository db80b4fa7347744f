"""The public holidays that move the end of a deadline (Regulation 1182/71 Art. 3(4)): of the user's country and of Meta's."""

from datetime import date
from functools import lru_cache

from ledger.errors import OperatorError

YEARS = range(2018, 2046)
"""From the first year of the GDPR on, as far as holidays can be foretold."""
ANSWERS_FROM = "IE"
"""Meta Platforms Ireland answers for everyone under the GDPR; the United Kingdom has its own and counts its own holidays."""
OWN_RULES = frozenset({"GB", "CH", "TR", "UA"})


@lru_cache
def holidays_in(country: str | None) -> frozenset[date]:
    """The nationwide public holidays that count for a user in `country` (ISO 3166, two letters); none when no country is known.

    Holidays of a region are left out: of two possible ends this is the earlier one.
    """
    if country is None:
        return frozenset()
    return _national(country) | (frozenset() if country in OWN_RULES else _national(ANSWERS_FROM))


def _national(country: str) -> frozenset[date]:
    import holidays

    return frozenset(holidays.country_holidays(country, years=YEARS))


def known_country(country: str) -> str:
    """A country's two letters in capitals. Raises OperatorError for one whose holidays are not known."""
    import holidays

    code = country.strip().upper()
    if code not in holidays.list_supported_countries():
        raise OperatorError("--country: give the two letters of a country, as in DE, FR or IE")
    return code
