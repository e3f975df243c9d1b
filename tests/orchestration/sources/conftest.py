"""A landing on a folder of its own, and source contracts in a few words."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from contracts.model import Contract, Property, SchemaObject
from orchestration.sources.landing import LandingRequest, LandingRun, land
from orchestration.sources.landing_store import LandedFile, LandingStore

NOW = datetime(2024, 5, 1, 9, 30, tzinfo=UTC)


def column(name: str, kind: str = "varchar", required: bool = False, **custom: Any) -> Property:
    """A property of a source contract; `custom` are its customProperties."""
    return Property(name, "string", kind, "What it is.", name, required=required, custom=custom)


def table(name: str, files: list[str], *columns: Property, **custom: Any) -> SchemaObject:
    """A schema object of a source contract."""
    return SchemaObject(name, "What it is.", columns, custom={"files": files, **custom})


def system(*objects: SchemaObject, name: str = "payments_system") -> Contract:
    """A source contract."""
    return Contract(
        id=name,
        name=name,
        business_unit="commercial",
        version="1.0.0",
        status="active",
        title=name,
        purpose="",
        limitations="",
        usage="",
        objects=objects,
        service_levels=(),
        team=(),
        roles=(),
        support=(),
        tags=(),
        custom={},
        content_hash="0" * 64,
    )


PAYMENTS = system(
    table(
        "payments",
        ["payments/*"],
        column("entity", headers=["Entity"]),
        column("payment_date", "date", True, headers=["Date"], formats=["%d/%m/%Y", "excelSerial"]),
        column("supplier", required=True, headers=["Supplier", "Supplier Name"]),
        column("amount", "decimal(18,2)", True, headers=["Net Amount", "Amount"]),
    )
)


class Landing:
    """A source root and a landing store in one temporary folder."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "root"
        self.root.mkdir()
        self.store = LandingStore(folder / "landing")
        self.contract = PAYMENTS
        self.now = NOW

    def write(self, path: str, content: str | bytes) -> Path:
        """Writes a source file; text as UTF-8 with its newlines as given."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    @property
    def request(self) -> LandingRequest:
        """The request that `run` lands."""
        return LandingRequest(
            (self.contract,), self.root, self.store, self.now, memory_mb=256, threads=1
        )

    def run(self) -> LandingRun:
        """Lands everything below the root."""
        return land(self.request)

    def one(self) -> LandedFile:
        """Lands a root that holds one file, and gives its record."""
        (record,) = self.run().current
        return record

    @property
    def _object(self) -> str:
        return self.contract.objects[0].name

    def rows(self, what: str = "* EXCLUDE (_source_hash)") -> list[tuple[Any, ...]]:
        """Landed rows in the order of files and lines."""
        relation = self.store.relation(self.contract, self._object)
        return self._fetch(f"SELECT {what} FROM ({relation}) ORDER BY _source_file, _line")

    def rejects(self, what: str = "line, raw, reason") -> list[tuple[Any, ...]]:
        """Rejects in the order of files and lines."""
        relation = self.store.rejects_relation(self.contract, self._object)
        return self._fetch(f"SELECT {what} FROM ({relation}) ORDER BY source_file, line")

    @staticmethod
    def _fetch(query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect() as connection:
            return connection.execute(query).fetchall()


@pytest.fixture
def landing(tmp_path: Path) -> Landing:
    """An empty source root with the contract PAYMENTS."""
    return Landing(tmp_path)


@pytest.fixture
def landing_at() -> Callable[[Path], Landing]:
    """Makes a landing in a given folder, for tests that need several."""
    return Landing


@pytest.fixture
def source_column() -> Callable[..., Property]:
    """Makes a property."""
    return column


@pytest.fixture
def source_table() -> Callable[..., SchemaObject]:
    """Makes a schema object."""
    return table


@pytest.fixture
def source_system() -> Callable[..., Contract]:
    """Makes a source contract."""
    return system
