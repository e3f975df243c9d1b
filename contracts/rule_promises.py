"""The promises that quality rules, relationships and service levels make."""

from collections.abc import Iterator

from contracts.check_model import Check, CheckKind
from contracts.model import QualityKind, QualityRule, Reference, SchemaObject, ServiceLevel
from contracts.service_levels import AGES, read_period
from contracts.thresholds import in_words

_METRIC_TITLES = {
    CheckKind.NULL_VALUES: "empty values in `{}`",
    CheckKind.MISSING_VALUES: "missing values in `{}`",
    CheckKind.INVALID_VALUES: "invalid values in `{}`",
    CheckKind.DUPLICATE_VALUES: "repeated values of `{}`",
    CheckKind.ROW_COUNT: "rows in the table",
}
_LEVEL_REASONS = {
    "retention": "Retention is carried out and shown by disposal, not by a check of the rows.",
    "frequency": "Update frequency is judged on the log of publications, not on the rows.",
}


def rule_checks(table: SchemaObject) -> Iterator[Check]:
    """One check for each quality rule of the table and of its columns."""
    for rule in table.quality:
        yield _rule_check(rule, None, table)
    for column in table.properties:
        for rule in column.quality:
            yield _rule_check(rule, column.name, table)


def reference_checks(table: SchemaObject) -> Iterator[Check]:
    """One check for each foreign key."""
    for reference in table.references:
        yield _reference_check(reference)


def service_level_checks(levels: tuple[ServiceLevel, ...], table: SchemaObject) -> Iterator[Check]:
    """One check for each service level; those that rows cannot answer are unchecked."""
    for level in levels:
        yield _age_check(level, table) if level.name in AGES else _other_level(level)


def _rule_check(rule: QualityRule, column: str | None, table: SchemaObject) -> Check:
    kind = _kind(rule)
    unchecked = {
        QualityKind.TEXT: "A rule in words is for people; nothing executes it.",
        QualityKind.CUSTOM: "Rules of other engines are not run here.",
    }.get(rule.kind)
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
        unchecked=unchecked,
        rule=rule,
        arguments={"table": table.name},
    )


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
    )


def _age_check(level: ServiceLevel, table: SchemaObject) -> Check:
    period = read_period(level.value, level.unit)
    elements = [part.strip().rsplit(".", 1)[-1] for part in (level.element or "").split(",")]
    columns = tuple(name for name in elements if name)
    known = {column.name for column in table.properties}
    unchecked = None
    if period is None:
        unchecked = f"`{level.value} {level.unit or ''}` is not a period of time."
    elif not columns or not set(columns) <= known:
        unchecked = "No column is named whose newest value could be taken."
    return Check(
        id=level.path,
        kind=CheckKind.FRESHNESS,
        title=f"The newest {' and '.join(f'`{name}`' for name in columns)} is recent",
        expected=f"at most {period} old, and not in the future",
        columns=columns,
        property_name=columns[0] if len(columns) == 1 else None,
        severity=level.severity,
        unchecked=unchecked,
        arguments={"period": period},
        service_level=level,
    )


def _other_level(level: ServiceLevel) -> Check:
    value = f"{level.value} {level.unit}" if level.unit else str(level.value)
    return Check(
        id=level.path,
        kind=CheckKind.SERVICE_LEVEL,
        title=level.description or f"Service level {level.name}: {value}",
        expected=value,
        severity=level.severity,
        unchecked=_LEVEL_REASONS.get(
            level.name, f"The service level `{level.name}` is not measured on rows."
        ),
        service_level=level,
    )
