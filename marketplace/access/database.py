"""The access state's database: at its newest revision, with one writer at a time."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Self

from filelock import FileLock
from sqlalchemy import Connection, Engine, create_engine, event, select, text
from sqlalchemy.engine import URL, make_url

from marketplace.access.errors import StateTooNew
from marketplace.access.tables import audit_head

_MIGRATIONS = Path(__file__).parent / "migrations"
_BUSY_MILLISECONDS = 15_000  # a writer holds the lock for about 1 ms; a migration for 200 ms
_ADVISORY_KEY = 7_305_021  # any constant that every process of the platform shares


class Database:
    """Connections to the state; `write` transactions are serialised across processes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writer = engine.execution_options(is_writer=True)
        self._reader = engine
        if engine.dialect.name == "postgresql":
            self._reader = engine.execution_options(isolation_level="REPEATABLE READ")

    @classmethod
    def open(cls, url: str) -> Self:
        """The state at `url`, created or migrated to this release's revision.

        Several processes may open the same state at once. Raises StateTooNew when a later
        release has migrated it.
        """
        address = make_url(url)
        if address.drivername == "postgresql":
            address = address.set(drivername="postgresql+psycopg")
        file = sqlite_file(address)
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
        engine = _engine(address)
        try:
            with _opening(file), engine.execution_options(is_writer=True).begin() as connection:
                migrate(connection)
        except BaseException:
            engine.dispose()
            raise
        return cls(engine)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one moment's facts and changes nothing."""
        with self._reader.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that no other writer overlaps; committed when the block ends well.

        SQLite takes its only write lock at BEGIN, PostgreSQL locks the head of the audit chain.
        """
        with self._writer.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(select(audit_head.c.id).with_for_update())
            yield connection

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()


def sqlite_file(address: URL) -> Path | None:
    """The file of an SQLite address; None for a server."""
    if address.get_backend_name() != "sqlite":
        return None
    if not address.database or address.database == ":memory:":
        raise ValueError("The access state needs a file or a server: memory forgets its audit log.")
    return Path(address.database)


def migrate(connection: Connection) -> None:
    """Bring the tables to this release's revision, inside the caller's transaction."""
    # Alembic costs about 150 ms to import; the query worker's parent never needs it.
    from alembic import command
    from alembic.config import Config
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_KEY})
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    scripts = ScriptDirectory.from_config(config)
    current = MigrationContext.configure(connection).get_current_revision()
    if current == scripts.get_current_head():
        return
    if current is not None and current not in {
        script.revision for script in scripts.walk_revisions()
    }:
        raise StateTooNew(current)
    command.upgrade(config, "head")


def _engine(address: URL) -> Engine:
    engine = create_engine(address, pool_pre_ping=address.get_backend_name() == "postgresql")
    if address.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # `_begin_sqlite` begins, not the driver
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
    connection.execute("PRAGMA foreign_keys = ON")
    # Leaving the rollback journal needs the file alone; `_opening` sees to that the first time.
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")  # an approval outlives a power cut


def _begin_sqlite(connection: Connection) -> None:
    is_writer = connection.get_execution_options().get("is_writer", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writer else "BEGIN")


def _opening(file: Path | None) -> AbstractContextManager[Any]:
    """One process at a time opens an SQLite state; PostgreSQL has its own lock."""
    if file is None:
        return nullcontext()
    return FileLock(file.with_name(f"{file.name}.opening"), timeout=60)
