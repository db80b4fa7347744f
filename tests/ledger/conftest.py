"""A new story for each test."""

import pytest

from tests.ledger.story import Story


@pytest.fixture
def story() -> Story:
    """A user of whom nothing is known yet."""
    return Story()
