"""Contracts' SQL runs in a process that holds the candidate's files, and can do nothing else."""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from confinement.limits import Limits
from confinement.pool import WorkerPool
from confinement.worker import Job, View
from contracts.documents import load_contract
from contracts.errors import NotCheckable
from contracts.runner import CheckRun, run_checks
from contracts.verdict import CheckResult, Outcome
from data_products.rule_processes import RuleProcesses
from data_products.rule_sandbox import RuleSandbox, rule_sandbox
from data_products.sql import files_relation, relation_files

NOW = datetime(2024, 6, 15, 12, tzinfo=UTC)
RULE = "schema[0].quality[0]"
Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The candidate's file, and another one beside it."""
    folder = tmp_path_factory.mktemp("lake").resolve()
    made = {name: folder / f"{name}.parquet" for name in ("bills", "secret", "parent")}
    with duckdb.connect() as connection:
        for path in made.values():
            connection.execute(
                f"COPY (SELECT i AS id, [i, i + 1] AS parts FROM range(100) t(i)) TO '{path}'"
            )
    return made


@pytest.fixture(scope="module")
def sandbox(
    files: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RuleSandbox]:
    given = [f"read_parquet(['{files[name]}'])" for name in ("bills", "parent")]
    processes = RuleProcesses(tmp_path_factory.mktemp("scratch"), 256, may_be_open=False)
    with rule_sandbox(processes, given) as opened:
        yield opened


@pytest.fixture
def ask(sandbox: RuleSandbox, files: dict[str, Path]) -> Ask:
    """The answer to one statement over the candidate, past the gate: the kernel's part alone."""

    def answer(sql: str, seconds: float = 20.0) -> Any:
        views = [("checked_bills", f"SELECT * FROM read_parquet('{files['bills']}')")]
        return sandbox(sql.format(**files), views, seconds)

    return answer


def test_a_relations_files_are_those_that_it_reads(tmp_path: Path) -> None:
    paths = [tmp_path / "a.parquet", tmp_path / "it's b, c].parquet"]
    column = "read_parquet(['/etc/passwd'])"

    assert relation_files(files_relation(paths, [(column, "BIGINT")])) == tuple(map(str, paths))
    assert relation_files(files_relation([], [("id", "BIGINT")])) == ()


def test_a_rule_gets_its_number(ask: Ask) -> None:
    assert ask("SELECT count(*) FROM checked_bills") == 100
    assert ask("SELECT bool_and(id < 100) FROM checked_bills") is True
    assert ask("SELECT sum(id) FROM checked_bills") == 4950


ATTACKS = {
    "reads another file": "SELECT count(*) FROM read_parquet('{secret}')",
    "reads another file by name": "SELECT count(*) FROM '{secret}'",
    "reads the system's files": "SELECT count(*) FROM read_text('/etc/passwd')",
    "reads its own process": "SELECT count(*) FROM read_text('/proc/self/environ')",
    "lists a folder": "SELECT count(*) FROM glob('/etc/*')",
    "overwrites the candidate": "COPY (SELECT 1) TO '{bills}' (FORMAT parquet)",
    "writes within a WITH": "WITH x AS (COPY (SELECT 1) TO '/tmp/x.csv') SELECT 0",
    "attaches": "ATTACH '/tmp/stolen.db'",
    "sets": "SET memory_limit = '1TB'",
    "installs": "INSTALL httpfs",
    "loads": "LOAD httpfs",
    "opens its locks": "SET enable_external_access = true",
    "asks the network": "SELECT count(*) FROM read_csv('http://127.0.0.1:1/x.csv')",
    "two statements": "SELECT 1; DROP VIEW checked_bills",
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_sandbox_holds_where_the_gate_would_not(
    attack: str, ask: Ask, files: dict[str, Path]
) -> None:
    before = {path: path.read_bytes() for path in files.values()}

    with pytest.raises(NotCheckable):
        ask(ATTACKS[attack])

    assert {path: path.read_bytes() for path in files.values()} == before


def test_a_rule_without_end_is_stopped(ask: Ask) -> None:
    endless = "SELECT count(*) FROM range(10000000000) a(x), range(1000000) b(y) WHERE x * y = -1"

    with pytest.raises(NotCheckable, match=r"^The rule ran longer than 0.5 s and was stopped\.$"):
        ask(endless, 0.5)


def test_a_rule_beyond_its_memory_is_stopped(ask: Ask) -> None:
    large = "SELECT length(list(repeat('x', 1000) || x)::VARCHAR) FROM range(100000000) t(x)"

    with pytest.raises(NotCheckable, match="and was stopped"):
        ask(large)


def test_a_stopped_rule_is_not_the_end_of_the_others(ask: Ask) -> None:
    endless = "SELECT count(*) FROM range(10000000000) a(x), range(1000000) b(y) WHERE x * y = -1"

    for _ in range(2):
        with pytest.raises(NotCheckable, match="was stopped"):
            ask(endless, 0.3)
        assert ask("SELECT count(*) FROM checked_bills") == 100


def test_the_rules_of_a_contract_share_a_process(ask: Ask) -> None:
    transactions = [ask("SELECT txid_current()") for _ in range(3)]

    assert transactions == sorted(set(transactions))  # each process counts from the same number


def test_a_process_that_was_not_confined_gets_no_second_rule(
    files: dict[str, Path], tmp_path: Path
) -> None:
    gone = View("main", "bills", "(SELECT 1)", (str(tmp_path / "gone.parquet"),))
    limits = Limits(seconds=10.0, memory_mb=256)
    steal = f"SELECT count(*) FROM read_parquet('{files['secret']}')"

    with closing(WorkerPool(tmp_path / "scratch", spares=0)) as pool:
        pool.start()
        hired = pool.hire()
        with tempfile.TemporaryFile() as result:
            first = pool.asked(hired, Job("SELECT 1", (gone,), limits, 60.0), result.fileno(), 10.0)
            second = pool.asked(hired, Job(steal, (), limits, 60.0), result.fileno(), 10.0)
        hired.close()

    assert first.message is not None
    assert first.message["ending"] == "unready"
    assert not second.was_started


@pytest.mark.parametrize("sql", ["SELECT id FROM checked_bills", "SELECT 1, 2", "SELECT 1 LIMIT 0"])
def test_an_answer_is_one_value(sql: str, ask: Ask) -> None:
    with pytest.raises(NotCheckable, match="something else than one row with one column"):
        ask(sql)


@pytest.fixture
def check(tmp_path: Path, files: dict[str, Path], sandbox: RuleSandbox) -> Ask:
    """Results by id, of a contract over the candidate with one rule."""

    def run(query: str, **on_column: Any) -> dict[str, CheckResult]:
        rule = {"type": "sql", "query": query, "mustBe": 0}
        path = tmp_path / "bills.v1.odcs.yaml"
        path.write_text(yaml.safe_dump(_document(rule, on_column)))
        with duckdb.connect() as connection:
            made = CheckRun(
                connection=connection,
                relation=f"(SELECT * FROM read_parquet('{files['bills']}'))",
                contract=load_contract(path),
                now=NOW,
                references={"finance.parent": f"(SELECT * FROM read_parquet('{files['parent']}'))"},
                sql_runner=sandbox,
                sql_timeout_seconds=5.0,
            )
            return {result.check_id: result for result in run_checks(made)}

    return run


def _document(rule: dict[str, Any], on_column: dict[str, Any]) -> dict[str, Any]:
    number = {"logicalType": "integer", "physicalType": "bigint", "description": "A number."}
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": "bills",
        "name": "bills",
        "version": "1.0.0",
        "status": "draft",
        "domain": "finance",
        "schema": [
            {
                "name": "bills",
                "quality": [rule],
                "properties": [
                    {"name": "id", **number},
                    {
                        "name": "parts",
                        "logicalType": "array",
                        "physicalType": "bigint[]",
                        "description": "Their numbers.",
                        "items": {**number, **on_column},
                    },
                ],
            }
        ],
    }


RULES = {
    "over the table": "SELECT count(*) - 100 FROM {object}",
    "over an input": "SELECT count(*) FROM {object} ANTI JOIN {finance.parent} USING (id)",
}


@pytest.mark.parametrize("case", RULES)
def test_a_contracts_rules_pass_through_the_sandbox(case: str, check: Ask) -> None:
    result = check(RULES[case])[RULE]

    assert (result.outcome, result.detail, result.observed) == (Outcome.PASSED, None, "0")


def test_rules_about_values_within_a_column_pass_through_it(check: Ask) -> None:
    within = {"type": "sql", "query": "SELECT max({property} - id) FROM {object}", "mustBe": 1}

    results = check("SELECT 0 FROM {object} LIMIT 1", quality=[within])

    assert results["schema[0].properties[1].items.quality[0]"].outcome is Outcome.PASSED


REFUSED = {
    "writes": "DELETE FROM {object}",
    "copies": "COPY {object} TO '/tmp/stolen.csv'",
    "attaches": "ATTACH '/tmp/x.db'",
    "sets": "SET threads = 64",
    "installs": "INSTALL httpfs",
    "reads a file": "SELECT count(*) FROM read_text('/etc/passwd')",
    "reads another table": "SELECT count(*) FROM salaries",
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_rule_that_does_more_than_ask_blocks_publication(case: str, check: Ask) -> None:
    result = check(REFUSED[case])[RULE]

    assert (result.outcome, result.is_blocking) == (Outcome.ERROR, True)
    assert result.detail is not None and result.detail.startswith("The rule's SQL was refused: ")


def test_a_rule_that_breaks_says_so_without_its_file(check: Ask, files: dict[str, Path]) -> None:
    result = check("SELECT max(error('stop')::BIGINT) FROM {object}")[RULE]

    assert result.outcome is Outcome.ERROR
    assert str(files["bills"]) not in str(result.detail)


def test_a_rule_nested_without_end_leaves_the_run_alive() -> None:
    """The gate parses in the run's own process: what is deep must be an error, not its end."""
    script = (
        "import duckdb\n"
        "from contracts.sql_gate import refuse_unsafe\n"
        "from contracts.errors import RefusedRule\n"
        "for text in ('(' * 9000 + '1' + ')' * 9000, '-' * 19000 + '1', 'NOT ' * 4900 + 'true',\n"
        "             '1' + '+1' * 9000, '[' * 9000 + ']' * 9000, '1' + '::int' * 3900,\n"
        "             '(select ' * 2000 + '1' + ')' * 2000, 'case when 1 then ' * 1100 + '1'):\n"
        "    try:\n"
        "        refuse_unsafe(duckdb.connect(), 'SELECT ' + text, frozenset())\n"
        "    except Exception as error:\n"
        "        print(type(error).__name__)\n"
        "print('alive')\n"
    )

    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False
    )

    assert ended.stdout.splitlines()[-1:] == ["alive"], ended.stderr[-500:]
