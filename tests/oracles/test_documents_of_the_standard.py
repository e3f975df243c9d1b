"""Documents that are the standard's own, or ours, read by both sides.

The examples come from the source distribution of the standard's package. Its refused documents are
in none: each is one fault made in the full example, under the name of the official negative test.
"""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.documents import faults_in, read_document
from contracts.errors import Fault
from contracts.odcs_schemas import schema_faults

ROOT = Path(__file__).parents[2]
CONTRACTS = sorted((ROOT / "contracts").glob("**/*.odcs.yaml"))

Change = Callable[[dict[str, Any]], object]


def column(document: dict[str, Any], **changed: Any) -> None:
    document["schema"][0]["properties"][0].update(changed)


def server(document: dict[str, Any], **declared: Any) -> None:
    document["servers"] = [{"server": "here", **declared}]


def rule(document: dict[str, Any], **declared: Any) -> None:
    column(document, quality=[declared])


LIBRARY = {"type": "library", "metric": "nullValues", "mustBe": 0}
NEGATIVES: dict[str, Change] = {
    "additional_unknown_property": lambda d: d.update(unknownRootField="not here"),
    "missing_required_fields": lambda d: [d.pop(k) for k in ("version", "id", "status")],
    "invalid_api_version": lambda d: d.update(apiVersion="v9.9.9"),
    "invalid_kind": lambda d: d.update(kind="DataPromise"),
    "deprecated_wrong_type": lambda d: column(d, deprecated=7),
    "enum_duplicate_values": lambda d: column(d, enum=[{"value": 1}, {"value": 1}]),
    "enum_empty": lambda d: column(d, enum=[]),
    "enum_missing_value": lambda d: column(d, enum=[{"label": "one"}]),
    "map_missing_block": lambda d: column(d, logicalType="map"),
    "map_missing_key": lambda d: column(
        d, logicalType="map", map={"value": {"logicalType": "string"}}
    ),
    "map_missing_value": lambda d: column(
        d, logicalType="map", map={"key": {"logicalType": "string"}}
    ),
    "vector_missing_dimensions": lambda d: column(d, logicalType="vector", logicalTypeOptions={}),
    "invalid_quality_dimension": lambda d: rule(d, **LIBRARY, dimension="beauty"),
    "invalid_quality_metric": lambda d: rule(d, **LIBRARY | {"metric": "oddValues"}),
    "invalid_quality_type": lambda d: rule(d, type="spell"),
    "quality_custom_missing_implementation": lambda d: rule(d, type="custom", engine="soda"),
    "quality_element_field": lambda d: rule(d, element="tbl.rcvr_id", rule="EXISTS IN a.b"),
    "quality_library_missing_metric": lambda d: rule(d, type="library", mustBe=0),
    "quality_multiple_operators": lambda d: rule(d, **LIBRARY, mustBeLessThan=3),
    "quality_mustbebetween_wrong_size": lambda d: rule(
        d, type="library", metric="nullValues", mustBeBetween=[1]
    ),
    "quality_sql_missing_query": lambda d: rule(d, type="sql", mustBe=0),
    "relationship_property_level_with_from": lambda d: column(
        d, relationships=[{"type": "foreignKey", "from": "a.b", "to": "c.d"}]
    ),
    "relationship_schema_level_missing_from_to": lambda d: d["schema"][0].update(
        relationships=[{"type": "foreignKey"}]
    ),
    "schema_property_invalid_logicaltype": lambda d: column(d, logicalType="varchar"),
    "schema_property_missing_name": lambda d: d["schema"][0]["properties"][0].pop("name"),
    "server_invalid_type": lambda d: server(d, type="abacus"),
    "server_missing_conditional_fields": lambda d: server(d, type="athena", regionName="x"),
    "server_missing_required_fields": lambda d: d.update(servers=[{"host": "here"}]),
    "sla_missing_required_value": lambda d: d.update(slaProperties=[{"property": "latency"}]),
    "stable_id_denied_characters": lambda d: d["schema"][0].update(id="fdir.dataset"),
    "synonym_missing_term": lambda d: column(d, synonyms=[{"description": "none"}]),
}


@pytest.fixture(scope="module")
def examples(oracles: Path) -> tuple[Path, ...]:
    """The valid documents that come with the standard's package and with datacontract-cli."""
    sources = sorted((oracles / "sources").glob("*/tests/fixtures/*.odcs.yaml"))
    templates = sorted(oracles.glob("lib/*/site-packages/datacontract/schemas/odcs-*.init.yaml"))
    assert len(sources) >= 2
    assert len(templates) >= 1
    return (*sources, *templates)


@pytest.mark.slow
@pytest.mark.requirement("INT-05")
def test_every_contract_of_ours_passes_datacontract_lint(ask: Callable[..., Any]) -> None:
    said = ask(lint=CONTRACTS)["lint"]

    assert len(said) == len(CONTRACTS) > 0
    assert {p: s for p, s in said.items() if {part[3] for part in s} != {"passed"}} == {}


@pytest.mark.slow
@pytest.mark.requirement("INT-05")
def test_examples_of_the_standard_have_no_fault_under_it(examples: tuple[Path, ...]) -> None:
    faults = {path.name: schema_faults(read_document(path)) for path in examples}

    assert {name: found for name, found in faults.items() if found} == {}


@pytest.mark.slow
@pytest.mark.requirement("INT-05")
def test_examples_are_refused_in_words_that_say_what_to_do(
    examples: tuple[Path, ...],
) -> None:
    found = {path.name: faults_in(path) for path in examples}

    assert all(found.values())  # they name tables of other databases: none could be served here
    assert all(_is_told(fault) for faults in found.values() for fault in faults)


@pytest.mark.slow
@pytest.mark.requirement("INT-05")
def test_what_the_standard_refuses_is_refused_by_both(
    tmp_path: Path, examples: tuple[Path, ...], ask: Callable[..., Any]
) -> None:
    full = read_document(next(path for path in examples if path.name.startswith("full-example")))
    paths = {name: _broken(full, change, tmp_path / name) for name, change in NEGATIVES.items()}

    passed_here = {name for name, path in paths.items() if not schema_faults(read_document(path))}
    said = ask(lint=paths.values())["lint"]
    passed_there = {
        name for name, path in paths.items() if {part[3] for part in said[str(path)]} == {"passed"}
    }

    assert passed_here == set()
    assert passed_there == set()


def _broken(full: dict[str, Any], change: Change, folder: Path) -> Path:
    document = copy.deepcopy(full)
    change(document)
    folder.mkdir()
    path = folder / "broken.odcs.yaml"
    path.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True))
    return path


def _is_told(fault: Fault) -> bool:
    return bool(fault.path and fault.fault and fault.remedy)
