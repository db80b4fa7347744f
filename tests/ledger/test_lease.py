"""Leases: one holder at a time, and free again the moment the holder's process is gone, however it went."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ledger.database import Database
from ledger.errors import OperatorError
from ledger.lease import file_lease, lease
from tests.ledger.archive import make_foreign
from tests.rig.free import until

ROOT = Path(__file__).parents[2]
HOLD = """
import sys, time
from pathlib import Path
from ledger.database import Database
from ledger.lease import lease
with lease(Database(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]) as held:
    print(held, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """A database."""
    opened = Database(url)
    yield opened
    opened.close()


@contextmanager
def another_process(database: Database, data: Path, name: str = "mailbox-1") -> Iterator[subprocess.Popen[str]]:
    """A process that holds a lease until it is killed."""
    address = database.url.render_as_string(hide_password=False)
    holder = subprocess.Popen([sys.executable, "-c", HOLD, address, str(data), name], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert holder.stdout
    try:
        assert holder.stdout.readline() == "True\n"
        yield holder
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()


def is_free(database: Database, data: Path, name: str = "mailbox-1") -> bool:
    with lease(database, data, name) as held:
        return held


class TestLease:
    def test_a_lease_is_held_by_one_at_a_time(self, database: Database, tmp_path: Path) -> None:
        with lease(database, tmp_path, "mailbox-1") as held:
            assert held
            assert not is_free(database, tmp_path)
        assert is_free(database, tmp_path)

    def test_leases_of_other_names_do_not_wait(self, database: Database, tmp_path: Path) -> None:
        with lease(database, tmp_path, "mailbox-1"):
            assert is_free(database, tmp_path, "mailbox-2")

    def test_another_thread_does_not_get_it(self, database: Database, tmp_path: Path) -> None:
        found = []
        with lease(database, tmp_path, "mailbox-1"):
            thread = threading.Thread(target=lambda: found.append(is_free(database, tmp_path)))
            thread.start()
            thread.join()
        assert found == [False]

    def test_an_error_inside_gives_it_back(self, database: Database, tmp_path: Path) -> None:
        with pytest.raises(KeyError), lease(database, tmp_path, "mailbox-1"):
            raise KeyError
        assert is_free(database, tmp_path)

    def test_a_lease_dies_with_its_process(self, database: Database, tmp_path: Path) -> None:
        with another_process(database, tmp_path) as holder:
            assert not is_free(database, tmp_path)
            holder.send_signal(signal.SIGKILL)
            holder.wait()
            until(lambda: is_free(database, tmp_path), 5, "the end of the lease")

    def test_a_lease_of_a_stopped_process_is_still_held(self, database: Database, tmp_path: Path) -> None:
        with another_process(database, tmp_path) as holder:
            holder.send_signal(signal.SIGSTOP)
            assert not is_free(database, tmp_path)


@pytest.mark.server
@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_shared_postgresql_holds_a_lease_across_data_folders(database: Database, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    with another_process(database, there) as holder:
        assert not is_free(database, here)
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        until(lambda: is_free(database, here), 5, "the end of the lease")


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_two_data_folders_of_sqlite_have_nothing_to_do_with_each_other(database: Database, tmp_path: Path) -> None:
    with lease(database, tmp_path / "here", "mailbox-1"):
        assert is_free(database, tmp_path / "there")


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
@pytest.mark.server
def test_a_postgresql_that_is_away_is_said_when_a_lease_is_taken(backend: str, tmp_path: Path) -> None:
    database = Database("postgresql+psycopg://demur@127.0.0.1:1/demur")
    with pytest.raises(OperatorError, match="cannot reach the database"):
        is_free(database, tmp_path)


def test_a_folder_without_the_right_to_write_is_said(foreign_folder: Path) -> None:
    make_foreign(foreign_folder)
    with pytest.raises(OperatorError, match="write permission"), file_lease(foreign_folder / "locks" / "run.lock"):
        pass


def test_a_lock_file_is_its_owner_s_alone_and_may_be_left_behind(tmp_path: Path) -> None:
    path = tmp_path / "locks" / "run.lock"
    with file_lease(path) as held:
        assert held
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert os.listdir(path.parent) == ["run.lock"]
    with file_lease(path) as held:
        assert held
