"""What the forms about requests say: read into values, or faults that name their field."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from contracts.model import Contract
from marketplace.access.model import Actor, Decision
from marketplace.access.request_model import Answers, Asked, SharingAgreement
from marketplace.access.request_rules import RequestRules
from marketplace.access.restriction import WHOLE, Comparison, Mask, Operator, Restriction
from marketplace.access.restriction_rules import column_kind, columns_of, read_restriction
from marketplace.access.restriction_values import ColumnKind

LONGEST_PURPOSE = 2000
AGREEMENT = {
    "organisation": "Which organisation will hold the data?",
    "agreement": "Under which reference is the sharing agreement kept?",
    "agreement_ends_on": "On which day does the agreement end?",
    "legal_power": "Which legal power and gateway let the data be shared?",
    "data_protection": "How is data protection assured?",
    "security": "How will the data be kept secure?",
    "disposal": "How and when will the data be disposed of?",
}
_TRUE = frozenset({"true", "yes", "on", "1"})
Faults = dict[str, str]


@dataclass(frozen=True, slots=True)
class Read:
    """What a form said; of no use where `faults` is not empty."""

    asked: Asked
    faults: Faults = field(default_factory=dict)


def read_request(form: Mapping[str, str], port: str, rules: RequestRules) -> Read:
    """The ask that a request form makes. Columns not ticked are not asked for."""
    faults: Faults = {}
    purpose = form.get("purpose", "")
    if not purpose.strip():
        faults["purpose"] = "Say what you will use the data for"
    elif len(purpose) > LONGEST_PURPOSE:
        faults["purpose"] = f"Say it in {LONGEST_PURPOSE:,} characters or fewer"
    days = form.get("days", "")
    if not days.isdecimal() or len(days) > 4:
        faults["days"] = "Choose for how long you need the data"
    rows = form.get("rows", "")
    if rows and rows not in rules.rows:
        faults["rows"] = "Choose one of the parts that are on offer, or every row"
    restriction = Restriction(rows=rules.rows.get(rows), hidden=_not_asked(form, rules, faults))
    answers = Answers(
        permitted_purpose=form.get("permitted_purpose", ""),
        lawful_basis=form.get("lawful_basis", ""),
        rows=rows,
        restriction=restriction,
        accepts_conditions=form.get("accepts", "").lower() in _TRUE,
        agreement=_agreement(form, faults) if form.get("for_whom") == "other" else None,
    )
    for name, offered in (
        ("permitted_purpose", rules.permitted),
        ("lawful_basis", rules.lawful_bases),
    ):
        if form.get(name) and form[name] not in offered:
            faults[name] = "Choose one that the contract offers"
    return Read(Asked(port, purpose, 0 if "days" in faults else int(days), answers), faults)


def read_decision(
    form: Mapping[str, str], actor: Actor, contract: Contract
) -> tuple[Decision | None, Faults]:
    """An approver's decision with what it narrows; None with the faults of the form.

    `restriction` may be given as JSON; otherwise `column.<name>` is `show`, `hide` or a mask, and
    `row_column`, `row_operator` and `row_values` (one a line) compare one column. Raises
    RestrictionRefused for a restriction that does not fit the contract.
    """
    faults: Faults = {}
    if form.get("decision") not in {"approve", "refuse"}:
        return None, {"decision": "Choose whether you approve or refuse"}
    days = form.get("days", "").strip()
    if days and (not days.isdecimal() or len(days) > 4):
        faults["days"] = "Write a whole number of days, or leave it empty"
    if form["decision"] == "refuse":
        return Decision(actor, False, form.get("reason", "")), faults
    restriction = WHOLE
    if form.get("restriction", "").strip():
        restriction = read_restriction(form["restriction"], contract)
    else:
        restriction = _narrowing(form, contract, faults)
    decision = Decision(
        actor,
        True,
        form.get("reason", ""),
        restriction,
        days=int(days) if days and "days" not in faults else None,
        purpose=form.get("narrower_purpose", "").strip() or None,
    )
    return (None if faults else decision), faults


def _not_asked(form: Mapping[str, str], rules: RequestRules, faults: Faults) -> frozenset[str]:
    """The columns on offer that the form leaves out."""
    choice = form.get("columns", "")
    if choice in {"", "all"} or rules.contract is None:
        return frozenset()
    on_offer = set(columns_of(rules.contract)) - rules.offered.hidden
    ticked = {name.removeprefix("column.") for name in form if name.startswith("column.")}
    if choice != "some":
        ticked |= {name.strip() for name in choice.split(",") if name.strip()}
    if unknown := sorted(ticked - on_offer):
        faults["columns"] = f"`{unknown[0][:60]}` is not a column on offer"
    elif not ticked:
        faults["columns"] = "Choose at least one column"
    return frozenset(on_offer - ticked)


def _agreement(form: Mapping[str, str], faults: Faults) -> SharingAgreement | None:
    for name, question in AGREEMENT.items():
        if not form.get(name, "").strip():
            faults[name] = f"Answer: {question}"
    try:
        ends_on = date.fromisoformat(form.get("agreement_ends_on", ""))
    except ValueError:
        faults["agreement_ends_on"] = "Write the day on which the agreement ends as in 2027-03-31"
        return None
    return SharingAgreement(
        organisation=form.get("organisation", "").strip(),
        reference=form.get("agreement", "").strip(),
        ends_on=ends_on,
        **{
            name: form.get(name, "").strip()
            for name in ("legal_power", "data_protection", "security", "disposal")
        },
    )


def _narrowing(form: Mapping[str, str], contract: Contract, faults: Faults) -> Restriction:
    hidden, masked = set(), {}
    masks = {mask.value: mask for mask in Mask}
    for name, choice in form.items():
        if not name.startswith("column.") or choice in {"", "show"}:
            continue
        column = name.removeprefix("column.")
        if choice == "hide":
            hidden.add(column)
        elif choice in masks:
            masked[column] = masks[choice]
        else:
            faults[name] = "Choose whether the column is shown, masked or hidden"
    rows = _comparison(form, contract, faults) if form.get("row_column") else None
    return Restriction(rows=rows, masked=masked, hidden=frozenset(hidden))


def _comparison(form: Mapping[str, str], contract: Contract, faults: Faults) -> Comparison | None:
    column = form["row_column"]
    types = columns_of(contract)
    try:
        operator = Operator(form.get("row_operator", ""))
    except ValueError:
        faults["row_operator"] = "Choose how the column is compared"
        return None
    kind = column_kind(types[column]) if column in types else ColumnKind.TEXT
    lines = [line.strip() for line in form.get("row_values", "").splitlines() if line.strip()]
    return Comparison(column, operator, tuple(_value(line, kind) for line in lines))


def _value(text: str, kind: ColumnKind) -> Any:
    """The text as its column's kind takes it; left as it is where it cannot be, to be refused."""
    try:
        if kind is ColumnKind.WHOLE:
            return int(text)
        if kind is ColumnKind.FLOAT:
            return float(text)
    except ValueError:
        return text
    if kind is ColumnKind.BOOLEAN and text.lower() in {"true", "false"}:
        return text.lower() == "true"
    return text
