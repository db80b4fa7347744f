"""Counts over all users that tell nobody's story: a cell of fewer than five people is never shown, nor what would give it away.

Three tables count mails by what they say: per week, per language, per product. No table crosses two of them, and none has totals.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import quantiles

from ledger.ledger import Ledger
from ledger.outcome import DECISIVE, Outcome, Product, Track
from ledger.status import Fact, case_key, facts_of

LEAST = 5
"""People behind a number that is shown."""
OPENING = frozenset({None, Outcome.RECEIPT})
"""What begins the wait for an answer: a filing (no outcome), or a receipt."""
MENDING = frozenset({None, Outcome.VERIFICATION, Outcome.RECEIPT, Outcome.INFORMATION_REQUEST, Outcome.CONFIRMATION, Outcome.REJECTION})
"""What shows that a form worked after all."""


@dataclass(frozen=True, slots=True)
class Cell:
    """How many mails say `outcome`, for one week (its Monday), language or product. `mails`: None where it is not shown."""

    dimension: str
    key: str
    outcome: Outcome
    mails: int | None


@dataclass(frozen=True, slots=True)
class Spread:
    """Days, as quartiles, over so many cases of one product; None where fewer than five people are behind them."""

    product: Product
    cases: int | None
    lower: float | None
    median: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class Statistics:
    """`answer_days`: from the filing or its receipt to the answer. `broken_days`: from the news that a form is broken until it worked."""

    outcomes: tuple[Cell, ...]
    answer_days: tuple[Spread, ...]
    broken_days: tuple[Spread, ...]


@dataclass(slots=True)
class _Tally:
    mails: int = 0
    people: set[int] = field(default_factory=set)


DIMENSIONS: Mapping[str, Callable[[Fact], str]] = {
    "week": lambda fact: (fact.at.date() - timedelta(days=fact.at.weekday())).isoformat(),
    "language": lambda fact: (fact.decision.language if fact.decision else None) or "unknown",
    "product": lambda fact: case_key(fact)[0].value,
}


def statistics_of(facts: Iterable[Sequence[Fact]], now: datetime) -> Statistics:
    """The statistics of all users; `facts`: for each user, in order of arrival (`ledger.status.facts_of`)."""
    tallies: dict[tuple[str, Outcome], dict[str, _Tally]] = defaultdict(lambda: defaultdict(_Tally))
    answers: dict[Product, list[tuple[int, float]]] = defaultdict(list)
    broken: dict[Product, list[tuple[int, float]]] = defaultdict(list)
    for person, own in enumerate(facts):
        for fact in own:
            if fact.outcome:
                for dimension, key in DIMENSIONS.items():
                    tally = tallies[dimension, fact.outcome][key(fact)]
                    tally.mails += 1
                    tally.people.add(person)
        for (product, _), case in _cases(own).items():
            answers[product] += [(person, days) for days in _answer_days(case)]
            broken[product] += [(person, days) for days in _broken_days(case, now)]
    cells = [cell for (dimension, outcome), column in sorted(tallies.items()) for cell in _shown(dimension, outcome, column)]
    return Statistics(tuple(cells), _spreads(answers), _spreads(broken))


def statistics(ledger: Ledger, now: datetime) -> Statistics:
    """The statistics of everyone in the ledger."""
    return statistics_of((facts_of(ledger.record.entries(user)) for user in ledger.people.all()), now)


def rows(found: Statistics) -> list[dict[str, object]]:
    """One flat table of everything, for spreadsheets and data frames. `value`: None where it is not shown."""
    counts: list[dict[str, object]] = [
        {"measure": "mails", "dimension": c.dimension, "key": c.key, "outcome": c.outcome.value, "value": c.mails} for c in found.outcomes
    ]
    spreads = [("answer_days", spread) for spread in found.answer_days] + [("broken_days", spread) for spread in found.broken_days]
    for measure, spread in spreads:
        for part in ("cases", "lower", "median", "upper"):
            place = {"measure": f"{measure}_{part}", "dimension": "product", "key": spread.product.value, "outcome": None}
            counts.append(place | {"value": getattr(spread, part)})
    return counts


def _cases(facts: Sequence[Fact]) -> dict[tuple[Product, Track], list[Fact]]:
    found: dict[tuple[Product, Track], list[Fact]] = defaultdict(list)
    for fact in facts:
        found[case_key(fact)].append(fact)
    return found


def _shown(dimension: str, outcome: Outcome, column: Mapping[str, _Tally]) -> Iterator[Cell]:
    hidden = hidden_keys({key: tally.people for key, tally in column.items()})
    for key, tally in sorted(column.items()):
        yield Cell(dimension, key, outcome, None if key in hidden else tally.mails)


def hidden_keys(people: Mapping[str, set[int]]) -> set[str]:
    """The cells of a column that are not shown, out of who is behind each.

    Those of fewer than five people; and of the others the smallest ones, until nobody who knows the column's total (from another table)
    can work out a single cell or one group of fewer than five people.
    """
    hidden = {key for key, who in people.items() if len(who) < LEAST}
    for key in sorted(people.keys() - hidden, key=lambda key: (len(people[key]), key)):
        if not hidden or (len(hidden) > 1 and len(set().union(*(people[one] for one in hidden))) >= LEAST):
            break
        hidden.add(key)
    return hidden


def _answer_days(case: Sequence[Fact]) -> Iterator[float]:
    """Days between each begin of a wait and its answer."""
    start: date | None = None
    for fact in case:
        if fact.probe is None and fact.outcome in OPENING and start is None:
            start = fact.filing.on if fact.filing else fact.at.date()
        elif fact.outcome in DECISIVE and start is not None:
            yield max((fact.at.date() - start).days, 0)
            start = None


def _broken_days(case: Sequence[Fact], now: datetime) -> Iterator[float]:
    """Days for which a form was known as broken, up to now where it still is."""
    since: datetime | None = None
    for fact in case:
        if fact.outcome is Outcome.BROKEN_LINK:
            since = since or fact.at
        elif since is not None and fact.probe is None and fact.outcome in MENDING:
            yield round((fact.at - since) / timedelta(days=1), 1)
            since = None
    if since is not None:
        yield round((now - since) / timedelta(days=1), 1)


def _spreads(found: Mapping[Product, Sequence[tuple[int, float]]]) -> tuple[Spread, ...]:
    hidden = hidden_keys({product: {person for person, _ in values} for product, values in found.items()})
    return tuple(_spread(product, values, product in hidden) for product, values in sorted(found.items()) if values)


def _spread(product: Product, values: Sequence[tuple[int, float]], hidden: bool) -> Spread:
    if hidden:
        return Spread(product, None, None, None, None)
    lower, median, upper = quantiles((days for _, days in values), n=4, method="inclusive")
    return Spread(product, len(values), round(lower, 1), round(median, 1), round(upper, 1))
