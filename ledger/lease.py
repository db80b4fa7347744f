"""Only one process works on a thing at a time. A lease dies with its process, so that a kill never blocks the next start."""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import func, select

from ledger.database import Database
from ledger.errors import OperatorError


@contextmanager
def file_lease(path: Path) -> Iterator[bool]:
    """Hold an advisory lock on a file for the block; False when another process or thread holds it.

    Raises OperatorError when the file cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise OperatorError(f"cannot write {path}: {error.strerror}; give the data folder (DEMUR_DATA) write permission") from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


@contextmanager
def _advisory_lease(database: Database, name: str) -> Iterator[bool]:
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
    with database.outside() as connection:
        held = bool(connection.scalar(select(func.pg_try_advisory_lock(number))))
        try:
            yield held
        finally:
            if held:
                connection.execute(select(func.pg_advisory_unlock(number)))


@contextmanager
def lease(database: Database, data: Path, name: str) -> Iterator[bool]:
    """Hold `name` for the block: across processes of one data folder, and across machines where PostgreSQL is shared."""
    with file_lease(data / "locks" / f"{name}.lock") as held:
        if not held or database.is_sqlite:
            yield held
            return
        with _advisory_lease(database, name) as held_everywhere:
            yield held_everywhere
