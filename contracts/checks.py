"""Every promise of a contract as exactly one check, in the order of the document."""

from collections.abc import Iterator
from dataclasses import replace
from difflib import get_close_matches

from contracts.check_model import Check, CheckKind
from contracts.column_promises import column_checks, measure_checks, table_checks
from contracts.errors import DocumentFault
from contracts.level_promises import service_level_checks
from contracts.model import Contract
from contracts.personal_data.promises import personal_data_checks
from contracts.quality.control_totals import control_total_checks
from contracts.quality.dimensions import places_of
from contracts.quality.required_coverage import required_coverage_checks
from contracts.rule_promises import reference_checks, rule_checks
from contracts.standards.promises import standard_checks

__all__ = ["Check", "CheckKind", "checks_for", "informative_faults"]


def checks_for(contract: Contract) -> tuple[Check, ...]:
    """One check for each promise of an output port's contract; ids are unique.

    Promises that cannot be executed are there too, with the reason in `unchecked`.
    """
    accepted = set(_accepted(contract))
    critical = frozenset(c.name for c in contract.table.properties if c.is_critical)
    return tuple(
        replace(
            _placed(check, critical),
            informative=check.informative or not accepted.isdisjoint(_names(check)),
        )
        for check in _promises(contract)
    )


def informative_faults(contract: Contract) -> Iterator[DocumentFault]:
    """Entries of the contract's `informative` list that name none of its promises."""
    if len(contract.objects) != 1:
        return
    known = sorted({name for check in _promises(contract) for name in _names(check)})
    for entry in _accepted(contract):
        if entry not in known:
            near = get_close_matches(entry, known, n=1)
            yield DocumentFault(
                "customProperties.informative",
                f"`{entry}` names no promise of this contract.",
                f"Did you mean `{near[0]}`?" if near else "Remove it.",
            )


def _placed(check: Check, critical: frozenset[str]) -> Check:
    """The check with its dimension in each view, and whether it reads a critical data element."""
    chosen = None if check.rule is None else check.rule.strategy_dimension
    places = places_of(check.dimension or None, check.kind.dimension, chosen)
    return replace(
        check,
        dimension=check.dimension or check.kind.dimension,
        strategy_dimension=places.strategy.value,
        framework_dimension=places.framework.value,
        is_critical=not critical.isdisjoint(check.columns),
    )


def _promises(contract: Contract) -> Iterator[Check]:
    table = contract.table
    yield from table_checks(table)
    yield from column_checks(table)
    yield from measure_checks(table)
    yield from standard_checks(table)
    yield from personal_data_checks(table)
    yield from rule_checks(table)
    yield from reference_checks(table)
    yield from service_level_checks(contract)
    yield from control_total_checks(contract)
    yield from required_coverage_checks(contract)


def _accepted(contract: Contract) -> list[str]:
    entries = contract.custom.get("informative")
    return [str(entry) for entry in entries] if isinstance(entries, list) else []


def _names(check: Check) -> set[str]:
    """How the `informative` list may name a promise; a steward's decision is not for a list."""
    if check.kind is CheckKind.PERSONAL_DATA:
        return set()
    names = {check.id}
    if check.service_level is not None:
        names.add(f"slaProperties.{check.service_level.name}")
    elif check.property_name is not None and check.rule is None:
        names.add(f"{check.property_name}.{check.id.rsplit('.', 1)[-1]}")
    return names
