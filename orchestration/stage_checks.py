"""Drift at landing and in models, held against the runs before and kept where it was seen."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from contracts.model import Contract
from contracts.quality.stages import LandedFigures, landing_results, model_results
from contracts.verdict import CheckResult
from orchestration.platform import Platform
from orchestration.sources.landing import LandingRun
from orchestration.stage_history import StageRecord

LANDING, MODELS = "landing", "models"


def record_landing(
    platform: Platform, contract: Contract, run: LandingRun, now: datetime
) -> dict[str, tuple[CheckResult, ...]]:
    """How each kind of file of a source system compares with the landings before, by its name.

    A run that found nothing new is no other landing: its history stays as it is.
    """
    found = {}
    for schema in contract.objects:
        changed = (*run.landed, *run.withdrawn)
        if any(f.source_system == contract.name and f.object == schema.name for f in changed):
            figures = _landed(platform, contract.name, schema.name)
            found[schema.name] = _keep_landing(
                platform, f"{contract.name}.{schema.name}", figures, now
            )
    return found


def record_models(platform: Platform, port: str, now: datetime) -> tuple[CheckResult, ...]:
    """How the tables that a port was built from compare with the builds before.

    Rows are counted where dbt keeps a table, which knows them. A view has none of its own: what it
    loses or gains shows at the next table, at the latest in the port itself.
    """
    rows = _table_rows(platform, port)
    before = [record.figures for record in platform.stages.records(MODELS, port)]
    results = model_results(rows, before)
    platform.stages.append(MODELS, port, StageRecord(now, rows, results))
    return results


def stage_results(platform: Platform, port: str) -> tuple[CheckResult, ...]:
    """The newest results of the stages that a port rests on."""
    inputs = platform.graph.inputs(port)
    subjects = [(LANDING, name.replace("__", ".", 1)) for name in inputs.landed]
    records = (platform.stages.latest(*each) for each in (*subjects, (MODELS, port)))
    return tuple(result for record in records if record is not None for result in record.results)


def _keep_landing(
    platform: Platform, name: str, figures: LandedFigures, now: datetime
) -> tuple[CheckResult, ...]:
    before = [
        LandedFigures(**{**each.figures, "columns": tuple(each.figures["columns"])})
        for each in platform.stages.records(LANDING, name)
    ]
    results = landing_results(name, figures, before)
    platform.stages.append(LANDING, name, StageRecord(now, asdict(figures), results))
    return results


def _landed(platform: Platform, system: str, name: str) -> LandedFigures:
    files = platform.landing.files(system, name)
    return LandedFigures(
        files=len(files),
        rows_read=sum(file.rows_read for file in files),
        rows_landed=sum(file.rows_landed for file in files),
        rows_rejected=sum(file.rows_rejected for file in files),
        rows_duplicate=sum(file.rows_duplicate for file in files),
        columns=tuple(sorted({column for file in files for column in file.columns_taken})),
    )


def _table_rows(platform: Platform, port: str) -> dict[str, int]:
    names = [platform.graph.node(each)["name"] for each in platform.graph.inputs(port).models[:-1]]
    return _counted(platform, names) if names else {}


def _counted(platform: Platform, names: Sequence[str]) -> dict[str, int]:
    with platform.dbt.connect() as connection:
        rows = connection.execute(
            "SELECT table_name, estimated_size FROM duckdb_tables() WHERE table_name IN "
            "(SELECT unnest(?)) AND NOT internal ORDER BY table_name",
            [list(names)],
        ).fetchall()
    return {str(name): int(count) for name, count in rows}
