"""From a valid ODCS document to our Contract: names resolved once, nothing judged."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from open_data_contract_standard.model import (
    CustomProperty,
    DataQuality,
    OpenDataContractStandard,
    Relationship,
    Role,
    SchemaProperty,
    Team,
)
from open_data_contract_standard.model import SchemaObject as OdcsObject

from contracts.model import (
    AccessRole,
    Contract,
    Property,
    QualityKind,
    QualityRule,
    Reference,
    SchemaObject,
    ServiceLevel,
    Severity,
    TeamMember,
)
from contracts.references import read_target
from contracts.service_levels import service_level_name

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


def contract_of(document: Mapping[str, Any], content: bytes, path: Path | None) -> Contract:
    """The contract that a document without faults describes."""
    odcs = OpenDataContractStandard.model_validate(document)
    custom = custom_values(odcs.customProperties)
    description = odcs.description
    unit = odcs.domain or ""
    return Contract(
        id=odcs.id or "",
        name=odcs.name or "",
        business_unit=unit,
        version=odcs.version or "",
        status=odcs.status or "",
        title=str(custom.get("title") or odcs.name),
        purpose=_text(description.purpose if description else None),
        limitations=_text(description.limitations if description else None),
        usage=_text(description.usage if description else None),
        objects=tuple(
            _object(o, unit, f"schema[{i}]", document) for i, o in enumerate(odcs.schema_ or ())
        ),
        service_levels=_service_levels(odcs),
        team=_team(odcs.team),
        roles=tuple(_role(role) for role in odcs.roles or ()),
        support=tuple(s.model_dump(exclude_none=True) for s in odcs.support or ()),
        tags=tuple(odcs.tags or ()),
        custom=custom,
        content_hash=hashlib.sha256(content).hexdigest(),
        path=path,
    )


def custom_values(properties: Iterable[CustomProperty] | None) -> dict[str, Any]:
    """Custom properties by name."""
    return {str(p.property): p.value for p in properties or ()}


def _text(value: str | None) -> str:
    return (value or "").strip()


def _object(odcs: OdcsObject, unit: str, path: str, document: Mapping[str, Any]) -> SchemaObject:
    below = [
        _property(p, f"{path}.properties[{i}]", _raw_rules(document, path, i))
        for i, p in enumerate(odcs.properties or ())
    ]
    raw = document["schema"][int(path[7:-1])].get("quality") or ()
    return SchemaObject(
        name=odcs.name or "",
        description=_text(odcs.description),
        properties=tuple(below),
        quality=tuple(
            _rule(rule, raw[i], f"{path}.quality[{i}]") for i, rule in enumerate(odcs.quality or ())
        ),
        references=_references(odcs, unit, path),
        custom=custom_values(odcs.customProperties),
    )


def _raw_rules(document: Mapping[str, Any], path: str, position: int) -> list[Mapping[str, Any]]:
    raw = document["schema"][int(path[7:-1])]["properties"][position]
    return list(raw.get("quality") or ())


def _property(odcs: SchemaProperty, path: str, rules: list[Mapping[str, Any]]) -> Property:
    custom = custom_values(odcs.customProperties)
    return Property(
        name=odcs.name or "",
        logical_type=odcs.logicalType or "",
        physical_type=odcs.physicalType or "",
        description=_text(odcs.description),
        business_name=_text(odcs.businessName) or (odcs.name or "").replace("_", " ").capitalize(),
        required=odcs.required is True,
        unique=odcs.unique is True,
        primary_key_position=_position(odcs.primaryKey, odcs.primaryKeyPosition),
        partition_key_position=_position(odcs.partitioned, odcs.partitionKeyPosition),
        classification=odcs.classification,
        is_personal=bool(custom.get("personalData")),
        is_critical=odcs.criticalDataElement is True,
        options=dict(odcs.logicalTypeOptions or {}),
        quality=tuple(
            _rule(rule, rules[i], f"{path}.quality[{i}]")
            for i, rule in enumerate(odcs.quality or ())
        ),
        custom=custom,
    )


def _position(is_part: bool | None, position: int | None) -> int | None:
    return (position or 1) if is_part else None


def _rule(odcs: DataQuality, raw: Mapping[str, Any], path: str) -> QualityRule:
    custom = custom_values(odcs.customProperties)
    operator = next((word for word in OPERATORS if word in raw), None)
    kind = QualityKind(odcs.type or "library")
    return QualityRule(
        path=path,
        kind=kind,
        name=odcs.name or odcs.metric or kind.value,
        description=_text(odcs.description),
        dimension=odcs.dimension,
        severity=Severity(odcs.severity or "error"),
        metric=odcs.metric,
        arguments=dict(odcs.arguments or {}),
        operator=operator,
        threshold=raw[operator] if operator is not None else None,
        unit=odcs.unit or "rows",
        query=odcs.query,
        informative=custom.get("informative") is True,
        strategy_dimension=_word(custom.get("strategyDimension")),
    )


def _word(value: Any) -> str | None:
    return None if value is None else str(value)


def _references(odcs: OdcsObject, unit: str, path: str) -> tuple[Reference, ...]:
    found = [
        _reference(r, [p.name or ""], unit, f"{path}.properties[{i}].relationships[{j}]")
        for i, p in enumerate(odcs.properties or ())
        for j, r in enumerate(p.relationships or ())
    ]
    for j, relationship in enumerate(odcs.relationships or ()):
        columns = [re.split(r"[./]", text)[-1] for text in _texts(relationship.from_)]
        found.append(_reference(relationship, columns, unit, f"{path}.relationships[{j}]"))
    return tuple(found)


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


def _service_levels(odcs: OpenDataContractStandard) -> tuple[ServiceLevel, ...]:
    return tuple(
        ServiceLevel(
            path=f"slaProperties[{i}]",
            name=service_level_name(sla.property or "") or (sla.property or ""),
            value=sla.value,
            unit=sla.unit,
            element=sla.element,
            driver=sla.driver,
            description=_text(sla.description),
        )
        for i, sla in enumerate(odcs.slaProperties or ())
    )


def _team(team: Team | list[Any] | None) -> tuple[TeamMember, ...]:
    members = team.members if isinstance(team, Team) else team
    return tuple(
        TeamMember(
            username=member.username or "",
            role=(member.role or "").strip().lower(),
            name=member.name or member.username or "",
        )
        for member in members or ()
    )


def _role(role: Role) -> AccessRole:
    approvers = f"{role.firstLevelApprovers or ''},{role.secondLevelApprovers or ''}".split(",")
    return AccessRole(
        name=role.role or "",
        access=role.access or "",
        approvers=tuple(a for name in approvers if (a := name.strip())),
    )
