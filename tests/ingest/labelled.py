"""The labelled fixtures, each read once in a process."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from ingest.decide import read
from ledger.message import Message
from ledger.outcome import Outcome

FIXTURES = Path(__file__).parents[2] / "fixtures"


def paths(*outcomes: Outcome) -> list[Path]:
    """The fixtures of some outcomes, of all when none is named. There are always some."""
    found = [path for outcome in outcomes or tuple(Outcome) for path in sorted((FIXTURES / outcome).glob("*.eml"))]
    assert found
    return found


@cache
def read_fixture(path: Path) -> Message:
    """One fixture as the worker reads it."""
    return read(path.read_bytes())


def messages(*outcomes: Outcome) -> Iterator[tuple[Path, Message]]:
    """Fixtures of some outcomes as the worker reads them."""
    for path in paths(*outcomes):
        yield path, read_fixture(path)


def language_code(path: Path) -> str:
    """The language that a fixture's file name says."""
    return path.name.split("-")[0]


def fixture(name: str) -> Message:
    """The fixture of this name, `outcome/name`."""
    return read_fixture(FIXTURES / f"{name}.eml")
