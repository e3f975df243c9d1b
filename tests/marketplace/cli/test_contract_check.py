"""`marketplace contract check` on a small lake that was really published."""

import importlib.util
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import pytest
import yaml
from deltalake import DeltaTable

from data_products.evidence import EvidenceStore
from marketplace.cli import main

PORT = "commercial.payments"
SPEND = "commercial.supplier_spend"
Command = Callable[..., tuple[int, str, str]]


def loaded_lake() -> ModuleType:
    path = Path(__file__).parents[1] / "web" / "seeded_lake.py"
    specification = importlib.util.spec_from_file_location("cli_seeded_lake", path)
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return loaded_lake().seed(tmp_path_factory.mktemp("lake"))


@pytest.fixture
def command(
    lake: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    monkeypatch.setenv("MARKETPLACE_HOME", str(lake.settings.home))
    monkeypatch.setenv("MARKETPLACE_PROJECT", str(lake.settings.project))
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["marketplace", "contract", "check", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
            raise SystemExit(0)
        told = capsys.readouterr()
        return int(left.value.code or 0), told.out, told.err

    return run


def version_of(lake: Any, port: str) -> int:
    return DeltaTable(lake.lakehouse.table(port, 1)).version()


def test_the_served_version_is_checked_and_nothing_changes(lake: Any, command: Command) -> None:
    before = version_of(lake, PORT), len(lake.evidence.history(PORT, 1))

    code, told, _ = command(PORT, "--json")

    verdict = json.loads(told)
    assert code == 0
    assert (verdict["passed"], verdict["rows"], verdict["delta_version"]) == (True, 300, 1)
    assert all(result["query"] is None or result["query"] for result in verdict["results"])
    assert (version_of(lake, PORT), len(lake.evidence.history(PORT, 1))) == before


def test_any_past_version_can_be_checked(command: Command) -> None:
    code, told, _ = command(PORT, "--delta-version", "0", "--json")

    assert code == 0
    assert json.loads(told)["rows"] == 200


def test_people_read_a_table_with_what_was_not_met_first(command: Command) -> None:
    code, told, _ = command(PORT)

    lines = [line for line in told.splitlines() if "│" in line]
    assert code == 0
    assert "passed" not in lines[0]
    assert "checks passed" in told


def test_a_kept_check_is_a_later_check_and_never_what_publication_asks(
    lake: Any, command: Command
) -> None:
    snapshot = lake.lakehouse.snapshot(SPEND, 1)
    candidate = snapshot.metadata["candidate_hash"]
    before = lake.evidence.of_candidate(SPEND, 1, candidate)

    code, told, _ = command(SPEND, "--keep", "--json")

    named = json.loads(told)["verdict_hash"]
    newest, oldest = EvidenceStore(lake.settings.evidence).checks_of(SPEND, 1, candidate)
    assert code == 0
    assert (newest.content_hash, newest.verdict.delta_version) == (named, snapshot.version)
    assert oldest.verdict == lake.evidence.of_candidate(SPEND, 1, candidate) == before
    assert lake.evidence.latest(SPEND, 1) == lake.refused
    assert version_of(lake, SPEND) == snapshot.version


@pytest.mark.parametrize("kind", ["parquet", "csv"])
@pytest.mark.requirement("QUA-03")
def test_files_are_held_against_the_contract(command: Command, tmp_path: Path, kind: str) -> None:
    rows = (
        "select 'Supplier ' || i as supplier_name, (i * 100)::decimal(18,2) as total "
        "from range(3) t(i)"
    )
    for number, condition in enumerate(["true", "i < 1"]):
        duckdb.sql(
            f"copy ({rows} where {condition}) to '{tmp_path / f'{number}.{kind}'}' (format {kind})"
        )

    sound, told, _ = command(SPEND, "--against", str(tmp_path / f"0.{kind}"), "--json")
    assert sound == 0
    assert json.loads(told)["delta_version"] is None

    twice, told, _ = command(SPEND, "--against", str(tmp_path / f"*.{kind}"), "--json")
    failed = [r["kind"] for r in json.loads(told)["results"] if r["outcome"] == "failed"]
    assert twice == 1
    assert failed == ["primaryKey"]


def test_a_csv_value_of_another_type_fails_its_type_check(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "spend.csv"
    path.write_text("supplier_name,total\nA,12.50\nB,about 7\n")

    code, told, _ = command(SPEND, "--against", str(path), "--json")

    failed = [r for r in json.loads(told)["results"] if r["outcome"] == "failed"]
    assert code == 1
    assert [(r["kind"], r["property_name"]) for r in failed] == [("type", "total")]


def test_a_contract_that_is_not_published_yet_is_tried_on_what_is(
    lake: Any, command: Command, tmp_path: Path
) -> None:
    source = lake.settings.project / "contracts/commercial/supplier_spend.v1.odcs.yaml"
    document = yaml.safe_load(source.read_text())
    document["version"] = "2.0.0"
    document["schema"][0]["quality"] = [{"metric": "rowCount", "mustBeGreaterThan": 1000}]
    draft = tmp_path / "supplier_spend.v2.odcs.yaml"
    draft.write_text(yaml.safe_dump(document, sort_keys=False))

    code, told, _ = command(SPEND, "--contract", str(draft), "--json")

    verdict = json.loads(told)
    assert code == 1
    assert verdict["contract_version"] == "2.0.0"
    assert [r["kind"] for r in verdict["results"] if r["outcome"] == "failed"] == ["rowCount"]


def test_a_document_with_faults_is_refused(command: Command, tmp_path: Path) -> None:
    draft = tmp_path / "payments.v1.odcs.yaml"
    draft.write_text("kind: DataContract\n")

    code, _, told = command(PORT, "--contract", str(draft))

    assert code == 1
    assert "faults" in told


MISUSE = {
    "no such port": (["commercial.payment"], "No output port `commercial.payment`"),
    "no such version": ([PORT, "--delta-version", "9"], "It has 0 to 1"),
    "no such file": ([PORT, "--against", "nowhere/*.csv"], "no file is there"),
    "no table": ([PORT, "--against", __file__], "neither all Parquet nor all CSV"),
    "two subjects": ([PORT, "--against", "x.csv", "--delta-version", "0"], "not both"),
    "files are not kept": ([PORT, "--against", "x.csv", "--keep"], "is kept"),
    "no port": ([], "Name one port"),
}


@pytest.mark.parametrize(("arguments", "told"), MISUSE.values(), ids=MISUSE)
def test_misuse_is_told_and_leaves_with_two(
    command: Command, arguments: list[str], told: str
) -> None:
    code, _, said = command(*arguments)

    assert code == 2
    assert told in " ".join(said.replace("│", " ").split())


def test_a_contract_of_another_port_is_misuse(lake: Any, command: Command) -> None:
    other = lake.settings.project / "contracts/commercial/supplier_spend.v1.odcs.yaml"

    code, _, said = command(PORT, "--contract", str(other))

    assert code == 2
    assert f"is about `{SPEND}`" in " ".join(said.replace("│", " ").split())
