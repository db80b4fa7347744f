"""Pictures of the pages for the documents: `python -m bench.screenshots [FOLDER [NAME …]]` starts the demo and photographs it with Chromium.

Each page at 1200 pixels, the first ones dark and at 390 pixels, too. Then what a demo of one person cannot show: mails while they are brought,
the statistics of many made-up people, and the timeline out of an evidence file. Writes only to FOLDER (docs/images).
"""

import os
import re
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
from playwright.sync_api import Browser, Page, sync_playwright

from demur.composition import Composition
from demur.settings import Settings
from ledger.outcome import Product
from tests.api.world import World

PORT = 8765
BASE = f"http://127.0.0.1:{PORT}"
PAGES = {
    "overview": "/",
    "case": "/users/demo/cases/facebook/own_data",
    "review": "/review",
    "complaint": "/users/demo/complaint",
    "connect": "/connect?address=anna@gmail.com",
    "import": "/import?user=anna",
    "mailboxes": "/mailboxes",
    "model": "/models",
}
LOOKS = {"": ("light", 1200), "-dark": ("dark", 1200), "-phone": ("light", 390)}
MANY_LOOKS = {"overview", "case"}
"""Pages that are photographed in every look; the others in the first."""
TALLEST = 900
"""Pixels; what is longer is cut off, so that a picture stays small."""
PEOPLE = 60
"""Made-up users for the statistics, each with a story of Meta's mails."""
STORIES = (
    ("notice", "receipt", "confirmation"),
    ("notice", "receipt", "rejection"),
    ("notice", "receipt"),
    ("notice", "receipt", "confirmation"),
)
PRODUCTS = (Product.FACEBOOK, Product.INSTAGRAM)
LANGUAGES = ("de", "en")


@dataclass(frozen=True, slots=True)
class Camera:
    """A browser that is logged in; `only`: the names of the pictures wanted, all where it is empty."""

    browser: Browser
    cookies: list[dict[str, object]]
    folder: Path
    only: frozenset[str]

    @contextmanager
    def page(self, look: str = "", scripts: bool = True) -> Iterator[Page]:
        """A fresh window."""
        scheme, width = LOOKS[look]
        window = {"width": width, "height": 900}
        context = self.browser.new_context(viewport=window, color_scheme=scheme, locale="en", java_script_enabled=scripts)  # type: ignore[arg-type]
        context.add_cookies(self.cookies)  # type: ignore[arg-type]
        yield context.new_page()
        context.close()

    def wants(self, name: str) -> bool:
        """Whether a picture is to be made."""
        return not self.only or name in self.only

    def shoot(self, page: Page, name: str) -> None:
        """Write down what the window shows, as long as it is."""
        height = min(int(page.evaluate("Math.ceil(document.body.getBoundingClientRect().height)")), TALLEST)
        page.set_viewport_size({"width": page.viewport_size["width"], "height": height})  # type: ignore[index]
        page.screenshot(path=self.folder / f"{name}.png")


def _pages(camera: Camera) -> None:
    for look in LOOKS:
        with camera.page(look) as page:
            for name, path in PAGES.items():
                if camera.wants(name) and (not look or name in MANY_LOOKS):
                    page.set_viewport_size({"width": LOOKS[look][1], "height": 900})
                    page.goto(BASE + path)
                    camera.shoot(page, f"{name}{look}")


def _filing(camera: Camera) -> None:
    """The form below the cards that says: I submitted a form."""
    with camera.page() as page:
        page.goto(f"{BASE}/users/demo")
        page.locator("details.file summary").click()
        page.locator("details.file").screenshot(path=camera.folder / "filing.png")


def _importing(camera: Camera) -> None:
    """All labelled mails at once, photographed while they are read."""
    with tempfile.TemporaryDirectory() as folder, camera.page() as page:
        packed = Path(folder) / "saved-mails.zip"
        with zipfile.ZipFile(packed, "w") as file:
            for path in sorted(Path("fixtures").glob("*/*.eml")):
                file.write(path)
        page.goto(f"{BASE}/import?user=anna")
        page.set_input_files("input[name=files]", packed)
        page.locator("main button", has_text="Read these mails").click()
        page.get_by_text(re.compile("[1-9][0-9]{2} mails read so far")).wait_for(timeout=120_000)
        camera.shoot(page, "importing")


def _evidence(camera: Camera) -> None:
    """The timeline that lies in the evidence file, opened without Demur."""
    with tempfile.TemporaryDirectory() as folder, camera.page(scripts=False) as page:
        page.goto(f"{BASE}/users/demo")
        with page.expect_download() as download:
            page.locator("a", has_text="Download the evidence").click()
        with zipfile.ZipFile(download.value.path()) as file:
            file.extractall(folder)
        page.goto(next(Path(folder).rglob("timeline.html")).as_uri())
        camera.shoot(page, "evidence")


def _statistics(camera: Camera, data: Path) -> None:
    """The statistics over many made-up people, who are written into the demo's ledger."""
    parts = Composition(Settings(data=data / "demo"))
    world, today = World(parts.ledger, parts.now()), datetime.now(UTC)
    for number in range(PEOPLE):
        story, product = STORIES[number % len(STORIES)], PRODUCTS[number // 4 % 2]
        for step, outcome in enumerate(story):
            day = today - timedelta(days=50 - (10 + number % 9) * step - number % 5)
            world.mail(f"person{number:02}", outcome, f"{day:%Y-%m-%d}", product=product, language=LANGUAGES[number % 2])
    parts.close()
    with camera.page() as page:
        page.goto(f"{BASE}/stats")
        camera.shoot(page, "statistics")


def _cookies(browser: Browser, link: str) -> list[dict[str, object]]:
    """Log in, and wait until the last of the demo's mails was read."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(link)
    until = time.monotonic() + 120
    while page.locator("article", has_text="Threads").count() == 0:
        if time.monotonic() > until:
            raise SystemExit("the demo's last mail did not arrive")
        time.sleep(0.5)
        page.goto(BASE)
    cookies = context.cookies()
    context.close()
    return cookies  # type: ignore[return-value]


def photograph(folder: Path, link: str, data: Path, only: frozenset[str]) -> None:
    """Photograph the running demo."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        camera = Camera(browser, _cookies(browser, link), folder, only)
        _pages(camera)
        for name, more in (("filing", _filing), ("evidence", _evidence), ("importing", _importing)):
            if camera.wants(name):
                more(camera)
        if camera.wants("statistics"):
            _statistics(camera, data)
        browser.close()


def _started(demo: "subprocess.Popen[bytes]", log: Path) -> str:
    """Wait until the demo serves; the link that logs in."""
    until = time.monotonic() + 120
    while time.monotonic() < until and demo.poll() is None:
        try:
            if httpx2.get(f"{BASE}/readyz").status_code == 200:
                return re.findall(r"Log in with: (\S+)", log.read_text())[0]
        except httpx2.HTTPError:
            time.sleep(0.2)
    raise SystemExit(f"the demo did not start: {log.read_text()}")


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("docs/images")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data:
        log = Path(data) / "log"
        command = [sys.executable, "-m", "demur", "run", "--demo", "--port", str(PORT)]
        with log.open("w") as out:
            demo = subprocess.Popen(command, stdout=out, stderr=out, env=os.environ | {"DEMUR_DATA": data})
        try:
            photograph(folder, _started(demo, log), Path(data), frozenset(sys.argv[2:]))
        finally:
            demo.terminate()
            demo.wait(timeout=30)


if __name__ == "__main__":
    main()
