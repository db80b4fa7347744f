"""A ledger on SQLite in a temporary folder for each test; the schema is made once for all."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from starlette.testclient import TestClient

from ledger.ledger import open_ledger
from ledger.vault import Vault
from tests.api.world import World, bearer, client_of


@pytest.fixture(scope="session")
def key() -> str:
    return Fernet.generate_key().decode()


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory, key: str) -> Path:
    """A database with its tables and nothing in them."""
    folder = tmp_path_factory.mktemp("empty")
    open_ledger(f"sqlite:///{folder}/demur.db", folder, Vault([key])).database.close()
    return folder / "demur.db"


@pytest.fixture
def world(tmp_path: Path, empty: Path, key: str) -> Iterator[World]:
    shutil.copy(empty, tmp_path / "demur.db")
    ledger = open_ledger(f"sqlite:///{tmp_path}/demur.db", tmp_path, Vault([key]))
    yield World(ledger)
    ledger.database.close()


@pytest.fixture
def client(world: World) -> TestClient:
    """A client without a token."""
    return client_of(world)


@pytest.fixture
def anna(world: World, client: TestClient) -> TestClient:
    """Anna's client: she may write."""
    client.headers.update(bearer(world.token("anna")))
    return client


@pytest.fixture
def admin(world: World) -> TestClient:
    """An administrator's client."""
    client = client_of(world)
    client.headers.update(bearer(world.token(None)))
    return client
