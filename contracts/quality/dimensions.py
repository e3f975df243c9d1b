"""Two views of quality and the published mapping to them: each check counts once in each.

The strategy's six dimensions are what a reader is promised; the six of the Government Data Quality
Framework are what departments report by. ODCS has seven words of its own for a rule's dimension.
Source: docs/explanation/quality.md has the same table; a test holds the two together.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class StrategyDimension(StrEnum):
    """The six dimensions of the strategy, in its order."""

    ACCURACY = "accuracy"
    VALIDITY = "validity"
    RELIABILITY = "reliability"
    RELEVANCE = "relevance"
    TIMELINESS = "timeliness"
    COMPLETENESS = "completeness"


class FrameworkDimension(StrEnum):
    """The six dimensions of the Government Data Quality Framework, in its order."""

    COMPLETENESS = "completeness"
    UNIQUENESS = "uniqueness"
    CONSISTENCY = "consistency"
    TIMELINESS = "timeliness"
    VALIDITY = "validity"
    ACCURACY = "accuracy"


STRATEGY_WORDS = frozenset(each.value for each in StrategyDimension)


class Places(NamedTuple):
    """Where one check counts: once in each view."""

    strategy: StrategyDimension
    framework: FrameworkDimension


# ODCS `dimension` -> both views. The framework has no relevance: whether the required population
# is there is its completeness ("all records are included").
MAPPING: Mapping[str, Places] = {
    "accuracy": Places(StrategyDimension.ACCURACY, FrameworkDimension.ACCURACY),
    "conformity": Places(StrategyDimension.VALIDITY, FrameworkDimension.VALIDITY),
    "consistency": Places(StrategyDimension.RELIABILITY, FrameworkDimension.CONSISTENCY),
    "uniqueness": Places(StrategyDimension.RELIABILITY, FrameworkDimension.UNIQUENESS),
    "coverage": Places(StrategyDimension.RELEVANCE, FrameworkDimension.COMPLETENESS),
    "timeliness": Places(StrategyDimension.TIMELINESS, FrameworkDimension.TIMELINESS),
    "completeness": Places(StrategyDimension.COMPLETENESS, FrameworkDimension.COMPLETENESS),
}

# Where a rule names the strategy's dimension and no ODCS one, this is its place in the framework.
_BY_STRATEGY: Mapping[StrategyDimension, FrameworkDimension] = {
    StrategyDimension.ACCURACY: FrameworkDimension.ACCURACY,
    StrategyDimension.VALIDITY: FrameworkDimension.VALIDITY,
    StrategyDimension.RELIABILITY: FrameworkDimension.CONSISTENCY,
    StrategyDimension.RELEVANCE: FrameworkDimension.COMPLETENESS,
    StrategyDimension.TIMELINESS: FrameworkDimension.TIMELINESS,
    StrategyDimension.COMPLETENESS: FrameworkDimension.COMPLETENESS,
}


def places_of(declared: str | None, default: str, strategy: str | None) -> Places:
    """Where a check counts.

    `strategy` is the rule's own `strategyDimension` and wins in the strategy's view; `declared` is
    its ODCS dimension, `default` that of its kind. An unknown word counts as conformity.
    """
    mapped = MAPPING.get(declared or default, MAPPING["conformity"])
    if strategy not in STRATEGY_WORDS:
        return mapped
    chosen = StrategyDimension(strategy)
    return Places(chosen, mapped.framework if declared else _BY_STRATEGY[chosen])
