"""A port whose existence is restricted reads in every refusal like one that does not exist."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from data_products.model import OutputPort
from data_products.registry import Registry
from marketplace.access.model import Actor, Role
from marketplace.query.engine import QueryEngine
from marketplace.query.errors import NoGrant, QueryError, UnknownPort
from marketplace.query.limits import QuerySettings

HIDDEN = "people.salaries"
GWEN = Actor("gwen", "Gwen Pryce", frozenset({"governance"}), frozenset({Role.GOVERNANCE}))


def _restricted(port: OutputPort) -> OutputPort:
    if port.reference != HIDDEN:
        return port
    return replace(port, contract=replace(port.contract, custom={"metadataRestricted": True}))


@pytest.fixture
def hiding(room) -> Iterator:
    """The room over a registry in which one port is hidden."""
    ports = tuple(map(_restricted, room.registry.ports.values()))
    products = tuple(replace(each, output_ports=ports) for each in room.registry.products)
    registry = Registry(products, ())
    settings = QuerySettings(room.folder / "other", room.limits)
    with QueryEngine(settings, room.lakehouse, registry, room.store) as engine:
        yield replace(room, engine=engine, registry=registry)


def _refusal(room, sql: str, actor: Actor | None = None) -> QueryError:
    with pytest.raises(QueryError) as refused:
        room.ask(sql, actor or room.ada)
    return refused.value


@pytest.mark.parametrize("name", [HIDDEN, "people.salaries_v1", "People.Salaries"])
def test_a_hidden_port_is_refused_like_none(hiding, name: str) -> None:
    refusal = _refusal(hiding, f"from {name}")

    assert type(refusal) is UnknownPort
    none = _refusal(hiding, f"from {name}x")
    assert str(refusal).replace(name, "?") == str(none).replace(f"{name}x", "?")


def test_a_hidden_port_is_no_near_name(hiding) -> None:
    assert HIDDEN not in _refusal(hiding, "from people.salarie").near


def test_who_may_know_of_it_is_told_the_way_to_a_grant(hiding) -> None:
    assert type(_refusal(hiding, f"from {HIDDEN}", GWEN)) is NoGrant


def test_who_holds_a_grant_reads_it(hiding) -> None:
    hiding.grant(hiding.ada, HIDDEN)

    assert len(hiding.rows(f"from {HIDDEN}")) == 50
