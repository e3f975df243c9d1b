"""A rule that names a schedule has what is served checked again, and only checked."""

import importlib.util
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import dagster as dg
import pytest

from contracts.verdict import Outcome
from data_products.registry import Registry
from marketplace.config import Settings
from orchestration.errors import ServedContractNotMet
from orchestration.platform import Platform, open_platform
from orchestration.rechecks import (
    RECHECK_JOB,
    RECHECK_OP,
    recheck_job,
    recheck_schedules,
    scheduled_ports,
)

PORT = "commercial.payments"


def loaded_lake() -> ModuleType:
    path = Path(__file__).parents[1] / "marketplace" / "web" / "seeded_lake.py"
    specification = importlib.util.spec_from_file_location("recheck_seeded_lake", path)
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    return module


@pytest.fixture
def platform_with(tmp_path: Path) -> Callable[..., Platform]:
    """A platform over a published lake, whose payments' rules are changed afterwards."""

    def build(**changes: Any) -> Platform:
        lake = loaded_lake()
        settings: Settings = lake.seed(tmp_path).settings
        opened = open_platform(settings)
        products = tuple(
            replace(
                product,
                output_ports=tuple(
                    replace(port, contract=_changed(port.contract, changes))
                    if port.reference == PORT
                    else port
                    for port in product.output_ports
                ),
            )
            for product in opened.registry.products
        )
        platform = replace(opened, registry=Registry(products, opened.registry.sources))
        vars(platform)["manifest"] = lake.MANIFEST
        return platform

    return build


def _changed(contract: Any, changes: Any) -> Any:
    (table,) = contract.objects
    first, *others = table.quality
    quality = (replace(first, **changes), *others)
    return replace(contract, objects=(replace(table, quality=quality),))


def run_recheck(platform: Platform) -> dg.ExecuteInProcessResult:
    return recheck_job().execute_in_process(
        run_config={"ops": {RECHECK_OP: {"config": {"port": PORT}}}},
        resources={"platform": platform},
        instance=dg.DagsterInstance.ephemeral(),
        raise_on_error=True,
    )


def test_only_ports_whose_rules_name_a_time_are_scheduled(
    platform_with: Callable[..., Platform],
) -> None:
    platform = platform_with(schedule="0 20 * * *")

    (schedule,) = recheck_schedules(platform.registry)

    assert scheduled_ports(platform.registry) == {PORT: ("0 20 * * *",)}
    assert schedule.name == "recheck__commercial__payments"
    assert schedule.cron_schedule == ["0 20 * * *"]
    assert schedule.job_name == RECHECK_JOB
    assert scheduled_ports(Registry((), ())) == {}


def test_a_schedule_asks_for_a_run_on_its_port(platform_with: Callable[..., Platform]) -> None:
    platform = platform_with(schedule="0 20 * * *")
    schedules = recheck_schedules(platform.registry)
    defs = dg.Definitions(
        jobs=[recheck_job()], schedules=schedules, resources={"platform": platform}
    )

    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_schedule_context(instance=instance)
        asked = defs.resolve_schedule_def("recheck__commercial__payments").evaluate_tick(context)

    (request,) = asked.run_requests or []
    assert request.run_config == {"ops": {RECHECK_OP: {"config": {"port": PORT}}}}


def test_a_recheck_is_kept_as_a_later_check(platform_with: Callable[..., Platform]) -> None:
    platform = platform_with()
    before = platform.lakehouse.snapshot(PORT, 1)
    assert before is not None

    result = run_recheck(platform)

    candidate = str(before.metadata["candidate_hash"])
    newest, oldest = platform.evidence.checks_of(PORT, 1, candidate)
    assert result.success
    assert (newest.verdict.run_id, newest.verdict.delta_version) == (result.run_id, 1)
    assert not oldest.verdict.is_recheck
    assert platform.lakehouse.snapshot(PORT, 1) == before


@pytest.mark.requirement("QUA-03")
def test_a_recheck_that_fails_fails_its_run_and_changes_nothing_served(
    platform_with: Callable[..., Platform],
) -> None:
    platform = platform_with(threshold=2_000_000)
    before = platform.lakehouse.snapshot(PORT, 1)
    assert before is not None

    with pytest.raises(ServedContractNotMet, match="It stays served"):
        run_recheck(platform)

    newest = platform.evidence.checks_of(PORT, 1, str(before.metadata["candidate_hash"]))[0]
    assert newest.verdict.count(Outcome.FAILED) >= 1
    assert not newest.verdict.passed
    assert platform.lakehouse.snapshot(PORT, 1) == before
