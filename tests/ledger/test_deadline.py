"""The calendar of an answer: one month, two more, and ends that fall on a weekend."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.deadline import answer_due, months_after
from ledger.errors import OperatorError
from ledger.holiday import holidays_in, known_country

DAYS = st.dates(date(2000, 1, 1), date(2200, 1, 1))


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        (date(2025, 5, 13), 1, date(2025, 6, 13)),
        (date(2025, 1, 31), 1, date(2025, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2024, 1, 30), 1, date(2024, 2, 29)),
        (date(2100, 1, 31), 1, date(2100, 2, 28)),
        (date(2025, 2, 28), 1, date(2025, 3, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2025, 3, 31), 1, date(2025, 4, 30)),
        (date(2025, 12, 31), 1, date(2026, 1, 31)),
        (date(2025, 11, 30), 3, date(2026, 2, 28)),
        (date(2025, 10, 1), 3, date(2026, 1, 1)),
    ],
)
def test_a_month_later_is_the_same_day_or_the_month_s_last(start: date, months: int, end: date) -> None:
    assert months_after(start, months) == end


@pytest.mark.parametrize(
    ("start", "due"),
    [
        (date(2025, 5, 13), date(2025, 6, 13)),  # a Friday
        (date(2025, 5, 14), date(2025, 6, 16)),  # a Saturday
        (date(2025, 5, 15), date(2025, 6, 16)),  # a Sunday
        (date(2025, 5, 16), date(2025, 6, 16)),  # a Monday
        (date(2025, 1, 31), date(2025, 2, 28)),  # the end of a short month, a Friday
        (date(2024, 1, 31), date(2024, 2, 29)),  # the leap day, a Thursday
        (date(2026, 1, 31), date(2026, 3, 2)),  # the end of a short month on a Saturday
    ],
)
def test_an_end_on_a_weekend_moves_to_monday(start: date, due: date) -> None:
    assert answer_due(start) == due


def test_an_extension_adds_two_months_to_the_first_one() -> None:
    assert answer_due(date(2025, 5, 13), extended=True) == date(2025, 8, 13)


def test_an_extension_counts_from_the_start_and_not_from_the_weekend_s_monday() -> None:
    assert answer_due(date(2025, 5, 14)) == date(2025, 6, 16)
    assert answer_due(date(2025, 5, 14), extended=True) == date(2025, 8, 14)


def test_an_extension_over_a_short_month_keeps_the_last_day() -> None:
    assert answer_due(date(2025, 12, 31), extended=True) == date(2026, 3, 31)


def test_rested_days_are_added_before_the_weekend_is_looked_at() -> None:
    assert answer_due(date(2025, 5, 13), paused_days=1) == date(2025, 6, 16)
    assert answer_due(date(2025, 5, 13), extended=True, paused_days=2) == date(2025, 8, 15)


@given(DAYS, st.booleans(), st.integers(0, 400))
def test_a_deadline_is_a_working_day_and_never_short(start: date, extended: bool, paused: int) -> None:
    due = answer_due(start, extended, paused)
    assert due.weekday() < 5
    assert due - start >= timedelta(days=28 + paused)


@given(DAYS, st.integers(0, 400))
def test_who_starts_later_is_never_due_earlier(start: date, later: int) -> None:
    assert answer_due(start) <= answer_due(start + timedelta(days=later))


@pytest.mark.parametrize(
    ("country", "start", "due"),
    [
        ("DE", date(2025, 9, 3), date(2025, 10, 6)),  # 3 October, a Friday: German Unity Day, then a weekend
        ("FR", date(2025, 6, 14), date(2025, 7, 15)),  # 14 July, a Monday
        ("DE", date(2025, 6, 14), date(2025, 7, 14)),
        ("IT", date(2025, 11, 25), date(2025, 12, 29)),  # Christmas, St Stephen's Day, a weekend
        ("SE", date(2025, 5, 6), date(2025, 6, 9)),  # National Day, a Friday
        ("DE", date(2025, 4, 5), date(2025, 5, 6)),  # 5 May: the Irish May holiday, where the answer is made
        ("GB", date(2025, 4, 5), date(2025, 5, 6)),  # early May bank holiday
        ("GB", date(2025, 5, 2), date(2025, 6, 2)),  # the Irish June holiday is none in the United Kingdom
        ("DE", date(2025, 5, 2), date(2025, 6, 3)),
        (None, date(2025, 9, 3), date(2025, 10, 3)),
    ],
)
def test_an_end_on_a_public_holiday_moves_to_the_next_working_day(country: str | None, start: date, due: date) -> None:
    assert answer_due(start, holidays=holidays_in(country)) == due


@given(start=st.dates(date(2018, 5, 25), date(2045, 1, 1)), extended=st.booleans(), country=st.sampled_from(["DE", "FR", "PL", "SE", "GB"]))
def test_no_deadline_ends_before_its_month_or_on_a_day_off(start: date, extended: bool, country: str) -> None:
    due = answer_due(start, extended, holidays=holidays_in(country))
    assert months_after(start, 3 if extended else 1) <= due <= months_after(start, 3 if extended else 1) + timedelta(days=8)
    assert due.weekday() < 5
    assert due not in holidays_in(country)


@pytest.mark.parametrize(
    "country",
    [
        "AT",
        "BE",
        "BG",
        "HR",
        "CY",
        "CZ",
        "DK",
        "EE",
        "FI",
        "FR",
        "DE",
        "GR",
        "HU",
        "IE",
        "IT",
        "LV",
        "LT",
        "LU",
        "MT",
        "NL",
        "PL",
        "PT",
        "RO",
        "SK",
        "SI",
        "ES",
        "SE",
        "IS",
        "LI",
        "NO",
        "GB",
    ],
)
def test_the_holidays_of_every_country_of_the_eea_and_the_united_kingdom_are_known(country: str) -> None:
    assert known_country(country.lower()) == country
    assert date(2026, 1, 1) in holidays_in(country)
    assert date(2026, 12, 25) in holidays_in(country)


def test_a_country_that_nobody_knows_is_refused() -> None:
    with pytest.raises(OperatorError, match="two letters"):
        known_country("XX")
