"""What browsers load: small, ours, and what the folder's README says it is."""

import hashlib
import re
from pathlib import Path

from api.templating import FOLDER

STATIC = FOLDER / "static"


def test_htmx_is_the_file_that_the_readme_names():
    (vendored,) = STATIC.glob("htmx-*.min.js")
    readme = (STATIC / "README.md").read_text()
    assert hashlib.sha256(vendored.read_bytes()).hexdigest() in readme
    version = vendored.name.removeprefix("htmx-").removesuffix(".min.js")
    assert f"htmx.org@{version}" in readme
    assert f'version:"{version}"' in vendored.read_text()


def test_the_stylesheet_is_small_and_asks_nobody_for_anything():
    text = (STATIC / "demur.css").read_text()
    assert len(text.encode()) < 20_000
    assert not re.search(r"url\(|@import|//", text)


def test_every_icon_that_is_named_is_drawn():
    drawn = set(re.findall(r'<symbol id="(\w+)"', (STATIC / "icons.svg").read_text()))
    named = {name for path in (FOLDER / "templates").glob("*.html") for name in re.findall(r'icon\("(\w+)"\)', path.read_text())}
    assert named <= drawn


def test_no_template_holds_a_script_or_a_style_of_its_own():
    for path in Path(FOLDER / "templates").glob("*.html"):
        text = path.read_text()
        assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=|hx-on", text), path.name
