"""The independent judges, installed apart from the platform, and how both sides are asked."""

import json
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from contracts.documents import load_contract
from contracts.runner import CheckRun, run_checks
from data_products.table_files import promised_relation

ROOT = Path(__file__).parents[2]
# What every column is asked besides its rule; the judge compares no types of Parquet and CSV files.
SHAPE = frozenset({"column", "type", "extraColumns", "field_is_present", "field_type"})
WORST = ("stopped", "error", "failed", "none", "warning", "unchecked", "passed")

FREQUENCY = "slaProperties[0]"  # asked of every port, measured on its history

Said = dict[str, list[list[Any]]]


@pytest.fixture(scope="session")
def oracles() -> Path:
    """The environment of the judges; built where a package index is reached, else a skip."""
    built = subprocess.run(
        [ROOT / "scripts" / "oracles.sh"], capture_output=True, text=True, timeout=600, check=False
    )
    if built.returncode != 0:
        pytest.skip(f"the oracles could not be installed: {built.stderr.strip()[-300:]}")
    return ROOT / ".venv-oracles"


@pytest.fixture(scope="session")
def ask(oracles: Path) -> Callable[..., dict[str, Said]]:
    """Asks datacontract-cli to lint or test contracts, all in one process."""

    def answers(lint: Iterable[Path] = (), test: Iterable[Path] = ()) -> dict[str, Said]:
        asked = {"lint": [str(path) for path in lint], "test": [str(path) for path in test]}
        said = subprocess.run(
            [oracles / "bin" / "python", Path(__file__).with_name("judge.py")],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert said.returncode == 0, said.stderr[-2000:]
        found: dict[str, Said] = json.loads(said.stdout.splitlines()[-1])
        return found

    return answers


@dataclass(frozen=True)
class Question:
    """A contract, and the rows that it is held against; `parents` are tables that it refers to."""

    properties: list[dict[str, Any]]
    rows: str  # SQL
    table: Mapping[str, Any] = field(default_factory=dict)  # more of the schema object
    levels: tuple[dict[str, Any], ...] = ()  # slaProperties
    parents: Mapping[str, tuple[list[dict[str, Any]], str]] = field(default_factory=dict)
    form: str = "parquet"


@pytest.fixture(scope="session")
def question() -> type[Question]:
    """How a test module words what it asks."""
    return Question


@pytest.fixture
def both(
    tmp_path: Path, ask: Callable[..., dict[str, Said]]
) -> Callable[..., dict[str, tuple[str, str]]]:
    """What we say and what datacontract-cli says: of each `<question>.<column>`, or question."""

    def answers(
        questions: Mapping[str, Question], by_column: bool = True
    ) -> dict[str, tuple[str, str]]:
        paths = {name: _written(tmp_path, name, asked) for name, asked in questions.items()}
        said = ask(test=paths.values())["test"]
        found: dict[str, tuple[str, str]] = {}
        for name, path in paths.items():
            ours = _worst(_our_results(path, questions[name]), name, by_column)
            judged = [(column, kind, result) for _, column, kind, result, _ in said[str(path)]]
            theirs = _worst(judged, name, by_column)
            for part in {**ours, **theirs}:
                found[part] = (ours.get(part, "not run"), theirs.get(part, "not run"))
        return found

    return answers


def _written(folder: Path, name: str, asked: Question) -> Path:
    """The contract where a project keeps one, with its data beside it for both tools."""
    place = folder / name / "finance" / "sources"
    place.mkdir(parents=True)
    tables = {"asked": (asked.properties, asked.rows), **asked.parents}
    with duckdb.connect() as connection:
        for table, (_, rows) in tables.items():
            target = place / f"{table}.{asked.form}"
            header = ", HEADER" if asked.form == "csv" else ""
            connection.execute(f"COPY ({rows}) TO '{target}' (FORMAT {asked.form}{header})")
    where = str(place / f"{{model}}.{asked.form}")
    server = {"server": "files", "type": "local", "path": where, "format": asked.form}
    document = _document(asked) | {"servers": [server]}
    path = place / "asked.v1.odcs.yaml"
    path.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False))
    return path


def _document(asked: Question) -> dict[str, Any]:
    roles = ("owner", "steward", "custodian")
    object_of = {"physicalType": "table", "description": "What both are asked about."}
    first = {"name": "asked", **object_of, "properties": asked.properties, **asked.table}
    others = [
        {"name": name, **object_of, "properties": properties}
        for name, (properties, _) in asked.parents.items()
    ]
    return {
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": "finance.asked",
        "name": "asked",
        "version": "1.0.0",
        "status": "draft",
        "domain": "finance",
        "description": {"purpose": "Asks.", "limitations": "None.", "usage": "Compare."},
        "schema": [first, *others],
        "support": [{"channel": "help", "url": "mailto:help@example.test"}],
        "team": {"members": [{"username": f"team:{role}s", "role": role} for role in roles]},
        "slaProperties": [{"property": "frequency", "value": 1, "unit": "m"}, *asked.levels],
        "customProperties": [
            {"property": "title", "value": "Asked"},
            {"property": "summary", "value": "What both are asked."},
            {"property": "securityClassification", "value": "OFFICIAL"},
            {"property": "sensitive", "value": False},
            {"property": "accessRights", "value": "INTERNAL"},
            {"property": "licence", "value": "OGL-UK-3.0"},
        ],
    }


def _our_results(path: Path, asked: Question) -> list[tuple[Any, str, str]]:
    contract = load_contract(path)
    with duckdb.connect() as connection:
        for promised in contract.objects:
            files = [path.parent / f"{promised.name}.{asked.form}"]
            relation = promised_relation(connection, files, promised)
            connection.execute(f"CREATE VIEW {promised.name} AS SELECT * FROM {relation}")
        references = {f"finance.{name}": name for name in asked.parents}
        run = CheckRun(connection, "asked", contract, datetime.now(UTC), references=references)
        results = run_checks(run)
    return [(r.property_name, r.kind, r.outcome.value) for r in results if r.check_id != FREQUENCY]


def _worst(found: list[tuple[Any, str, str]], name: str, by_column: bool) -> dict[str, str]:
    """The worst answer of each part; what stopped a whole run is an answer like any other."""
    parts: dict[str, list[str]] = {}
    for column, kind, result in found:
        if kind not in SHAPE:
            part = f"{name}.{column or 'table'}" if by_column else name
            parts.setdefault(part, []).append(result)
    return {part: min(results, key=WORST.index) for part, results in parts.items()}


@pytest.fixture(scope="session")
def documented() -> Callable[[str, Mapping[str, tuple[str, str]]], list[str]]:
    """Where the answers and a section of the page part; empty where each says the same."""

    def faults(section: str, answers: Mapping[str, tuple[str, str]]) -> list[str]:
        rows = _rows_of(section)
        found = []
        for name, (ours, theirs) in answers.items():
            told = [row for row in rows if fnmatch(name, row[0])]
            agreed = ours == theirs and not told
            if not agreed and not any(ours in row[1] and theirs == row[2] for row in told):
                found.append(f"{name}: we say {ours}, datacontract-cli {theirs}; page: {told}")
        unused = [row[0] for row in rows if not any(fnmatch(name, row[0]) for name in answers)]
        return found + [f"{name}: on the page, and not asked" for name in unused]

    return faults


def _rows_of(section: str) -> list[tuple[str, list[str], str]]:
    page = (ROOT / "docs" / "explanation" / "agreement.md").read_text()
    text = page.split(f"## {section}\n")[1].split("\n## ")[0]
    cells = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| `")]
    return [(c[0].strip(" `"), c[1].strip().split(" or "), c[2].strip()) for c in cells]
