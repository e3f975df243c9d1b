"""Two major versions of a port, queried side by side until the older one ends (REU-04)."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from contracts.model import ServiceLevel
from data_products.lakehouse import Lakehouse
from data_products.model import OutputPort
from data_products.registry import Registry
from marketplace.access.store import AccessStore
from marketplace.query.engine import QueryEngine
from marketplace.query.errors import NoGrant, ServiceEnded
from marketplace.query.limits import QuerySettings

V1, V2 = "commercial.payments", "commercial.payments_v2"
LAST_DAY = datetime(2026, 6, 30, tzinfo=UTC)
AFTER = LAST_DAY + timedelta(days=1)


def offered(world: Any, *majors: int) -> Registry:
    """The world's payments in these major versions; the first one ends on LAST_DAY."""
    (product,) = world.registry.products
    first = world.registry.ports[V1].contract
    end = ServiceLevel("slaProperties[0]", "endOfLife", "2026-06-30", None, None, None, "")
    contracts = {
        1: replace(first, status="deprecated", service_levels=(end,)),
        2: replace(first, id="v2", version="2.0.0"),
    }
    ports = tuple(OutputPort("payments", product.reference, contracts[n]) for n in majors)
    return Registry((replace(product, output_ports=ports),), ())


@pytest.fixture
def served(world: Any, room: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """A room in which both majors are published, and these are offered."""
    lakehouse = Lakehouse(tmp_path / "lake", tmp_path / "quarantine")
    for major in (1, 2):
        rows = pa.table({"payment_id": [major], "promise": [f"v{major}"]})
        write_deltalake(lakehouse.table(V1, major), rows)
    opened: list[QueryEngine] = []
    store = AccessStore.open(f"sqlite:///{tmp_path / 'majors.db'}")

    def build(*majors: int) -> Any:
        settings = QuerySettings(tmp_path / f"scratch{len(opened)}", limits=room.limits, spares=1)
        registry = offered(world, *majors)
        opened.append(QueryEngine(settings, lakehouse, registry, store))
        return replace(room, lakehouse=lakehouse, registry=registry, store=store, engine=opened[-1])

    yield build
    for engine in opened:
        engine.close()
    store.close()


def promise(room: Any, name: str, now: datetime | None = None) -> str:
    (row,) = room.rows(f"select promise from {name}", now=now or room.now)
    return str(row["promise"])


@pytest.mark.requirement("REU-04")
def test_a_grant_on_the_first_major_goes_on_reading_it_when_a_second_is_offered(
    served: Callable[..., Any],
) -> None:
    before = served(1)
    before.grant(before.ada, V1)
    assert promise(before, "commercial.payments") == "v1"

    after = served(1, 2)

    assert promise(after, "commercial.payments") == "v1"
    assert promise(after, "commercial.payments_v1") == "v1"
    with pytest.raises(NoGrant, match=r"commercial\.payments_v2"):
        after.ask("select * from commercial.payments_v2")


@pytest.mark.requirement("REU-04")
def test_with_both_granted_each_name_means_its_major_in_one_statement(
    served: Callable[..., Any],
) -> None:
    room = served(1, 2)
    room.grant(room.ada, V1)
    room.grant(room.ada, V2, at=room.now + timedelta(hours=1))
    later = room.now + timedelta(hours=2)

    rows = room.rows(
        "select a.promise as a, b.promise as b, c.promise as c from commercial.payments as a, "
        "commercial.payments_v1 as b, commercial.payments_v2 as c",
        now=later,
    )

    assert rows == [{"a": "v1", "b": "v1", "c": "v2"}]
    result = room.ask("select * from commercial.payments_v2", now=later)
    assert (result.ports, result.delta_versions) == ((V2,), {V2: 0})


def test_the_plain_name_means_the_major_that_was_granted_first(served: Callable[..., Any]) -> None:
    room = served(1, 2)
    room.grant(room.ada, V2)

    assert promise(room, "commercial.payments") == "v2"

    room.grant(room.ada, V1, at=room.now + timedelta(hours=1))
    assert promise(room, "commercial.payments", room.now + timedelta(hours=2)) == "v2"


@pytest.mark.requirement("REU-04")
def test_after_its_last_day_the_first_major_is_refused_and_never_replaced_in_silence(
    served: Callable[..., Any],
) -> None:
    room = served(1, 2)
    room.grant(room.ada, V1, days=365)
    room.grant(room.ada, V2, days=365, at=room.now + timedelta(hours=1))
    assert promise(room, "commercial.payments", AFTER - timedelta(seconds=1)) == "v1"

    for name in ("commercial.payments", "commercial.payments_v1"):
        with pytest.raises(ServiceEnded) as refused:
            room.ask(f"select * from {name}", now=AFTER)

    assert str(refused.value) == (
        "`commercial.payments` cannot be read, and its grants have ended. It is no longer served: "
        "its life ended on 30 June 2026. Name `commercial.payments_v2` instead; ask for a grant "
        "on it at /access/requests/new?port=commercial.payments_v2"
    )
    assert promise(room, "commercial.payments_v2", AFTER) == "v2"


@pytest.mark.requirement("REU-04")
def test_a_major_whose_contract_is_gone_is_refused_and_not_replaced(
    served: Callable[..., Any],
) -> None:
    before = served(1)
    before.grant(before.ada, V1, days=365)

    room = served(2)

    for name in ("commercial.payments", "commercial.payments_v1"):
        with pytest.raises(ServiceEnded, match=r"It is no longer offered\. Name"):
            room.ask(f"select * from {name}")
    room.grant(room.ada, V2)
    assert promise(room, "commercial.payments_v2") == "v2"
    with pytest.raises(ServiceEnded):
        room.ask("select * from commercial.payments")


def test_nobody_without_a_grant_learns_more_from_the_other_name(served: Callable[..., Any]) -> None:
    room = served(1, 2)
    room.grant(room.ada, V1)

    for name in (V1, "commercial.payments_v1", V2):
        with pytest.raises(NoGrant):
            room.ask(f"select * from {name}", actor=room.ben)
