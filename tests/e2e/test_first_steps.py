"""The first steps of a person in the browser, without scripts: log in once, connect a mailbox, bring saved mails, see a state, correct it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.program import Program, Running
from tests.rig.dovecot import PASSWORD, Dovecot, new_home
from tests.rig.free import until
from tests.rig.need import program as installed

FIXTURES = Path(__file__).parents[2] / "fixtures"
pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Program(tmp_path_factory.mktemp("first") / "data", {"DEMUR_ALLOW_LOOPBACK_MAIL": "1"}).running() as started:
        yield started


@pytest.fixture(scope="module")
def page(running: Running) -> Iterator[Page]:
    """A browser of a person who switched scripts off and opened the link of the terminal."""
    path = installed("chromium", "chromium")
    with sync_playwright() as playwright:
        browser: Browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-background-networking"])
        opened = browser.new_context(java_script_enabled=False).new_page()
        opened.goto(next(line.split("Log in with: ")[1] for line in running.log.read_text().splitlines() if "Log in with: " in line))
        yield opened
        browser.close()


def test_there_are_three_ways_in(page: Page, running: Running) -> None:
    page.goto(running.base)
    assert page.locator(".way").count() == 3


def test_saved_mails_are_brought_and_one_is_corrected(page: Page, running: Running) -> None:
    page.goto(f"{running.base}/import")
    page.fill("input[name=user]", "anna")
    page.set_input_files(
        "input[name=files]", [*sorted(FIXTURES.glob("confirmation/en-*.eml"))[:2], *sorted(FIXTURES.glob("rejection/de-*.eml"))[:1]]
    )
    page.click("text=Read these mails")
    until(lambda: bool(page.reload()) and page.locator("text=Your mails are read").count() == 1, 60, "the import")
    assert "3 mails read" in page.inner_text("main")
    page.click("text=To the status")
    page.locator("summary", has_text="Not right?").first.click()
    page.locator("details[open] input[value=rejection]").first.check()
    page.locator("details[open] button").first.click()
    assert page.locator("text=Corrected by administrator").count() == 1
    assert page.locator(".card .pill", has_text="Refused").count() == 1


def test_a_wrong_password_is_said_in_plain_words_and_the_right_one_connects(page: Page, running: Running) -> None:
    dovecot = Dovecot(new_home())
    dovecot.start()
    try:
        page.goto(f"{running.base}/connect")
        page.fill("input[name=address]", "anna@example.org")
        page.click("text=Continue")
        page.fill("input[name=host]", "127.0.0.1")
        page.fill("input[name=port]", str(dovecot.plain_port))
        page.select_option("select[name=security]", "loopback")
        for password in ("wrong", PASSWORD):
            page.fill("input[name=password]", password)
            page.click("text=Test the log-in and connect")
            if password == "wrong":
                assert "refused the log-in. Check the log-in name and the password" in page.inner_text("[role=alert]")
        assert "anna@example.org is connected" in page.inner_text("main")
        until(lambda: bool(page.goto(f"{running.base}/mailboxes")) and page.locator("text=First look").count() == 0, 30, "the first look")
        assert page.locator(".card .pill", has_text="Connected").count() == 1
        page.locator("article", has_text="anna@example.org").locator("summary", has_text="Remove…").click()
        page.click("text=Remove anna@example.org")
        assert page.locator("article", has_text="anna@example.org").count() == 0
    finally:
        dovecot.stop()
