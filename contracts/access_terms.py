"""What a contract offers whoever asks for its port: the custom property `accessTerms`.

Who decides stands in ODCS `roles`: `firstLevelApprovers`, then `secondLevelApprovers` where two
stages are asked for. Everything else about a request stands here, and has a default.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from contracts.errors import DocumentFault
from contracts.model import Contract

LONGEST_DAYS = 365
DECIDE_WITHIN_DAYS = 5
MASKS = ("hash", "partial", "bucket", "null")
OPERATORS = (
    "equals",
    "not_equals",
    "less",
    "at_most",
    "more",
    "at_least",
    "one_of",
    "none_of",
    "is_empty",
    "is_filled",
)
REVIEWS = ("legal", "dataProtection", "security")
_KEYS = (
    "longestDays",
    "decideWithinDays",
    "deputies",
    "hiddenColumns",
    "maskedColumns",
    "rows",
    "reviewers",
)


@dataclass(frozen=True, slots=True)
class RowOffer:
    """A part of a port's rows that can be asked for by name."""

    name: str
    column: str
    operator: str
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class AccessTerms:
    """What can be asked for, for how long, and who helps to decide."""

    longest_days: int = LONGEST_DAYS
    decide_within_days: int = DECIDE_WITHIN_DAYS  # of each stage
    deputies: tuple[str, ...] = ()  # decide once a stage is overdue
    hidden: tuple[str, ...] = ()  # columns that no request gets
    masked: Mapping[str, str] = field(default_factory=dict)
    rows: tuple[RowOffer, ...] = ()
    reviewers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def access_terms(contract: Contract) -> AccessTerms:
    """The contract's terms; the defaults where it says nothing.

    Raises ValueError for what the lint refuses: terms that cannot be read open nothing.
    """
    said = contract.custom.get("accessTerms")
    if said is None:
        return AccessTerms()
    if not isinstance(said, Mapping):
        raise ValueError(f"`accessTerms` of {contract.reference} is no mapping.")
    return AccessTerms(
        longest_days=said.get("longestDays", LONGEST_DAYS),
        decide_within_days=said.get("decideWithinDays", DECIDE_WITHIN_DAYS),
        deputies=_texts(said.get("deputies")),
        hidden=_texts(said.get("hiddenColumns")),
        masked={str(name): str(mask) for name, mask in (said.get("maskedColumns") or {}).items()},
        rows=tuple(_row_offer(offer) for offer in said.get("rows") or ()),
        reviewers={str(k): _texts(v) for k, v in (said.get("reviewers") or {}).items()},
    )


def access_term_faults(document: dict[str, Any]) -> Iterator[DocumentFault]:
    """The faults of `accessTerms` in a document that is valid ODCS."""
    for position, entry in enumerate(document.get("customProperties") or []):
        if entry.get("property") == "accessTerms":
            path = f"customProperties[{position}].value"
            yield from _value_faults(entry.get("value"), path, _columns(document))


def _value_faults(said: Any, path: str, columns: Sequence[str]) -> Iterator[DocumentFault]:
    if not isinstance(said, dict):
        yield DocumentFault(path, "is no mapping.", f"Write some of {_words(_KEYS)}.")
        return
    for key in sorted(set(map(str, said)) - set(_KEYS)):
        fault = f"`{key}` is not a term of access."
        yield DocumentFault(f"{path}.{key}", fault, f"Write some of {_words(_KEYS)}.")
    for key in ("longestDays", "decideWithinDays"):
        days = said.get(key, 1)
        if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= LONGEST_DAYS:
            remedy = f"Write a whole number from 1 to {LONGEST_DAYS}."
            yield DocumentFault(f"{path}.{key}", f"`{days}` is not a number of days.", remedy)
    for key in ("deputies", "hiddenColumns"):
        if not _is_texts(said.get(key, [])):
            yield DocumentFault(f"{path}.{key}", "is no list of texts.", "Write a list.")
    yield from _column_faults(said, path, columns)
    yield from _row_faults(said.get("rows", []), f"{path}.rows", columns)
    yield from _reviewer_faults(said.get("reviewers", {}), f"{path}.reviewers")


def _column_faults(
    said: dict[str, Any], path: str, columns: Sequence[str]
) -> Iterator[DocumentFault]:
    hidden = said.get("hiddenColumns", [])
    masked = said.get("maskedColumns", {})
    if not isinstance(masked, dict):
        remedy = "Write column names with a mask each."
        yield DocumentFault(f"{path}.maskedColumns", "is no mapping.", remedy)
        masked = {}
    for name, mask in masked.items():
        if mask not in MASKS:
            fault = f"`{mask}` is not a mask."
            yield DocumentFault(f"{path}.maskedColumns.{name}", fault, f"Write {_words(MASKS)}.")
        if name in hidden:
            fault = f"`{name}` is hidden as well."
            yield DocumentFault(f"{path}.maskedColumns.{name}", fault, "Keep one of them.")
    for key, names in (("hiddenColumns", hidden), ("maskedColumns", masked)):
        for name in names if isinstance(names, (list, dict)) else ():
            if name not in columns:
                fault = f"`{name}` is not a column of the contract."
                yield DocumentFault(f"{path}.{key}", fault, f"Name one of {_words(columns)}.")
    if columns and isinstance(hidden, list) and set(columns) <= set(hidden):
        fault = "hides every column."
        yield DocumentFault(f"{path}.hiddenColumns", fault, "Offer at least one.")


def _row_faults(rows: Any, path: str, columns: Sequence[str]) -> Iterator[DocumentFault]:
    if not isinstance(rows, list):
        yield DocumentFault(path, "is no list.", "Write a list of named comparisons.")
        return
    names = [str(offer.get("name") or "") for offer in rows if isinstance(offer, dict)]
    for position, offer in enumerate(rows):
        here = f"{path}[{position}]"
        if not isinstance(offer, dict) or set(offer) - {"name", "column", "operator", "values"}:
            remedy = "Write `name`, `column`, `operator` and `values`."
            yield DocumentFault(here, "is no named comparison.", remedy)
            continue
        if not str(offer.get("name") or "").strip() or names.count(str(offer.get("name"))) > 1:
            remedy = "Give each offer a name of its own."
            yield DocumentFault(f"{here}.name", "does not name it.", remedy)
        if offer.get("column") not in columns:
            fault = f"`{offer.get('column')}` is not a column of the contract."
            yield DocumentFault(f"{here}.column", fault, f"Name one of {_words(columns)}.")
        if offer.get("operator") not in OPERATORS:
            fault = f"`{offer.get('operator')}` is not an operator."
            yield DocumentFault(f"{here}.operator", fault, f"Write one of {_words(OPERATORS)}.")
        if not isinstance(offer.get("values", []), list):
            yield DocumentFault(f"{here}.values", "is no list.", "Write a list of values.")


def _reviewer_faults(reviewers: Any, path: str) -> Iterator[DocumentFault]:
    if not isinstance(reviewers, dict):
        yield DocumentFault(path, "is no mapping.", f"Write some of {_words(REVIEWS)}.")
        return
    for name, references in reviewers.items():
        if name not in REVIEWS:
            fault = f"`{name}` is not a review."
            yield DocumentFault(f"{path}.{name}", fault, f"Write some of {_words(REVIEWS)}.")
        if not _is_texts(references) or not references:
            remedy = "Write a list of people or teams."
            yield DocumentFault(f"{path}.{name}", "names nobody.", remedy)


def _row_offer(offer: Mapping[str, Any]) -> RowOffer:
    values = tuple(offer.get("values") or ())
    return RowOffer(str(offer["name"]), str(offer["column"]), str(offer["operator"]), values)


def _columns(document: dict[str, Any]) -> tuple[str, ...]:
    objects = document.get("schema") or [{}]
    properties = objects[0].get("properties") or []
    return tuple(str(p.get("name")) for p in properties if p.get("semanticType") != "measure")


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(str(each) for each in value or ())


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) and each for each in value)


def _words(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
