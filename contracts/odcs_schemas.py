"""The two editions of the ODCS JSON Schema that every contract is valid under, and their faults.

The 3.2.0 schema of the package is a pre-release: two clauses lack `required: [logicalType]`, so it
demands `map` of every property without a `logicalType`. `corrected` repairs them in memory.
"""

import copy
import json
import re
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any

import jsonschema_rs
from jsonschema import Draft201909Validator
from jsonschema.exceptions import ValidationError, best_match

from contracts.errors import DocumentFault
from contracts.odcs_shape import unknown_keys

EDITIONS = ("3.1.0", "3.2.0")
# The documents' short forms, which the schemas refuse; `validity` is the word of other standards.
_DIMENSIONS = {
    **{"ac": "accuracy", "cp": "completeness", "cf": "conformity", "cs": "consistency"},
    **{"cv": "coverage", "tm": "timeliness", "uq": "uniqueness", "validity": "conformity"},
}
_CLOSED = frozenset({"unevaluatedProperties", "additionalProperties"})


def schema_faults(document: dict[str, Any]) -> tuple[DocumentFault, ...]:
    """Everything that makes `document` invalid ODCS, in document order.

    One that calls itself v3.2.0 is read as that; every other one must be valid under both editions.
    Keys that the schema lets through and the typed model would drop in silence are faults too.
    """
    unknown = tuple(unknown_keys(document))
    told = tuple(fault.path for fault in unknown)
    found: dict[tuple[str, str], tuple[str, list[str]]] = {}
    editions = EDITIONS[1:] if document.get("apiVersion") == "v3.2.0" else EDITIONS
    for edition in editions:
        if _is_valid(edition, document):
            continue
        errors = [_deepest(error) for error in validator(edition).iter_errors(document)]
        for error in _telling(errors, told):
            key = (_path(error), str(error.validator))
            found.setdefault(key, (_sentence(error, edition), []))[1].append(edition)
    return (*unknown, *_schema_faults(found, editions))


def published(edition: str) -> dict[str, Any]:
    """The schema of an edition as it was published, before any correction."""
    if edition == "3.2.0":
        file = resources.files("open_data_contract_standard") / "schema.json"
    else:
        file = resources.files("contracts") / "schemas" / f"odcs-v{edition}.json"
    schema: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return schema


def corrected(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with every `logicalType` condition asking that there is one.

    Source: bitol-io/open-data-contract-standard issue 322. A test says when it is needed no more.
    """
    repaired = copy.deepcopy(schema)
    for clause in repaired["$defs"]["SchemaBaseProperty"]["allOf"]:
        condition = clause.get("if", {})
        if condition.get("properties", {}).get("logicalType", {}).get("const") in {"map", "vector"}:
            condition["required"] = ["logicalType"]
    return repaired


@cache
def validator(edition: str) -> Draft201909Validator:
    """The validator of an edition, built once per process."""
    return Draft201909Validator(corrected(published(edition)))


def _is_valid(edition: str, document: dict[str, Any]) -> bool:
    """The quick answer, which needs no words: 100 times cheaper than walking the errors."""
    return bool(_compiled(edition).is_valid(document))


@cache
def _compiled(edition: str) -> jsonschema_rs.Draft201909Validator:
    return jsonschema_rs.Draft201909Validator(corrected(published(edition)))


@cache
def _known_words(edition: str) -> frozenset[str]:
    """Every key that an edition knows anywhere."""
    words: set[str] = set()
    parts: list[Any] = [published(edition)]
    while parts:
        part = parts.pop()
        if isinstance(part, dict):
            words.update(part.get("properties", {}))
            parts.extend(part.values())
        elif isinstance(part, list):
            parts.extend(part)
    return frozenset(words)


def _schema_faults(
    found: dict[tuple[str, str], tuple[str, list[str]]],
    asked: tuple[str, ...],
) -> Iterator[DocumentFault]:
    for (path, _), (sentence, editions) in found.items():
        where = "" if set(editions) == set(asked) else f" (in ODCS {editions[0]})"
        yield DocumentFault(path, f"{sentence}{where}.", _remedy(sentence, editions))


def _deepest(error: ValidationError) -> ValidationError:
    """The error that says most: inside a choice of forms, the one that was nearly met."""
    if error.validator != "oneOf" or _is_operator_choice(error) or not error.context:
        return error
    return best_match([error]) or error


def _telling(errors: list[ValidationError], unknown: tuple[str, ...]) -> list[ValidationError]:
    """The errors without those that only follow from another one.

    A failed branch makes every key of its mapping "unevaluated", which says nothing by itself.
    """
    plain = [error for error in errors if error.validator not in _CLOSED]
    told = [_path(error) for error in plain] + list(unknown)
    kept = [
        error
        for error in plain
        if error.validator != "oneOf" or not any(_is_below(key, _path(error)) for key in unknown)
    ]
    for error in errors:
        if error.validator in _CLOSED:
            path = _path(error)
            is_echo = any(_is_below(other, path) for other in told)
            if not is_echo or _newer_words(error):
                kept.append(error)
                told.append(path)
    return kept


def _newer_words(error: ValidationError) -> list[str]:
    """Keys that edition 3.1.0 does not know at all and 3.2.0 does."""
    newer = _known_words("3.2.0") - _known_words("3.1.0")
    return [word for word in re.findall(r"'([^']+)'", error.message) if word in newer]


def _is_below(path: str, ancestor: str) -> bool:
    return ancestor in {"document", path} or path.startswith((f"{ancestor}.", f"{ancestor}["))


def _path(error: ValidationError) -> str:
    path = ""
    for part in error.absolute_path:
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    return path.lstrip(".") or "document"


def _sentence(error: ValidationError, edition: str) -> str:
    sentences = {
        "required": lambda: f"lacks {_quoted_words(error)}",
        "enum": lambda: f"`{error.instance}` is not one of {_listed(_expected(error))}",
        "type": lambda: f"`{_short(error.instance)}` is not a {error.validator_value}",
        "pattern": lambda: f"`{_short(error.instance)}` is not written as the standard asks",
        "oneOf": lambda: _choice_sentence(error),
        "anyOf": lambda: _choice_sentence(error),
        "unevaluatedProperties": lambda: _closed_sentence(error, edition),
        "additionalProperties": lambda: _closed_sentence(error, edition),
    }
    told = sentences.get(str(error.validator))
    return told() if told is not None else _short(error.message)


def _expected(error: ValidationError) -> list[Any]:
    value: Any = error.validator_value
    return value if isinstance(value, list) else []


def _choice_sentence(error: ValidationError) -> str:
    if _is_operator_choice(error):
        keys: Any = error.instance
        given = [key for key in keys if key.startswith("must")]
        return f"has {len(given)} operators where one is expected"
    return f"`{_short(error.instance)}` is none of the forms that the standard knows"


def _is_operator_choice(error: ValidationError) -> bool:
    keys = {key for branch in _expected(error) for key in branch.get("properties", {})}
    return isinstance(error.instance, dict) and "mustBe" in keys


def _closed_sentence(error: ValidationError, edition: str) -> str:
    words = _newer_words(error) if edition == "3.1.0" else []
    words = words or re.findall(r"'([^']+)'", error.message)
    return f"has keys that do not belong here: {_listed(words)}"


def _quoted_words(error: ValidationError) -> str:
    present: Any = error.instance
    return _listed([word for word in _expected(error) if word not in present])


def _listed(words: list[Any]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _remedy(sentence: str, editions: list[str]) -> str:
    if sentence.endswith("is not a string"):
        return "Put the value in quotes."
    if "operators where one" in sentence:
        return "Keep one of mustBe, mustBeLessThan and so on; write two rules for two limits."
    dimension = _DIMENSIONS.get(sentence.split("`")[1]) if "`completeness`" in sentence else None
    if dimension is not None:
        return f"Write `{dimension}`."
    if "do not belong" in sentence and set(editions) == {"3.1.0"}:
        return "Write `apiVersion: v3.2.0` to use what that edition brought."
    if sentence.startswith("lacks"):
        return "Add it."
    return "See the ODCS schema of this section."
