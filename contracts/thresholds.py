"""The eight operators of ODCS: what they ask, in words and as a decision."""

from decimal import Decimal
from typing import Any

_WORDS = {
    "mustBe": "{}",
    "mustNotBe": "not {}",
    "mustBeGreaterThan": "more than {}",
    "mustBeGreaterOrEqualTo": "at least {}",
    "mustBeLessThan": "less than {}",
    "mustBeLessOrEqualTo": "at most {}",
}


def holds(operator: str, observed: Any, threshold: Any) -> bool:
    """Whether what was observed is what an operator asks. Bounds of a range belong to it.

    Raises KeyError for a word that is not one of the eight.
    """
    observed, threshold = _exact(observed), _exact(threshold)
    if operator in {"mustBeBetween", "mustNotBeBetween"}:
        low, high = threshold
        return bool(low <= observed <= high) == (operator == "mustBeBetween")
    return bool(
        {
            "mustBe": lambda: observed == threshold,
            "mustNotBe": lambda: observed != threshold,
            "mustBeGreaterThan": lambda: observed > threshold,
            "mustBeGreaterOrEqualTo": lambda: observed >= threshold,
            "mustBeLessThan": lambda: observed < threshold,
            "mustBeLessOrEqualTo": lambda: observed <= threshold,
        }[operator]()
    )


def _exact(value: Any) -> Any:
    """Floats as the decimal numbers that they are written as, so that 0.1 is 0.1."""
    if isinstance(value, list):
        return [_exact(part) for part in value]
    return Decimal(str(value)) if isinstance(value, float) else value


def in_words(operator: str, threshold: Any, unit: str = "") -> str:
    """What an operator asks, as a buyer reads it: `at most 5 percent`."""
    suffix = f" {unit}" if unit else ""
    if operator in {"mustBeBetween", "mustNotBeBetween"}:
        word = "from" if operator == "mustBeBetween" else "not from"
        return f"{word} {threshold[0]} to {threshold[1]}{suffix}"
    return _WORDS[operator].format(threshold) + suffix
