"""The dbt project as a whole: it parses in silence, keeps its grains, and meets its contracts."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from contracts.runner import CheckRun, run_checks
from contracts.standards.checks import OfferedStandard
from contracts.verdict import Outcome

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
MODELS = Path(__file__).parents[2] / "dbt_project" / "models"
PORTS = sorted(f"{path.parent.name}.{path.stem}" for path in (MODELS / "marts").rglob("*.sql"))


def test_the_project_parses_without_a_warning(world):
    world.dbt("--warn-error", "parse", "--no-partial-parse")


def test_every_grain_fact_and_business_rule_holds(world):
    tested = world.dbt("test", "--exclude", "resource_type:unit_test")

    assert len(tested.results) > 30


def test_every_unit_test_of_the_models_passes(world):
    tested = world.dbt("test", "--select", "resource_type:unit_test")

    assert len(tested.results) >= 4


def test_a_mart_is_built_only_where_its_candidate_is_awaited(world):
    with pytest.raises(RuntimeError) as refused:
        world.dbt("run", "--select", "organisations", variables={"candidates": {}})

    assert str(refused.value).splitlines()[1].strip() == (
        "No candidate is awaited for `machinery_of_government.organisations`. A mart is built by "
        "the main job, which says where its candidate goes: run `python -m orchestration`."
    )


def test_every_model_begins_with_the_grain_that_its_description_gives():
    described = {
        model["name"]: model["description"].strip()
        for path in MODELS.rglob("_models.yml")
        for model in yaml.safe_load(path.read_text())["models"]
    }

    for path in sorted(MODELS.rglob("*.sql")):
        said = " ".join(re.findall(r"^-- (.*)$", path.read_text().split("\nwith ")[0], re.M))
        assert said.startswith("One row per "), path.name
        assert said.startswith(described.get(path.stem, "One row per ")), path.name


# What a handful of rows cannot keep: volumes, shares of a population, and recency.
NOT_FOR_A_SMALL_WORLD = ("rowCount", "freshness")


@pytest.mark.parametrize("port", PORTS)
def test_the_small_world_breaks_only_promises_about_whole_populations(world, registry, port):
    contract = registry.port(port).contract
    relations = {name: f"ports.{name.replace('.', '__')}" for name in registry.ports}
    with world.connection() as connection:
        run = CheckRun(
            connection=connection,
            relation=relations[port],
            contract=contract,
            now=datetime(2025, 9, 1, tzinfo=UTC),
            references=relations,
            offered={
                name: OfferedStandard(offer, relations[offer.port], "of this world")
                for name, offer in registry.standards.items()
            },
        )
        results = run_checks(run)

    broken = [r.title for r in results if r.is_blocking and r.kind not in NOT_FOR_A_SMALL_WORLD]
    assert [title for title in broken if not re.search("ost|early|least", title)] == []
    assert [r.title for r in results if r.outcome is Outcome.ERROR] == []
