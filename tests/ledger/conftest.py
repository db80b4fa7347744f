"""New stories and new ledgers: each test has a database of its own, on SQLite and on PostgreSQL."""

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from hypothesis import HealthCheck, settings
from sqlalchemy import text

from ledger.database import Database
from ledger.ledger import Ledger, open_ledger
from ledger.tables import metadata
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


def _new_database(server: str) -> str:
    """The address of a new PostgreSQL database."""
    name = f"demur_{next(NUMBERS)}"
    database = Database(f"{server}/postgres")
    with database.outside() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    database.close()
    return f"{server}/{name}"


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: str) -> Iterator[Database]:
    """A PostgreSQL database with our schema; tests that take it in turn empty it first."""
    database = Database(_new_database(postgres_server))
    database.migrate()
    yield database
    database.close()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with our schema, to be copied."""
    path = tmp_path_factory.mktemp("template") / "demur.sqlite3"
    database = Database(f"sqlite:///{path}")
    database.migrate()
    database.close()
    return path


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
    """The address of a database with our schema and without any row."""
    if backend == "sqlite":
        return f"sqlite:///{shutil.copy(request.getfixturevalue('migrated_sqlite'), tmp_path / 'demur.sqlite3')}"
    database: Database = request.getfixturevalue("migrated_postgres")
    with database.write() as connection:
        connection.execute(text(f"TRUNCATE {', '.join(metadata.tables)} RESTART IDENTITY"))
    return database.url.render_as_string(hide_password=False)


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
