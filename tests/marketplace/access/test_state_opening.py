"""Opening the state: migrated, safe at the same time, and refused where it cannot be understood."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from marketplace.access.database import Database
from marketplace.access.errors import StateTooNew
from marketplace.access.store import AccessStore
from marketplace.access.tables import metadata


def test_many_openings_at_once_make_one_state(state_url):
    with ThreadPoolExecutor(6) as pool:
        stores = list(pool.map(lambda _: AccessStore.open(state_url), range(6)))

    assert all(store.verify_audit().intact for store in stores)
    for store in stores:
        store.close()


def test_the_migrations_make_the_tables_that_the_code_names(state_url):
    database = Database.open(state_url)

    with database.read() as connection:
        found = compare_metadata(MigrationContext.configure(connection), metadata)

    database.close()
    assert found == []


def test_a_state_of_a_later_release_is_refused(state_url):
    database = Database.open(state_url)
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'r9999'"))
    database.close()

    with pytest.raises(StateTooNew) as refused:
        AccessStore.open(state_url)

    assert str(refused.value) == (
        "The access state was not opened: its revision `r9999` is unknown to this release. "
        "Start the release that wrote it, or a later one."
    )


def test_sqlite_writes_ahead_and_checks_references(tmp_path):
    database = Database.open(f"sqlite:///{tmp_path / 'deep' / 'state.db'}")

    with database.read() as connection:
        pragmas = [
            connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "foreign_keys", "synchronous")
        ]

    database.close()
    assert pragmas == ["wal", 1, 2]


def test_a_state_in_memory_is_refused():
    with pytest.raises(ValueError, match="memory forgets its audit log"):
        AccessStore.open("sqlite://")


def test_standing_grants_are_found_through_an_index(tmp_path):
    database = Database.open(f"sqlite:///{tmp_path / 'state.db'}")

    with database.read() as connection:
        plan = connection.execute(
            text(
                "EXPLAIN QUERY PLAN SELECT * FROM grants LEFT JOIN revocations "
                "ON grants.id = revocations.grant_id "
                "WHERE grants.actor_id = 'a' AND starts_at <= '2' AND expires_at > '1'"
            )
        ).all()

    database.close()
    assert any("grants_by_actor" in row[3] for row in plan)
    assert not any(row[3].startswith("SCAN") for row in plan)
