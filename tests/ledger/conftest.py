"""New stories and new ledgers: each test has a database of its own, on SQLite and on PostgreSQL."""

import itertools
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from cryptography.fernet import Fernet
from hypothesis import HealthCheck, settings
from sqlalchemy.engine import make_url

from ledger.database import Database
from ledger.ledger import Ledger, open_ledger
from ledger.vault import Vault
from tests.ledger.story import Story

NUMBERS = itertools.count(1)
settings.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")


@pytest.fixture
def story() -> Story:
    """A user of whom nothing is known yet."""
    return Story()


@pytest.fixture(scope="session")
def vault() -> Vault:
    """A vault with a key of this run."""
    return Vault([Fernet.generate_key().decode()])


def _new_database(server: str, template: str = "template1") -> str:
    """The address of a new PostgreSQL database, a copy of `template`."""
    name = f"demur_{next(NUMBERS)}"
    with psycopg.connect(f"{make_url(server).set(drivername='postgresql').render_as_string()}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
    return f"{server}/{name}"


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: str) -> str:
    """The name of a PostgreSQL database with our schema, to be copied."""
    database = Database(_new_database(postgres_server))
    database.migrate()
    database.organisation_id()
    database.close()
    return str(database.url.database)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.server)])
def backend(request: pytest.FixtureRequest) -> str:
    """Each kind of database that Demur can keep its ledger in."""
    return str(request.param)


@pytest.fixture
def empty_url(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """The address of a database without any table."""
    if backend == "sqlite":
        return f"sqlite:///{tmp_path / 'demur.sqlite3'}"
    return _new_database(request.getfixturevalue("postgres_server"))


@pytest.fixture
def url(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """The address of a database that may have our schema already."""
    if backend == "sqlite":
        return f"sqlite:///{tmp_path / 'demur.sqlite3'}"
    return _new_database(request.getfixturevalue("postgres_server"), request.getfixturevalue("migrated_postgres"))


@pytest.fixture
def ledger(url: str, tmp_path: Path, vault: Vault) -> Iterator[Ledger]:
    """An empty ledger."""
    opened = open_ledger(url, tmp_path, vault)
    yield opened
    opened.database.close()


@pytest.fixture
def foreign_folder() -> Iterator[Path]:
    """A folder for `make_foreign`; it is this process's own again at the end."""
    with tempfile.TemporaryDirectory(prefix="demur-foreign-") as name:
        yield Path(name)
        os.seteuid(os.getuid())
        Path(name).chmod(0o700)
