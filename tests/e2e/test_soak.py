"""A few seconds of the soak (`make soak` takes ten minutes): faults, kills and resets at once, and nothing is lost, doubled or changed."""

import pytest

from bench.soak.__main__ import Soak

pytestmark = pytest.mark.server


def test_a_few_seconds_of_faults_and_kills_lose_double_and_change_nothing() -> None:
    soak = Soak(4, seed=3, mailboxes=2, haste=10, quiet=True)
    found = soak.run()
    soak.clear_away()
    assert soak.world.done["mails"] > 50
    assert sum(soak.kills.values()) > 0
    assert found.is_good, (found, soak.world.changed, soak.errors)
