"""QUA-01: every dimension of an active port has an executable check, or an owner's reason why not.

Only promises of the contract itself count. What the platform measures of every port, as its use or
its drift, counts in the scores when it was executed, and excuses no contract from promising.
"""

from collections import Counter
from collections.abc import Iterator

from contracts.check_model import Check
from contracts.checks import checks_for
from contracts.errors import DocumentFault
from contracts.model import Contract, QualityRule
from contracts.quality.control_totals import control_total_faults
from contracts.quality.dimensions import STRATEGY_WORDS, StrategyDimension
from contracts.quality.drift_bounds import bound_faults
from contracts.quality.not_assessed import PLACE, reason_faults, reasons_of
from contracts.quality.required_coverage import required_coverage_faults

_REMEDIES = {
    StrategyDimension.ACCURACY: "a rule with `dimension: accuracy`, as a comparison with another "
    "source or a range that only true values keep",
    StrategyDimension.VALIDITY: "a rule with `dimension: conformity`, as a list of valid values",
    StrategyDimension.RELIABILITY: "`controlTotals`, a relationship, a key, or "
    "a rule with `dimension: consistency`",
    StrategyDimension.RELEVANCE: "`requiredCoverage`, or a rule with `dimension: coverage`",
    StrategyDimension.TIMELINESS: "the service level `freshness`",
    StrategyDimension.COMPLETENESS: "`required`, or a rule with `dimension: completeness`",
}


def assessment_faults(contract: Contract) -> Iterator[DocumentFault]:
    """Dimensions that nothing executable assesses, and reasons that are not what they must be."""
    yield from _choice_faults(contract)
    yield from reason_faults(contract)
    if contract.status != "active" or len(contract.objects) != 1:
        return
    counts = executable(checks_for(contract))
    reasoned = {each.dimension for each in reasons_of(contract)}
    for dimension in StrategyDimension:
        if counts[dimension] == 0 and dimension not in reasoned:
            fault = f"names no executable check of {dimension.value}, and no reason why not."
            remedy = f"Add {_REMEDIES[dimension]}; or an entry of `notAssessed`."
            yield DocumentFault("quality", fault, remedy)
        elif counts[dimension] and dimension in reasoned:
            fault = f"says that {dimension.value} is not assessed, and checks it."
            yield DocumentFault(PLACE, fault, "Remove the entry.")


def declaration_faults(contract: Contract) -> Iterator[DocumentFault]:
    """What is wrong in the contract's control totals, required coverage and bounds of drift."""
    yield from control_total_faults(contract)
    yield from required_coverage_faults(contract)
    yield from bound_faults(contract)


def executable(checks: tuple[Check, ...]) -> Counter[StrategyDimension]:
    """How many of these checks can be executed, by dimension of the strategy."""
    return Counter(
        StrategyDimension(check.strategy_dimension) for check in checks if check.unchecked is None
    )


def _choice_faults(contract: Contract) -> Iterator[DocumentFault]:
    words = ", ".join(f"`{each.value}`" for each in StrategyDimension)
    for rule in _rules(contract):
        chosen = rule.strategy_dimension
        if chosen is not None and chosen not in STRATEGY_WORDS:
            fault = f"`{chosen}` is not a dimension of the strategy."
            path = f"{rule.path}.customProperties.strategyDimension"
            yield DocumentFault(path, fault, f"Write one of {words}.")


def _rules(contract: Contract) -> Iterator[QualityRule]:
    for table in contract.objects:
        yield from table.quality
        for column in table.properties:
            yield from column.quality
