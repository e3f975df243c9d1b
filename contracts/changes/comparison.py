"""Two contract documents compared: every difference, its impact, and the version it demands.

On raw documents, because the typed model drops what it does not know. Source of every rule: the
decision table in docs/explanation/change-control.md.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from contracts.changes.contract_terms import contract_term_changes
from contracts.changes.custom import custom_values
from contracts.changes.fields import (
    BREAKING,
    COMPATIBLE,
    EDITORIAL,
    Changes,
    Document,
    Field,
    Place,
    R,
    Rule,
    compare_fields,
    fixed,
    prose,
)
from contracts.changes.levels import level_changes
from contracts.changes.model import Change, ContractChange, Gate, Impact, read_version
from contracts.changes.objects import object_changes
from contracts.changes.terms import (
    description_changes,
    price_changes,
    role_changes,
    server_changes,
    status_change,
    support_changes,
    team_change,
    unordered,
)
from contracts.errors import NotComparable
from contracts.odcs_shape import has_shape

_PARTS = ("schema", "servers", "roles", "support", "slaProperties", "customProperties", "version")


def compare(old: Document, new: Document) -> ContractChange:
    """Every change from one contract document to another; `new` says the version it claims.

    Raises NotComparable where one of them does not have the form of a contract.
    """
    for name, document in (("old", old), ("new", new)):
        if not has_shape(dict(document)):
            raise NotComparable(f"the {name} one does not have the form of an ODCS document")
        read_version(str(document.get("version")))
    found = tuple(_changes(old, new))
    versions = str(old["version"]), str(new["version"])
    if not found and versions[0] != versions[1]:
        field = Field(*versions, Place("", ()).key("version"))
        found = (field.change("version only", EDITORIAL, "Nothing else has changed."),)
    return ContractChange(*versions, tuple(_judged(change, old, new) for change in found))


def _changes(old: Document, new: Document) -> Changes:
    top = Place("", ())
    yield from compare_fields(old, new, top, _RULES, skip=_PARTS)
    yield from object_changes(old, new, top.key("schema"))
    for key, changes in (
        ("slaProperties", level_changes),
        ("servers", server_changes),
        ("roles", role_changes),
        ("support", support_changes),
    ):
        yield from changes(old.get(key), new.get(key), top.key(key))
    yield from contract_term_changes(old, new, top.key("customProperties"))


def _judged(change: Change, old: Document, new: Document) -> Change:
    """The change as its author judged it, where the comparison leaves that to a person.

    `reviewedChanges` of the new contract names the path, the version that it comes from, the
    impact and why. It never touches a change that the comparison is certain of.
    """
    judgements = custom_values(new.get("customProperties")).get("reviewedChanges")
    for judgement in judgements if isinstance(judgements, list) else ():
        if _is_about(judgement, change, old):
            return replace(
                change, impact=Impact(judgement["impact"]), judged=judgement["reason"].strip()
            )
    return change


def _is_about(judgement: Any, change: Change, old: Document) -> bool:
    return (
        isinstance(judgement, Mapping)
        and Gate.REVIEW in change.gates
        and judgement.get("path") == change.path
        and str(judgement.get("from")) == str(old.get("version"))
        and judgement.get("impact") in set(Impact)
        and isinstance(judgement.get("reason"), str)
        and bool(judgement["reason"].strip())
    )


_name = fixed(BREAKING, "Queries name the table by its business unit and port.")
_RULES: Mapping[str, Rule] = {
    "id": fixed(BREAKING, "It is a new contract: nothing that the old one promised is kept."),
    "kind": fixed(BREAKING, "It is no data contract.", R),
    "apiVersion": prose("Another edition of the standard."),
    "name": _name,
    "domain": _name,
    "status": status_change,
    "tenant": fixed(COMPATIBLE, "Placement, not data."),
    "dataProduct": fixed(COMPATIBLE, "Placement, not data."),
    "tags": unordered,
    "description": description_changes,
    "price": price_changes,
    "team": team_change,
    "slaDefaultElement": fixed(BREAKING, "Service levels are measured on another column.", R),
    "authoritativeDefinitions": prose(),
    "context": prose(),
    "contractCreatedTs": prose(),
}


def judged_keys() -> frozenset[str]:
    """Every key of a contract that is compared by a rule."""
    return frozenset((*_RULES, *_PARTS))
