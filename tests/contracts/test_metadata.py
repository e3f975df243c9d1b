"""What a contract must say before its port is published."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from contracts.metadata import missing_metadata
from contracts.model import Contract

Build = Callable[[Callable[[dict[str, Any]], object]], Contract]


@pytest.mark.requirement("FND-01")
def test_a_complete_contract_lacks_nothing(contract_with: Build) -> None:
    assert missing_metadata(contract_with(lambda d: None)) == ()


@pytest.mark.requirement("INT-01")
def test_every_missing_element_is_told_at_once(contract_with: Build) -> None:
    def strip(document: dict[str, Any]) -> None:
        for key in ("team", "roles", "slaProperties", "customProperties", "description"):
            document.pop(key)

    contract = replace(contract_with(strip), path=None)
    blank = replace(contract.table.properties[0], description="")
    table = replace(contract.table, properties=(blank, *contract.table.properties[1:]))

    found = missing_metadata(replace(contract, objects=(table,)))

    assert [f"{fault.path} {fault.fault}" for fault in found] == [
        "team.members names no owner.",
        "team.members names no steward.",
        "team.members names no custodian.",
        "roles name no approvers of access requests.",
        "description.purpose is missing.",
        "description.limitations is missing.",
        "customProperties.title is missing.",
        "customProperties.summary is missing.",
        "customProperties.licence is missing.",
        "schema[0].properties[0].description is missing for `invoice_id`.",
        "customProperties.securityClassification is missing.",
        "customProperties.sensitive is not true or false.",
        "customProperties.accessRights is missing.",
        "slaProperties name no update frequency.",
        "slaProperties name no retention period.",
        "customProperties.retention.trigger is missing.",
        "customProperties.retention.disposalAction is missing.",
    ]
    assert {fault.file for fault in found} == {"finance.invoices"}


@pytest.mark.requirement("SEC-08")
@pytest.mark.parametrize("tier", ["SECRET", "TOP SECRET", "official"])
def test_data_above_the_platforms_ceiling_is_refused(tier: str, contract_with: Build) -> None:
    contract = contract_with(lambda d: d["customProperties"][2].update(value=tier))

    (fault,) = missing_metadata(contract)

    assert (fault.fault, fault.remedy) == (
        f"is `{tier}`.",
        "This platform holds data up to OFFICIAL-SENSITIVE: keep it elsewhere.",
    )


@pytest.mark.requirement("PRP-03")
def test_personal_data_needs_a_lawful_basis(contract_with: Build) -> None:
    personal = {"property": "personalData", "value": {"category": "contact"}}
    contract = contract_with(
        lambda d: d["schema"][0]["properties"][2].update(customProperties=[personal])
    )

    (fault,) = missing_metadata(contract)

    assert (fault.path, fault.fault) == (
        "customProperties.lawfulBasis",
        "is missing for personal data.",
    )
