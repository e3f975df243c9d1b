"""A business unit's models read its own rows and what others publish and it declares, no more."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from data_products.registry import Registry, load_registry
from orchestration.dbt_project import DbtProject
from orchestration.errors import UnitsNotSeparated
from orchestration.model_graph import ModelGraph
from orchestration.unit_separation import model_faults, relations_read, separation_faults

ROOT = Path(__file__).parents[2]
PORT = "insight.department_profile"
PROFILE = ROOT / "dbt_project" / "models" / "marts" / "insight" / "department_profile.sql"


def graph_of(folder: Path, home: Path) -> ModelGraph:
    return ModelGraph(DbtProject(folder, home / "w.duckdb", home / "s", 256, "a key").manifest())


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry(ROOT)


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> ModelGraph:
    return graph_of(ROOT / "dbt_project", tmp_path_factory.mktemp("home"))


def changed(graph: ModelGraph, name: str, **facts: Any) -> ModelGraph:
    """The manifest with other facts of one model."""
    nodes = {
        key: {**node, **facts} if node["name"] == name else node
        for key, node in graph.manifest["nodes"].items()
    }
    return ModelGraph({**graph.manifest, "nodes": nodes})


@pytest.mark.requirement("SEC-10")
def test_every_port_of_this_project_keeps_to_its_unit(graph: ModelGraph, registry: Registry):
    faults = {port: separation_faults(port, graph, registry) for port in graph.ports}

    assert len(faults) >= 10
    assert {port: found for port, found in faults.items() if found} == {}


@pytest.mark.requirement("SEC-10")
def test_every_input_port_is_needed_to_read_another_unit(graph: ModelGraph, registry: Registry):
    bare = Registry(
        tuple(_without_inputs(product) for product in registry.products), registry.sources
    )

    (*_, last) = faults = separation_faults(PORT, graph, bare)

    assert len(faults) == 3
    assert last == (
        "reads `machinery_of_government.organisation_history`, which "
        "`insight/department_profile` does not declare: "
        "name it under inputPorts of its product.odps.yaml"
    )


def _without_inputs(product: Any) -> Any:
    return replace(product, input_ports=())


@pytest.mark.requirement("SEC-10")
def test_another_units_landed_rows_and_candidates_are_not_read(
    graph: ModelGraph, registry: Registry
):
    nodes = graph.manifest["nodes"]
    keys = {node["name"]: key for key, node in nodes.items()}
    needs = [keys["learning_records"], keys["stg_payments_over_threshold__ledger_lines"]]
    reaching = changed(
        graph,
        "department_profile",
        depends_on={"nodes": needs, "macros": []},
        compiled_code="select 1",
    )

    faults = separation_faults(PORT, reaching, registry)

    assert faults == (
        "reads landed rows of `learning_system`, which is of people: read a port that it publishes",
        "reads landed rows of `payments_over_threshold`, which is of commercial: "
        "read a port that it publishes",
        "reads candidates of `people.learning_records`: read the published port",
    )


@pytest.mark.requirement("SEC-10")
@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (
            'select * from "ports"."people__learning_records"',
            "`learning_records` reads `ports.people__learning_records` past ref and source: "
            "name it by one of them",
        ),
        (
            "select * from landing.payments_over_threshold__ledger_lines",
            "`learning_records` reads `landing.payments_over_threshold__ledger_lines` past ref and "
            "source: name it by one of them",
        ),
        (
            "select * from payments",
            "`learning_records` reads `payments` past ref and source: name it by one of them",
        ),
        (
            "select * from '/lake/people/x.parquet'",
            "`learning_records` reads `/lake/people/x.parquet` past ref and source: "
            "name it by one of them",
        ),
        (
            "select (select count(*) from read_parquet('x.parquet')) as rows",
            "`learning_records` cannot be judged: it calls `read_parquet`, which may read what it "
            "does not name",
        ),
        (
            "copy (select 1) to 'x.parquet'",
            "`learning_records` cannot be judged: it is not one SELECT",
        ),
        ("select 1; select 2", "`learning_records` cannot be judged: it is not one SELECT"),
    ],
    ids=["port", "landed", "bare", "file", "function", "copy", "two"],
)
def test_a_relation_that_is_named_past_ref_and_source_is_found(
    graph: ModelGraph, code: str, fault: str
):
    key = graph.mart("people.learning_records")

    assert model_faults([key], changed(graph, "learning_records", compiled_code=code)) == (fault,)


def test_a_with_clause_hides_a_relation_only_where_it_is_known():
    hidden = relations_read("with payments as (select 1) select * from payments")
    outside = relations_read(
        "with a as (with payments as (select 1) select * from payments) select * from payments, a"
    )
    before = relations_read("with payments as (select * from payments) select * from payments")
    recursive = relations_read(
        "with recursive n as (select 1 as i union all select i + 1 from n where i < 3) "
        "select * from n"
    )

    assert hidden == recursive == frozenset()
    assert outside == before == {("", "payments")}


@pytest.mark.parametrize(
    ("facts", "fault"),
    [
        (
            {"config": {"materialized": "port", "post-hook": ["drop table x"]}},
            "has a hook",
        ),
        ({"schema": "ports"}, "writes to the schema `ports`"),
        (
            {"depends_on": {"nodes": [], "macros": ["macro.dbt.run_query"]}},
            "runs statements of its own",
        ),
    ],
    ids=["hook", "schema", "statement"],
)
def test_a_model_does_nothing_but_select(graph: ModelGraph, facts: dict[str, Any], fault: str):
    key = graph.mart("people.learning_records")

    acting = changed(graph, "learning_records", compiled_code="select 1", **facts)
    found = model_faults([key], acting)

    assert [fault in each for each in found] == [True]


@pytest.mark.requirement("SEC-10")
def test_a_unit_that_reaches_for_anothers_port_builds_nothing(tmp_path: Path):
    from marketplace.config import Settings
    from orchestration.platform import open_platform
    from orchestration.port_builds import build_port

    for name in ("contracts", "data_products", "dbt_project"):
        shutil.copytree(ROOT / name, tmp_path / name)
    model = tmp_path / PROFILE.relative_to(ROOT)
    reached = "select * from ports.people__learning_records"
    model.write_text(f"{model.read_text()}\n-- and\nunion all by name ({reached})\n")
    platform = open_platform(Settings(project=tmp_path, home=tmp_path / "home"))

    with pytest.raises(UnitsNotSeparated) as refused:
        build_port(platform, PORT, [platform.graph.mart(PORT)])

    assert refused.value.faults == (
        "`department_profile` reads `ports.people__learning_records` past ref and source: "
        "name it by one of them",
    )
    assert "`insight.department_profile`, because business units are separated" in str(
        refused.value
    )
    assert platform.lakehouse.snapshot(PORT, 1) is None
