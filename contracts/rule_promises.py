"""The promises that quality rules and relationships make."""

from collections.abc import Iterator

from contracts.check_model import Check, CheckKind
from contracts.model import QualityKind, QualityRule, Reference, SchemaObject
from contracts.rule_engines import ENGINES
from contracts.subjects import Subject, subjects
from contracts.thresholds import in_words

_METRIC_TITLES = {
    CheckKind.NULL_VALUES: "empty values in `{}`",
    CheckKind.MISSING_VALUES: "missing values in `{}`",
    CheckKind.INVALID_VALUES: "invalid values in `{}`",
    CheckKind.DUPLICATE_VALUES: "repeated values of `{}`",
    CheckKind.ROW_COUNT: "rows in the table",
}


def rule_checks(table: SchemaObject) -> Iterator[Check]:
    """One check for each quality rule of the table and of its columns."""
    for rule in table.quality:
        yield _rule_check(rule, None, table)
    for subject in subjects(table):
        for rule in subject.declared.quality:
            yield _rule_check(rule, subject, table)


def reference_checks(table: SchemaObject) -> Iterator[Check]:
    """One check for each foreign key."""
    for reference in table.references:
        yield _reference_check(reference)


def _rule_check(rule: QualityRule, subject: Subject | None, table: SchemaObject) -> Check:
    kind = _kind(rule)
    column = subject.name if subject is not None else None
    named = rule.arguments.get("properties") if kind is CheckKind.DUPLICATE_VALUES else None
    columns = (column,) if column is not None else tuple(str(name) for name in named or ())
    is_pure_word = rule.name in {rule.metric, rule.kind.value}
    return Check(
        id=rule.path,
        kind=kind,
        title=_rule_title(rule, kind, columns) if is_pure_word else rule.name,
        expected=_expected(rule),
        columns=columns,
        property_name=column,
        dimension=rule.dimension or "",
        severity=rule.severity,
        informative=rule.informative,
        unchecked=_unexecuted(rule),
        rule=rule,
        arguments={"table": table.name},
        place=subject.inner_place if subject is not None else None,
    )


def _unexecuted(rule: QualityRule) -> str | None:
    if rule.kind is QualityKind.TEXT:
        return "A rule in words is for people; nothing executes it."
    if rule.kind is QualityKind.CUSTOM and rule.engine not in ENGINES:
        return f"The engine `{rule.engine}` is not run here."
    return None


def _kind(rule: QualityRule) -> CheckKind:
    return CheckKind(rule.metric or rule.kind.value)


def _rule_title(rule: QualityRule, kind: CheckKind, columns: tuple[str, ...]) -> str:
    if kind in _METRIC_TITLES:
        what = _METRIC_TITLES[kind].format("`, `".join(columns))
        return f"{_expected(rule).capitalize()} {what}".replace("rows rows", "rows")
    return rule.description or f"A {kind.value} rule of the contract"


def _expected(rule: QualityRule) -> str:
    if rule.operator is None:
        return rule.description or "see the contract"
    unit = "" if rule.kind is QualityKind.SQL else rule.unit
    return in_words(rule.operator, rule.threshold, unit)


def _reference_check(reference: Reference) -> Check:
    columns = ", ".join(f"`{name}`" for name in reference.columns)
    share = reference.minimum_match_percent
    amount = "all values" if share >= 100 else f"at least {share:g} percent of values"
    return Check(
        id=reference.path,
        kind=CheckKind.REFERENCE,
        title=f"{columns} is known to `{reference.target_port}`",
        expected=f"{amount} are in `{reference.target_port}`",
        columns=reference.columns,
        property_name=reference.columns[0] if len(reference.columns) == 1 else None,
        severity=reference.severity,
        informative=reference.informative,
        reference=reference,
        place=reference.place,
    )
