"""Revoking while statements run: whatever is asked after the revocation is refused."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from marketplace.access.model import Decision
from marketplace.access.request_model import Asked
from marketplace.access.request_rules import one_stage
from marketplace.query.errors import GrantOnHold, NoGrant, QueryError
from marketplace.web.app import create_app

PORT = "commercial.supplier_spend"
SQL = f"select count(*) from {PORT}"


def _granted(rooms: Any, now: Any) -> str:
    holder, steward = rooms.people.by_id("analyst"), rooms.people.by_id("steward")
    asked = rooms.store.requests.submit(
        holder, Asked(PORT, "To try what a race does", 30), None, now
    )
    approvers = rooms.registry.port(PORT).contract.approvers
    rooms.store.requests.decide(
        asked.id, Decision(steward, approve=True, reason=""), one_stage(approvers), now
    )
    return rooms.store.grant_of(asked.id).id


def _refused(rooms: Any, now: Any, sql: str = SQL) -> bool:
    try:
        rooms.engine.run(rooms.people.by_id("analyst"), sql, now)
    except (NoGrant, GrantOnHold):
        return True
    return False


def _race(fortress: Any, tries: int) -> list[int]:
    """The tries in which a statement was answered after its grant had been revoked."""
    rooms, now = fortress.rooms, fortress.clock.now
    holder = rooms.people.by_id("analyst")
    leaks = []
    with ThreadPoolExecutor(1) as other:
        for number in range(tries):
            grant_id = _granted(rooms, now)
            # A statement is on its way in another thread, in a worker that would stay for more.
            running = other.submit(_refused, rooms, now)
            rooms.store.revoke(grant_id, holder, "The race has ended", now)
            if not _refused(rooms, now):
                leaks.append(number)
            running.result()
    return leaks


@pytest.mark.requirement("ACC-04")
def test_what_is_asked_after_a_revocation_is_refused(fortress: Any) -> None:
    assert _race(fortress, 10) == []


@pytest.mark.slow
@pytest.mark.requirement("ACC-04")
def test_no_revocation_of_a_thousand_loses_the_race(fortress: Any) -> None:
    assert _race(fortress, 1000) == []


@pytest.mark.requirement("ACC-04")
def test_a_revocation_by_another_process_counts_at_once(fortress: Any) -> None:
    rooms, now = fortress.rooms, fortress.clock.now
    grant_id = _granted(rooms, now)
    before = _refused(rooms, now)

    other = type(rooms.store).open(rooms.settings.database_url)
    other.revoke(grant_id, rooms.people.by_id("analyst"), "Ended elsewhere", now)
    other.close()

    assert (before, _refused(rooms, now)) == (False, True)


# Settings that would weaken the sandbox or the pages around it; production names each.
ATTACKS = {
    "no_secret": {"secret_key": None},
    "plain_http": {"public_url": "http://data.example.gov.uk"},
    "demo_people": {"demo_people": True},
    "no_proxy": {"trusted_proxies": None},
}  # fmt: skip


@pytest.mark.requirement("SEC-03")
@pytest.mark.parametrize("weaker", ATTACKS.values(), ids=ATTACKS)
def test_production_does_not_start_weakened(
    weaker: dict[str, Any], seeded: Any, tmp_path: Path
) -> None:
    from marketplace.errors import UnsafeSettings

    settings = seeded.settings.model_copy(
        update={"environment": "production", "home": tmp_path, **weaker}
    )

    with pytest.raises(UnsafeSettings) as refusal:
        create_app(settings, registry=seeded.registry)

    (name,) = weaker
    assert f"MARKETPLACE_{name.upper()}" in str(refusal.value)


DOWNGRADES = {
    "configuration": "select current_setting('lock_configuration')",
    "external_access": "select current_setting('enable_external_access')",
    "extensions": "select current_setting('autoload_known_extensions')",
    "community": "select current_setting('allow_community_extensions')",
}
EXPECTED = {
    "configuration": True,
    "external_access": False,
    "extensions": False,
    "community": False,
}


@pytest.mark.requirement("SEC-07")
@pytest.mark.parametrize("name", DOWNGRADES)
def test_the_locks_are_on_in_every_statement_of_a_worker_that_stays(
    name: str, fortress: Any
) -> None:
    rooms, now = fortress.rooms, fortress.clock.now
    ada = rooms.people.by_id("analyst")

    answers = [rooms.engine.run(ada, DOWNGRADES[name], now).table().to_pylist() for _ in range(3)]

    assert [next(iter(rows[0].values())) for rows in answers] == [EXPECTED[name]] * 3


# What a statement tries to leave, where the next one would find it, and what it would find.
LEFTOVERS = {
    "variable": ("set variable stolen = 'here'", "select getvariable('stolen')", "here"),
    "table": ("create temp table stolen as select 1", "from stolen", "1"),
    "view": ("create view commercial.stolen as select 1", "from commercial.stolen", "1"),
    "macro": ("create macro stolen() as 'here'", "select stolen()", "here"),
    "prepared": ("prepare stolen as select 'here'", "execute stolen", "here"),
    "schema": ("create schema here", "select schema_name from duckdb_schemas()", "here"),
    "attached": ("attach ':memory:' as here", "show databases", "here"),
    "setting": ("set threads = 64", "select current_setting('threads')", "64"),
    "logging": ("call enable_logging()", "select message from duckdb_logs()", "here"),
}  # fmt: skip


@pytest.mark.requirement("SEC-07")
@pytest.mark.parametrize(("leave", "look", "left"), LEFTOVERS.values(), ids=LEFTOVERS)
def test_no_statement_leaves_anything_for_the_next(
    leave: str, look: str, left: str, fortress: Any
) -> None:
    rooms, now = fortress.rooms, fortress.clock.now
    ada = rooms.people.by_id("analyst")

    with pytest.raises(QueryError):
        rooms.engine.run(ada, leave, now)
    try:
        found = rooms.engine.run(ada, look, now).table().to_pylist()
    except QueryError:
        found = []

    assert left not in str([list(row.values()) for row in found])
