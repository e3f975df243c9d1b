"""The metadata without which a port is not published: all that is missing, at once.

Source: requirements FND-01, INT-01, PRP-03 and SEC-08; places as in the UK profile of ODCS.
"""

from collections.abc import Callable, Iterator
from typing import Any

from contracts.errors import Fault
from contracts.model import Contract
from contracts.service_levels import read_period

TIERS = ("OFFICIAL",)
ACCESS_RIGHTS = ("OPEN", "INTERNAL", "COMMERCIAL")


def missing_metadata(contract: Contract) -> tuple[Fault, ...]:
    """Every mandatory element that the contract lacks or fills with what is not allowed."""
    file = contract.path.as_posix() if contract.path is not None else contract.reference
    found = [*_people(contract), *_words(contract), *_terms(contract), *_lifecycle(contract)]
    return tuple(Fault(file, path, fault, remedy) for path, fault, remedy in found)


_Missing = Iterator[tuple[str, str, str]]


def _people(contract: Contract) -> _Missing:
    for role in ("owner", "steward", "custodian"):
        if not any(member.username.strip() for member in contract.members(role)):
            yield "team.members", f"names no {role}.", f"Add a member with `role: {role}`."
    if not contract.approvers:
        remedy = "Add `firstLevelApprovers` to the role `reader`."
        yield "roles", "name no approvers of access requests.", remedy


def _words(contract: Contract) -> _Missing:
    texts: tuple[tuple[str, str], ...] = (
        ("description.purpose", contract.purpose),
        ("description.limitations", contract.limitations),
    )
    for path, text in texts:
        if not text.strip():
            yield path, "is missing.", "Write it in plain English."
    for name in ("title", "summary", "licence"):
        if not str(contract.custom.get(name) or "").strip():
            yield _custom(name), "is missing.", "Write it in plain English."
    for position, column in enumerate(contract.table.properties if contract.objects else ()):
        if not column.description.strip():
            path = f"schema[0].properties[{position}].description"
            yield path, f"is missing for `{column.name}`.", "Say what the value means to a buyer."


def _terms(contract: Contract) -> _Missing:
    tier = contract.custom.get("securityClassification")
    if tier is None:
        yield _custom("securityClassification"), "is missing.", "Write OFFICIAL."
    elif tier not in TIERS:
        remedy = "This platform holds data up to OFFICIAL-SENSITIVE: keep it elsewhere."
        yield _custom("securityClassification"), f"is `{tier}`.", remedy
    if not isinstance(contract.custom.get("sensitive"), bool):
        yield _custom("sensitive"), "is not true or false.", "Say whether it is OFFICIAL-SENSITIVE."
    rights = contract.custom.get("accessRights")
    if rights not in ACCESS_RIGHTS:
        fault = "is missing." if rights is None else f"is `{rights}`."
        yield _custom("accessRights"), fault, f"Write one of {', '.join(ACCESS_RIGHTS)}."
    if any(column.is_personal for found in contract.objects for column in found.properties) and (
        not contract.custom.get("lawfulBasis")
    ):
        remedy = "Name the basis in UK GDPR on which personal data is held."
        yield _custom("lawfulBasis"), "is missing for personal data.", remedy


def _lifecycle(contract: Contract) -> _Missing:
    levels = {level.name: level for level in contract.service_levels}
    if "frequency" not in levels and not contract.custom.get("updateFrequency"):
        remedy = "Add the service level `frequency` or `updateFrequency`."
        yield "slaProperties", "name no update frequency.", remedy
    retention = levels.get("retention")
    if retention is None or read_period(retention.value, retention.unit) is None:
        remedy = "Add the service level `retention` with value and unit."
        yield "slaProperties", "name no retention period.", remedy
    details = contract.custom.get("retention")
    for key, is_given in _retention_parts(details).items():
        if not is_given:
            yield f"{_custom('retention')}.{key}", "is missing.", "Say it in `retention`."


def _retention_parts(details: Any) -> dict[str, bool]:
    read: Callable[[str], Any] = details.get if isinstance(details, dict) else lambda _: None
    return {key: bool(str(read(key) or "").strip()) for key in ("trigger", "disposalAction")}


def _custom(name: str) -> str:
    return f"customProperties.{name}"
