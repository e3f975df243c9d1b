"""Two major versions of one port: built, checked and published side by side (REU-04)."""

import copy
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from data_products.errors import VersionTooLow
from marketplace.access.model import Actor, Decision, Role
from marketplace.access.request_model import Asked
from marketplace.access.request_rules import one_stage
from marketplace.access.store import AccessStore
from marketplace.config import Settings
from orchestration.definitions import definitions
from orchestration.endings import ENDING
from orchestration.platform import Platform, open_platform
from orchestration.port_builds import build_port, check_port, plan, publish_port
from orchestration.run_log import RunLog

CHECKOUT = Path(__file__).parents[2]
V1, V2, REPORT = "finance.orders", "finance.orders_v2", "finance.report"
COLUMN = {
    "name": "order_id",
    "logicalType": "integer",
    "physicalType": "bigint",
    "description": "Number of the order.",
    "required": True,
}
DOCUMENT: dict[str, Any] = {
    "apiVersion": "v3.1.0",
    "kind": "DataContract",
    "status": "draft",
    "domain": "finance",
    "description": {"purpose": "To see.", "limitations": "No paper.", "usage": "Sum."},
    "team": {
        "members": [
            {"username": "team:finance-owners", "role": "owner"},
            {"username": "team:finance-stewards", "role": "steward"},
            {"username": "team:engineering", "role": "custodian"},
        ]
    },
    "roles": [{"role": "reader", "access": "read", "firstLevelApprovers": "team:stewards"}],
    "slaProperties": [
        {"property": "frequency", "value": 1, "unit": "m"},
        {"property": "retention", "value": 7, "unit": "y", "driver": "regulatory"},
    ],
    "customProperties": [
        {"property": "title", "value": "Orders"},
        {"property": "summary", "value": "Every order."},
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
    "version": "1.0.0",
    "status": "active",
    "domain": "finance",
    "description": {"purpose": "To see.", "limitations": "No paper.", "usage": "Sum."},
}


class Project:
    """A checkout with two products: one offers orders, the other reports on them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("macros", "plugins", "dbt_project.yml", "profiles.yml"):
            source, target = CHECKOUT / "dbt_project" / name, folder / "dbt_project" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if source.is_dir() else shutil.copyfile)(source, target)
        self.promise("orders", "1.0.0", "order_id", "amount")
        self.promise("report", "1.0.0", "order_id", "total")
        self.mart("orders", "select 1::bigint as order_id, 10::bigint as amount")
        self.mart(
            "report",
            "select order_id, amount as total from {{ source('ports', 'finance__orders') }}",
        )
        self.offer("orders", ("orders", "1.0.0"))
        self.offer("reporting", ("report", "1.0.0"), reads=("orders", "1.0.0"))
        self.sources("finance__orders")

    def promise(self, port: str, version: str, *columns: str, **changes: Any) -> None:
        major = version.split(".", maxsplit=1)[0]
        properties = [{**COLUMN, "name": name} for name in columns]
        table = {"name": port, "physicalType": "table", "description": "Rows."}
        document = copy.deepcopy(DOCUMENT) | {
            "id": f"finance.{port}.v{major}",
            "name": port,
            "version": version,
            "schema": [{**table, "properties": properties}],
            **changes,
        }
        self._write(f"contracts/finance/{port}.v{major}.odcs.yaml", yaml.safe_dump(document))

    def offer(
        self, product: str, *ports: tuple[str, str], reads: tuple[str, str] | None = None
    ) -> None:
        def named(port: str, version: str) -> dict[str, str]:
            major = version.split(".", maxsplit=1)[0]
            return {"name": port, "version": version, "contractId": f"finance.{port}.v{major}"}

        document = {**PRODUCT, "id": f"finance-{product}", "name": product}
        document["outputPorts"] = [named(*port) for port in ports]
        if reads is not None:
            document["inputPorts"] = [named(*reads)]
        text = yaml.safe_dump(document)
        self._write(f"data_products/finance/{product}/product.odps.yaml", text)

    def mart(self, name: str, sql: str) -> None:
        text = "{{ config(materialized='port') }}\n" + sql + "\n"
        self._write(f"dbt_project/models/marts/finance/{name}.sql", text)

    def sources(self, *tables: str) -> None:
        source = {"name": "ports", "schema": "ports", "tables": [{"name": t} for t in tables]}
        text = yaml.safe_dump({"version": 2, "sources": [source]})
        self._write("dbt_project/models/staging/ports/_sources.yml", text)

    def platform(self) -> Platform:
        return open_platform(Settings(home=self.folder / "home", project=self.folder))

    def run(self) -> Platform:
        """Builds, checks and publishes every port, producers first."""
        platform = self.platform()
        for port in platform.graph.ports:
            build_port(platform, port, platform.graph.inputs(port).models)
            check_port(platform, port, "run")
            publish_port(platform, port, "run")
        return platform

    def _write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def rows(platform: Platform, port: str) -> list[dict[str, Any]]:
    snapshot = platform.lakehouse.snapshot(port, platform.contract(port).major)
    assert snapshot is not None
    with duckdb.connect() as connection:
        found = connection.sql(f"SELECT * FROM {platform.lakehouse.relation(snapshot)}")
        return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def offer_second_major(project: Project) -> None:
    """What a business unit adds; nothing of the first major is touched but its end."""
    project.promise("orders", "2.0.0", "order_id", "total")
    project.mart("orders_v2", "select 1::bigint as order_id, 12::bigint as total")
    project.offer("orders", ("orders", "1.0.0"), ("orders", "2.0.0"))


@pytest.mark.requirement("REU-04")
def test_a_second_major_is_published_beside_the_first_which_stays_as_it_was(
    project: Project,
) -> None:
    before = project.run()
    assert rows(before, REPORT) == [{"order_id": 1, "total": 10}]
    offer_second_major(project)

    after = project.run()

    assert after.graph.ports == (V1, V2, REPORT)
    assert rows(after, V1) == [{"order_id": 1, "amount": 10}]
    assert rows(after, V2) == [{"order_id": 1, "total": 12}]
    assert rows(after, REPORT) == [{"order_id": 1, "total": 10}]  # it goes on reading v1
    assert after.lakehouse.table(V2, 2) == after.settings.lake.absolute() / "finance/orders/v2"
    assert plan(after, V1).is_unchanged and plan(after, REPORT).is_unchanged
    for port, version in ((V1, "1.0.0"), (V2, "2.0.0")):
        major = after.contract(port).major
        verdict = after.evidence.latest(port, major)
        assert verdict is not None
        assert (verdict.port, verdict.contract_version) == (port, version)


@pytest.mark.requirement("REU-04")
def test_a_consumer_moves_to_the_second_major_when_it_says_so(project: Project) -> None:
    offer_second_major(project)
    project.sources("finance__orders", "finance__orders_v2")
    project.mart(
        "report", "select order_id, total from {{ source('ports', 'finance__orders_v2') }}"
    )
    project.offer("reporting", ("report", "1.0.0"), reads=("orders", "2.0.0"))

    platform = project.run()

    assert rows(platform, REPORT) == [{"order_id": 1, "total": 12}]
    (reporting,) = [p for p in platform.registry.products if p.name == "reporting"]
    assert [port.port for port in reporting.input_ports] == [V2]


def test_both_majors_are_assets_with_a_check_each(project: Project) -> None:
    offer_second_major(project)

    built = definitions(project.platform(), RunLog())

    keys = {"/".join(key.path) for key in built.resolve_all_asset_keys()}
    assert {"candidates/finance/orders", "candidates/finance/orders_v2"} <= keys
    assert {"published/finance/orders", "published/finance/orders_v2"} <= keys


@pytest.mark.requirement("INT-05")
@pytest.mark.requirement("REU-04")
def test_a_break_within_a_major_is_refused_with_everybody_whom_it_would_meet(
    project: Project,
) -> None:
    platform = project.run()
    grant(platform, V1)
    project.promise("orders", "1.1.0", "order_id")
    project.offer("orders", ("orders", "1.1.0"))
    project.mart("orders", "select 1::bigint as order_id")
    changed = project.platform()
    build_port(changed, V1, changed.graph.inputs(V1).models)
    check_port(changed, V1, "run")

    with pytest.raises(VersionTooLow) as refused:
        publish_port(changed, V1, "run")

    told = str(refused.value)
    assert "schema.orders.amount: column removed (breaking)" in told
    assert "Offer it beside this one, as 2.0.0 in `orders.v2.odcs.yaml`" in told
    assert "- grant `analyst` (team:insight): until " in told
    assert "- product `finance/reporting`: declares `finance.orders` as an input port." in told
    assert "- port `finance.report`: its models read `finance.orders`." in told
    assert rows(platform, V1) == [{"order_id": 1, "amount": 10}]


@pytest.mark.requirement("REU-04")
def test_whoever_relies_on_a_port_is_told_once_that_its_end_was_announced(
    project: Project,
) -> None:
    grant(project.run(), V1)
    offer_second_major(project)
    project.promise("orders", "1.1.0", "order_id", "amount", **ending("2999-06-30"))
    project.offer("orders", ("orders", "1.1.0"), ("orders", "2.0.0"))

    project.run()
    platform = project.run()

    store = AccessStore.open(platform.settings.database_url)
    told = store.notifications_about(V1, (ENDING,))
    store.close()
    assert [notification.recipient for notification in told] == ["analyst"]
    assert told[0].message == (
        "`finance.orders` was announced to end. It is served until 30 June 2999; every grant ends "
        "then. `finance.orders_v2` takes its place, with a grant of its own."
    )
    snapshot = platform.lakehouse.snapshot(V1, 1)
    assert snapshot is not None
    assert (snapshot.version, snapshot.metadata["contract_version"]) == (1, "1.1.0")


def test_a_port_whose_service_is_over_is_not_built_any_more(project: Project) -> None:
    platform = project.run()
    project.promise("orders", "1.1.0", "order_id", "amount", status="retired")
    offer_second_major(project)
    project.offer("orders", ("orders", "1.1.0"), ("orders", "2.0.0"))

    changed = project.platform()
    built = build_port(changed, V1, changed.graph.inputs(V1).models)

    assert built.candidate is None
    assert rows(platform, V1) == [{"order_id": 1, "amount": 10}]


def ending(day: str) -> dict[str, Any]:
    levels = [*DOCUMENT["slaProperties"], {"property": "endOfLife", "value": day}]
    return {"status": "deprecated", "slaProperties": levels}


def grant(platform: Platform, port: str) -> None:
    now = datetime.now(UTC)
    asking = Actor("analyst", "Ada", frozenset({"insight"}), frozenset({Role.ANALYST}))
    deciding = Actor("steward", "Sam", frozenset({"stewards"}), frozenset({Role.STEWARD}))
    store = AccessStore.open(platform.settings.database_url)
    request = store.requests.submit(
        asking, Asked(port, "To audit the orders of this year.", 30), None, now
    )
    store.requests.decide(
        request.id, Decision(deciding, True, ""), one_stage(frozenset({"team:stewards"})), now
    )
    store.close()
