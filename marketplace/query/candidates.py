"""What who answers for a port may query of a candidate in quarantine: its rows, masked."""

from confinement.worker import View
from contracts.checked_table import MASK
from contracts.model import Contract
from contracts.subjects import is_guarded
from data_products.quarantine import Quarantined
from data_products.sql import literal, quoted
from marketplace.query.entitlement import Entitlement


def candidate_entitlement(found: Quarantined, contract: Contract) -> Entitlement:
    """One port, as it would be if the candidate were published; no other port is seen.

    Personal, classified and undeclared columns are masked: answering for a port is no grant.
    """
    port = contract.reference
    unit, name = port.split(".", 1)
    files = tuple(str(path.resolve()) for path in found.files)
    purpose = f"Inspecting candidate {found.candidate.content_hash[:12]} in quarantine"
    return Entitlement(
        views=(View(unit, name, _masked(found, contract), files),),
        delta_versions={},
        purposes={port: (purpose,)},
        offered=frozenset({port}),
    )


def _masked(found: Quarantined, contract: Contract) -> str:
    shown = {column.name for column in contract.table.properties if not is_guarded(column)}
    columns = ", ".join(
        quoted(name)
        if name in shown
        else f"CASE WHEN {quoted(name)} IS NOT NULL THEN {literal(MASK)} END AS {quoted(name)}"
        for name, _ in found.candidate.columns
    )
    return f"(SELECT {columns} FROM {found.resolved_relation})"
