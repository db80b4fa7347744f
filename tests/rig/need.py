"""Whether a server is installed. Where it is not, tests are skipped with the reason; with CI=true that is a failure."""

import os
import shutil
from glob import glob
from pathlib import Path

import pytest


def _missing(what: str, package: str) -> None:
    reason = f"{what} is not installed (Debian: apt-get install {package})"
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def program(name: str, package: str) -> str:
    """The path of a program."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin")
    if not found:
        _missing(name, package)
    assert found
    return found


def postgres_bin() -> Path:
    """The folder of PostgreSQL's server programs."""
    found = sorted(glob("/usr/lib/postgresql/*/bin/initdb"))
    if not found:
        _missing("PostgreSQL", "postgresql")
    return Path(found[-1]).parent
