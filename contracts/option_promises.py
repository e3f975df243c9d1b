"""The promises of `logicalTypeOptions`: bounds, lengths, patterns, formats, counts, keys."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from contracts.check_model import Check, CheckKind
from contracts.date_patterns import date_pattern
from contracts.formats import FORMATS
from contracts.subjects import Subject
from contracts.type_words import canonical_type

_BOUNDS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
}
_COUNTS = {
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "minProperties": "at least {} properties",
    "maxProperties": "at most {} properties",
    "dimensions": "{} dimensions",
}
_TEMPORAL = frozenset({"date", "timestamp", "time"})
_REASONS = {
    "defaultTimezone": "How a time without a zone is to be read cannot be seen in the data.",
    "distanceMetric": "How vectors are to be compared cannot be seen in them.",
    "embeddingModel": "What made a vector cannot be seen in it.",
    "embeddingModelVersion": "What made a vector cannot be seen in it.",
}


@dataclass(frozen=True, slots=True)
class _Promise:
    """What one option comes to, before it is about anything."""

    kind: CheckKind
    title: str  # after the name: `is at least 1`
    expected: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    unchecked: str | None = None


def option_checks(subject: Subject) -> Iterator[Check]:
    """One check for each option of a property, in the order of the document."""
    for word, value in subject.declared.options.items():
        if word in {"uniqueItems", "normalized"} and value is False:
            continue  # promises nothing
        promise = _promise(subject, word, value)
        yield Check(
            id=f"{subject.path}.logicalTypeOptions.{word}",
            kind=promise.kind,
            title=f"`{subject.name}` {promise.title}",
            expected=promise.expected,
            columns=(subject.name,),
            property_name=subject.name,
            arguments=promise.arguments,
            unchecked=promise.unchecked,
            place=subject.inner_place,
        )


def written_as(logical_type: str, physical_type: str, options: Mapping[str, Any]) -> str | None:
    """The pattern of dates that are kept as text; None where they are kept as dates."""
    if logical_type not in _TEMPORAL or canonical_type(physical_type) != "VARCHAR":
        return None
    return str(options["format"])


def _promise(subject: Subject, word: str, value: Any) -> _Promise:
    declared = subject.declared
    if word in _BOUNDS:
        expected = _BOUNDS[word].format(value)
        pattern = written_as(declared.logical_type, declared.physical_type, declared.options)
        arguments = {"limit": value, "written": pattern, "logical_type": declared.logical_type}
        return _Promise(CheckKind(word), f"is {expected}", expected, arguments)
    if word in _COUNTS:
        expected = _COUNTS[word].format(value)
        verb = "is" if word.endswith("Length") else "has"
        return _Promise(CheckKind(word), f"{verb} {expected}", expected, {"limit": value})
    if word == "pattern":
        title = "is written as its pattern asks"
        return _Promise(CheckKind.PATTERN, title, f"matches `{value}`", {"pattern": value})
    if word == "uniqueItems":
        title = "repeats no item within a row"
        return _Promise(CheckKind.UNIQUE_ITEMS, title, "no repeated item")
    if word == "required":
        names = ", ".join(f"`{name}`" for name in value)
        arguments = {"names": tuple(value)}
        return _Promise(CheckKind.REQUIRED_PROPERTIES, f"has {names}", names, arguments)
    if word == "timezone":
        expected = "with a time zone" if value else "without a time zone"
        pattern = written_as(declared.logical_type, declared.physical_type, declared.options)
        arguments = {"zoned": value, "written": pattern}
        return _Promise(CheckKind.TIMEZONE, f"is kept {expected}", expected, arguments)
    if word == "format":
        return _format_promise(subject, str(value))
    reason = _REASONS.get(word, "This option is not executed.")
    return _Promise(
        CheckKind.OTHER_OPTION, f"keeps {word}: {value}", f"{word}: {value}", {}, reason
    )


def _format_promise(subject: Subject, word: str) -> _Promise:
    declared = subject.declared
    pattern = written_as(declared.logical_type, declared.physical_type, declared.options)
    is_known = (declared.logical_type, word) in FORMATS
    if is_known or (
        (pattern is not None or declared.logical_type == "string")
        and date_pattern(word) is not None
    ):
        return _Promise(CheckKind.FORMAT, f"is written as {word}", word, {"format": word})
    reason = f"The format `{word}` of a {declared.logical_type} column is not executed."
    if declared.logical_type in _TEMPORAL:
        reason = f"A {declared.logical_type} column keeps moments, which are not written as text."
    return _Promise(CheckKind.FORMAT, f"keeps format: {word}", f"format: {word}", {}, reason)
