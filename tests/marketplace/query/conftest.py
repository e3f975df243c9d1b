"""A small real marketplace: Delta tables, a registry, an access store, and an engine over them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from contracts.model import AccessRole, Contract, Property, SchemaObject
from data_products.lakehouse import Lakehouse
from data_products.model import DataProduct, OutputPort
from data_products.registry import Registry
from marketplace.access.model import Actor, Decision, Role
from marketplace.access.request_model import Asked
from marketplace.access.request_rules import one_stage
from marketplace.access.restriction import WHOLE, Restriction
from marketplace.access.store import AccessStore
from marketplace.query.copies import CopySettings
from marketplace.query.engine import QueryEngine
from marketplace.query.limits import Limits, QuerySettings
from marketplace.query.result import QueryResult

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
SECRET = "lighthouse-7431"  # stands in every row of the ports that nobody in the tests may read
COPY_SECRET = b"a secret of thirty-two characters"
LIMITS = Limits(seconds=10, memory_mb=300, rows=50_000, result_mb=32, spill_mb=64)

ADA = Actor("ada", "Ada Fenwick", frozenset({"insight"}), frozenset({Role.ANALYST}))
BEN = Actor("ben", "Ben Achebe", frozenset({"insight"}), frozenset({Role.ANALYST}))
SAM = Actor("sam", "Sam Okoro", frozenset({"commercial-stewards"}), frozenset({Role.STEWARD}))
APPROVERS = frozenset({"team:commercial-stewards"})


@dataclass(frozen=True)
class Room:
    """Everything that a statement meets, and the few acts that tests need."""

    folder: Path
    lakehouse: Lakehouse
    registry: Registry
    store: AccessStore
    engine: QueryEngine
    ada: Actor = ADA
    ben: Actor = BEN
    sam: Actor = SAM
    now: datetime = NOW
    limits: Limits = LIMITS
    secret: str = SECRET
    copy_secret: bytes = COPY_SECRET

    def grant(
        self,
        actor: Actor,
        port: str,
        days: int = 30,
        at: datetime = NOW,
        restriction: Restriction = WHOLE,
    ) -> str:
        """A standing grant, asked for by `actor` and approved by Sam; its id."""
        request = self.store.requests.submit(
            actor, Asked(port, "To measure what departments pay", days), None, at
        )
        decision = Decision(SAM, approve=True, reason="", restriction=restriction)
        decided = self.store.requests.decide(request.id, decision, one_stage(APPROVERS), at)
        return next(g.id for g in self.store.grants_of(actor.id) if g.request_id == decided.id)

    def ask(
        self, sql: str, actor: Actor = ADA, now: datetime = NOW, limits: Limits | None = None
    ) -> QueryResult:
        """The answer that `actor` gets."""
        return self.engine.run(actor, sql, now, limits)

    def rows(self, sql: str, actor: Actor = ADA, now: datetime = NOW) -> list[dict]:
        """The rows that `actor` gets."""
        return self.ask(sql, actor, now).table().to_pylist()

    def publish(self, port: str, rows: pa.Table, split_by: list[str] | None = None) -> None:
        """A further Delta version of a port."""
        table = self.lakehouse.table(port, 1)
        write_deltalake(table, rows, mode="append", partition_by=split_by, schema_mode="merge")


def payments(first: int, rows: int) -> pa.Table:
    """Rows `first` and up of a payments port."""
    ids = range(first, first + rows)
    return pa.table(
        {
            "payment_id": pa.array(ids, pa.int64()),
            "supplier": [f"Supplier {i % 7}" for i in ids],
            "month": [f"2024-{i % 3 + 1:02}-01" for i in ids],
            "amount": pa.array([i * 1.25 for i in ids], pa.float64()),
        }
    )


def secret_rows() -> pa.Table:
    """Rows that must never be seen."""
    return pa.table({"person": [f"{SECRET}-{i}" for i in range(50)], "amount": list(range(50))})


def _port(reference: str) -> OutputPort:
    unit, name = reference.split(".")
    column = Property("payment_id", "integer", "bigint", "Which payment", "Payment")
    table = SchemaObject(name, "Payments", (column,))
    contract = Contract(
        id=reference, name=name, business_unit=unit, version="1.0.0", status="active",
        title=name, purpose="", limitations="", usage="", objects=(table,), service_levels=(),
        team=(), roles=(AccessRole("reader", "read", tuple(APPROVERS)),), support=(), tags=(),
        custom={}, content_hash="0" * 64,
    )  # fmt: skip
    return OutputPort(name, f"{unit}/{name}", contract)


def _registry(*references: str) -> Registry:
    product = DataProduct(
        id="p", name="p", business_unit="commercial", title="", version="1.0.0", status="active",
        purpose="", limitations="", usage="", themes=(), tags=(), team=(),
        output_ports=tuple(map(_port, references)), input_ports=(), support=(), readme="",
        path=Path("product.odps.yaml"),
    )  # fmt: skip
    return Registry((product,), ())


@dataclass(frozen=True)
class World:
    """The documents and tables that no test changes."""

    folder: Path
    lakehouse: Lakehouse
    registry: Registry


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Two granted ports, two that nobody is granted, one unpublished."""
    folder = tmp_path_factory.mktemp("world").resolve()
    lakehouse = Lakehouse(folder / "lake", folder / "quarantine")
    registry = _registry(
        "commercial.payments", "commercial.suppliers", "people.salaries", "commercial.tenders",
        "commercial.drafts",
    )  # fmt: skip
    tables = {
        "commercial.payments": payments(0, 3000),
        "commercial.suppliers": pa.table({"supplier": [f"Supplier {i}" for i in range(7)]}),
        "people.salaries": secret_rows(),
        "commercial.tenders": secret_rows(),
    }
    for port, rows in tables.items():
        split_by = ["month"] if port == "commercial.payments" else None
        write_deltalake(lakehouse.table(port, 1), rows, partition_by=split_by)
    return World(folder, lakehouse, registry)


@pytest.fixture(scope="module")
def shared_engine_room(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """One engine for a module's tests, with Ada's and Ben's grants; tests leave it as it is."""
    folder = tmp_path_factory.mktemp("state")
    store = AccessStore.open(f"sqlite:///{folder / 'state.db'}")
    settings = QuerySettings(scratch=folder / "scratch", limits=LIMITS)
    with QueryEngine(settings, world.lakehouse, world.registry, store) as engine:
        room = Room(folder, world.lakehouse, world.registry, store, engine)
        for actor in (ADA, BEN):
            room.grant(actor, "commercial.payments")
            room.grant(actor, "commercial.suppliers")
        yield room
    store.close()


@pytest.fixture
def room(world: World, tmp_path: Path) -> Iterator[Room]:
    """An engine and an access store of the test's own; the tables are shared."""
    store = AccessStore.open(f"sqlite:///{tmp_path / 'state.db'}")
    copies = CopySettings(tmp_path / "copies", COPY_SECRET)
    settings = QuerySettings(tmp_path / "scratch", LIMITS, spares=1, copies=copies)
    with QueryEngine(settings, world.lakehouse, world.registry, store) as engine:
        yield Room(tmp_path, world.lakehouse, world.registry, store, engine)
    store.close()


@pytest.fixture
def later() -> datetime:
    """A month and a day after NOW: grants of 30 days have ended."""
    return NOW + timedelta(days=31)
