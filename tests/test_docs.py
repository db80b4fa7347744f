"""What the documents point to exists: files, headings, tests, settings, commands."""

import re
from pathlib import Path

import pytest

from demur.cli import app
from demur.settings import SECRETS, Settings

ROOT = Path(__file__).parent.parent
OURS = ("*.md", "docs/**/*.md", "bench/**/*.md", ".github/**/*.md", "fixtures/**/*.md")
DOCUMENTS = sorted({path for pattern in OURS for path in ROOT.glob(pattern)})
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
TEST = re.compile(r"(tests/[\w/]+\.py)::(test_\w+)")
LARGEST_IMAGE = 150 * 1024


def text_of(path: Path) -> str:
    """A document without its fenced blocks: they hold examples, no links."""
    return re.sub(r"(?ms)^```.*?^```", "", path.read_text(encoding="utf-8"))


def anchors(path: Path) -> set[str]:
    """The names that a document's headings have as link targets."""
    headings = re.findall(r"(?m)^#+ (.+)$", text_of(path))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken(document: Path, link: str) -> bool:
    """Whether a relative link leads nowhere."""
    name, _, anchor = link.partition("#")
    target = (document.parent / name).resolve() if name else document
    return not target.exists() or (bool(anchor) and target.suffix == ".md" and anchor not in anchors(target))


def test_there_are_documents() -> None:
    assert len(DOCUMENTS) > 10


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    links = [link for link in LINK.findall(text_of(document)) if not re.match(r"[a-z]+:", link)]
    assert [link for link in links if broken(document, link)] == []


@pytest.mark.parametrize("name", ["docs/design.md", "docs/threat-model.md"])
def test_every_test_that_a_document_rests_on_exists(name: str) -> None:
    found = TEST.findall((ROOT / name).read_text(encoding="utf-8"))
    assert len(found) > 10
    missing = [f"{path}::{test}" for path, test in found if not _has(path, test)]
    assert missing == []


def _has(path: str, test: str) -> bool:
    file = ROOT / path
    return file.is_file() and re.search(rf"(?m)^\s*(?:async )?def {test}\(", file.read_text(encoding="utf-8")) is not None


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_setting_and_command_that_a_document_names_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    known = {f"DEMUR_{name.upper()}" for name in Settings.model_fields} | {f"DEMUR_{name.upper()}_FILE" for name in SECRETS}
    assert set(re.findall(r"\bDEMUR_[A-Z_]+[A-Z]\b", text)) <= known
    commands = {command.name for command in (*app.registered_commands, *app.registered_groups)}
    assert set(re.findall(r"`demur ([a-z]+)", text)) <= commands


def test_pictures_are_small_and_drawings_say_what_they_show() -> None:
    pictures = sorted((ROOT / "docs" / "images").iterdir())
    assert pictures
    for picture in pictures:
        assert picture.stat().st_size <= LARGEST_IMAGE, picture
        if picture.suffix == ".svg":
            drawing = picture.read_text(encoding="utf-8")
            assert "<title" in drawing, picture
            assert "<desc" in drawing, picture
