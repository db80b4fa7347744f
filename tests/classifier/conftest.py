"""A small set of labelled mails, so that a training takes a second."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from classifier.fixtures import Labelled, load
from classifier.registry import Registry
from classifier.retrain import Retrained, retrain
from ingest.decide import read
from ledger.outcome import Outcome

ROOT = Path(__file__).parent.parent.parent
NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


def silent(what: str, done: int, of: int) -> None:
    """No progress."""


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The German fixtures."""
    folder = tmp_path_factory.mktemp("small")
    for path in (ROOT / "fixtures").glob("*/*.eml"):
        if path.name.startswith("de-"):
            (folder / path.parent.name).mkdir(exist_ok=True)
            shutil.copy(path, folder / path.parent.name / path.name)
    return folder


@pytest.fixture(scope="session")
def few(tmp_path_factory: pytest.TempPathFactory, small: Path) -> Path:
    """Three mails of every outcome, and one of each to compare by: trained in a moment."""
    folder = tmp_path_factory.mktemp("few")
    for outcome in Outcome:
        paths = sorted((small / outcome.value).glob("*.eml"))
        for path in paths[:4]:
            target = folder / outcome.value if path != paths[3] else folder / "holdout" / outcome.value
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    return folder


@pytest.fixture(scope="session")
def mails(small: Path) -> list[Labelled]:
    """The same, read."""
    return load(small, read)


def training(registry: Registry, folder: Path, when: datetime, holdout: Path) -> Retrained:
    """One training as the command does it, without a word."""
    return retrain(registry, [folder], holdout, [], read, when, silent)


@pytest.fixture(scope="session")
def first_models(tmp_path_factory: pytest.TempPathFactory, small: Path) -> Path:
    """A registry's folder with one trained model."""
    folder = tmp_path_factory.mktemp("models")
    training(Registry(folder, folder / "none"), small, NOW, folder / "none")
    return folder


@pytest.fixture
def registry(tmp_path: Path, first_models: Path) -> Registry:
    """A registry of one's own with a champion in it, nothing shipped."""
    shutil.copytree(first_models, tmp_path / "models")
    return Registry(tmp_path / "models", tmp_path / "shipped")


@pytest.fixture
def champion(registry: Registry) -> str:
    """The version that decides."""
    return registry.current_version()


@pytest.fixture
def train(registry: Registry, small: Path, tmp_path: Path) -> Callable[..., Retrained]:
    """Train another model a day later; the folder of labelled mails and the hold-out may be others."""

    def run(folder: Path = small, holdout: Path = tmp_path / "no-holdout") -> Retrained:
        return training(registry, folder, NOW + timedelta(days=1), holdout)

    return run
