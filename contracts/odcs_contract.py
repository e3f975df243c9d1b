"""From a valid ODCS document to our Contract: names resolved once, nothing judged."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from open_data_contract_standard.model import OpenDataContractStandard, Role, Team

from contracts.model import AccessRole, Contract, ServiceLevel, TeamMember
from contracts.odcs_objects import custom_values, schema_object
from contracts.service_levels import service_level_name


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
            schema_object(o, document["schema"][i], unit, f"schema[{i}]")
            for i, o in enumerate(odcs.schema_ or ())
        ),
        service_levels=_service_levels(odcs),
        team=_team(odcs.team),
        roles=tuple(_role(role) for role in odcs.roles or ()),
        support=tuple(s.model_dump(exclude_none=True) for s in odcs.support or ()),
        tags=tuple(odcs.tags or ()),
        custom=custom,
        content_hash=hashlib.sha256(content).hexdigest(),
        path=path,
        content=content,
    )


def _text(value: str | None) -> str:
    return (value or "").strip()


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
    levels = (_names(role.firstLevelApprovers), _names(role.secondLevelApprovers))
    return AccessRole(
        name=role.role or "",
        access=role.access or "",
        approvers=(*levels[0], *levels[1]),
        stages=tuple(level for level in levels if level),
    )


def _names(listed: str | None) -> tuple[str, ...]:
    return tuple(name for part in (listed or "").split(",") if (name := part.strip()))
