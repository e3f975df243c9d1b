"""A contract as a page or a program needs it."""

import json
from collections.abc import Mapping
from typing import Any

from contracts.model import Contract, Property, ServiceLevel
from contracts.quality.not_assessed import reasons_of


def contract_document(contract: Contract) -> Mapping[str, Any]:
    """What a page or a program needs of a contract, as plain JSON."""
    document: dict[str, Any] = {
        "id": contract.id,
        "reference": contract.reference,
        "name": contract.name,
        "title": contract.title,
        "version": contract.version,
        "status": contract.status,
        "content_hash": contract.content_hash,
        "description": contract.table.description,
        "purpose": contract.purpose,
        "limitations": contract.limitations,
        "usage": contract.usage,
        "marking": contract.marking,
        "approvers": list(contract.approvers),
        "owners": [member.username for member in contract.members("owner")],
        "stewards": [member.username for member in contract.members("steward")],
        "custodians": [member.username for member in contract.members("custodian")],
        "primary_key": list(contract.table.primary_key),
        "tags": list(contract.tags),
        "columns": [_column(each) for each in contract.table.properties],
        "service_levels": [_service_level(level) for level in contract.service_levels],
        "not_assessed": [
            {
                "dimension": each.dimension.value,
                "reason": each.reason,
                "approved_by": each.approved_by,
                "approved_on": each.approved_on.isoformat(),
            }
            for each in reasons_of(contract)
        ],
        "custom": dict(contract.custom),
    }
    plain: Mapping[str, Any] = json.loads(json.dumps(document, default=str))
    return plain


def _column(each: Property) -> dict[str, Any]:
    return {
        "name": each.name,
        "business_name": each.business_name,
        "type": each.physical_type,
        "logical_type": each.logical_type,
        "description": each.description,
        "required": each.required,
        "unique": each.unique,
        "is_personal": each.is_personal,
        "classification": each.classification,
    }


def _service_level(level: ServiceLevel) -> dict[str, Any]:
    return {
        "name": level.name,
        "value": level.value,
        "unit": level.unit,
        "element": level.element,
        "description": level.description,
    }
