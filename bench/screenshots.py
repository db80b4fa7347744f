"""Pictures of the pages for the documents: `python -m bench.screenshots [FOLDER]` starts the demo and photographs it with Chromium.

Each page at 1200 pixels, the first ones dark and at 390 pixels, too. Writes only to FOLDER (docs/images).
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, sync_playwright

PORT = 8765
BASE = f"http://127.0.0.1:{PORT}"
PAGES = {
    "overview": "/",
    "case": "/users/demo/cases/facebook/own_data",
    "connect": "/connect?address=anna@gmail.com",
    "import": "/import",
    "mailboxes": "/mailboxes",
    "model": "/models",
}
LOOKS = {"": ("light", 1200), "-dark": ("dark", 1200), "-phone": ("light", 390)}
MANY_LOOKS = {"overview", "case"}
"""Pages that are photographed in every look; the others in the first."""
READ_AFTER = 30
TALLEST = 1150
"""Pixels; what is longer is cut off, so that a picture stays small."""


def _link(log: Path) -> str | None:
    found = re.search(r"Log in with: (\S+)", log.read_text())
    return found[1] if found else None


def _wait_for_link(log: Path) -> str:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if link := _link(log):
            return link
        time.sleep(0.2)
    raise SystemExit(f"the demo did not start: {log.read_text()}")


def _shoot(context: BrowserContext, folder: Path, suffix: str, only: set[str]) -> None:
    for name, path in PAGES.items():
        if (only and name not in only) or (suffix and name not in MANY_LOOKS):
            continue
        page = context.new_page()
        page.goto(BASE + path)
        width, height = page.evaluate(
            "[innerWidth, Math.min(document.documentElement.scrollHeight, TALLEST)]".replace("TALLEST", str(TALLEST))
        )
        page.set_viewport_size({"width": width, "height": height})
        page.screenshot(path=folder / f"{name}{suffix}.png")
        page.close()


def _logged_in(browser: Browser, link: str) -> list[dict[str, object]]:
    context = browser.new_context()
    page = context.new_page()
    page.goto(link)
    page.wait_for_selector("text=Refused")
    cookies = context.cookies()
    context.close()
    return cookies  # type: ignore[return-value]


def photograph(folder: Path, link: str, looks: dict[str, tuple[str, int]], only: set[str], language: str = "en") -> None:
    """Photograph the running demo."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        cookies = _logged_in(browser, link)
        for suffix, (scheme, width) in looks.items():
            context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, locale=language)  # type: ignore[arg-type]
            context.add_cookies(cookies)  # type: ignore[arg-type]
            _shoot(context, folder, suffix, only)
            context.close()
        browser.close()


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("docs/images")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data:
        log = Path(data) / "log"
        command = [sys.executable, "-m", "demur", "run", "--demo", "--port", str(PORT)]
        with log.open("w") as out:
            demo = subprocess.Popen(command, stdout=out, stderr=out, env=os.environ | {"DEMUR_DATA": data})
        try:
            link = _wait_for_link(log)
            time.sleep(READ_AFTER)
            photograph(folder, link, LOOKS, set(sys.argv[2:]))
        finally:
            demo.terminate()
            demo.wait(timeout=30)


if __name__ == "__main__":
    main()
