"""The schema on every kind of database: made from nothing, made once, and the same as the tables say."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from ledger.database import HEAD, Database
from ledger.errors import OperatorError
from ledger.tables import metadata

MIGRATE = "import sys; from ledger.database import Database; d = Database(sys.argv[1]); d.migrate(); print(d.organisation_id())"


@pytest.fixture
def database(empty_url: str) -> Iterator[Database]:
    """A database without any table."""
    opened = Database(empty_url)
    yield opened
    opened.close()


class TestMigration:
    def test_an_empty_database_gets_all_tables(self, database: Database) -> None:
        database.migrate()
        with database.read() as connection:
            assert {*inspect(connection).get_table_names()} == {*metadata.tables, "alembic_version"}
            assert connection.scalar(text("SELECT version_num FROM alembic_version")) == HEAD

    def test_the_schema_is_what_the_tables_say(self, database: Database) -> None:
        database.migrate()
        with database.read() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
            assert compare_metadata(context, metadata) == []

    def test_migrating_again_keeps_what_is_there(self, database: Database) -> None:
        database.migrate()
        first = database.organisation_id("ours")
        database.migrate()
        assert database.organisation_id("ours") == first

    def test_a_database_of_a_newer_version_is_refused_and_left_alone(self, database: Database) -> None:
        database.migrate()
        with database.write() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(OperatorError, match="newer Demur") as error:
            database.migrate()
        assert "\n" not in str(error.value)
        with database.read() as connection:
            assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "9999"

    def test_a_migration_that_fails_leaves_nothing(self, database: Database) -> None:
        with database.write() as connection:
            connection.execute(text("CREATE TABLE cases (user_id INTEGER)"))
        with pytest.raises(Exception, match=r"cases|cannot"):
            database.migrate()
        with database.read() as connection:
            assert inspect(connection).get_table_names() == ["cases"]

    def test_two_that_start_at_the_same_time_make_one_schema(self, empty_url: str) -> None:
        root = Path(__file__).parents[2]
        starts = [subprocess.Popen([sys.executable, "-c", MIGRATE, empty_url], cwd=root, stdout=subprocess.PIPE) for _ in range(2)]
        said = [start.communicate(timeout=30)[0] for start in starts]
        assert [start.returncode for start in starts] == [0, 0]
        assert len(set(said)) == 1

    def test_an_organisation_is_made_once(self, database: Database) -> None:
        database.migrate()
        assert database.organisation_id() == database.organisation_id()
        assert database.organisation_id("ours") != database.organisation_id("theirs")
