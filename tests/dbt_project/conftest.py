"""A small government in a real warehouse: landed rows, every mart built, every port readable."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from contracts.model import SchemaObject
from data_products.candidate_writer import latest_candidate, resulting_relation
from data_products.registry import Registry, load_registry

PROJECT = Path(__file__).parents[2]
LANDED = {"_source_file": "varchar", "_source_hash": "varchar", "_line": "bigint"}
PORTS = (
    "machinery_of_government.organisation_history",
    "machinery_of_government.organisations",
    "commercial.payments",
    "commercial.supplier_spend",
    "people.workforce_monthly",
    "people.learning_records",
    "insight.department_profile",
    "delivery.major_projects",
    "commercial.grant_schemes",
    "commercial.grant_awards",
    "transparency.foi_requests",
)
Row = Mapping[str, Any]


class World:
    """A warehouse, the dbt project over it, and a lake that its candidates lie in."""

    def __init__(self, home: Path, registry: Registry) -> None:
        self.home = home
        self.registry = registry
        self.warehouse = home / "warehouse.duckdb"
        self.project = home / "dbt_project"
        shutil.copytree(
            PROJECT / "dbt_project",
            self.project,
            ignore=shutil.ignore_patterns("target", "logs", "__pycache__"),
        )
        with self.connection() as connection:
            connection.execute("CREATE SCHEMA landing; CREATE SCHEMA ports")
            for source in registry.sources:
                for table in source.objects:
                    columns = ", ".join(f'"{n}" {t}' for n, t in _landed_columns(table).items())
                    connection.execute(
                        f"CREATE TABLE landing.{source.name}__{table.name} ({columns})"
                    )
            for reference, port in registry.ports.items():
                columns = ", ".join(
                    f'CAST(NULL AS {p.physical_type}) AS "{p.name}"'
                    for p in port.contract.table.properties
                )
                view = reference.replace(".", "__")
                connection.execute(f"CREATE VIEW ports.{view} AS SELECT {columns} WHERE false")

    @contextmanager
    def connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection to the warehouse, closed afterwards: dbt needs the file."""
        with duckdb.connect(str(self.warehouse)) as connection:
            yield connection

    def land(self, table: str, rows: Sequence[Row]) -> None:
        """Adds landed rows; what a row does not say is empty, or as landing fills it."""
        with self.connection() as connection:
            for line, row in enumerate(rows, start=2):
                landed = {"_source_file": "a.csv", "_line": line, "_line_count": 1, **row}
                names = ", ".join(f'"{name}"' for name in landed)
                marks = ", ".join("?" for _ in landed)
                connection.execute(
                    f"INSERT INTO landing.{table} ({names}) VALUES ({marks})",
                    list(landed.values()),
                )

    def build(self, port: str, changed: Sequence[str] | None = None) -> None:
        """Builds a port's candidate and what it reads, and makes it readable as published."""
        unit, name = port.split(".")
        contract = self.registry.port(port).contract
        table = self.home / "lake" / unit / name / "v1"
        target = {
            "table": str(table),
            "major": 1,
            "fingerprint": f"of {port}",
            "sources": {},
            "base_version": None,
            "partition_columns": list(contract.table.partition_columns),
            "personal_columns": [p.name for p in contract.table.properties if p.is_personal],
            "changed_partitions": changed,
        }
        self.dbt("run", "--select", f"+{name}", variables={"candidates": {port: target}})
        candidate = latest_candidate(table)
        assert candidate is not None
        with self.connection() as connection:
            connection.execute(
                f"CREATE OR REPLACE VIEW ports.{unit}__{name} AS {resulting_relation(candidate)}"
            )

    def dbt(self, *arguments: str, variables: Mapping[str, Any] | None = None) -> Any:
        """What a dbt command gave. Raises RuntimeError with the messages of what failed."""
        from dbt.cli.main import dbtRunner

        where = ["--project-dir", str(self.project), "--profiles-dir", str(self.project)]
        quiet = ["--log-level", "none", "--log-level-file", "none", "--no-use-colors"]
        given = [] if variables is None else ["--vars", json.dumps(variables)]
        with _environment(self.warehouse):
            outcome = dbtRunner().invoke([*quiet, *arguments, *given, *where])
        if not outcome.success:
            results = getattr(outcome.result, "results", [])
            bad = [r for r in results if str(r.status) not in {"success", "pass"}]
            told = "\n".join(f"{r.node.name}: {r.message}" for r in bad)
            raise RuntimeError(str(outcome.exception or told))
        return outcome.result

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query over the warehouse."""
        with self.connection() as connection:
            found: list[tuple[Any, ...]] = connection.execute(query).fetchall()
            return found

    def value(self, query: str) -> Any:
        """The one value of a query over the warehouse."""
        ((found,),) = self.rows(query)
        return found


@pytest.fixture(scope="session")
def registry() -> Registry:
    """The project's own documents."""
    return load_registry(PROJECT)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory, registry: Registry) -> World:
    """Halfmoor: two departments merge, one is split, an agency moves, a name is misspelt."""
    made = World(tmp_path_factory.mktemp("world"), registry)
    made.land("organisation_register__register_snapshots", _register())
    made.land("payments_over_threshold__monthly_files", _monthly_files())
    made.land("payments_over_threshold__ledger_lines", _ledger_lines())
    made.land("workforce_returns__monthly_returns", _monthly_returns())
    made.land("workforce_returns__collected_values", _collected_values())
    made.land("learning_system__learning_records", _learning_records())
    made.land("major_projects_portfolio__report_lines", _project_reports())
    for table, rows in _grants().items():
        made.land(f"grants_register__{table}", rows)
    for table, rows in _requests_for_information().items():
        made.land(f"foi_statistics__{table}", rows)
    for port in PORTS:
        made.build(port)
    made.dbt("run", "--select", "int_people__values_left_out")
    return made


def _landed_columns(table: SchemaObject) -> dict[str, str]:
    declared = {column.name: column.physical_type for column in table.properties}
    return declared | LANDED | {"_line_count": "integer"}


@contextmanager
def _environment(warehouse: Path) -> Iterator[None]:
    told = {
        "DBT_WAREHOUSE": str(warehouse),
        "DBT_SPILL": str(warehouse.parent),
        "DBT_MEMORY": "1024MB",
        "DBT_ENV_SECRET_PSEUDONYM_KEY": "a key of this test",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    before = {name: os.environ.get(name) for name in told}
    os.environ.update(told)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _body(slug: str, name: str, kind: str = "Ministerial department", **facts: Any) -> Row:
    return {
        "organisation_id": slug,
        "name": name,
        "organisation_type": kind,
        "status": "live",
        **facts,
    }


def _register() -> list[Row]:
    alpha, delta = (
        _body("alpha", "Department of Alpha", abbreviation="DOA"),
        _body("delta", "Delta"),
    )
    beta = _body("beta", "Department of Beta")
    gamma = _body("gamma", "Ministry of Gamma")
    mists = _body("mists", "Office of Mists", "Other", parent_organisation_ids="delta")
    agency = _body("works", "Works Agency", "Executive agency", parent_organisation_ids="beta")
    circle = [
        _body(a, f"Circle {a}", "Other", parent_organisation_ids=b)
        for a, b in (("round", "about"), ("about", "round"))
    ]
    merged = {
        "status": "closed",
        "closed_reason": "merged",
        "superseded_by_organisation_ids": "alpha",
    }
    split = {"status": "closed", "closed_reason": "split"} | {
        "superseded_by_organisation_ids": "alpha;delta"
    }
    renamed = {**alpha, "name": "Department of Alpha and Omega"}
    closed_beta = {**beta, **merged, "closed_at": "2024-06-30T00:00:00.000+01:00"}
    moved = {**agency, "parent_organisation_ids": "alpha;delta"}
    days = {
        date(2024, 1, 1): [alpha],  # cut off after its first page
        date(2024, 1, 2): [alpha, beta, gamma, delta, mists, agency, *circle],
        date(2024, 7, 1): [renamed, closed_beta, {**gamma, **split}, delta, moved, *circle],
        date(2025, 7, 1): [renamed, closed_beta, {**gamma, **split}, delta, moved, *circle, mists],
        date(2025, 8, 1): [
            renamed,
            closed_beta,
            {**gamma, **split},
            delta,
            moved,
            mists,
            circle[0],
        ],
    }
    return [
        {**body, "snapshot_date": day, "_source_file": f"{day}.csv"}
        for day, bodies in days.items()
        for body in bodies
    ]


def _paid(entity: str | None, supplier: str | None, amount: str, day: date, **facts: Any) -> Row:
    return {
        "publisher": "alpha",
        "entity": entity,
        "supplier": supplier,
        "amount": amount,
        "payment_date": day,
        "_source_file": "payments/monthly/alpha/2024-05.csv",
        **facts,
    }


def _monthly_files() -> list[Row]:
    may, june = date(2024, 5, 3), date(2024, 6, 3)
    acme = _paid("Department of Alpha", "Acme Ltd", "100.00", may, transaction_number="1")
    return [
        {**acme, "_line_count": 2},
        {**acme, "_source_file": "payments/monthly/alpha/2024-05-again.csv"},
        _paid("Wroks Agency", "Bolt plc", "20.00", may),
        _paid("Something Else Entirely", "Bolt PLC ", "30.00", may),
        _paid(None, "REDACTED PERSONAL DATA", "5.00", may),
        _paid("Department of Beta", "Redactive Publishing", "7.00", june),
        _paid("Department of Alpha & Omega", None, "8.00", june),
        _paid("Works  Agency", "Bolt plc", "20.00", date(2023, 6, 1)),
        {**_paid("HR", "Acme Ltd", "1.00", may), "publisher": "small_town"},
    ]


def _ledger_lines() -> list[Row]:
    rows = [
        ("ACME LIMITED", "100.00", date(2024, 5, 3), "PEOPLE TEAM", 3),
        ("Acme Limited", "100.00", date(2024, 5, 4), "PEOPLE TEAM", 1),
        ("Cog & Sons", "9.00", date(2024, 5, 3), "DOA", 4),
        ("Redacted - Personal Data", "5.00", date(2024, 5, 3), None, 1),
        ("Bolt plc", "44.00", date(2024, 6, 3), None, 1),
    ]
    return [
        {
            "publisher": "Alpha",
            "supplier": supplier,
            "amount": amount,
            "payment_date": day,
            "unit": unit,
            "_line_count": count,
            "_source_file": "payments/ledger/alpha.parquet",
        }
        for supplier, amount, day, unit, count in rows
    ]


def _monthly_returns() -> list[Row]:
    def returned(month: str, body: str, department: str, heads: int | None, **facts: Any) -> Row:
        return {
            "year": 2024,
            "month_name": month,
            "body": body,
            "department": department,
            "headcount": heads,
            "full_time_equivalent": None,
            "paybill_gbp": None if heads is None else heads * 1000,
            "_source_file": f"workforce/2024-{month}.csv",
            **facts,
        }

    return [
        returned("May", "Department of Alpha", "Department of Alpha", 100),
        returned("May", "Department of Alpha (excl agencies)", "Department of Alpha", 110),
        returned("June", "The Department of Alpha", "Department of Alpha", 120),
        returned("May", "Department of Beta", "Department of Beta", 40),
        returned("May", "Unheard-of Board", "Department of Beta", 10),
        returned("May", "Works Agency", "Somewhere", 7),
        returned("May", "Ministry of Gamma", "Ministry of Gamma", 5),
        returned("December", "Department of Alpha", "Department of Alpha", 9, year=9998),
        returned("May", "Adrift", "Nowhere", 1),
    ]


def _collected_values() -> list[Row]:
    rows = [
        ("payroll", "total", "hc", 99, "May"),
        ("payroll", "total", "hc", 130, "July"),
        ("payroll", "scs", "hc", 3, "July"),
        ("non payroll", "total", "hc", 4, "July"),
        ("payroll", "total", "fte", 125, "July"),
        ("payroll costs", "total", "costs", 131000, "July"),
        ("all costs", "total", "costs", 140000, "July"),
    ]
    return [
        {
            "value_group": group,
            "value_subgroup": subgroup,
            "value_measure": measure,
            "value": value,
            "year": 2024,
            "month_name": month,
            "body": "Department of Alpha",
            "department": "Department of Alpha",
            "_source_file": "zz_collected.parquet",
        }
        for group, subgroup, measure, value, month in rows
    ]


def _learning_records() -> list[Row]:
    def record(number: str, staff: str, result: str, file: str) -> Row:
        return {
            "record_id": number,
            "staff_id": staff,
            "department": "Delta",
            "course_code": "hc1",
            "course_title": "Tides",
            "result": result,
            "hours": 2,
            "_source_file": file,
        }

    return [
        record("LR1", "H1", "Failed", "learning/2024-05.csv"),
        record("LR1", "H1", "Passed", "learning/2024-06.csv"),
        record("LR2", "H1", "Passed", "learning/2024-05.csv"),
        record("LR3", "H2", "Passed", "learning/2024-05.csv"),
    ]


def _project_reports() -> list[Row]:
    def told(number: int, department: str, year: int, file: str, **facts: Any) -> Row:
        return {
            "project_id": f"DOA_000{number}_2324-Q1",
            "project_name": "Harbour  Deepening ",
            "department": department,
            "category": "ICT",
            "report_month": date(year, 3, 1),
            "ipa_rating": "Amber",
            "start_date": "2020-01-31",
            "end_date": "2040-12-31",
            "year_baseline": "£1,050.50",
            "year_forecast": "£1,000",
            "year_variance": "-5%",
            "whole_life_cost": "£2,000",
            "_source_file": f"major_projects/{file}_March_{year}.csv",
            **facts,
        }

    withheld = "Exempt under Section  24 and 26 of the Freedom of Information Act 2000"
    secret = {"ipa_rating": withheld, "sro_rating": withheld, "whole_life_cost": withheld}
    return [
        told(1, "DOA", 2024, "all"),
        told(2, "DOA", 2024, "all", **secret),
        told(2, "DOA", 2024, "own", **secret, end_date="2041-12-31"),
        told(1, "doa ", 2025, "all", ipa_rating=None, sro_rating="Red", year_variance="Inf"),
        told(3, "XYZ", 2025, "all", end_date="Early planning GMPP project \r\n (not yet)"),
    ]


def _grants() -> dict[str, list[Row]]:
    def scheme(name: str, year: str, department: str | None = "DOA ", **facts: Any) -> Row:
        file = f"grants/schemes-{year}.csv"
        return {
            "financial_year": year,
            "department": department,
            "scheme_name": name,
            "grant_category": "General grant ",
            "recipient_kind": "Voluntary Sector ",
            "_source_file": file,
            **facts,
        }

    def award(number: int, amount: str, changed: date, **facts: Any) -> Row:
        return {
            "award_id": f"360G-halfmoor-GA-{number:06d}",
            "title": "Rescue Boats",
            "currency": "GBP",
            "amount": amount,
            "award_date": date(2025, 3, 31),
            "recipient_id": "R1",
            "recipient_name": "ANN OTHER  T/A BOATS LTD",
            "beneficiary_area_code": "k02000001",
            "funder_name": "Department of Beta",
            "programme_code": "SCH-000000001",
            "programme_title": "Boats",
            "last_modified": changed,
            **facts,
        }

    return {
        "scheme_lines": [
            scheme("Boats", "2023-24", amount_thousands="12.345", recipients="02-Oct"),
            scheme("Boats ", "2023-24", amount_thousands="12.345", recipients="02-Oct"),
            scheme("Boats", "2024-25", amount_millions="0.02", _line_count=2, recipients="1,200"),
            scheme("Nets", "2024-25", None, amount_millions="-0.001", recipient_kind="Police"),
        ],
        "awards": [
            award(1, "100.00", date(2025, 4, 1)),
            award(1, "250.00", date(2025, 5, 1), _source_file="earlier.xlsx"),
            award(2, "0.00", date(2025, 4, 1), funder_name="Ministry of Nowhere"),
        ],
        "allocation_methods": [{"method": "Formula"}],
        "recipient_sectors": [{"sector": "Civil Society"}, {"sector": "Public Organisations"}],
    }


def _requests_for_information() -> dict[str, list[Row]]:
    def counted(period: str, authority: str, received: int | None, **facts: Any) -> Row:
        return {
            "period": period,
            "authority": authority,
            "requests_received": received,
            "_source_file": "foi/chancery/foi-statistics-2025.csv.gz",
            **facts,
        }

    def returned(number: int | None, name: str, **facts: Any) -> Row:
        file = "foi/commissioner/2024.csv"
        about = {"authority_number": number, "authority": name, "sector": "Local Government"}
        return {"year": 2024, **about, "_source_file": file, **facts}

    return {
        "quarterly_lines": [
            counted(f"Q{quarter} 2024", "Department of Alpha & Omega", 10 * quarter)
            for quarter in range(1, 5)
        ]
        + [
            counted("2024", "Department of Alpha and Omega", 102, complaints=0),
            counted("Q1 2024", "Department of Alpha and Omega", 11),
            counted("Q1 2024", "Office of Nowhere", None, answered_late=3),
            counted("Spring 2024", "Works Agency", 9),
        ],
        "yearly_lines": [
            returned(7, "Isle of Mull Council", requests_received=4, answered_on_time=4),
            returned(None, "Isle of Rum Council"),
        ],
        "all_time_lines": [{"authority_number": 7, "requests_received": 4}],
        "authorities": [
            {
                "authority_number": 1,
                "government_body": "Department of Alpha and Omega",
                "sector": "Ministries and departments",
            },
        ],
        "measures": [
            {"measure_number": 1, "label": "Total requests received"},
            {
                "measure_number": 2,
                "label": "Late response (i.e. 20-day deadline missed)",
                "part_of": "Total requests received",
            },
        ],
    }
