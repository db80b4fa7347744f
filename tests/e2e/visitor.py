"""A person at a browser: what they open and press, and a record of everything that the browser asks of others or that breaks in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, Route

LONGEST = 240_000
"""Milliseconds for what a page shows by itself."""


@dataclass
class Visitor:
    """One person with one page."""

    page: Page
    base: str
    strayed: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        """Open a page; it is as wide as the window and no wider."""
        answer = self.page.goto(self.base + path)
        assert answer
        assert answer.ok, (path, answer.status)
        self.fits()

    def fits(self) -> None:
        """Whether nothing has to be moved sideways."""
        assert self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), self.page.url

    def press(self, text: str) -> None:
        """Press the first button or link with this text."""
        self.page.locator("main").locator("button, a, summary", has_text=text).first.click()

    def sees(self, text: str) -> None:
        """Wait until the page shows a text, without touching it."""
        self.page.locator("main").get_by_text(text).first.wait_for(timeout=LONGEST)

    def _guard(self, route: Route) -> None:
        if urlsplit(route.request.url).hostname == "127.0.0.1":
            route.continue_()
        else:
            self.strayed.append(route.request.url)
            route.abort()


@contextmanager
def visiting(browser: Browser, base: str, scripts: bool = True, width: int = 1200) -> Iterator[Visitor]:
    """A person at a window of that width. At the end nothing may have been asked of another machine, and no script have failed."""
    context = browser.new_context(java_script_enabled=scripts, viewport={"width": width, "height": 900}, accept_downloads=True)
    visitor = Visitor(context.new_page(), base)
    context.route("**/*", visitor._guard)
    visitor.page.on("pageerror", lambda error: visitor.broken.append(str(error)))
    try:
        yield visitor
        assert visitor.strayed == []
        assert visitor.broken == []
    finally:
        context.close()
