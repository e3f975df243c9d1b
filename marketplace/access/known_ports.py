"""Which ports a person may know of. What they may not reads to them like what does not exist."""

from collections.abc import Sequence
from datetime import datetime

from data_products.registry import Registry
from marketplace.access.facts import Action, facts_of
from marketplace.access.model import Actor, Grant
from marketplace.access.policy import decide


def known_ports(
    actor: Actor, registry: Registry, held: Sequence[Grant], now: datetime
) -> frozenset[str]:
    """The ports of every product of which none is hidden from `actor`.

    `held` are the actor's grants; one that was ever given on a port has told of it.
    """
    told = {grant.port for grant in held}
    hidden = {
        port.product
        for reference, port in registry.ports.items()
        if port.contract.custom.get("metadataRestricted") is True and reference not in told
        if not decide(actor, Action.SEE_LISTING, facts_of(port.contract, tuple(held), now))
    }
    return frozenset(name for name, port in registry.ports.items() if port.product not in hidden)
