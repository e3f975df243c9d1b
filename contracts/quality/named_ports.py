"""The ports and landed objects that a contract's rules name beside its relationships."""

import re
from collections.abc import Iterator, Mapping

from contracts.model import Contract, QualityRule
from contracts.quality import control_totals, required_coverage
from contracts.quality.declared_entries import entries

_NAMED = re.compile(r"\{([a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*)\}")


def named_ports(contract: Contract) -> tuple[str, ...]:
    """Every `unit.port` or `<source system>.<object>` in SQL rules, totals and coverage, once."""
    return tuple(dict.fromkeys(_named(contract)))


def _named(contract: Contract) -> Iterator[str]:
    for rule in _rules(contract):
        yield from _NAMED.findall(rule.query or "")
    for name, key in ((control_totals.NAME, "source"), (required_coverage.NAME, "port")):
        for _, entry in entries(contract, name):
            if isinstance(entry, Mapping) and entry.get(key):
                yield str(entry[key])


def _rules(contract: Contract) -> Iterator[QualityRule]:
    yield from contract.table.quality
    for column in contract.table.properties:
        yield from column.quality
