"""From an ODCS schema object to our SchemaObject: columns, what is within them, rules, references.

The typed model and the raw document are read side by side: the model says what a key means, the
document which keys were written.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from open_data_contract_standard.model import (
    CustomProperty,
    DataQuality,
    Relationship,
    SchemaProperty,
)
from open_data_contract_standard.model import SchemaObject as OdcsObject

from contracts.model import (
    Property,
    QualityKind,
    QualityRule,
    Reference,
    SchemaObject,
    Severity,
)
from contracts.references import read_target
from contracts.resolved_types import Raw, resolved_tree
from contracts.subjects import subjects
from contracts.type_trees import TypeTree
from contracts.type_words import type_tree

OPERATORS = (
    "mustBe",
    "mustNotBe",
    "mustBeGreaterThan",
    "mustBeGreaterOrEqualTo",
    "mustBeLessThan",
    "mustBeLessOrEqualTo",
    "mustBeBetween",
    "mustNotBeBetween",
)


METRICS = ("nullValues", "missingValues", "invalidValues", "duplicateValues", "rowCount")


def schema_object(odcs: OdcsObject, raw: Raw, unit: str, path: str) -> SchemaObject:
    """The table that a schema object promises."""
    declared = [
        _property(p, raw["properties"][i], f"{path}.properties[{i}]", None)
        for i, p in enumerate(odcs.properties or ())
    ]
    columns = tuple(p for p in declared if p.semantic_type != "measure")
    promised = SchemaObject(
        name=odcs.name or "",
        description=_text(odcs.description),
        properties=columns,
        quality=_rules(odcs.quality, raw, path),
        custom=custom_values(odcs.customProperties),
        measures=tuple(p for p in declared if p.semantic_type == "measure"),
    )
    return replace(promised, references=tuple(_references(odcs, promised, unit, path)))


def custom_values(properties: Iterable[CustomProperty] | None) -> dict[str, Any]:
    """Custom properties by name."""
    return {str(p.property): p.value for p in properties or ()}


def _text(value: str | None) -> str:
    return (value or "").strip()


def _property(odcs: SchemaProperty, raw: Raw, path: str, given: TypeTree | None) -> Property:
    custom = custom_values(odcs.customProperties)
    tree = resolved_tree(raw, given)
    inner = _Inner(odcs, raw, path, tree)
    fields = tuple(inner.fields())
    others = [inner.part("items", "item"), inner.map_part("key"), inner.map_part("value")]
    within = [*fields, *(part for part in others if part is not None)]
    return Property(
        name=odcs.name or "",
        logical_type=odcs.logicalType or "",
        physical_type=_physical_type(odcs.physicalType, tree),
        description=_text(odcs.description),
        business_name=_text(odcs.businessName) or (odcs.name or "").replace("_", " ").capitalize(),
        required=odcs.required is True,
        unique=odcs.unique is True,
        primary_key_position=_position(odcs.primaryKey, odcs.primaryKeyPosition),
        partition_key_position=_position(odcs.partitioned, odcs.partitionKeyPosition),
        classification=odcs.classification,
        is_personal=bool(custom.get("personalData")) or any(part.is_personal for part in within),
        is_critical=odcs.criticalDataElement is True,
        options=dict(odcs.logicalTypeOptions or {}),
        quality=_rules(odcs.quality, raw, path),
        custom=custom,
        path=path,
        properties=fields,
        items=others[0],
        map_key=others[1],
        map_value=others[2],
        enum=tuple(entry["value"] for entry in raw.get("enum") or ()),
        semantic_type=str(raw.get("semanticType") or "column"),
        expression=_text(odcs.transformLogic),
        examples=tuple(odcs.examples or ()),
    )


@dataclass(frozen=True, slots=True)
class _Inner:
    """What a property declares within itself, each part with its type."""

    odcs: SchemaProperty
    raw: Raw
    path: str
    tree: TypeTree | None

    def fields(self) -> Iterator[Property]:
        for i, part in enumerate(self.odcs.properties or ()):
            raw = self.raw["properties"][i]
            given = self.tree.part(str(part.name)) if self.tree is not None else None
            yield _property(part, raw, f"{self.path}.properties[{i}]", given)

    def part(self, key: str, name: str) -> Property | None:
        raw = self.raw.get(key)
        if not isinstance(raw, Mapping):
            return None
        given = self.tree.part(name) if self.tree is not None else None
        return _property(SchemaProperty.model_validate(raw), raw, f"{self.path}.{key}", given)

    def map_part(self, key: str) -> Property | None:
        entries = self.raw.get("map")
        below = _Inner(self.odcs, entries, f"{self.path}.map", self.tree) if entries else None
        return below.part(key, key) if below is not None else None


def _physical_type(word: str | None, tree: TypeTree | None) -> str:
    """The author's own word, unless it leaves the shape to what is declared within."""
    if word and type_tree(word) is not None:
        return word
    return str(tree).lower() if tree is not None else word or ""


def _position(is_part: bool | None, position: int | None) -> int | None:
    return (position or 1) if is_part else None


def _rules(rules: Iterable[DataQuality] | None, raw: Raw, path: str) -> tuple[QualityRule, ...]:
    return tuple(
        _rule(rule, raw["quality"][i], f"{path}.quality[{i}]") for i, rule in enumerate(rules or ())
    )


def _rule(odcs: DataQuality, raw: Mapping[str, Any], path: str) -> QualityRule:
    custom = custom_values(odcs.customProperties)
    operator = next((word for word in OPERATORS if word in raw), None)
    kind = QualityKind(odcs.type or "library")
    metric = odcs.metric
    return QualityRule(
        path=path,
        kind=kind,
        name=odcs.name or metric or kind.value,
        description=_text(odcs.description),
        dimension=odcs.dimension,
        severity=Severity(odcs.severity or "error"),
        metric=metric if kind is QualityKind.LIBRARY else None,
        arguments=dict(odcs.arguments or {}),
        operator=operator,
        threshold=raw[operator] if operator is not None else None,
        unit=odcs.unit or "rows",
        query=odcs.query,
        informative=custom.get("informative") is True,
        strategy_dimension=_word(custom.get("strategyDimension")),
        engine=odcs.engine,
        implementation=odcs.implementation,
        schedule=odcs.schedule,
        method=_text(odcs.method),
        business_impact=_text(odcs.businessImpact),
        tags=tuple(odcs.tags or ()),
    )


def _word(value: Any) -> str | None:
    return None if value is None else str(value)


def _references(
    odcs: OdcsObject, promised: SchemaObject, unit: str, path: str
) -> Iterator[Reference]:
    declared = dict(_relationships(odcs.properties or (), path))
    for subject in subjects(promised):
        for j, relationship in enumerate(declared.get(subject.path, ())):
            here = f"{subject.path}.relationships[{j}]"
            found = _reference(relationship, [subject.name], unit, here)
            yield replace(found, place=subject.inner_place)
    for j, relationship in enumerate(odcs.relationships or ()):
        columns = [re.split(r"[./]", text)[-1] for text in _texts(relationship.from_)]
        yield _reference(relationship, columns, unit, f"{path}.relationships[{j}]")


def _relationships(
    properties: Iterable[SchemaProperty], path: str
) -> Iterator[tuple[str, list[Relationship]]]:
    """Relationships by the path of the property that declares them, at any depth."""
    for i, declared in enumerate(properties):
        here = f"{path}.properties[{i}]"
        yield from _own_relationships(declared, here)


def _own_relationships(
    declared: SchemaProperty, path: str
) -> Iterator[tuple[str, list[Relationship]]]:
    yield path, list(declared.relationships or ())
    yield from _relationships(declared.properties or (), path)
    if declared.items is not None:
        yield from _own_relationships(declared.items, f"{path}.items")
    for key in ("key", "value"):
        part = getattr(declared.map, key, None)
        if part is not None:
            yield from _own_relationships(part, f"{path}.map.{key}")


def _reference(odcs: Relationship, columns: list[str], unit: str, path: str) -> Reference:
    targets = [t for text in _texts(odcs.to) if (t := read_target(text, unit)) is not None]
    custom = custom_values(odcs.customProperties)
    return Reference(
        path=path,
        columns=tuple(columns),
        target_port=targets[0].port,
        target_columns=tuple(target.column for target in targets),
        minimum_match_percent=float(custom.get("minimumMatchPercent", 100)),
        severity=Severity(custom.get("severity", "error")),
        informative=custom.get("informative") is True,
    )


def _texts(value: str | list[str] | None) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())
