from typing import Any

import pytest

from orchestration.model_graph import ModelGraph

PROJECT = "marketplace_models"


def model(name: str, folder: str, *upstream: str, code: str = "select 1") -> dict[str, Any]:
    return {
        "resource_type": "model",
        "name": name,
        "fqn": [PROJECT, "models", folder, name],
        "config": {"materialized": "port" if folder in UNITS else "view"},
        "depends_on": {"nodes": list(upstream), "macros": [f"macro.{PROJECT}.name_key"]},
        "raw_code": code,
    }


UNITS = {"estates", "insight"}
MANIFEST: dict[str, Any] = {
    "metadata": {"project_name": PROJECT},
    "sources": {
        "s.files": {"resource_type": "source", "source_name": "landing", "name": "register__files"},
        "s.port": {
            "resource_type": "source",
            "source_name": "ports",
            "name": "estates__buildings",
        },
    },
    "macros": {
        f"macro.{PROJECT}.name_key": {
            "package_name": PROJECT,
            "macro_sql": "lower(x)",
            "depends_on": {"macros": ["macro.dbt.ref"]},
        },
        "macro.dbt.ref": {"package_name": "dbt", "macro_sql": "", "depends_on": {"macros": []}},
    },
    "nodes": {
        "m.stg": model("stg_register__files", "register", "s.files"),
        "m.buildings": model("buildings", "estates", "m.stg"),
        "m.rooms": model("rooms", "estates", "m.int"),
        "m.int": model("int_estates__rooms", "intermediate", "m.stg"),
        "m.profile": model("profile", "insight", "s.port"),
    },
}


@pytest.fixture
def graph() -> ModelGraph:
    return ModelGraph(MANIFEST)


def test_ports_come_after_the_ports_that_they_read(graph: ModelGraph) -> None:
    assert graph.ports.index("estates.buildings") < graph.ports.index("insight.profile")


def test_a_port_reads_landed_rows_and_published_ports(graph: ModelGraph) -> None:
    assert graph.inputs("estates.rooms").landed == ("register__files",)
    assert graph.inputs("insight.profile").ports == ("estates.buildings",)


def test_models_that_feed_the_same_ports_are_one_step(graph: ModelGraph) -> None:
    groups = {group.ports: group.models for group in graph.groups()}

    assert groups[("estates.rooms",)] == ("m.int", "m.rooms")
    assert groups[("estates.buildings", "estates.rooms")] == ("m.stg",)
    assert groups[("insight.profile",)] == ("m.profile",)


def test_every_model_of_a_port_is_in_exactly_one_step(graph: ModelGraph) -> None:
    built = [model for group in graph.groups() for model in group.models]

    assert sorted(built) == sorted(MANIFEST["nodes"])


def test_the_code_of_a_port_is_its_models_and_the_projects_own_macros(graph: ModelGraph) -> None:
    code = graph.code("estates.rooms")

    assert code.count("select 1") == 3
    assert "lower(x)" in code
    assert "" not in code
