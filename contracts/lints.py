"""What a contract must say beyond ODCS: rules of this project about the document as a whole.

Every lint takes the raw document, which is valid ODCS by then, and yields its faults.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from contracts.access_terms import access_term_faults
from contracts.column_lints import column_faults
from contracts.errors import DocumentFault
from contracts.level_lints import service_level_faults
from contracts.port_names import is_versioned
from contracts.relationship_lints import relationship_faults
from contracts.rule_lints import rule_faults
from contracts.small_numbers import small_number_faults
from contracts.sql_text import is_plain_name
from contracts.standards.lints import standard_faults

VERSIONS = ("v3.1.0", "v3.2.0")
STATUSES = ("proposed", "draft", "active", "deprecated", "retired")
_SEMVER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
_CAMEL_CASE = re.compile(r"[a-z][A-Za-z0-9]*")


@dataclass(frozen=True, slots=True)
class Place:
    """What the document's place in the project says about it; None where it lies elsewhere."""

    unit: str | None
    name: str | None  # from `<name>.v<major>.odcs.yaml`
    major: int | None
    is_source: bool


def lint_faults(document: dict[str, Any], place: Place) -> Iterator[DocumentFault]:
    """All faults of a document that is valid ODCS."""
    yield from _fundamental_faults(document, place)
    yield from _custom_property_faults(document, "")
    yield from access_term_faults(document)
    yield from small_number_faults(document)
    objects = document.get("schema") or []
    yield from _object_count_faults(objects, document, place)
    unit = str(document.get("domain") or "")
    for position, found in enumerate(objects):
        yield from _object_faults(found, f"schema[{position}]", unit, place)
    yield from service_level_faults(document, objects)


def _fundamental_faults(document: dict[str, Any], place: Place) -> Iterator[DocumentFault]:
    if document.get("apiVersion") not in VERSIONS:
        fault = f"`{document.get('apiVersion')}` is not an edition of ODCS that is read here."
        yield DocumentFault("apiVersion", fault, "Write `apiVersion: v3.1.0` or `v3.2.0`.")
    for key in ("name", "domain"):
        if not is_plain_name(str(document.get(key) or "")):
            fault = f"`{document.get(key) or ''}` is not lower case words joined by underscores."
            yield DocumentFault(key, fault, "Name it as queries will.")
    if is_versioned(str(document.get("name") or "")):
        fault = f"`{document['name']}` ends as a major version does."
        yield DocumentFault("name", fault, "Leave the ending out: queries add it, from v2 on.")
    if document.get("status") not in STATUSES:
        words = ", ".join(f"`{word}`" for word in STATUSES)
        fault = f"`{document.get('status')}` is not a lifecycle status."
        yield DocumentFault("status", fault, f"Write one of {words}.")
    version = _SEMVER.fullmatch(str(document.get("version") or ""))
    if version is None:
        fault = f"`{document.get('version') or ''}` is not a semantic version."
        yield DocumentFault("version", fault, "Write it as in `1.0.0`.")
    elif place.major is not None and int(version.group(1)) != place.major:
        fault = f"`{document['version']}` does not belong in a file named for v{place.major}."
        yield DocumentFault("version", fault, f"Rename the file to `.v{version.group(1)}.`.")
    yield from _place_faults(document, place)


def _place_faults(document: dict[str, Any], place: Place) -> Iterator[DocumentFault]:
    if place.unit is not None and document.get("domain") != place.unit:
        fault = f"is `{document.get('domain')}` in the folder of `{place.unit}`."
        yield DocumentFault("domain", fault, "Move the file, or name the folder's business unit.")
    if place.name is not None and document.get("name") != place.name:
        fault = f"is `{document.get('name')}` in a file named for `{place.name}`."
        yield DocumentFault("name", fault, "Give the file and the contract one name.")


def _object_count_faults(
    objects: list[dict[str, Any]], document: dict[str, Any], place: Place
) -> Iterator[DocumentFault]:
    names = [found.get("name") for found in objects]
    if not objects:
        yield DocumentFault("schema", "promises nothing.", "Describe the table and its columns.")
    elif place.is_source:
        for name in sorted({str(n) for n in names if names.count(n) > 1}):
            yield DocumentFault("schema", f"has the object `{name}` twice.", "Rename one.")
    elif len(objects) > 1:
        fault = f"has {len(objects)} objects; an output port is one table."
        yield DocumentFault("schema", fault, "Write one contract per port.")
    elif names[0] != document.get("name"):
        fault = f"`{names[0]}` is not the port `{document.get('name')}`."
        yield DocumentFault("schema[0].name", fault, "Give the object the name of the port.")


def _object_faults(
    found: dict[str, Any], path: str, unit: str, place: Place
) -> Iterator[DocumentFault]:
    name = str(found.get("name") or "")
    if not is_plain_name(name):
        fault = f"`{name}` is not lower case words joined by underscores."
        yield DocumentFault(f"{path}.name", fault, "Name it as queries will.")
    if found.get("physicalName") not in (None, name):
        fault = f"`{found['physicalName']}` differs from the name `{name}`."
        remedy = "Leave it out: the lake calls every table as its contract does."
        yield DocumentFault(f"{path}.physicalName", fault, remedy)
    properties = found.get("properties") or []
    if not properties:
        yield DocumentFault(f"{path}.properties", "promises no column.", "Describe each column.")
    yield from column_faults(properties, path, is_port=not place.is_source)
    yield from standard_faults(properties, path, is_port=not place.is_source)
    columns = tuple(str(p.get("name")) for p in properties if p.get("semanticType") != "measure")
    yield from rule_faults(found, path, columns)
    yield from relationship_faults(found, path, columns, unit)


def _custom_property_faults(value: Any, path: str) -> Iterator[DocumentFault]:
    """Names of custom properties, wherever they stand: camel case, each once in its list."""
    if isinstance(value, list):
        for position, inner in enumerate(value):
            yield from _custom_property_faults(inner, f"{path}[{position}]")
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        here = f"{path}.{key}" if path else key
        if key == "customProperties" and isinstance(inner, list):
            yield from _name_faults(
                [str(entry.get("property")) for entry in inner if isinstance(entry, dict)], here
            )
        elif key not in {"value", "arguments", "examples"}:
            yield from _custom_property_faults(inner, here)


def _name_faults(names: list[str], path: str) -> Iterator[DocumentFault]:
    for position, name in enumerate(names):
        here = f"{path}[{position}].property"
        if name in names[:position]:
            yield DocumentFault(here, f"`{name}` is there twice.", "Keep one of them.")
        elif _CAMEL_CASE.fullmatch(name) is None:
            yield DocumentFault(here, f"`{name}` is not camel case.", "Write it as in `theme`.")
