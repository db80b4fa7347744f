"""The one door to SQL: engine, transactions, migrations, and the sentences its errors become."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, create_engine, event, func, inspect, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError

from ledger.errors import OperatorError, RetryableError
from ledger.tables import organisations

HEAD = "0006"
MIGRATIONS = Path(__file__).parent / "migrations"
DEFAULT_ORGANISATION = "default"
MIGRATING = 0x64656D7572
"""The number of PostgreSQL's lock under which one process migrates while others wait."""


def _operator_hint(error: DBAPIError, where: str) -> OperatorError | RetryableError | None:
    """The one mapping from database errors to ours, or None for what is a bug."""
    words = str(error.orig).lower()
    if "readonly" in words or "read-only" in words:
        return OperatorError(f"the database {where} is read-only: give the data folder (DEMUR_DATA) write permission")
    if "disk is full" in words or "no space left" in words or "disk i/o error" in words:
        return OperatorError(f"the disk of {where} is full: free some space, nothing was lost, then start again")
    if "unable to open" in words:
        return OperatorError(f"cannot open the database {where}: check that the data folder (DEMUR_DATA) exists and is writable")
    if "not a database" in words or "malformed" in words:
        return OperatorError(f"{where} is not an intact SQLite database: restore it from a backup")
    if "locked" in words or "deadlock" in words or "serializ" in words:
        return RetryableError(f"the database {where} is busy")
    if isinstance(error, OperationalError):
        return OperatorError(f"cannot reach the database {where}: check DEMUR_DATABASE_URL and that the server runs")
    return None


def _sqlite_rules(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def pragmas(connection: Any, record: Any) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000", "foreign_keys=ON", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if not options.get("demur_outside"):
            # QUIRK: a deferred transaction that reads and then writes gets SQLITE_BUSY at once: writers take the lock first.
            connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("demur_write") else "BEGIN")


class Database:
    """An engine with its rules. All work happens in `read()` or `write()`; each is one transaction."""

    def __init__(self, url: str) -> None:
        """`url` is SQLAlchemy's (`sqlite:///…`, `postgresql+psycopg://…`). Raises OperatorError when it cannot be used."""
        try:
            self.url = make_url(url)
            self.engine = create_engine(self.url, pool_pre_ping=self.url.get_backend_name() != "sqlite")
        except (ArgumentError, NoSuchModuleError, ModuleNotFoundError, ValueError):
            raise OperatorError(
                "DEMUR_DATABASE_URL is not usable: write sqlite:///… or postgresql+psycopg://… "
                "(the latter needs `pip install 'demur[postgres]'`)"
            ) from None
        self.where = self.url.database if self.is_sqlite else self.url.render_as_string(hide_password=True)
        if self.is_sqlite:
            _sqlite_rules(self.engine)

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads."""
        with self._mapped(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that may write: all of it is kept, or nothing."""
        with self._mapped(), self.engine.connect().execution_options(demur_write=True) as connection, connection.begin():
            yield connection

    @contextmanager
    def _mapped(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            hint = _operator_hint(error, str(self.where))
            if hint is None:
                raise
            raise hint from None

    @contextmanager
    def outside(self) -> Iterator[Connection]:
        """A connection outside of transactions, for what is no row: locks, and care for SQLite's files."""
        options: dict[str, Any] = {"isolation_level": "AUTOCOMMIT", "demur_outside": True}
        with self._mapped(), self.engine.connect().execution_options(**options) as connection:
            yield connection

    def wipe(self) -> None:
        """Take deleted rows out of SQLite's write-ahead log, too; where somebody reads at this moment, its next checkpoint does it."""
        if self.is_sqlite:
            with self.outside() as connection:
                connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))

    def migrate(self) -> None:
        """Bring the schema to this version. Raises OperatorError when it was written by a newer one."""
        with self.read() as connection:
            tables = inspect(connection).get_table_names()
            version = connection.scalar(text("SELECT version_num FROM alembic_version")) if "alembic_version" in tables else None
        if version == HEAD:
            return
        if version is not None and version > HEAD:
            raise OperatorError(f"the database {self.where} was written by a newer Demur: update Demur")
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        with self.write() as connection:
            if not self.is_sqlite:
                connection.execute(select(func.pg_advisory_xact_lock(MIGRATING)))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def organisation_id(self, name: str = DEFAULT_ORGANISATION) -> int:
        """The id of an organisation; it is made when it does not exist."""
        query = select(organisations.c.id).where(organisations.c.name == name)
        with self.read() as connection:
            found = connection.scalar(query)
        if found is None:
            with self.write() as connection:
                connection.execute(self.insert_new(organisations).values(name=name))
                found = connection.scalar(query)
        assert found is not None
        return int(found)

    def insert_new(self, table: Table) -> Any:
        """An INSERT that leaves rows that exist already as they are."""
        dialect = sqlite if self.is_sqlite else postgresql
        return dialect.insert(table).on_conflict_do_nothing()

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()
