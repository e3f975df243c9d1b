"""`marketplace contract check --changed`: what a business unit's CI sees of its changes."""

import copy
import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from contracts.documents import load_contract
from contracts.verdict import Verdict
from data_products.candidate_writer import CandidateTarget, write_candidate
from data_products.lakehouse import Lakehouse, RunFacts
from marketplace.access.model import Actor, Decision, Role
from marketplace.access.request_model import Asked
from marketplace.access.request_rules import one_stage
from marketplace.access.store import AccessStore

Command = Callable[..., tuple[int, str, str]]
NOW = datetime.now(UTC)
CONTRACT = "contracts/finance/invoices.v1.odcs.yaml"
DESCRIPTOR = "data_products/finance/billing/product.odps.yaml"
ROWS = "SELECT i::BIGINT AS invoice_id, i * 10 AS amount FROM range(5) t(i)"

DOCUMENT: dict[str, Any] = {
    "apiVersion": "v3.1.0",
    "kind": "DataContract",
    "id": "finance.invoices.v1",
    "name": "invoices",
    "version": "1.0.0",
    "status": "draft",
    "domain": "finance",
    "description": {"purpose": "To see.", "limitations": "No paper.", "usage": "Sum."},
    "schema": [
        {
            "name": "invoices",
            "physicalType": "table",
            "description": "One row per invoice.",
            "properties": [
                {
                    "name": "invoice_id",
                    "logicalType": "integer",
                    "physicalType": "bigint",
                    "description": "Number of the invoice.",
                    "required": True,
                },
                {
                    "name": "amount",
                    "logicalType": "integer",
                    "physicalType": "bigint",
                    "description": "Pounds.",
                },
            ],
        }
    ],
    "team": {
        "members": [
            {"username": "team:finance-owners", "role": "owner"},
            {"username": "team:commercial-stewards", "role": "steward"},
            {"username": "team:engineering", "role": "custodian"},
        ]
    },
    "roles": [{"role": "reader", "access": "read", "firstLevelApprovers": "team:stewards"}],
    "slaProperties": [
        {"property": "frequency", "value": 1, "unit": "m"},
        {"property": "retention", "value": 7, "unit": "y", "driver": "regulatory"},
    ],
    "customProperties": [
        {"property": "title", "value": "Invoices"},
        {"property": "summary", "value": "Every invoice."},
        {"property": "securityClassification", "value": "OFFICIAL"},
        {"property": "sensitive", "value": False},
        {"property": "accessRights", "value": "INTERNAL"},
        {"property": "licence", "value": "OGL-UK-3.0"},
        {"property": "retention", "value": {"trigger": "x", "disposalAction": "destroy"}},
    ],
}
PRODUCT: dict[str, Any] = {
    "apiVersion": "v1.0.0",
    "kind": "DataProduct",
    "id": "finance-billing",
    "name": "billing",
    "version": "1.0.0",
    "status": "active",
    "domain": "finance",
    "description": {"purpose": "To see.", "limitations": "No paper.", "usage": "Sum."},
    "outputPorts": [{"name": "invoices", "version": "1.0.0", "contractId": "finance.invoices.v1"}],
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A checkout with one product, committed on `main`."""
    _write(tmp_path, DOCUMENT, "1.0.0")
    (tmp_path / ".gitignore").write_text("home/\n")
    for arguments in (
        ("init", "-q", "-b", "main"),
        ("add", "-A"),
        ("-c", "user.name=a", "-c", "user.email=a@example.test", "commit", "-qm", "Offer invoices"),
    ):
        subprocess.run(["git", "-C", str(tmp_path), *arguments], check=True)
    return tmp_path


@pytest.fixture
def published(project: Path) -> Path:
    """The same with five rows published, and one grant on them."""
    lakehouse = Lakehouse(project / "home" / "lake", project / "home" / "quarantine")
    contract = load_contract(project / CONTRACT)
    target = CandidateTarget(
        port="finance.invoices",
        major=1,
        table=lakehouse.table("finance.invoices", 1),
        fingerprint="a",
        sources={},
        base_version=None,
    )
    with duckdb.connect() as connection:
        candidate = write_candidate(connection, ROWS, target)
    verdict = Verdict(
        "finance.invoices",
        "1.0.0",
        contract.content_hash,
        candidate.content_hash,
        "run",
        NOW,
        5,
        (),
    )
    lakehouse.publish(contract, candidate, verdict, RunFacts("run", "abc", "pipeline"))
    store = AccessStore.open(f"sqlite:///{project / 'home' / 'state.db'}")
    asking = Actor("analyst", "Ada", frozenset({"insight"}), frozenset({Role.ANALYST}))
    deciding = Actor("steward", "Sam", frozenset({"stewards"}), frozenset({Role.STEWARD}))
    request = store.requests.submit(
        asking, Asked("finance.invoices", "To audit the invoices of 2026.", 30), None, NOW
    )
    store.requests.decide(
        request.id, Decision(deciding, True, ""), one_stage(frozenset({"team:stewards"})), NOW
    )
    store.close()
    return project


def change(project: Path, version: str, edit: Callable[[dict[str, Any]], object]) -> None:
    document = copy.deepcopy(DOCUMENT)
    document["version"] = version
    edit(document["schema"][0])
    _write(project, document, version)


def _write(project: Path, document: dict[str, Any], version: str) -> None:
    product = copy.deepcopy(PRODUCT)
    product["outputPorts"][0]["version"] = version
    for name, content in ((CONTRACT, document), (DESCRIPTOR, product)):
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(content, sort_keys=False))


def test_nothing_changed_is_said_and_passes(command: Command, project: Path) -> None:
    code, told, _ = command("contract", "check", "--changed")

    assert (code, told) == (0, "No contract differs from `main`.\n")


@pytest.mark.requirement("INT-05")
@pytest.mark.requirement("REU-04")
def test_a_break_under_a_minor_version_is_refused_at_its_line_and_names_who_relies_on_it(
    command: Command, published: Path
) -> None:
    change(published, "1.1.0", lambda table: table["properties"][0].pop("required"))

    code, told, _ = command("contract", "check", "--changed")

    assert code == 1
    assert f"{CONTRACT}:5: error: Version 1.1.0 is too low" in told
    assert "1 breaking since 1.0.0, which is published: at least 2.0.0 is demanded." in told
    assert "grant `analyst` (team:insight)" in told
    assert "to: To audit the invoices of 2026." in told
    assert "warning: Breaking: `required` removed" in told
    assert told.endswith("1 changed contract: 1 may not be merged.\n")


@pytest.mark.requirement("INT-05")
def test_a_new_promise_that_the_data_does_not_keep_is_refused_though_its_version_is_enough(
    command: Command, published: Path
) -> None:
    options = {"minimum": 5}
    change(
        published, "1.1.0", lambda table: table["properties"][1].update(logicalTypeOptions=options)
    )

    code, told, _ = command("contract", "check", "--changed")

    assert code == 1
    assert "error: The current data does not keep this new promise" in told
    assert "notice: Compatible: `minimum` added" in told


def test_a_new_promise_that_the_data_keeps_passes(command: Command, published: Path) -> None:
    change(published, "1.1.0", lambda table: table["properties"][0].update(unique=True))

    code, told, _ = command("contract", "check", "--changed")

    assert code == 0, told


def test_a_new_column_is_not_asked_of_the_published_data(command: Command, published: Path) -> None:
    column = {
        "name": "paid",
        "logicalType": "boolean",
        "physicalType": "boolean",
        "description": "Whether it was paid.",
        "required": True,
    }
    change(published, "1.1.0", lambda table: table["properties"].append(column))

    code, told, _ = command("contract", "check", "--changed")

    assert code == 0, told
    assert "Not in the data yet" in told


def test_without_published_data_the_git_base_is_compared_and_that_is_said(
    command: Command, project: Path
) -> None:
    change(project, "1.0.1", lambda table: table["properties"].pop())

    code, told, _ = command("contract", "check", "--changed", "--base", "HEAD")

    assert code == 1
    assert "1 breaking since `HEAD`: at least 2.0.0 is demanded." in told
    assert "notice: Not run on data" in told


def test_annotations_for_github_name_file_line_and_title(command: Command, published: Path) -> None:
    change(published, "1.0.1", lambda table: table["properties"].pop())

    code, told, _ = command("contract", "check", "--changed", "--format", "github")

    first, *_ = told.splitlines()
    assert code == 1
    assert first.startswith(
        f"::error file={CONTRACT},line=5,title=Version 1.0.1 is too low::1 breaking since 1.0.0"
    )
    assert "%0A- grant `analyst`" in first


def test_json_has_the_change_and_every_finding(command: Command, published: Path) -> None:
    change(published, "1.0.1", lambda table: table["properties"].pop())

    code, told, _ = command("contract", "check", "--changed", "--json")

    document = json.loads(told)
    assert (code, document["passed"]) == (1, False)
    (review,) = document["contracts"]
    assert review["port"] == "finance.invoices"
    assert review["change"]["demanded_version"] == "2.0.0"


def test_faults_are_told_at_their_line(command: Command, project: Path) -> None:
    change(project, "1.0.1", lambda table: table["properties"][0].update(logicalType="whole"))

    code, told, _ = command("contract", "check", "--changed")

    line = (project / CONTRACT).read_text().splitlines().index("    logicalType: whole") + 1
    assert code == 1
    assert f"{CONTRACT}:{line}: error: Fault at schema[0].properties[0].logicalType" in told


def test_a_descriptor_that_was_forgotten_fails_the_review(command: Command, project: Path) -> None:
    document = {**copy.deepcopy(DOCUMENT), "version": "1.0.1", "tags": ["money"]}
    (project / CONTRACT).write_text(yaml.safe_dump(document, sort_keys=False))

    code, told, _ = command("contract", "check", "--changed")

    assert code == 1
    assert f"{DESCRIPTOR}:" in told
    assert "is `1.0.0`, and its contract" in told


def test_a_published_contract_cannot_just_be_removed(command: Command, published: Path) -> None:
    (published / CONTRACT).unlink()

    code, told, _ = command("contract", "check", "--changed")

    assert code == 1
    assert "error: A published contract was removed" in told
    assert "grant `analyst`" in told


@pytest.mark.parametrize(
    "arguments",
    [("--changed", "--base", "nowhere"), ("finance.invoices", "--changed"), ()],
    ids=["unknown base", "a port and --changed", "neither"],
)
def test_misuse_leaves_with_two(
    command: Command, project: Path, arguments: tuple[str, ...]
) -> None:
    assert command("contract", "check", *arguments)[0] == 2


def test_without_git_it_is_misuse(command: Command) -> None:
    code, _, told = command("contract", "check", "--changed")

    assert code == 2
    assert "has no git history" in told


@pytest.mark.requirement("REU-04")
def test_a_steward_lists_who_relies_on_a_port(command: Command, published: Path) -> None:
    assert command("index", "build")[0] == 0

    code, told, _ = command("product", "impact", "finance.invoices", "--as", "steward")
    refused, _, why = command("product", "impact", "finance.invoices", "--as", "analyst")

    assert code == 0
    assert "analyst" in told
    assert "To audit the invoices of 2026." in " ".join(told.split())
    assert refused == 1
    assert "Refused" in why
