"""Changes of quality rules, matched by id, then by what they demand, then by name."""

from collections.abc import Mapping
from typing import Any

from contracts.changes.custom import EXECUTION_RULES, custom_rule, custom_values
from contracts.changes.fields import (
    BREAKING,
    COMPATIBLE,
    EDITORIAL,
    Changes,
    Document,
    Field,
    P,
    Place,
    R,
    Rule,
    at_most,
    canonical,
    compare_fields,
    fixed,
    mappings,
    prose,
    same,
)
from contracts.changes.matching import Pair, by, pairs, without
from contracts.changes.options import DROPPED, LOOSER, NEW, TIGHTER, UNDECIDED
from contracts.changes.ranges import Relation, allowed_by, relation
from contracts.changes.rule_arguments import argument_changes
from contracts.changes.sql_words import normalised

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
_PROSE = (
    "id",
    "name",
    "description",
    "dimension",
    "businessImpact",
    "method",
    "tags",
    "scheduler",
    "schedule",
    "authoritativeDefinitions",
)


def rule_changes(old: Any, new: Any, place: Place, is_open: bool) -> Changes:
    """The changes between two lists of quality rules.

    `is_open` says whether the column's values were declared an open list.
    """
    before, after = ([_spelled_out(r) for r in mappings(rules)] for rules in (old, new))
    demands = without(*_PROSE, "severity", "customProperties")
    same_question = without(*_PROSE, *OPERATORS, "severity", "unit", "customProperties")
    keys = (by("id"), without(*_PROSE), demands, by("name", "type"), same_question)
    for pair in pairs(before, after, *keys):
        yield from _pair_changes(pair, place, is_open)


def is_blocking(rule: Document) -> bool:
    """Whether breaking the rule keeps a candidate from being published."""
    informative = custom_values(rule.get("customProperties")).get("informative") is True
    return rule.get("severity") not in {"warning", "info"} and not informative


def _pair_changes(pair: Pair, place: Place, is_open: bool) -> Changes:
    rule = pair.either
    here = place.entry(_label(rule), pair.position)
    is_text = rule.get("type") == "text"
    if pair.old is None:
        impact = EDITORIAL if is_text else COMPATIBLE
        gates = () if is_text else (P,)
        yield here.change("quality rule added", impact, NEW, *gates)
    elif pair.new is None:
        impact = EDITORIAL if is_text or not is_blocking(rule) else BREAKING
        reason = DROPPED if impact is BREAKING else "Nothing was ever refused because of it."
        yield here.change("quality rule removed", impact, reason)
    else:
        found = _differences(pair.old, pair.new, here, is_open)
        # a rule that never blocked could have been removed: its changes cost no more than that
        was_loose = pair.old.get("type") == "text" or not is_blocking(pair.old)
        limit = COMPATIBLE if is_blocking(pair.new) else EDITORIAL
        yield from at_most(limit, found) if was_loose else found


def _differences(old: Document, new: Document, place: Place, is_open: bool) -> Changes:
    skip = (*OPERATORS, "arguments", "unit", "type")
    if old.get("type") != new.get("type"):
        field = Field(old.get("type"), new.get("type"), place.key("type"))
        title = f"kind of rule changed from {old.get('type')} to {new.get('type')}"
        if old.get("type") == "text":
            yield field.change(title, COMPATIBLE, "What were words is executed now.", P)
        else:
            yield field.change(title, BREAKING, "The rule asks another question.", R)
    yield from _threshold_changes(old, new, place)
    yield from argument_changes(old, new, place.key("arguments"), is_open)
    yield from compare_fields(old, new, place, _RULES, skip=skip)


def _threshold_changes(old: Document, new: Document, place: Place) -> Changes:
    before, after = (
        {key: rule[key] for key in (*OPERATORS, "unit") if rule.get(key) is not None}
        for rule in (old, new)
    )
    if same(before, after):
        return
    word = next((key for key in after if key != "unit"), "unit")
    field = Field(_in_words(before), _in_words(after), place.key(word))
    title = f"threshold changed from {_in_words(before)} to {_in_words(after)}"
    if before.get("unit") != after.get("unit"):
        yield field.change(title, BREAKING, "Shares and numbers of rows are not comparable.", R)
        return
    counts = old.get("type") == "library" and new.get("type") == "library"
    lies = relation(allowed_by(old, counts), allowed_by(new, counts))
    if lies is Relation.SAME:
        yield field.change(title, EDITORIAL, "The same results are allowed.")
    elif lies is Relation.TIGHTER:
        yield field.change(title, COMPATIBLE, TIGHTER, P)
    elif lies is Relation.LOOSER:
        yield field.change(title, BREAKING, LOOSER)
    else:
        yield field.change(title, BREAKING, UNDECIDED, R)


def _severity(field: Field) -> Changes:
    before, after = (value or "error" for value in (field.before, field.after))
    title = f"severity changed from {before} to {after}"
    if not {before, after} <= {"error", "warning", "info"}:
        yield field.change(title, BREAKING, "The severity is not one that is known.", R)
    elif before == "error":
        reason = "A candidate that breaks the rule is published from now on."
        yield field.change(title, BREAKING, reason)
    elif after == "error":
        reason = "The rule keeps a candidate from being published now."
        yield field.change(title, COMPATIBLE, reason, P)
    else:
        yield field.change(title, EDITORIAL, "Neither blocks a publication.")


def _query(field: Field) -> Changes:
    before, after = (normalised(str(value or "")) for value in (field.before, field.after))
    if before == after:
        reason = "Spacing, case and names of aliases do not change what is asked."
        yield field.change("SQL written otherwise", EDITORIAL, reason)
    else:
        reason = "Whether two queries ask the same cannot be decided in general."
        yield field.change("SQL changed", BREAKING, reason, R)


_another_question = fixed(BREAKING, "The rule asks another question.", R)
_RULES: Mapping[str, Rule] = {
    **{key: prose() for key in _PROSE},
    "dimension": prose("The same check counts for another dimension of quality."),
    "metric": _another_question,
    "query": _query,
    "engine": _another_question,
    "implementation": _another_question,
    "severity": _severity,
    "customProperties": custom_rule(EXECUTION_RULES),
}


def _spelled_out(rule: Document) -> dict[str, Any]:
    """The rule with its defaults, and `rule` under its newer name `metric`."""
    full = {key: value for key, value in rule.items() if key != "rule"}
    if full.get("metric") is None and rule.get("rule") is not None:
        full["metric"] = rule["rule"]
    full["type"] = rule.get("type") or "library"
    if full["type"] == "library":
        full["unit"] = rule.get("unit") or "rows"
    return full


def _label(rule: Document) -> str:
    name = rule.get("name") or rule.get("id") or rule.get("metric") or rule.get("type")
    return f"quality[{name}]" if name is not None else f"quality[{canonical(rule)[:40]}]"


def _in_words(threshold: Document) -> str:
    told = [f"{key} {value}" for key, value in threshold.items() if key != "unit"]
    unit = threshold.get("unit", "")
    return f"{' and '.join(told)} {unit}".strip() or "none"
