"""Counts that tell nobody's story."""

import csv
import itertools
from datetime import date
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from api.statistics import LEAST, hidden_keys, rows, statistics
from ledger.entry import filing_of
from ledger.outcome import Product, Track
from tests.api.world import NOW, World, bearer, client_of
from tests.e2e.program import Program


def many(world: World, count: int, outcome: str, day: str, prefix: str = "u", **changes: object) -> None:
    """So many people who got such a mail."""
    for number in range(count):
        world.mail(f"{prefix}{number}", outcome, day, **changes)


def counts(client: TestClient, dimension: str) -> dict[tuple[str, str], int | None]:
    """One table: (key, outcome) → mails."""
    answer = client.get("/stats")
    assert answer.status_code == 200
    return {(cell["key"], cell["outcome"]): cell["mails"] for cell in answer.json()["outcomes"] if cell["dimension"] == dimension}


def test_mails_are_counted_per_week_language_and_product(world: World, admin: TestClient) -> None:
    many(world, 6, "confirmation", "2025-05-14")
    many(world, 7, "confirmation", "2025-05-21", prefix="v", language="de", product=Product.FACEBOOK)
    assert counts(admin, "week") == {("2025-05-12", "confirmation"): 6, ("2025-05-19", "confirmation"): 7}
    assert counts(admin, "language") == {("de", "confirmation"): 7, ("en", "confirmation"): 6}
    assert counts(admin, "product") == {("facebook", "confirmation"): 7, ("instagram", "confirmation"): 6}


def test_a_cell_of_fewer_than_five_people_is_not_shown_nor_the_one_that_would_give_it_away(world: World, admin: TestClient) -> None:
    many(world, 4, "rejection", "2025-05-14")
    many(world, 6, "rejection", "2025-05-21", prefix="v")
    many(world, 9, "rejection", "2025-05-28", prefix="w")
    assert counts(admin, "week") == {("2025-05-12", "rejection"): None, ("2025-05-19", "rejection"): None, ("2025-05-26", "rejection"): 9}
    assert counts(admin, "language") == {("en", "rejection"): 19}


def test_many_mails_of_few_people_are_not_many(world: World, admin: TestClient) -> None:
    for number in range(20):
        world.mail("anna", "notice", "2025-05-14", subject=str(number))
    assert counts(admin, "language") == {("en", "notice"): None}


def test_what_does_not_count_in_a_status_does_not_count_here(world: World, admin: TestClient) -> None:
    many(world, 9, "confirmation", "2025-05-14", abstained=True)
    many(world, 9, "unrelated", "2025-05-14", prefix="v")
    assert counts(admin, "week") == {}


def test_the_time_to_an_answer_runs_from_the_filing_or_the_receipt(world: World, admin: TestClient) -> None:
    for number, days in enumerate([1, 2, 3, 4, 10]):
        user = world.user(f"u{number}")
        at, filing = filing_of(Product.INSTAGRAM, Track.OWN_DATA, date(2025, 5, 1), user.name, NOW)
        world.ledger.record.write(user, at, filing, NOW)
        world.mail(user.name, "receipt", "2025-05-02")
        world.mail(user.name, "confirmation", f"2025-05-{1 + days:02d}")
    (spread,) = admin.get("/stats").json()["answer_days"]
    assert spread == {"product": "instagram", "cases": 5, "lower": 2.0, "median": 3.0, "upper": 4.0}


def test_a_form_is_broken_until_it_works_or_until_now(world: World, admin: TestClient) -> None:
    many(world, 5, "broken_link", "2025-05-22")
    for number in range(4):
        world.mail(f"u{number}", "verification", "2025-05-24")
    (spread,) = admin.get("/stats").json()["broken_days"]
    assert (spread["cases"], spread["median"], spread["upper"]) == (5, 2.0, 2.0)


def test_everything_fits_in_one_flat_table(world: World) -> None:
    many(world, 6, "receipt", "2025-05-14")
    many(world, 6, "confirmation", "2025-05-15")
    flat = rows(statistics(world.ledger, NOW))
    assert {"measure": "mails", "dimension": "week", "key": "2025-05-12", "outcome": "receipt", "value": 6} in flat
    assert {"measure": "answer_days_median", "dimension": "product", "key": "instagram", "outcome": None, "value": 1.0} in flat


def test_users_are_refused(anna: TestClient) -> None:
    assert anna.get("/stats").status_code == 403


PEOPLE = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=2), st.sets(st.integers(0, 30), min_size=1, max_size=12), max_size=8)


@given(PEOPLE)
def test_nobody_can_work_out_a_small_cell_from_a_total(people: dict[str, set[int]]) -> None:
    hidden = hidden_keys(people)
    assert all(len(people[key]) >= LEAST for key in people.keys() - hidden)
    if hidden != people.keys():
        assert not hidden or (len(hidden) >= 2 and len(set(itertools.chain(*(people[key] for key in hidden)))) >= LEAST)


def test_the_command_writes_tables(tmp_path: Path) -> None:
    program = Program(tmp_path / "data")
    assert "Nothing to count" in program.run("stats").stdout
    program.run("stats", "--csv", tmp_path / "stats.csv", "--parquet", tmp_path / "stats.parquet")
    header, *_ = csv.reader((tmp_path / "stats.csv").read_text().splitlines())
    assert header == pyarrow.parquet.read_table(tmp_path / "stats.parquet").column_names
    assert program.json("stats")["least_people"] == 5
    assert program.run("stats", "--csv", tmp_path / "no" / "where.csv", code=2).stderr


def test_without_pyarrow_the_command_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    assert "demur[parquet]" in Program(tmp_path / "data").run("stats", "--parquet", tmp_path / "x.parquet", code=2).stderr


def test_the_page_s_parquet_is_the_table_and_an_administrator_s_business(world: World):
    client, admin = client_of(world), bearer(world.token(None))
    table = pyarrow.parquet.read_table(pyarrow.BufferReader(client.get("/stats/table.parquet", headers=admin).content))
    assert table.column_names == ["measure", "dimension", "key", "outcome", "value"]
    assert client.get("/stats/table.parquet", headers=bearer(world.token("anna"))).status_code == 403
