"""The main job on real public data: every row accounted for, every port published."""

from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import fastexcel
import pytest
from deltalake import DeltaTable
from rich.console import Console

from marketplace.config import Settings
from orchestration.__main__ import run
from orchestration.run_log import RunLog

PROJECT = Path(__file__).parents[2]
pytestmark = pytest.mark.real_data


class RealRun(NamedTuple):
    """The raw files, a platform that ran once on them, and what the run told."""

    raw: Path
    settings: Settings
    first: RunLog

    def published(self, port: str, query: str) -> Any:
        """The row that a query over the published port, named `port` there, gives."""
        table = DeltaTable(str(self.settings.lake.joinpath(*port.split("."), "v1")))
        with duckdb.connect() as connection:
            connection.register("port", table.to_pyarrow_table())
            return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def real(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> RealRun:
    home = tmp_path_factory.mktemp("real") / "home"
    settings = Settings(home=home, project=PROJECT, sources=str(shared_data))
    return RealRun(shared_data, settings, run(settings, Console(quiet=True)))


def raw_rows(query: str) -> list[tuple[Any, ...]]:
    """The rows of a query over raw files, read by DuckDB itself and nothing of ours."""
    with duckdb.connect() as connection:
        return connection.execute(query).fetchall()


def test_the_main_job_publishes_every_port_from_real_files(real: RealRun) -> None:
    assert real.first.failed == []
    assert real.first.published == len(real.first.ports)
    landed = {source.name: source for source in real.first.landed}
    assert landed["ledger_lines"].rows_read == 11_214_848
    for source in real.first.landed:
        told = source.rows_landed + source.rows_rejected + source.rows_duplicate
        assert source.rows_read == told, source.name


def test_hardly_a_row_of_projects_grants_and_requests_is_rejected(real: RealRun) -> None:
    systems = ("major_projects_portfolio", "grants_register", "foi_statistics")
    landed = {s.name: s for s in real.first.landed if s.source_system in systems}

    assert {name: (s.rows_read, s.rows_rejected) for name, s in landed.items()} == {
        "report_lines": (501, 0),
        "scheme_lines": (2_199, 1),  # one has an amount of nought and no name
        "awards": (3_351, 0),
        "allocation_methods": (4, 0),
        "recipient_sectors": (8, 0),
        "quarterly_lines": (2_105, 0),
        "yearly_lines": (4_080, 0),
        "all_time_lines": (506, 0),
        "authorities": (575, 0),
        "measures": (196, 0),
    }


def test_costs_of_projects_are_those_of_the_raw_reports(real: RealRun) -> None:
    cost = '"TOTAL Baseline Whole Life Costs (£m) (including Non-Government Costs)"'
    millions = f"try_cast(replace(replace({cost}, '£', ''), ',', '') as decimal(18,2))"
    expected = raw_rows(
        f"select count(*), sum({millions}) * 1000000 "
        f"from read_csv('{real.raw}/major_projects/GMPP*.csv.gz', all_varchar = true, "
        "union_by_name = true, filename = true) group by filename order by filename"
    )

    found = real.published(
        "delivery.major_projects",
        "select count(*), sum(whole_life_cost_gbp) from port group by report_date "
        "order by report_date",
    )

    assert [count for count, _ in expected] == [235, 244]
    assert found == expected


def test_grants_are_those_of_the_raw_register(real: RealRun) -> None:
    folder = real.raw / "grants"
    (thousands,) = raw_rows(
        'select sum("Amount (£,000s)"::decimal(24,8)) * 1000 '
        f"from read_csv('{folder}/*2013-14.csv', all_varchar = true)"
    )
    (millions,) = raw_rows(
        "select sum(replace(trim(\"Amount (£m)\"), ',', '')::decimal(24,8)) * 1000000 "
        f"from read_csv('{folder}/*2014-15.csv.gz', all_varchar = true) "
        "where trim(\"Grants Description\") <> ''"
    )
    awards = fastexcel.read_excel(folder / "government-grant-awards-2016-17.xlsx").load_sheet(0)
    awarded = awards.to_polars()["Amount Awarded"].sum()

    schemes = real.published(
        "commercial.grant_schemes",
        "select sum(amount_gbp * line_count) from port group by financial_year order by all",
    )

    # The amounts of a line are rounded to the penny.
    both = sorted([thousands[0], millions[0]])
    assert all(abs(ours - raw) < 1 for (ours,), raw in zip(schemes, both, strict=True))
    assert real.published("commercial.grant_awards", "select sum(amount), count(*) from port") == [
        (Decimal(str(awarded)), awards.height)
    ]


def test_requests_for_information_are_those_of_the_raw_statistics(real: RealRun) -> None:
    folder = real.raw / "foi"
    received = """replace("Total requests received", ',', '')"""
    government = raw_rows(
        f"select starts_with(Quarter, 'Q'), sum(try_cast({received} as integer)) "
        f"from read_csv('{folder}/cabinetfoi/foi-statistics*.csv.gz', all_varchar = true) "
        "group by 1 order by 1"
    )
    scotland = raw_rows(
        'select sum("FOISA requests"::double)::integer, count("FOISA requests") '
        f"from read_csv('{folder}/foisa/20[0-9][0-9].csv', all_varchar = true, "
        "union_by_name = true)"
    )

    asked = "from port where measure = 'requests_received' and law"
    assert (
        real.published(
            "transparency.foi_requests",
            f"select period_type = 'quarter', sum(amount) {asked} = 'foia' group by 1 order by 1",
        )
        == government
    )
    assert (
        real.published(
            "transparency.foi_requests",
            f"select sum(amount)::integer, count(*) {asked} = 'foisa'",
        )
        == scotland
    )


def test_a_second_run_on_the_same_files_publishes_nothing(real: RealRun) -> None:
    second = run(real.settings, Console(quiet=True))

    assert second.published == 0
    assert {port.state for port in second.ports.values()} == {"unchanged"}
