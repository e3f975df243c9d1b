"""A difference that a probe found, told to those who answer for the port and to governance."""

from collections.abc import Iterable

from contracts.model import Contract
from data_products.registry import Registry
from marketplace.access.model import Actor, AuditEntry, Notice, Role
from marketplace.access.store import AccessStore
from marketplace.query.probe_report import Difference, ProbeReport

DIFFERENCE = "access.difference"  # kind of notifications
PROBE = "access.probe"  # action in the audit log
PROBER = "access-probe"  # who the audit log says it was


def keep_report(
    store: AccessStore, registry: Registry, people: Iterable[Actor], report: ProbeReport
) -> None:
    """Put a probe on record; each difference is an incident, told once to each recipient."""
    governance = frozenset(each.id for each in people if Role.GOVERNANCE in each.roles)
    for difference in report.differences:
        offered = registry.ports.get(difference.port)
        told = governance | _answerable(None if offered is None else offered.contract)
        notice = Notice(
            DIFFERENCE, difference.port or "access", difference.subject, _message(difference)
        )
        store.notify(PROBER, notice, told or {"team:governance"}, report.at)
    details = {
        "actors": report.actors,
        "sessions": report.sessions,
        "compared": report.compared,
        "uncompared": list(report.uncompared),
        "differences": [f"{each.kind}: {each.sentence}" for each in report.differences],
    }
    outcome = "done" if report.agrees else "failed"
    store.record(AuditEntry(PROBER, PROBE, "access", outcome, details), report.at)


def _answerable(contract: Contract | None) -> frozenset[str]:
    """The references of a port's owners and stewards."""
    if contract is None:
        return frozenset()
    found = (*contract.members("owner"), *contract.members("steward"))
    return frozenset(member.username for member in found)


def _message(difference: Difference) -> str:
    return f"Effective access is not what was decided. {difference.sentence.capitalize()}."
