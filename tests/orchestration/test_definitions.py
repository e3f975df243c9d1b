from pathlib import Path

import dagster as dg
import pytest

from marketplace.config import Settings
from orchestration.definitions import definitions
from orchestration.platform import Platform, open_platform
from orchestration.run_log import RunLog
from orchestration.schedules import MAIN_JOB, source_state

PROJECT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    return open_platform(Settings(home=tmp_path_factory.mktemp("home"), project=PROJECT))


@pytest.fixture(scope="module")
def defs(platform: Platform) -> dg.Definitions:
    return definitions(platform, RunLog())


def test_every_port_is_built_checked_and_published(
    platform: Platform, defs: dg.Definitions
) -> None:
    graph = defs.resolve_asset_graph()
    for reference in platform.registry.ports:
        unit, name = reference.split(".")
        candidate = dg.AssetKey(["candidates", unit, name])
        published = dg.AssetKey(["published", unit, name])

        assert candidate in graph.get(published).parent_keys
        assert dg.AssetCheckKey(candidate, "contract") in graph.asset_check_keys


def test_the_contract_check_blocks_publication(platform: Platform, defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()

    assert len(graph.asset_check_keys) == len(platform.registry.ports)
    assert all(graph.get_check_spec(key).blocking for key in graph.asset_check_keys)


def test_a_consumer_is_downstream_of_the_published_port_and_not_of_the_candidate(
    defs: dg.Definitions,
) -> None:
    graph = defs.resolve_asset_graph()
    profile = dg.AssetKey(["candidates", "insight", "department_profile"])
    upstream: set[dg.AssetKey] = set()
    waiting = [profile]
    while waiting:
        for parent in graph.get(waiting.pop()).parent_keys:
            if parent not in upstream:
                upstream.add(parent)
                if parent.path[0] != "published":
                    waiting.append(parent)

    assert dg.AssetKey(["published", "commercial", "payments"]) in upstream
    assert dg.AssetKey(["candidates", "commercial", "payments"]) not in upstream


def test_assets_are_grouped_by_business_unit_and_say_who_answers(
    platform: Platform, defs: dg.Definitions
) -> None:
    graph = defs.resolve_asset_graph()
    for reference, port in platform.registry.ports.items():
        node = graph.get(dg.AssetKey(["published", *reference.split(".")]))

        assert node.group_name == port.contract.business_unit
        assert node.owners
        assert port.contract.title in (node.description or "")
        assert len(node.metadata["dagster/column_schema"].columns) == len(
            port.contract.table.properties
        )


def test_the_main_job_runs_in_process_and_has_a_schedule_and_a_sensor(
    defs: dg.Definitions,
) -> None:
    job = defs.resolve_job_def(MAIN_JOB)

    assert job.executor_def.name == "in_process"
    assert defs.resolve_schedule_def("daily").cron_schedule == "0 6 * * *"
    assert defs.resolve_sensor_def("new_source_files").job_name == MAIN_JOB


def test_columns_are_traced_from_source_to_mart(platform: Platform) -> None:
    mart = platform.graph.mart("people.learning_records")

    traced = platform.columns[mart]

    assert set(traced) == {
        p.name for p in platform.contract("people.learning_records").table.properties
    }
    assert all(traced["course_code"])


@pytest.mark.parametrize("change", ["new", "grown"])
def test_the_sensor_sees_new_and_changed_files(
    platform: Platform, tmp_path: Path, change: str
) -> None:
    folder = tmp_path / "learning"
    folder.mkdir()
    (folder / "2026-01.csv").write_text("Record ID\n1\n")
    before = source_state(platform.registry, tmp_path)

    if change == "new":
        (folder / "2026-02.csv").write_text("Record ID\n2\n")
    else:
        (folder / "2026-01.csv").write_text("Record ID\n1\n2\n")

    assert source_state(platform.registry, tmp_path) != before


def test_the_sensor_ignores_files_that_no_contract_claims(
    platform: Platform, tmp_path: Path
) -> None:
    before = source_state(platform.registry, tmp_path)
    (tmp_path / "notes.txt").write_text("nothing")

    assert source_state(platform.registry, tmp_path) == before
