"""The shape of the project: who imports whom, and promises about its own files."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("api", "classifier", "demur", "ingest", "ledger")


def test_nobody_imports_what_the_design_forbids() -> None:
    program = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports())"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_our_code_has_types_that_hold() -> None:
    done = subprocess.run([sys.executable, "-m", "mypy"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("arguments", [("check",), ("format", "--check")])
def test_our_code_is_in_the_agreed_style(arguments: tuple[str, ...]) -> None:
    done = subprocess.run([sys.executable, "-m", "ruff", *arguments, "."], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_makefile_stays_short() -> None:
    assert len((ROOT / "Makefile").read_text().splitlines()) <= 60


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-test.lock"])
def test_locked_requirements_have_hashes_and_name_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    pinned = re.findall(r"(?m)^([a-z0-9._-]+)(?:\[[^\]]*\])?==", text)
    assert len(pinned) > 40
    assert all("--hash=sha256:" in block for block in re.split(r"(?m)^(?=[a-z0-9])", text)[1:])
    assert not re.search(r"https?://|file://|--index|--find-links|--extra-index", text)


def test_every_dependency_is_bounded_below() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert all(">=" in dependency for dependency in project["dependencies"])


def test_every_module_opens_with_a_sentence() -> None:
    modules = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "migrations/versions" not in str(path)]
    assert len(modules) > 60
    silent = [str(path.relative_to(ROOT)) for path in modules if not path.read_text().lstrip().startswith('"""')]
    assert silent == []


def test_every_language_has_the_same_concepts() -> None:
    concepts = {path.stem: set(tomllib.loads(path.read_text())) for path in (ROOT / "ingest/languages/concepts").glob("*.toml")}
    languages = {path.stem for path in (ROOT / "ingest/languages").glob("*.toml")}
    assert len(languages) == 28
    assert concepts.keys() == languages
    assert {code: keys ^ concepts["en"] for code, keys in concepts.items() if keys != concepts["en"]} == {}


def test_every_labelled_mail_says_that_it_is_synthetic_or_redacted() -> None:
    mails = list((ROOT / "fixtures").rglob("*.eml"))
    assert len(mails) > 1000
    unmarked = [path.name for path in mails if not re.search(rb"(?m)^X-Demur-Fixture: (synthetic|redacted)", path.read_bytes())]
    assert unmarked == []
