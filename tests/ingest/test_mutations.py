"""A few hundred mails that were damaged on purpose, the same ones each time; `bench.mutations` reads two hundred thousand."""

import time

import pytest

from bench.mutate import MUTATIONS, mutated
from ingest.decide import read
from tests.ingest.labelled import paths
from tests.ingest.test_parse_total import SECONDS, assert_clean

MAILS = [path.read_bytes() for path in paths()[::20]]
SHARES, EACH = 6, 50


@pytest.mark.parametrize("share", range(SHARES))
def test_damaged_mails_are_read_in_bounded_time(share: int) -> None:
    for number in range(share, SHARES * EACH, SHARES):
        done, raw = mutated(MAILS, number)
        started = time.process_time()
        message = read(raw)
        assert time.process_time() - started < SECONDS, (number, done)
        assert_clean(message)


def test_the_same_number_is_the_same_damage_each_time() -> None:
    assert [mutated(MAILS, number) for number in range(20)] == [mutated(MAILS, number) for number in range(20)]
    assert mutated(MAILS, 1, seed=1) != mutated(MAILS, 1, seed=2)


@pytest.mark.parametrize("name", MUTATIONS)
def test_every_kind_of_damage_happens_and_changes_something(name: str) -> None:
    alone = [raw for done, raw in (mutated(MAILS, number) for number in range(600)) if done == (name,)]
    assert alone
    assert any(raw not in MAILS for raw in alone)
