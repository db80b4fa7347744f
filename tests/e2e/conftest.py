"""One browser for all tests of a run, which asks nobody but this machine, and a folder of few labelled mails, on which a training takes seconds."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from ledger.outcome import Outcome
from tests.rig.need import program as installed

FIXTURES = Path(__file__).parents[2] / "fixtures"
FEW = 5


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium."""
    path = installed("chromium", "chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-background-networking", "--disable-quic"]
        )
        yield started
        started.close()


@pytest.fixture(scope="session")
def few_labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five German mails of each outcome: enough for a model that is worse than the shipped one."""
    folder = tmp_path_factory.mktemp("labelled")
    for outcome in Outcome:
        (folder / outcome.value).mkdir()
        for path in sorted((FIXTURES / outcome.value).glob("de-*.eml"))[:FEW]:
            shutil.copy(path, folder / outcome.value)
    return folder
