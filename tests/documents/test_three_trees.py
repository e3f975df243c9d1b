"""Contracts, descriptors and dbt models say the same: adding a product takes no Python."""

import json
import re
from pathlib import Path

import pytest
import yaml

from contracts.checks import checks_for
from contracts.documents import load_source_contracts
from contracts.metadata import missing_metadata
from contracts.model import QualityKind, Severity
from data_products.registry import Registry, load_registry
from orchestration.sources.headers import fold
from orchestration.sources.source_objects import source_objects

PROJECT = Path(__file__).parents[2]
MODELS = PROJECT / "dbt_project" / "models"
MARTS = sorted((MODELS / "marts").rglob("*.sql"))


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry(PROJECT)


@pytest.fixture(scope="module")
def dbt_sources() -> dict[tuple[str, str], dict]:
    found = {}
    for path in MODELS.rglob("_sources.yml"):
        for source in yaml.safe_load(path.read_text())["sources"]:
            for table in source["tables"]:
                found[source["name"], table["name"]] = table["config"]["meta"]
    return found


def sources_read_by(model: Path) -> set[tuple[str, str]]:
    """The dbt sources that a model reads, directly and through the models that it refers to."""
    text = model.read_text() + macro_arguments(model)
    found = set(re.findall(r"source\('(\w+)', '(\w+)'\)", text))
    for name in set(re.findall(r"ref\('(\w+)'\)", text)):
        found |= sources_read_by(next(MODELS.rglob(f"{name}.sql")))
    return found


def macro_arguments(model: Path) -> str:
    return "\n".join(re.findall(r"ref\(\s*'\w+'\s*\)", model.read_text()))


def test_every_port_has_a_mart_and_every_mart_a_port(registry):
    assert {f"{path.parent.name}.{path.stem}" for path in MARTS} == set(registry.ports)


def test_every_port_is_offered_by_a_product_with_a_readme(registry):
    for product in registry.products:
        assert product.readme.startswith("# "), product.reference
        for port in product.output_ports:
            assert f"`{port.reference}`" in product.readme


@pytest.mark.parametrize("mart", MARTS, ids=lambda path: path.stem)
def test_a_mart_selects_the_columns_of_its_contract_in_order(mart, registry):
    contract = registry.port(f"{mart.parent.name}.{mart.stem}").contract

    final = re.search(r"\nfinal as \(\n    select\n(.*?)\n    from ", mart.read_text(), re.S)
    selected = [part.split()[-1].rsplit(".")[-1] for part in top_level_parts(final.group(1))]

    assert selected == [column.name for column in contract.table.properties]


def top_level_parts(select_list: str) -> list[str]:
    parts, depth = [""], 0
    for letter in select_list:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def test_every_landed_table_of_dbt_is_a_contracted_kind_of_file_and_vice_versa(
    registry, dbt_sources
):
    contracted = {
        (
            f"{source.name}__{table.name}",
            f"{source.business_unit}/sources/{source.name}.v{source.major}",
        )
        for source in registry.sources
        for table in source.objects
    }

    declared = {
        (table, meta["source_contract"])
        for (source, table), meta in dbt_sources.items()
        if source == "landing"
    }
    assert declared == contracted


def test_every_published_table_of_dbt_is_a_port(registry, dbt_sources):
    ports = {t: m["port"] for (source, t), m in dbt_sources.items() if source == "ports"}

    assert {table: port.replace(".", "__") for table, port in ports.items()} == {
        table: table for table in ports
    }
    assert set(ports.values()) <= set(registry.ports)


def test_a_product_declares_exactly_the_foreign_ports_that_its_marts_read(registry):
    for product in registry.products:
        own = {port.reference for port in product.output_ports}
        read = {
            table.replace("__", ".", 1)
            for port in product.output_ports
            for mart in MARTS
            if f"{mart.parent.name}.{mart.stem}" == port.reference
            for source, table in sources_read_by(mart)
            if source == "ports"
        }
        assert {port.port for port in product.input_ports} == read - own, product.reference


def test_only_staging_reads_sources_and_each_only_one():
    for path in MODELS.rglob("*.sql"):
        sources = re.findall(r"source\('(\w+)', '(\w+)'\)", path.read_text())
        assert len(sources) == (1 if "staging" in path.parts else 0), path.name


@pytest.mark.requirement("FND-01", "INT-01", "PRP-03")
def test_no_contract_lacks_mandatory_metadata(registry):
    assert {r: missing_metadata(p.contract) for r, p in registry.ports.items()} == dict.fromkeys(
        registry.ports, ()
    )


def test_every_contract_can_fail_for_its_rows_and_says_how_fresh_it_is(registry):
    for reference, port in registry.ports.items():
        checks = checks_for(port.contract)
        rules = [rule for rule in port.contract.table.quality if rule.kind is QualityKind.SQL]
        assert len(rules) >= 5, reference
        assert len(checks) >= 30, reference
        assert any(level.name == "freshness" for level in port.contract.service_levels), reference
        assert any(rule.severity is Severity.ERROR for rule in rules), reference


def test_personal_columns_are_where_they_are_declared_and_staff_are_never_open(registry):
    personal = {
        reference: port.contract
        for reference, port in registry.ports.items()
        if any(column.is_personal for column in port.contract.table.properties)
    }

    assert set(personal) == {
        "people.learning_records",
        "commercial.grant_awards",
        "commercial.payments",
        "commercial.supplier_spend",
    }
    assert all(contract.custom["dataSubjects"] for contract in personal.values())
    assert personal["people.learning_records"].marking == "OFFICIAL-SENSITIVE"


@pytest.mark.requirement("PRP-02")
def test_addresses_of_recipients_of_grants_are_not_contracted():
    sources = load_source_contracts(PROJECT / "contracts")
    (register,) = [source for source in sources if source.name == "grants_register"]
    taken = {name for kind in source_objects(register) for c in kind.columns for name in c.headers}

    for header in ("Street Address", "City", "Postal Code"):
        assert fold(f"Recipient Org:{header}") not in taken


@pytest.mark.requirement("PRP-02")
@pytest.mark.parametrize(
    "header", ["Full Name", "Email", "Date of Birth", "Home Postcode", "Line Manager Notes"]
)
def test_what_no_purpose_needs_is_not_contracted(header):
    sources = load_source_contracts(PROJECT / "contracts")
    (learning,) = [source for source in sources if source.name == "learning_system"]

    (kind,) = source_objects(learning)

    assert all(fold(header) not in column.headers for column in kind.columns)


@pytest.mark.real_data
def test_the_real_column_maps_of_the_publishers_are_covered(shared_data):
    sources = load_source_contracts(PROJECT / "contracts")
    (payments,) = [source for source in sources if source.name == "payments_over_threshold"]
    monthly = source_objects(payments)[0]
    headers = {column.name: set(column.headers) for column in monthly.columns}
    pairs = {"Amount": "amount", "Beneficiary Name": "supplier", "Payment Date": "payment_date"}

    unknown = {
        (path.parent.name, spelling)
        for path in shared_data.glob("spend_*/**/index.json")
        for wanted, column in pairs.items()
        for spelling in json.loads(path.read_text())["columns"]["map"].get(wanted, [])
        if fold(spelling) not in headers[column]
    }
    assert unknown == set()
