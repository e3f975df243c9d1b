"""Everything that the web room stands on, and what its rooms know together."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from fastapi import Request
from jinja2 import Environment as Templates

from contracts.access_conditions import condition_names
from contracts.model import Contract
from data_products.errors import UnknownPort
from data_products.evidence import EvidenceStore
from data_products.lakehouse import Lakehouse
from data_products.registry import Registry
from marketplace.access.known_ports import known_ports
from marketplace.access.model import Actor, Grant
from marketplace.access.people import People
from marketplace.access.request_rules import RequestRules, rules_of
from marketplace.access.store import AccessStore
from marketplace.config import Settings
from marketplace.index.search import ListingIndex
from marketplace.query.engine import QueryEngine
from marketplace.web.sessions import Cookies
from marketplace.web.throttle import Throttle
from marketplace.web.usage import ChainState, Usage

if TYPE_CHECKING:
    from marketplace.web.openid.door import Door


@dataclass(frozen=True, slots=True)
class Rooms:
    """Everything that the web room stands on, composed once by `create_app`."""

    settings: Settings
    now: Callable[[], datetime]
    registry: Registry
    lakehouse: Lakehouse
    evidence: EvidenceStore
    index: ListingIndex
    store: AccessStore
    usage: Usage
    chain: ChainState
    engine: QueryEngine
    people: People
    offers_demo: bool  # whether the demo people are offered at sign-in
    templates: Templates
    cookies: Cookies
    form_key: bytes
    assets: str
    throttle: Throttle
    door: "Door | None"  # to the organisation's own sign-in

    def person(self, actor_id: str) -> str:
        """The name of who has this id; the id itself where nobody has it any more."""
        found = self.people.by_id(actor_id)
        return found.name if found is not None else actor_id

    def origin(self, request: Request) -> str:
        """Scheme and host that people use, for addresses that leave the page."""
        return (self.settings.public_url or str(request.base_url)).rstrip("/")

    def request_rules(self) -> dict[str, RequestRules]:
        """What each port's contract says about requests for it."""
        return {name: rules_of(port.contract) for name, port in self.registry.ports.items()}

    def standing(self, actor: Actor | None) -> tuple[Grant, ...]:
        """The actor's grants that give something now: conditions of their contracts are met."""
        if actor is None:
            return ()
        now, offered = self.now(), self.registry.ports
        return tuple(
            grant
            for grant in self.store.standing_grants(actor.id, now)
            if grant.port in offered
            and grant.stands(now, condition_names(offered[grant.port].contract))
        )

    def known_contract(self, actor: Actor, port: str) -> Contract:
        """The contract of a port. Raises UnknownPort also for one that `actor` may not know of."""
        held = self.store.grants_of(actor.id)
        known = known_ports(actor, self.registry, held, self.now())
        with suppress(UnknownPort):
            found = self.registry.port(port).contract
            if found.reference in known:
                return found
        raise UnknownPort(port, known)

    def ports_by_approver(self) -> dict[str, set[str]]:
        """For each approver that a contract names, the ports it decides on."""
        ports: dict[str, set[str]] = {}
        for reference, port in self.registry.ports.items():
            for approver in port.contract.approvers:
                ports.setdefault(approver, set()).add(reference)
        return ports
