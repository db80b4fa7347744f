"""The demo's page in a real browser, wide and narrow, without JavaScript."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, StorageState

from tests.e2e.program import Program, Running
from tests.rig.free import until

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """`demur run --demo`, once its mailbox was read."""
    with Program(tmp_path_factory.mktemp("demo") / "data").running("--demo") as running:
        yield running


def login_link(demo: Running) -> str:
    """The link that the terminal shows at the start; it works once."""
    return next(line.split("Log in with: ")[1] for line in demo.log.read_text().splitlines() if "Log in with: " in line)


@pytest.fixture(scope="module")
def session(demo: Running, chromium: Browser) -> StorageState:
    """The cookies of a browser that opened the link of the terminal."""
    context = chromium.new_context()
    context.new_page().goto(login_link(demo))
    kept = context.storage_state()
    context.close()
    return kept


@pytest.mark.parametrize("width", [1200, 390])
def test_the_demo_shows_each_state_at_any_width_and_asks_nobody_else(
    demo: Running, chromium: Browser, session: StorageState, width: int
) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 900}, java_script_enabled=False, storage_state=session)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    def shown() -> bool:
        page.goto(demo.base)
        return page.locator("text=Refused").count() > 0 and page.locator("text=Confirmed").count() > 0

    until(shown, 30, "the demo's mailbox")
    assert page.title()
    assert page.locator("text=will honour your objection").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert {url.split("/")[2] for url in asked} == {f"127.0.0.1:{demo.port}"}
    page.goto(f"{demo.base}/users/demo")
    assert page.locator("text=is not a domain of Meta").count() == 1
    context.close()


def test_mail_that_arrives_while_the_demo_runs_changes_the_page(demo: Running, chromium: Browser, session: StorageState) -> None:
    page = chromium.new_page(storage_state=session)

    def threads_asks() -> bool:
        page.goto(demo.base)
        return page.locator("text=Threads").count() > 0

    until(threads_asks, 45, "the demo's last mail")
