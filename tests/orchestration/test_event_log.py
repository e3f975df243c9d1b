"""A run in one process keeps its event log open; Dagster's own pages read the same files."""

from pathlib import Path

import dagster as dg

from orchestration.event_log import instance_of_a_run


@dg.asset
def bills(context: dg.AssetExecutionContext) -> None:
    """An asset."""
    context.add_output_metadata({"rows": 3})


@dg.asset_check(asset=bills)
def counted() -> dg.AssetCheckResult:
    """Its check."""
    return dg.AssetCheckResult(passed=True)


def _job() -> dg.JobDefinition:
    defined = dg.Definitions(assets=[bills], asset_checks=[counted])
    return defined.resolve_implicit_global_asset_job_def()


def _run(home: Path) -> str:
    with instance_of_a_run(home) as instance:
        return _job().execute_in_process(instance=instance).run_id


def test_the_pages_of_dagster_show_runs_of_the_command_line(tmp_path: Path) -> None:
    runs = [_run(tmp_path), _run(tmp_path)]

    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        found = instance.fetch_materializations(dg.AssetKey("bills"), limit=5).records
        assert [record.run_id for record in found] == runs[::-1]
        assert found[0].asset_materialization is not None
        assert found[0].asset_materialization.metadata["rows"].value == 3
        kinds = {entry.dagster_event_type for entry in instance.all_logs(runs[0])}
        assert {dg.DagsterEventType.RUN_SUCCESS, dg.DagsterEventType.STEP_SUCCESS} <= kinds


def test_another_process_reads_the_log_while_the_run_has_it_open(tmp_path: Path) -> None:
    with instance_of_a_run(tmp_path) as instance:
        run_id = _job().execute_in_process(instance=instance).run_id

        with dg.DagsterInstance.from_config(str(tmp_path)) as pages:
            assert [run.run_id for run in pages.get_runs()] == [run_id]
            assert pages.get_latest_materialization_event(dg.AssetKey("bills")) is not None
