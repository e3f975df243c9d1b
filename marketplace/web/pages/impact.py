"""Who relies on a port: what its owner reads before it is changed or retired (REU-04)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from data_products.consumers import Consumer, ConsumerKind
from marketplace.web.formats import words
from marketplace.web.pages.ending import Ending
from marketplace.web.pages.page import Link, Page

KINDS = {
    ConsumerKind.GRANT: "People with a grant",
    ConsumerKind.PRODUCT: "Data products that declare it as an input",
    ConsumerKind.PORT: "Ports whose models read it",
    ConsumerKind.DASHBOARD: "Dashboards",
}


@dataclass(frozen=True, slots=True)
class ConsumerLine:
    """One who relies on the port."""

    kind: str
    name: str
    teams: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class ConsumerGroup:
    """Those who rely on it in one way."""

    title: str
    consumers: tuple[ConsumerLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpactPage(Page):
    """Everybody whom a change or the end of a port would meet."""

    template: ClassVar[str] = "impact.html"
    section: ClassVar[str] = "search"
    reference: str
    product: Link
    ending: Ending | None
    total: int
    groups: tuple[ConsumerGroup, ...]
    consumers: tuple[ConsumerLine, ...]


def groups_of(
    consumers: Sequence[Consumer],
) -> tuple[tuple[ConsumerGroup, ...], tuple[ConsumerLine, ...]]:
    """The consumers by the way in which they rely on the port, and all of them in that order."""
    groups = tuple(
        ConsumerGroup(title, tuple(_line(c) for c in consumers if c.kind is kind))
        for kind, title in KINDS.items()
        if any(c.kind is kind for c in consumers)
    )
    return groups, tuple(line for group in groups for line in group.consumers)


def _line(consumer: Consumer) -> ConsumerLine:
    teams = tuple(words(team) for team in consumer.teams)
    return ConsumerLine(consumer.kind.value, consumer.name, teams, consumer.reason)
