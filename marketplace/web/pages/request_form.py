"""The form that asks for access, filled in from the port's contract: at most eight questions."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from contracts.model import Contract
from marketplace.access.model import Actor
from marketplace.access.request_rules import RequestRules
from marketplace.access.similar_requests import Similar
from marketplace.web import urls
from marketplace.web.formats import counted
from marketplace.web.pages.access import PERIODS, named_references
from marketplace.web.pages.page import Choice, Link, Page
from marketplace.web.pages.restriction_words import MASKS, predicate_words
from marketplace.web.request_forms import AGREEMENT, LONGEST_PURPOSE

USUAL_DAYS = 90  # chosen at first, where the contract allows it


@dataclass(frozen=True, slots=True)
class Question:
    """A text that the sharing agreement needs."""

    name: str
    text: str
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoosePortPage(Page):
    """Which port to ask for, where none was named."""

    template: ClassVar[str] = "request_choose.html"
    section: ClassVar[str] = "access"
    ports: tuple[Link, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRequestPage(Page):
    """The form that asks for access."""

    template: ClassVar[str] = "request_new.html"
    section: ClassVar[str] = "access"
    port: str
    port_title: str
    product: Link
    stages: tuple[tuple[str, ...], ...]  # who decides, one stage after another
    within_days: int  # of each stage
    deputies: tuple[str, ...]
    similar: Similar | None
    permitted: tuple[str, ...]
    prohibited: tuple[str, ...]
    conditions: tuple[str, ...]
    purposes: tuple[Choice, ...]
    periods: tuple[Choice, ...]
    columns: tuple[Choice, ...]  # on offer
    asks_some: bool  # only for the columns that are ticked
    withheld: tuple[str, ...]  # columns that no request gets
    rows: tuple[Choice, ...]
    lawful_bases: tuple[Choice, ...]
    agreement: tuple[Question, ...]  # only for another organisation
    other_form: Link  # the same form within, or for another organisation
    purpose: str = ""
    longest: int = LONGEST_PURPOSE


@dataclass(frozen=True, slots=True)
class FormFacts:
    """What the form is drawn from, beside the contract."""

    product: Link
    is_sample: bool
    similar: Similar | None
    people: Collection[Actor]
    form: Mapping[str, str]
    faults: dict[str, str] = field(default_factory=dict)


def new_request_page(contract: Contract, rules: RequestRules, facts: FormFacts) -> NewRequestPage:
    """The form for a contract's port, with what was already said in it."""
    form, port = facts.form, contract.reference
    is_other = form.get("for_whom") == "other"
    texts = AGREEMENT.items() if is_other else ()
    within = Link("I am asking for this organisation", urls.new_request(port))
    outside = Link("I am asking for another organisation", urls.new_request(port, "other"))
    return NewRequestPage(
        title="Request access",
        marking=contract.marking,
        is_sample=facts.is_sample,
        port=port,
        port_title=contract.title or port,
        product=facts.product,
        stages=tuple(named_references(stage, facts.people) for stage in rules.stages),
        within_days=rules.within_days,
        deputies=named_references(rules.deputies, facts.people),
        similar=facts.similar,
        permitted=rules.permitted,
        prohibited=rules.prohibited,
        conditions=rules.conditions,
        purposes=_choices(rules.permitted, form.get("permitted_purpose", "")),
        periods=periods(rules.longest_days, form.get("days", "")),
        columns=_columns(contract, rules, form),
        asks_some=form.get("columns", "") not in {"", "all"},
        withheld=tuple(sorted(rules.offered.hidden)),
        rows=_rows(rules, form.get("rows", "")),
        lawful_bases=_choices(rules.lawful_bases, form.get("lawful_basis", "")),
        agreement=tuple(Question(name, text, form.get(name, "")) for name, text in texts),
        other_form=within if is_other else outside,
        purpose=form.get("purpose", ""),
        faults=facts.faults,
    )


def periods(longest: int, chosen: str) -> tuple[Choice, ...]:
    """How long access can be asked for under a contract; the longest is always on offer."""
    known = dict(PERIODS)
    days = sorted({*(each for each in known if each <= longest), longest})
    usual = str(max((each for each in days if each <= USUAL_DAYS), default=longest))
    return tuple(
        Choice(str(each), known.get(each, counted(each, "day")), selected=str(each) == wanted)
        for wanted in (chosen or usual,)
        for each in days
    )


def _choices(texts: Iterable[str], chosen: str) -> tuple[Choice, ...]:
    """Each text as a choice; a single one is chosen from the start."""
    known = tuple(texts)
    first = known[0] if len(known) == 1 else ""
    return tuple(Choice(text, text, selected=text == (chosen or first)) for text in known)


def _columns(
    contract: Contract, rules: RequestRules, form: Mapping[str, str]
) -> tuple[Choice, ...]:
    listed = {name.strip() for name in form.get("columns", "").split(",")}
    return tuple(
        Choice(
            column.name,
            column.business_name or column.name,
            _hint(column.description, column.name, rules),
            selected=f"column.{column.name}" in form or column.name in listed,
        )
        for column in contract.table.properties
        if column.name not in rules.offered.hidden
    )


def _hint(description: str, name: str, rules: RequestRules) -> str:
    mask = rules.offered.masked.get(name)
    return description if mask is None else f"{description} Shown {MASKS[mask]}."


def _rows(rules: RequestRules, chosen: str) -> tuple[Choice, ...]:
    if not rules.rows:
        return ()
    offers = (
        Choice(name, name, f"Rows where {predicate_words(part)}", selected=name == chosen)
        for name, part in rules.rows.items()
    )
    return (Choice("", "Every row", selected=not chosen), *offers)
