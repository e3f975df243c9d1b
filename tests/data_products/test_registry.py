"""The registry: what is offered, and every fault of the documents at once."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.errors import InvalidContract
from contracts.model import Contract, Reference
from data_products.descriptors import read_descriptor
from data_products.errors import InvalidProduct, UnknownPort, UnknownProduct
from data_products.model import DataProduct, OutputPort
from data_products.registry import Registry, load_registry
from data_products.registry_rules import Described, registry_faults

DESCRIPTOR: dict[str, Any] = {
    "apiVersion": "v1.0.0",
    "kind": "DataProduct",
    "id": "finance-billing",
    "name": "billing",
    "version": "1.2.0",
    "status": "active",
    "domain": "finance",
    "description": {"purpose": "To see.", "limitations": "No paper.", "usage": "Sum."},
    "outputPorts": [{"name": "invoices", "version": "1.0.0", "contractId": "finance-invoices"}],
}


def described(folder: Path, **changes: Any) -> Described:
    """A descriptor in its place below `folder`, read back."""
    document = {**DESCRIPTOR, **changes}
    path = folder / document["domain"] / document["name"] / "product.odps.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    descriptor, faults = read_descriptor(path)
    assert descriptor is not None and faults == ()
    return Described(descriptor, path)


def said(faults: Any) -> list[str]:
    return [f"{fault.path}: {fault.fault}" for fault in faults]


@pytest.fixture
def contract(lake: Any) -> Callable[..., Contract]:
    def make(port: str = "invoices", **changes: Any) -> Contract:
        candidate = lake.build("SELECT 1 AS invoice_id, 'x' AS email")
        return lake.contract(candidate, **{"name": port, "id": f"finance-{port}", **changes})

    return make


FAULTS: list[tuple[Callable[[dict[str, Any]], Any], str]] = [
    (lambda d: d.pop("version"), "version: is missing. Add it."),
    (lambda d: d.pop("id"), "id: is missing. Add it."),
    (lambda d: d["description"].pop("limitations"), "description.limitations: is missing."),
    (lambda d: d.update(colour="red"), "colour: is no key of ODPS v1.0.0."),
    (lambda d: d["description"].update(puprose="x"), "description.puprose: is no key"),
    (lambda d: d.update(status="live"), "status: is `live`: Input should be 'proposed', 'draft'"),
    (lambda d: d.update(version="1.0"), "version: is `1.0`: String should match pattern"),
    (lambda d: d.update(version=1.0), "version: is `1.0`: Input should be a valid string"),
    (lambda d: d.update(outputPorts=[]), "outputPorts: is `[]`: List should have at least 1 item"),
    (lambda d: d.pop("outputPorts"), "outputPorts: is missing."),
    (lambda d: d.update(apiVersion="v0.9.0"), "apiVersion: is `v0.9.0`: Input should be 'v1.0.0'"),
    (lambda d: d["outputPorts"][0].pop("contractId"), "outputPorts[0].contractId: is missing."),
    (lambda d: d["outputPorts"].append(d["outputPorts"][0]), "outputPorts[1]: repeats"),
    (lambda d: d.update(support=[{"channel": "help"}]), "support[0].url: is missing."),
    (lambda d: d.update(support=[{"channel": "h", "url": "call us"}]), "support[0].url: is `call"),
]


@pytest.mark.parametrize(("break_it", "fault"), FAULTS, ids=[fault for _, fault in FAULTS])
def test_a_descriptor_that_breaks_the_standard_is_refused(
    tmp_path: Path, break_it: Callable[[dict[str, Any]], Any], fault: str
) -> None:
    document = yaml.safe_load(yaml.safe_dump(DESCRIPTOR))
    break_it(document)
    path = tmp_path / "product.odps.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")

    _, faults = read_descriptor(path)

    assert len(faults) == 1
    assert str(faults[0]).startswith(f"{path.as_posix()}: {fault}")


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "data_products"
    for unit in ("finance", "people"):
        path = folder / unit / "billing" / "product.odps.yaml"
        path.parent.mkdir(parents=True)
        path.write_text("kind: DataProduct\nstatus: live\n", encoding="utf-8")

    with pytest.raises(InvalidProduct) as refusal:
        load_registry(tmp_path)

    lines = str(refusal.value).splitlines()
    assert lines[0] == "The data products were not loaded: 16 faults."
    assert len(refusal.value.faults) == 16
    assert f"- {path.as_posix()}: apiVersion: is missing. Add it." in lines


def test_an_unreadable_descriptor_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "data_products" / "finance" / "billing" / "product.odps.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("a: [", encoding="utf-8")

    with pytest.raises(InvalidProduct, match=r"product\.odps\.yaml: "):
        load_registry(tmp_path)


def test_faults_of_contracts_alone_are_the_contracts_own_error(tmp_path: Path) -> None:
    path = tmp_path / "contracts" / "finance" / "invoices.v1.odcs.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("kind: DataContract\n", encoding="utf-8")

    with pytest.raises(InvalidContract):
        load_registry(tmp_path)


def test_an_empty_project_offers_nothing(tmp_path: Path) -> None:
    registry = load_registry(tmp_path)

    assert (registry.products, dict(registry.ports), registry.sources) == ((), {}, ())


def test_documents_that_agree_have_no_fault(tmp_path: Path, contract: Any) -> None:
    assert registry_faults([described(tmp_path)], [contract()]) == ()


def test_a_descriptor_lies_where_it_says(tmp_path: Path) -> None:
    path = tmp_path / "people" / "wages" / "product.odps.yaml"
    path.parent.mkdir(parents=True)
    each = replace(described(tmp_path / "elsewhere"), path=path)

    found = said(registry_faults([each], []))

    assert "domain: is `finance`, and its folder is `people`." in found
    assert "name: is `billing`, and its folder is `wages`." in found


def test_an_output_port_needs_its_contract(tmp_path: Path) -> None:
    faults = registry_faults([described(tmp_path)], [])

    assert said(faults) == [
        "outputPorts[0].contractId: is `finance-invoices`, and no contract has this id."
    ]


def test_an_output_port_says_what_its_contract_says(tmp_path: Path, contract: Any) -> None:
    other = contract(version="2.0.0", name="bills", business_unit="people")

    found = said(registry_faults([described(tmp_path)], [other]))

    assert [line.split(":")[0] for line in found] == [
        "outputPorts[0].name",
        "outputPorts[0].version",
        "outputPorts[0].business unit",
    ]


def test_every_contract_is_offered_by_exactly_one_product(tmp_path: Path, contract: Any) -> None:
    twice = described(tmp_path, id="other", name="other")

    found = said(registry_faults([described(tmp_path), twice], [contract(), contract("payments")]))

    assert found == [
        "id: `finance-invoices` is offered by `finance/billing`, `finance/other`.",
        "id: `finance-payments` is offered by no product.",
    ]


def test_ids_are_not_shared(tmp_path: Path, contract: Any) -> None:
    same = described(
        tmp_path,
        name="other",
        outputPorts=[{"name": "payments", "version": "1.0.0", "contractId": "finance-payments"}],
    )
    contracts = [contract(), contract("payments"), contract("payments")]

    found = said(registry_faults([described(tmp_path), same], contracts))

    assert [line.split(",")[0] for line in found] == [
        "id: is `finance-payments`",
        "id: is `finance-billing`",
    ]


INPUTS = [
    ("1.0.0", []),
    ("1.1.0", ["inputPorts[0].version: is `1.1.0`, and `finance.invoices` offers `1.0.0`."]),
    ("2.0.0", ["inputPorts[0].version: is `2.0.0`, and `finance.invoices` offers `1.0.0`."]),
]


@pytest.mark.parametrize(("version", "faults"), INPUTS, ids=[version for version, _ in INPUTS])
def test_an_input_port_asks_for_what_is_offered(
    tmp_path: Path, contract: Any, version: str, faults: list[str]
) -> None:
    consumer = described(
        tmp_path,
        id="finance-profile",
        name="profile",
        inputPorts=[{"name": "in", "version": version, "contractId": "finance-invoices"}],
        outputPorts=[{"name": "totals", "version": "1.0.0", "contractId": "finance-totals"}],
    )
    contracts = [contract(), contract("totals")]

    assert said(registry_faults([described(tmp_path), consumer], contracts)) == faults


def test_an_input_port_that_nobody_offers_is_a_fault(tmp_path: Path, contract: Any) -> None:
    each = described(tmp_path, inputPorts=[{"name": "in", "version": "1.0.0", "contractId": "no"}])

    assert said(registry_faults([each], [contract()])) == [
        "inputPorts[0].contractId: is `no`, and no contract has this id."
    ]


def test_products_may_not_feed_each_other_in_a_circle(tmp_path: Path, contract: Any) -> None:
    def consuming(name: str, port: str, upstream: str) -> Described:
        return described(
            tmp_path,
            id=name,
            name=name,
            inputPorts=[{"name": "in", "version": "1.0.0", "contractId": f"finance-{upstream}"}],
            outputPorts=[{"name": port, "version": "1.0.0", "contractId": f"finance-{port}"}],
        )

    circle = [consuming("a", "one", "two"), consuming("b", "two", "one")]

    found = said(registry_faults(circle, [contract("one"), contract("two")]))

    assert len(found) == 1
    assert found[0].startswith("inputPorts: make a circle: `finance/")


def test_a_foreign_key_leads_to_a_promised_column(tmp_path: Path, contract: Any) -> None:
    whole = contract()
    to = [("finance.nowhere", "id"), ("finance.invoices", "nothing"), ("finance.invoices", "email")]
    references = tuple(
        Reference(f"r[{i}]", ("email",), port, (column,)) for i, (port, column) in enumerate(to)
    )
    bound = replace(whole, objects=(replace(whole.table, references=references),))

    assert said(registry_faults([described(tmp_path)], [bound])) == [
        "r[0]: refers to port `finance.nowhere`, which no contract promises.",
        "r[1]: refers to `nothing`, which `finance.invoices` does not have.",
    ]


def test_files_are_never_split_by_personal_data(tmp_path: Path, contract: Any) -> None:
    whole = contract(personal=("email",))
    columns = tuple(
        replace(column, partition_key_position=1) if column.name == "email" else column
        for column in whole.table.properties
    )
    split = replace(whole, objects=(replace(whole.table, properties=columns),))

    assert said(registry_faults([described(tmp_path)], [split])) == [
        "schema[0].properties[1].partitioned: splits the files by `email`, which is personal data."
    ]


def registry_of(*contracts: Contract) -> Registry:
    ports = tuple(OutputPort(c.name, "finance/billing", c) for c in contracts)
    product = DataProduct(
        id="finance-billing",
        name="billing",
        business_unit="finance",
        title="Billing",
        version="1.0.0",
        status="active",
        purpose="",
        limitations="",
        usage="",
        themes=(),
        tags=(),
        team=(),
        output_ports=ports,
        input_ports=(),
        support=(),
        readme="",
        path=Path(),
    )
    return Registry((product,), ())


def test_an_unknown_port_is_answered_with_near_names(contract: Any) -> None:
    registry = registry_of(contract(), contract("payments"))

    with pytest.raises(UnknownPort) as refusal:
        registry.port("finance.invoice")

    assert str(refusal.value) == (
        "No output port `finance.invoice`. Finance offers: `finance.invoices`, `finance.payments`."
    )
    with pytest.raises(UnknownPort) as refusal:
        registry.port("finanse.invoices")
    assert str(refusal.value) == (
        "No output port `finanse.invoices`. Near it: `finance.invoices`, `finance.payments`."
    )
    with pytest.raises(UnknownPort) as refusal:
        registry.port("zzz")
    assert str(refusal.value) == "No output port `zzz`. Look for it with the search."


def test_an_unknown_product_is_answered_with_near_names(contract: Any) -> None:
    registry = registry_of(contract())

    assert registry.product("finance/billing").title == "Billing"
    with pytest.raises(UnknownProduct) as refusal:
        registry.product("finance/bills")
    assert str(refusal.value) == (
        "No data product `finance/bills`. Finance offers: `finance/billing`."
    )


@pytest.mark.requirement("REU-04")
def test_each_major_version_has_a_name_of_its_own_that_it_keeps(contract: Any) -> None:
    registry = registry_of(
        contract(version="3.0.0", status="draft"),
        contract(version="2.0.0"),
        contract(version="1.4.0", status="deprecated"),
    )

    assert list(registry.ports) == [
        "finance.invoices",
        "finance.invoices_v2",
        "finance.invoices_v3",
    ]
    assert registry.port("finance.invoices").contract.version == "1.4.0"
    assert registry.port("finance.invoices_v1").contract.version == "1.4.0"
    assert registry.port("finance.invoices_v2").contract.version == "2.0.0"
    majors = [port.contract.major for port in registry.versions("finance.invoices_v2")]
    assert majors == [1, 2, 3]
    with pytest.raises(UnknownPort):
        registry.port("finance.invoices_v4")


def test_every_document_of_this_checkout_is_in_order() -> None:
    project = Path(__file__).parents[2]
    if not list(project.glob("data_products/*/*/product.odps.yaml")):
        pytest.fail("no products are described")

    registry = load_registry(project)

    assert registry.ports
    assert all(product.readme for product in registry.products)
