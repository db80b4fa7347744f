"""A PostgreSQL of the test's own on loopback. As root it runs as the user `postgres` or `nobody`."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.rig.free import free_port, until
from tests.rig.need import postgres_bin


def _prefix() -> list[str]:
    if os.getuid() != 0:
        return []
    names = {entry.pw_name for entry in pwd.getpwall()}
    account = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    return ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]


def _own(folder: Path) -> None:
    if os.getuid() == 0:
        names = {entry.pw_name for entry in pwd.getpwall()}
        account = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
        shutil.chown(folder, account.pw_uid, account.pw_gid)


def _serves(port: int) -> bool:
    """Whether it lets somebody in: it listens some time before it does."""
    try:
        psycopg.connect(f"host=127.0.0.1 port={port} user=demur dbname=postgres", connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


@contextmanager
def postgres() -> Iterator[str]:
    """Start a server; yields the address of its database as SQLAlchemy takes it, without the database name."""
    programs = postgres_bin()
    home = Path(tempfile.mkdtemp(prefix="demur-postgres-"))
    _own(home)
    port, data = free_port(), home / "data"
    run = [*_prefix()]
    subprocess.run(
        [*run, programs / "initdb", "-D", data, "-U", "demur", "-A", "trust", "-E", "UTF8", "--no-sync"], check=True, capture_output=True
    )
    server = subprocess.Popen(
        [*run, programs / "postgres", "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", str(home), "-F"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=home,
    )
    try:
        until(lambda: _serves(port), 60, "PostgreSQL's start")
        yield f"postgresql+psycopg://demur@127.0.0.1:{port}"
    finally:
        server.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown: a connection that a test left open does not hold it up
        server.wait(timeout=20)
        shutil.rmtree(home, ignore_errors=True)
