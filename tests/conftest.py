"""What all tests share: real servers, one of each for a run, and mails signed with keys made for it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from demur.demo.nameserver import NameServer
from demur.demo.signing import SigningKey, new_key
from tests.rig.dovecot import Dovecot, new_home
from tests.rig.postgres import postgres

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """A running Dovecot; each test uses mail users of its own."""
    server = Dovecot(new_home())
    server.start()
    yield server
    server.stop()
    shutil.rmtree(server.home, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A running PostgreSQL: its address without a database name."""
    with postgres() as address:
        yield address


@pytest.fixture(scope="session")
def signing_key() -> SigningKey:
    """A DKIM key for one run."""
    return new_key("rig")


@pytest.fixture(scope="session")
def nameserver(signing_key: SigningKey) -> Iterator[NameServer]:
    """A DNS server on loopback with the run's key for Meta's domains."""
    domains = ("facebookmail.com", "support.facebook.com", "mail.instagram.com", "support.whatsapp.com", "meta.com", "evil.example")
    with NameServer({signing_key.name(domain): signing_key.record for domain in domains}) as server:
        yield server
