"""QUA-03: an increment's verdict is the verdict on the whole table, from proof that verifies."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.model import Contract, QualityKind, QualityRule, Reference, Severity
from contracts.verdict import CheckResult, Outcome, Verdict
from data_products.candidate import Candidate
from data_products.candidate_writer import resulting_relation
from data_products.evidence import EvidenceStore
from data_products.increments import Increments, candidate_statistics
from data_products.lakehouse import RunFacts
from data_products.port_checks import Subject, judge

PARENTS = {"finance.suppliers": "0 first"}
RUN = RunFacts(run_id="run-1", code_version="abc123", actor="engineer")
KEY = "schema[0].properties[1].unique"
PAIR = "schema[0].primaryKey"
SUPPLIER = "schema[0].relationships[0]"
COLUMNS = {
    "month": "DATE",
    "code": "VARCHAR",
    "number": "BIGINT",
    "supplier": "BIGINT",
    "amount": "DECIMAL(18,2)",
    "rate": "DOUBLE",
    "paid_at": "TIMESTAMP WITH TIME ZONE",
}
# month, number, supplier, amount, rate, seconds; the code is made of the number
Row = tuple[int, int | None, int | None, str, str, int]


def rule(path: str, query: str, operator: str, threshold: Any) -> QualityRule:
    kind = QualityKind.SQL
    severity = Severity.ERROR
    made = QualityRule(path, kind, path, "A rule.", None, severity, query=query)
    return replace(made, operator=operator, threshold=threshold)


def metric(path: str, name: str, unit: str, threshold: Any, **arguments: Any) -> QualityRule:
    made = QualityRule(path, QualityKind.LIBRARY, path, "", None, Severity.ERROR, name, arguments)
    return replace(made, operator="mustBeLessOrEqualTo", threshold=threshold, unit=unit)


RULES = (
    rule("rules.count", "SELECT count(*) FROM {object} WHERE rate > amount", "mustBe", 0),
    rule("rules.least", "SELECT min(amount * 2) FROM {object}", "mustBeGreaterOrEqualTo", 0),
    rule("rules.most", "SELECT max(rate) FROM {object}", "mustBeLessThan", 1000),
    rule("rules.mean", "SELECT avg(rate) FROM {object}", "mustBeLessThan", 1000),
    rule("rules.mean_of_decimal", "SELECT avg(amount) FROM {object}", "mustBeLessThan", 1000),
    rule("rules.mean_of_whole", "SELECT avg(Supplier) FROM {object}", "mustBeLessThan", 100),
    rule("rules.mean_of_large", "SELECT avg(number) FROM {object}", "mustBeLessThan", 10**18),
    rule("rules.groups", "SELECT count(DISTINCT code) FROM {object}", "mustBeGreaterThan", 0),
    metric("rules.rows", "rowCount", "rows", 1_000),
)
OF_RATE = (
    metric("rules.empty", "nullValues", "percent", 40),
    metric("rules.zero", "missingValues", "percent", 30, missingValues=[0]),
)


@dataclass
class World:
    """A lake in which `finance.invoices` is built whole and in increments, and judged."""

    lake: Any
    promise: Callable[..., Contract]
    suppliers: str = "(SELECT unnest(range(0, 20)) AS id)"

    def __post_init__(self) -> None:
        root = self.lake.root
        self.evidence = EvidenceStore(root / "evidence")
        self.increments = Increments(self.lake.lakehouse, self.evidence, root / "keys", large=0)
        self.lake.connection.execute("SET TimeZone = 'UTC'; SET threads = 1")

    @property
    def contract(self) -> Contract:
        plain = self.promise(COLUMNS)
        options: dict[str, dict[str, Any]] = {
            "amount": {"minimum": -5, "maximum": 5_000},
            "rate": {"maximum": 900},
            "code": {"pattern": "^[a-z][0-9]{4}$", "maxLength": 6},
        }
        made = tuple(
            replace(
                each,
                required=each.name in {"month", "supplier"},
                unique=each.name == "code",
                options=options.get(each.name, {}),
                partition_key_position=1 if each.name == "month" else None,
                primary_key_position={"month": 1, "number": 2}.get(each.name),
                quality=OF_RATE if each.name == "rate" else (),
            )
            for each in plain.table.properties
        )
        link = Reference(SUPPLIER, ("supplier",), "finance.suppliers", ("id",))
        table = replace(plain.table, properties=made, quality=RULES, references=(link,))
        return replace(plain, objects=(table,))

    def build(self, rows: list[Row], changed: set[int] | None = None) -> Candidate:
        changes: dict[str, Any] = {"partition_columns": ("month",)}
        if changed is not None:
            changes["changed_partitions"] = tuple(f"2024-0{month}-01" for month in sorted(changed))
        built: Candidate = self.lake.build(relation_of(rows), **changes)
        return built

    def judge(
        self, candidate: Candidate, parents: dict[str, str], *, is_whole: bool = False
    ) -> Verdict:
        contract, connection = self.contract, self.lake.connection
        changed = self.increments.changed_rows(contract, candidate, parents, connection)
        subject = Subject(
            contract=contract,
            relation=resulting_relation(candidate),
            content_hash=candidate.content_hash,
            base_version=candidate.base_version,
            references={"finance.suppliers": self.suppliers},
            statistics=None if is_whole else candidate_statistics(candidate, connection),
            changed=None if is_whole else changed,
            facts={"references": parents},
        )
        verdict = judge(subject, connection, "run-1", RUN_AT)
        keys = self.increments.key_facts(contract, candidate, verdict, connection)
        return replace(verdict, facts={**verdict.facts, **keys})

    def publish(self, candidate: Candidate, verdict: Verdict) -> None:
        self.evidence.save(verdict)
        self.lake.lakehouse.publish(self.contract, candidate, verdict, RUN)

    def sketches(self) -> list[Path]:
        return sorted((self.lake.root / "keys").rglob("*.u64"))


def relation_of(rows: list[Row]) -> str:
    written = ", ".join(
        f"(DATE '2024-0{month}-01', {_code(number)}, {_sql(number)}, {_sql(supplier)}, "
        f"{amount}, {rate}, TIMESTAMPTZ '2024-06-01 00:00:00+00' + to_seconds({seconds}))"
        for month, number, supplier, amount, rate, seconds in rows
    )
    types = ", ".join(f"{name}::{kind} AS {name}" for name, kind in COLUMNS.items())
    if not rows:
        types = ", ".join(f"NULL::{kind} AS {name}" for name, kind in COLUMNS.items())
        return f"SELECT {types} WHERE false"
    return f"SELECT {types} FROM (VALUES {written}) AS v({', '.join(COLUMNS)})"


def _code(number: int | None) -> str:
    return "NULL" if number is None else f"'a{number:04}'"


def _sql(value: int | None) -> str:
    return "NULL" if value is None else str(value)


RUN_AT = datetime(2024, 6, 15, tzinfo=UTC)
BASE: list[Row] = [
    (month, month * 100 + n, n, f"{n}.50", "0.25" if n else "NULL", n * 1000)
    for month in (1, 2, 3)
    for n in range(5)
]


@pytest.fixture
def world(lake: Any, promise: Callable[..., Contract]) -> World:
    world = World(lake, promise)
    whole = world.build(BASE)
    verdict = world.judge(whole, PARENTS)
    assert verdict.passed, verdict.summary
    world.publish(whole, verdict)
    return world


rows_of_increment = st.lists(
    st.tuples(
        st.integers(1, 4),
        st.sampled_from([100, 101, 204, 300, 304, 305, 401, 402, 403, 404, 2**51 + 3, None]),
        st.sampled_from([0, 1, 2, 3, 19, 20, None]),
        st.sampled_from(["1.50", "0", "-1", "-9", "7000", "NULL"]),
        st.sampled_from(["0.25", "0", "NULL", "'nan'::DOUBLE", "950", "-0.0", "2"]),
        st.sampled_from([0, 1, 5_000, 9_000_000]),
    ),
    max_size=6,
)


@settings(max_examples=8, deadline=None)
@given(increments=st.lists(rows_of_increment, min_size=1, max_size=2), is_moved=st.booleans())
def test_the_verdict_on_an_increment_is_that_on_the_whole_table(
    new_lake: Callable[[], Any],
    promise: Callable[..., Contract],
    increments: list[list[Row]],
    is_moved: bool,
) -> None:
    world = World(new_lake(), promise)
    first = world.build(BASE)
    world.publish(first, world.judge(first, PARENTS))
    for rows in increments:
        parents = {"finance.suppliers": "1 other"} if is_moved else PARENTS
        candidate = world.build(rows, {row[0] for row in rows} or {3})

        found = world.judge(candidate, parents)

        assert answers(found) == answers(world.judge(candidate, parents, is_whole=True))
        if not found.passed:
            break
        world.publish(candidate, found)


def test_new_rows_alone_are_read_where_all_is_proved(world: World) -> None:
    added = world.build([(4, 401, 3, "1.50", "0.25", 7)], {4})

    found = results_of(world.judge(added, PARENTS))

    assert (
        found[KEY].detail == "Only changed rows were read; no kept row has the hash of a new key."
    )
    assert found[PAIR].detail == (
        "Only changed rows were read; no new file reaches into the range of a kept one."
    )
    assert found[SUPPLIER].detail == (
        "Only changed rows were read; `finance.suppliers` is the version that the others were "
        "found in."
    )
    assert found["rules.count"].detail == found["rules.least"].detail
    assert found["rules.mean_of_whole"].detail == found["rules.least"].detail
    assert found["rules.mean_of_decimal"].detail == found["rules.least"].detail
    assert found["rules.mean"].detail is None


def test_a_key_of_a_kept_row_is_found(world: World) -> None:
    again = world.build([(4, 304, 3, "1.50", "0.25", 7)], {4})

    found = results_of(world.judge(again, PARENTS))

    assert (found[KEY].outcome, found[KEY].failing_rows) == (Outcome.FAILED, 1)
    assert found[PAIR].outcome is Outcome.PASSED  # another month


def test_a_key_that_left_with_its_partition_may_come_again(world: World) -> None:
    moved = world.build([(3, 399, 3, "1.50", "0.25", 7)], {3})
    world.publish(moved, world.judge(moved, PARENTS))

    back = world.build([(4, 304, 3, "1.50", "0.25", 7)], {4})

    assert results_of(world.judge(back, PARENTS))[KEY].outcome is Outcome.PASSED


SPOILT: dict[str, Callable[[Path], object]] = {
    "zeroed": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "emptied": lambda path: path.write_bytes(b""),
    "one bit": lambda path: path.write_bytes(
        bytes([path.read_bytes()[0] ^ 1]) + path.read_bytes()[1:]
    ),
    "longer": lambda path: path.write_bytes(path.read_bytes() + bytes(3)),
    "gone": lambda path: path.unlink(),
}


@pytest.mark.parametrize("case", SPOILT)
def test_a_sketch_that_does_not_verify_proves_nothing(case: str, world: World) -> None:
    for path in world.sketches():
        SPOILT[case](path)
    again = world.build([(4, 304, 3, "1.50", "0.25", 7), (4, 405, 3, "1.50", "0.25", 7)], {4})

    found = results_of(world.judge(again, PARENTS))

    assert found[KEY].outcome is Outcome.FAILED
    assert found[KEY].observed == "1 repeated key in 2 rows"


def test_a_sketch_of_another_file_proves_nothing(world: World) -> None:
    largest, *others = world.sketches()
    for path in others:
        path.write_bytes(largest.read_bytes())

    found = results_of(world.judge(world.build([(4, 304, 3, "1", "0", 7)], {4}), PARENTS))

    assert found[KEY].outcome is Outcome.FAILED


def test_a_verdict_of_another_contract_or_duckdb_proves_nothing(world: World) -> None:
    added = world.build([(4, 401, 3, "1.50", "0.25", 7)], {4})
    connection = world.lake.connection
    other = replace(world.contract, content_hash="d" * 64)
    known = world.increments.changed_rows(world.contract, added, PARENTS, connection)
    assert known is not None and known.keys is not None
    older = replace(known.keys.sketches[KEY], engine="duckdb 1.0.0")
    hashes = duckdb.sql("SELECT 1::UBIGINT AS h").fetchnumpy()["h"]

    foreign = world.increments.changed_rows(other, added, PARENTS, connection)

    assert foreign is not None
    assert (foreign.settled, foreign.observed) == (frozenset(), {})
    columns = known.keys.sketches[KEY].columns
    assert known.keys.has_none_of(KEY, columns, hashes)
    assert not replace(known.keys, sketches={KEY: older}).has_none_of(KEY, columns, hashes)
    assert not known.keys.has_none_of("another", columns, hashes)
    assert not known.keys.has_none_of(KEY, (("code", "BIGINT"),), hashes)


def test_equal_hashes_of_different_keys_are_looked_at_in_the_whole_table(world: World) -> None:
    connection = world.lake.connection
    connection.execute(
        "CREATE TEMPORARY MACRO hash(code) AS (strlen(code) // 3)::UBIGINT, "
        "(month, number) AS (number % 5)::UBIGINT"
    )
    whole = world.build([*BASE, (4, 401, 3, "1.50", "0.25", 7)])
    world.publish(whole, world.judge(whole, PARENTS))

    added = world.build([(5, 501, 3, "1.50", "0.25", 7)], {5})

    found = results_of(world.judge(added, PARENTS))[KEY]
    assert (found.outcome, found.failing_rows) == (Outcome.PASSED, 0)
    assert found.detail != "Only changed rows were read; no kept row has the hash of a new key."


def test_kept_rows_are_looked_up_again_in_a_parent_that_moved(world: World) -> None:
    world.suppliers = "(SELECT unnest(range(0, 4)) AS id)"  # supplier 4 has gone
    added = world.build([(4, 401, 3, "1.50", "0.25", 7)], {4})

    same = results_of(world.judge(added, PARENTS))[SUPPLIER]
    moved = results_of(world.judge(added, {"finance.suppliers": "1 second"}))[SUPPLIER]

    assert same.outcome is Outcome.PASSED  # the version says that nothing has gone
    assert (moved.outcome, moved.failing_rows) == (Outcome.FAILED, 3)


def test_keys_of_guarded_columns_leave_no_hashes(world: World) -> None:
    table = world.contract.table
    hidden = tuple(replace(p, is_personal=p.name == "code") for p in table.properties)
    guarded = replace(world.contract, objects=(replace(table, properties=hidden),))
    added = world.build([(4, 401, 3, "1.50", "0.25", 7)], {4})
    verdict = world.judge(added, PARENTS)

    facts = world.increments.key_facts(guarded, added, verdict, world.lake.connection)

    assert set(facts["keys"]) == {PAIR}


def test_small_and_failed_tables_leave_no_sketches(world: World) -> None:
    added = world.build([(4, 401, 3, "1.50", "0.25", 7)], {4})
    verdict = world.judge(added, PARENTS)
    failed = replace(verdict.results[0], outcome=Outcome.FAILED, informative=False)
    bad = replace(verdict, results=(failed,))
    small = replace(world.increments, large=1_000)

    assert small.key_facts(world.contract, added, verdict, world.lake.connection) == {}
    assert world.increments.key_facts(world.contract, added, bad, world.lake.connection) == {}


def results_of(verdict: Verdict) -> dict[str, CheckResult]:
    return {result.check_id: result for result in verdict.results}


def answers(verdict: Verdict) -> list[tuple[Any, ...]]:
    return [(r.check_id, r.outcome, r.failing_rows, r.observed) for r in verdict.results]
