"""The terms of an answer, from the contracts of what was read and the grants of who asked."""

from collections.abc import Sequence

from contracts.lifecycle import end_of_service
from contracts.model import Contract
from contracts.small_numbers import small_numbers
from marketplace.access.model import Actor, Grant
from marketplace.query.result import QueryResult
from marketplace.web.known_issues import known_now
from marketplace.web.pages.ending import notices_of
from marketplace.web.pages.terms import PortTerms, Terms
from marketplace.web.rooms import Rooms


def terms_of(rooms: Rooms, actor: Actor, result: QueryResult) -> Terms:
    """The terms of `result`, which `actor` asked for."""
    contracts = [rooms.registry.port(port).contract for port in result.ports]
    known = known_now(rooms)
    standing = rooms.standing(actor)
    shown = {port.reference: (each, port) for each in rooms.index.listings() for port in each.ports}
    ends = [end_of_service(contract, known.now).served_until for contract in contracts]
    return Terms(
        marking=marking_of([contract.marking for contract in contracts]),
        is_sample=rooms.settings.is_sample,
        written_at=known.now,
        ports=tuple(
            port_terms(contract, result.delta_versions.get(contract.reference), standing)
            for contract in contracts
        ),
        notices=tuple(
            notice
            for port in result.ports
            if port in shown
            for notice in notices_of(*shown[port], known)
        ),
        served_until=min(filter(None, ends), default=None),
    )


def port_terms(
    contract: Contract, delta_version: int | None, standing: Sequence[Grant]
) -> PortTerms:
    """What `contract` and the reader's grants say about the use of its port."""
    small = small_numbers(contract)
    grants = [grant for grant in standing if grant.port == contract.reference]
    return PortTerms(
        port=contract.reference,
        contract_version=contract.version,
        delta_version=delta_version,
        marking=contract.marking,
        licence=_text(contract, "licence"),
        permitted_purposes=_texts(contract, "permittedPurposes"),
        prohibited_uses=_texts(contract, "prohibitedUses"),
        onward_sharing=_text(contract, "onwardSharing"),
        handling=(*_texts(contract, "handlingInstructions"), *_texts(contract, "descriptors")),
        granted_for=tuple(dict.fromkeys(grant.purpose for grant in grants)),
        granted_until=max((grant.expires_at for grant in grants), default=None),
        in_part=bool(grants) and not any(grant.restriction.is_whole for grant in grants),
        small_numbers=None if small is None else small.threshold,
    )


def marking_of(markings: Sequence[str]) -> str:
    """The marking of what combines these: the most sensitive one."""
    return max(markings, key=lambda marking: ("SENSITIVE" in marking, marking), default="OFFICIAL")


def _text(contract: Contract, name: str) -> str:
    return str(contract.custom.get(name) or "")


def _texts(contract: Contract, name: str) -> tuple[str, ...]:
    said = contract.custom.get(name) or ()
    return (said,) if isinstance(said, str) else tuple(str(each) for each in said)
