"""Every kind of check has data that passes it and data that fails it."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from contracts.checks import CheckKind, checks_for
from contracts.file_statistics import table_statistics
from contracts.model import Contract
from contracts.patterns import broken_values
from contracts.rule_engines import EngineAnswer
from contracts.runner import ChangedRows, CheckRun, run_checks, settled_checks
from contracts.verdict import CheckResult, Outcome, Verdict

Results = Callable[..., dict[str, CheckResult]]
Document = dict[str, Any]
PROPERTIES = "schema[0].properties"
ADD = "INSERT INTO main.invoices VALUES "
GOOD_TIME = "TIMESTAMPTZ '2024-06-01 00:00:00+00'"


def columns(document: Document) -> list[Document]:
    return document["schema"][0]["properties"]


def option(position: int, word: str, value: Any) -> Callable[[Document], object]:
    return lambda d: columns(d)[position].update(logicalTypeOptions={word: value})


def rule(position: int | None, **words: Any) -> Callable[[Document], object]:
    def change(document: Document) -> None:
        holder = document["schema"][0] if position is None else columns(document)[position]
        holder["quality"] = [words]

    return change


def column(name: str, logical: str, physical: str, **words: Any) -> Callable[[Document], object]:
    entry = {
        "name": name,
        "logicalType": logical,
        "physicalType": physical,
        "description": "What was written there.",
        **words,
    }
    return lambda d: columns(d).append(entry)


def added(name: str, physical: str, value: str) -> str:
    return (
        f"CREATE OR REPLACE TABLE main.invoices AS "
        f"SELECT * EXCLUDE (wide), wide AS {name} FROM (SELECT *, {value}::{physical} AS wide "
        f"FROM main.invoices)"
    )


def freshness(document: Document) -> None:
    document["slaProperties"].append(
        {"property": "latency", "value": 2, "unit": "d", "element": "invoiced_at"}
    )


def refers_to(target: str, **custom: Any) -> Callable[[Document], object]:
    entries = [{"property": key, "value": value} for key, value in custom.items()]
    return lambda d: columns(d)[0].update(
        relationships=[{"to": target, "customProperties": entries}]
    )


def nothing(document: Document) -> None:
    """The document as it is."""


LIST = column("tags", "array", "varchar[]", logicalTypeOptions={"minItems": 1})
BOOK = "CREATE OR REPLACE TABLE known AS SELECT unnest(range(1, 101)) AS id"
# kind: (change to the contract, id of the check, statements that break it, failing rows)
CASES: dict[CheckKind, tuple[Callable[[Document], object], str, list[str], int | None]] = {
    CheckKind.COLUMN: (
        nothing,
        f"{PROPERTIES}[1]",
        ["ALTER TABLE main.invoices DROP amount"],
        None,
    ),
    CheckKind.EXTRA_COLUMNS: (
        nothing,
        PROPERTIES,
        ["ALTER TABLE main.invoices ADD secret INT"],
        None,
    ),
    CheckKind.TYPE: (
        nothing,
        f"{PROPERTIES}[1].physicalType",
        ["ALTER TABLE main.invoices ALTER amount TYPE DOUBLE"],
        None,
    ),
    CheckKind.REQUIRED: (
        nothing,
        f"{PROPERTIES}[0].required",
        [f"{ADD}(NULL, 1, 'GB', {GOOD_TIME})"],
        1,
    ),
    CheckKind.UNIQUE: (
        lambda d: columns(d)[0].update(unique=True),
        f"{PROPERTIES}[0].unique",
        [f"{ADD}(7, 1, 'GB', {GOOD_TIME}), (7, 2, 'GB', {GOOD_TIME})"],
        2,
    ),
    CheckKind.PRIMARY_KEY: (
        nothing,
        "schema[0].primaryKey",
        [f"{ADD}(7, 1, 'GB', {GOOD_TIME}), (NULL, 2, 'GB', {GOOD_TIME})"],
        2,
    ),
    CheckKind.MINIMUM: (
        option(1, "minimum", 1.25),
        f"{PROPERTIES}[1].logicalTypeOptions.minimum",
        [f"{ADD}(200, 1.24, 'GB', {GOOD_TIME})"],
        1,
    ),
    CheckKind.MAXIMUM: (
        option(3, "maximum", "2024-06-14"),
        f"{PROPERTIES}[3].logicalTypeOptions.maximum",
        [f"{ADD}(200, 1, 'GB', TIMESTAMPTZ '2024-06-14 00:00:01+00')"],
        1,
    ),
    CheckKind.EXCLUSIVE_MINIMUM: (
        option(1, "exclusiveMinimum", 0),
        f"{PROPERTIES}[1].logicalTypeOptions.exclusiveMinimum",
        [f"{ADD}(200, 0, 'GB', {GOOD_TIME})"],
        1,
    ),
    CheckKind.EXCLUSIVE_MAXIMUM: (
        option(1, "exclusiveMaximum", 126),
        f"{PROPERTIES}[1].logicalTypeOptions.exclusiveMaximum",
        [f"{ADD}(200, 126, 'GB', {GOOD_TIME})"],
        1,
    ),
    CheckKind.MIN_LENGTH: (
        option(2, "minLength", 2),
        f"{PROPERTIES}[2].logicalTypeOptions.minLength",
        [f"{ADD}(200, 1, 'G', {GOOD_TIME})"],
        1,
    ),
    CheckKind.MAX_LENGTH: (
        option(2, "maxLength", 2),
        f"{PROPERTIES}[2].logicalTypeOptions.maxLength",
        [f"{ADD}(200, 1, 'GBR', {GOOD_TIME}), (201, 1, 'éé', {GOOD_TIME})"],
        1,
    ),
    CheckKind.PATTERN: (
        option(2, "pattern", "^[A-Z]{2}$"),
        f"{PROPERTIES}[2].logicalTypeOptions.pattern",
        [f"{ADD}(200, 1, 'gb', {GOOD_TIME})"],
        1,
    ),
    CheckKind.MULTIPLE_OF: (
        option(1, "multipleOf", 0.25),
        f"{PROPERTIES}[1].logicalTypeOptions.multipleOf",
        [f"{ADD}(200, 1.20, 'GB', {GOOD_TIME})"],
        1,
    ),
    CheckKind.FORMAT: (
        option(0, "format", "i8"),
        f"{PROPERTIES}[0].logicalTypeOptions.format",
        [f"{ADD}(128, 1, 'GB', {GOOD_TIME})"],
        1,
    ),
    CheckKind.TIMEZONE: (
        option(3, "timezone", True),
        f"{PROPERTIES}[3].logicalTypeOptions.timezone",
        ["ALTER TABLE main.invoices ALTER invoiced_at TYPE TIMESTAMP"],
        None,
    ),
    CheckKind.ENUM: (
        lambda d: (
            d.update(apiVersion="v3.2.0")
            or columns(d)[2].update(enum=[{"value": "GB"}, {"value": "FR"}, {"value": "DE"}])
        ),
        f"{PROPERTIES}[2].enum",
        [f"{ADD}(200, 1, 'XX', {GOOD_TIME}), (201, 1, NULL, {GOOD_TIME})"],
        1,
    ),
    CheckKind.NULL_VALUES: (
        rule(2, metric="nullValues", mustBeLessThan=1),
        f"{PROPERTIES}[2].quality[0]",
        [f"{ADD}(200, 1, NULL, {GOOD_TIME})"],
        1,
    ),
    CheckKind.MISSING_VALUES: (
        rule(2, metric="missingValues", arguments={"missingValues": ["N/A", None]}, mustBe=0),
        f"{PROPERTIES}[2].quality[0]",
        [f"{ADD}(200, 1, NULL, {GOOD_TIME}), (201, 1, 'N/A', {GOOD_TIME})"],
        2,
    ),
    CheckKind.INVALID_VALUES: (
        rule(
            2,
            metric="invalidValues",
            arguments={"validValues": ["GB", "FR", "DE"], "pattern": "^[A-Z]"},
            mustBeLessOrEqualTo=0,
        ),
        f"{PROPERTIES}[2].quality[0]",
        [f"{ADD}(200, 1, 'XX', {GOOD_TIME}), (201, 1, NULL, {GOOD_TIME})"],
        1,
    ),
    CheckKind.DUPLICATE_VALUES: (
        rule(
            None,
            metric="duplicateValues",
            arguments={"properties": ["country", "amount"]},
            mustBe=0,
        ),
        "schema[0].quality[0]",
        [f"{ADD}(200, 1.25, 'FR', {GOOD_TIME})"],
        1,
    ),
    CheckKind.ROW_COUNT: (
        rule(None, metric="rowCount", mustBeBetween=[100, 200]),
        "schema[0].quality[0]",
        ["DELETE FROM main.invoices WHERE invoice_id = 1"],
        99,
    ),
    CheckKind.SQL: (
        rule(
            1,
            type="sql",
            query="SELECT count(*) FROM {object} WHERE {property} IS NULL",
            mustBe=0,
        ),
        f"{PROPERTIES}[1].quality[0]",
        [f"{ADD}(200, NULL, 'FR', {GOOD_TIME})"],
        None,
    ),
    CheckKind.REFERENCE: (
        refers_to("known.id"),
        f"{PROPERTIES}[0].relationships[0]",
        ["DELETE FROM known WHERE id = 50", f"{ADD}(0, 1, 'GB', {GOOD_TIME})"],
        2,
    ),
    CheckKind.PERSONAL_DATA: (
        nothing,
        f"{PROPERTIES}[2].personalData",
        ["UPDATE main.invoices SET country = 'jo.bloggs@example.uk' WHERE invoice_id < 3"],
        2,
    ),
    CheckKind.STANDARD: (
        lambda d: columns(d)[2].update(
            customProperties=[{"property": "standard", "value": "iso-3166-1-alpha-2"}]
        ),
        f"{PROPERTIES}[2].customProperties.standard",
        [f"{ADD}(200, 1, 'UK', {GOOD_TIME})"],
        1,
    ),
    CheckKind.FRESHNESS: (
        freshness,
        "slaProperties[2]",
        ["DELETE FROM main.invoices WHERE invoiced_at > '2024-06-12'"],
        None,
    ),
}
LIST_CASES = {
    CheckKind.MIN_ITEMS: ({"minItems": 1}, "[]::varchar[]"),
    CheckKind.MAX_ITEMS: ({"maxItems": 1}, "['a', 'b']"),
    CheckKind.UNIQUE_ITEMS: ({"uniqueItems": True}, "['a', 'a']"),
}
OBJECT_CASES = {
    CheckKind.MIN_PROPERTIES: ({"minProperties": 1}, "{'a': NULL, 'b': NULL}"),
    CheckKind.MAX_PROPERTIES: ({"maxProperties": 1}, "{'a': 1, 'b': 'x'}"),
    CheckKind.REQUIRED_PROPERTIES: ({"required": ["a"]}, "{'a': NULL, 'b': 'x'}"),
}
NEVER_EXECUTED = {
    CheckKind.TEXT: (
        rule(1, type="text", description="Amounts are plausible."),
        "A rule in words is for people; nothing executes it.",
    ),
    CheckKind.CUSTOM: (
        rule(1, type="custom", engine="soda", implementation="checks: x"),
        "The engine `soda` is not run here.",
    ),
    CheckKind.SERVICE_LEVEL: (
        lambda d: d["slaProperties"][1].pop("element", None),
        "No `element` names a column with the dates that it is measured on.",
    ),
    CheckKind.OTHER_OPTION: (
        option(3, "defaultTimezone", "Etc/UTC"),
        "How a time without a zone is to be read cannot be seen in the data.",
    ),
}


ON_THE_CALENDAR = {CheckKind.END_OF_LIFE}  # no row breaks it: test_service_levels.py has its cases


def test_every_kind_has_a_case() -> None:
    tables = (CASES, LIST_CASES, OBJECT_CASES, NEVER_EXECUTED)
    elsewhere = {CheckKind.DIMENSIONS, CheckKind.MEASURE}  # each has a test of its own below
    elsewhere |= {CheckKind.CONTROL_TOTAL, CheckKind.REQUIRED_COVERAGE}  # tests/contracts/quality
    elsewhere |= {CheckKind.DRIFT, CheckKind.STABILITY, CheckKind.RECONCILIATION, CheckKind.USE}

    assert set(CheckKind) == set().union(*tables) | elsewhere | ON_THE_CALENDAR


@pytest.mark.requirement("QUA-01")
@pytest.mark.parametrize("kind", CASES, ids=str)
def test_kept_promises_pass(kind: CheckKind, check: Results) -> None:
    change, check_id, _, _ = CASES[kind]

    results = check(change, BOOK, references={"finance.known": "known"})

    assert results[check_id].kind == kind.value
    assert results[check_id].outcome is Outcome.PASSED, results[check_id].detail


@pytest.mark.requirement("QUA-01")
@pytest.mark.parametrize("kind", CASES, ids=str)
def test_broken_promises_fail_with_their_count(kind: CheckKind, check: Results) -> None:
    change, check_id, statements, failing = CASES[kind]

    results = check(change, BOOK, *statements, references={"finance.known": "known"})

    assert (results[check_id].outcome, results[check_id].failing_rows) == (Outcome.FAILED, failing)
    assert results[check_id].observed


@pytest.mark.parametrize("kind", LIST_CASES, ids=str)
def test_lists_keep_or_break_their_promises(kind: CheckKind, check: Results) -> None:
    options, bad = LIST_CASES[kind]
    add = column("tags", "array", "varchar[]", logicalTypeOptions=options)
    check_id = f"{PROPERTIES}[4].logicalTypeOptions.{kind.value}"

    good = check(add, added("tags", "varchar[]", "['a']"))[check_id]
    broken = check(nothing, f"UPDATE main.invoices SET tags = {bad} WHERE invoice_id < 3")[check_id]

    assert (good.outcome, broken.outcome, broken.failing_rows) == (
        Outcome.PASSED,
        Outcome.FAILED,
        2,
    )


@pytest.mark.parametrize("kind", OBJECT_CASES, ids=str)
def test_objects_keep_or_break_their_promises(kind: CheckKind, check: Results) -> None:
    options, bad = OBJECT_CASES[kind]
    physical = "struct(a integer, b varchar)"
    add = column("facts", "object", physical, logicalTypeOptions=options)
    (word,) = options
    check_id = f"{PROPERTIES}[4].logicalTypeOptions.{word}"

    good = check(add, added("facts", physical, "{'a': 1, 'b': NULL}"))[check_id]
    broken = check(nothing, f"UPDATE main.invoices SET facts = {bad} WHERE invoice_id < 3")[
        check_id
    ]
    empty = check(nothing, "UPDATE main.invoices SET facts = NULL")[check_id]

    assert (good.kind, good.outcome, empty.outcome) == (kind, Outcome.PASSED, Outcome.PASSED)
    assert (broken.outcome, broken.failing_rows) == (Outcome.FAILED, 2)


@pytest.mark.parametrize("value", ["map {'a': 1}", "map {'b': 1, 'c': 2}"])
def test_a_map_is_an_object_whose_keys_are_its_properties(value: str, check: Results) -> None:
    options = {"required": ["a"], "minProperties": 2}
    add = column("facts", "object", "map(varchar, integer)", logicalTypeOptions=options)

    results = check(add, added("facts", "map(varchar, integer)", value))

    path = f"{PROPERTIES}[4].logicalTypeOptions"
    found = [results[f"{path}.{word}"].outcome for word in options]
    lacks_a, is_small = "'a'" not in value, "," not in value
    assert found == [
        Outcome.FAILED if lacks_a else Outcome.PASSED,
        Outcome.FAILED if is_small else Outcome.PASSED,
    ]


def test_a_vector_has_the_dimensions_that_are_promised(check: Results) -> None:
    def change(document: Document) -> None:
        document["apiVersion"] = "v3.2.0"
        column("place", "vector", "float[]", logicalTypeOptions={"dimensions": 3})(document)

    check_id = f"{PROPERTIES}[4].logicalTypeOptions.dimensions"

    good = check(change, added("place", "float[]", "[1, 2, 3]"))[check_id]
    broken = check(nothing, "UPDATE main.invoices SET place = [1] WHERE invoice_id = 1")[check_id]

    assert (good.kind, good.outcome) == ("dimensions", Outcome.PASSED)
    assert (broken.outcome, broken.failing_rows) == (Outcome.FAILED, 1)


MEASURES = {
    "one value": ("SUM(amount)", Outcome.PASSED, "6312.50"),
    "a value of each row": ("amount * 2", Outcome.ERROR, None),
    "an unknown column": ("SUM(profit)", Outcome.ERROR, None),
    "another table": ("(SELECT max(pay) FROM salaries)", Outcome.ERROR, None),
    "more than an expression": ("1) FROM salaries; SELECT (1", Outcome.ERROR, None),
}


@pytest.mark.parametrize("case", MEASURES)
def test_a_measure_is_an_expression_that_gives_one_value(case: str, check: Results) -> None:
    expression, outcome, observed = MEASURES[case]

    def change(document: Document) -> None:
        document["apiVersion"] = "v3.2.0"
        words = {"semanticType": "measure", "transformLogic": expression}
        column("total", "number", "decimal(38,2)", **words)(document)

    results = check(change, "CREATE TABLE main.salaries AS SELECT 1 AS pay")

    found = results[f"{PROPERTIES}[4]"]
    assert (found.kind, found.outcome, found.observed) == ("measure", outcome, observed)
    assert results[PROPERTIES].outcome is Outcome.PASSED  # a measure is no column


@pytest.mark.parametrize("kind", NEVER_EXECUTED, ids=str)
def test_what_is_not_executed_is_unchecked_with_its_reason(kind: CheckKind, check: Results) -> None:
    change, reason = NEVER_EXECUTED[kind]

    (found,) = [r for r in check(change).values() if r.kind == kind.value and r.detail == reason]

    assert found.outcome is Outcome.UNCHECKED


def test_an_unchecked_promise_blocks_unless_the_contract_accepts_it(check: Results) -> None:
    text = {"type": "text", "description": "Amounts are plausible."}
    accepted = {**text, "customProperties": [{"property": "informative", "value": True}]}

    results = check(lambda d: columns(d)[1].update(quality=[text, accepted]))

    assert [results[f"{PROPERTIES}[1].quality[{i}]"].is_blocking for i in (0, 1)] == [True, False]


def test_the_contract_accepts_promises_by_name(check: Results) -> None:
    names = ["slaProperties.retention", "invoiced_at.format"]

    def change(document: Document) -> None:
        option(3, "format", "yyyy-MM-dd")(document)
        document["customProperties"].append({"property": "informative", "value": names})

    results = check(change)

    assert results["slaProperties[1]"].informative
    assert not results["slaProperties[0]"].informative
    assert not results[f"{PROPERTIES}[3].logicalTypeOptions.format"].is_blocking


OPERATORS = {
    "mustBe": (3, 4),
    "mustNotBe": (4, 3),
    "mustBeGreaterThan": (2, 3),
    "mustBeGreaterOrEqualTo": (3, 4),
    "mustBeLessThan": (4, 3),
    "mustBeLessOrEqualTo": (3, 2),
    "mustBeBetween": ([1, 3], [4, 9]),
    "mustNotBeBetween": ([4, 9], [3, 9]),
}


@pytest.mark.parametrize("unit", ["rows", "percent"])
@pytest.mark.parametrize("operator", OPERATORS)
def test_all_operators_hold_in_rows_and_in_percent(
    operator: str, unit: str, check: Results
) -> None:
    kept, broken = OPERATORS[operator]
    words = {"metric": "nullValues", "unit": unit}
    rules = [{**words, operator: kept}, {**words, operator: broken}]
    nulls = "UPDATE main.invoices SET country = NULL WHERE invoice_id <= 3"

    results = check(lambda d: columns(d)[2].update(quality=rules), nulls)

    assert [results[f"{PROPERTIES}[2].quality[{i}]"].outcome for i in (0, 1)] == [
        Outcome.PASSED,
        Outcome.FAILED,
    ]


@pytest.mark.parametrize(
    "words",
    [
        {"metric": "nullValues", "mustBe": 0},
        {"metric": "missingValues", "arguments": {"missingValues": [""]}, "mustBe": 0},
        {"metric": "invalidValues", "arguments": {"validValues": ["GB"]}, "mustBe": 0},
        {"metric": "duplicateValues", "mustBe": 0},
    ],
    ids=lambda words: words["metric"],
)
def test_a_percentage_of_no_rows_is_unchecked(words: Document, check: Results) -> None:
    change = rule(2, **words, unit="percent")

    result = check(change, "DELETE FROM main.invoices")[f"{PROPERTIES}[2].quality[0]"]

    assert (result.outcome, result.detail, result.is_blocking) == (
        Outcome.UNCHECKED,
        "A percentage of no rows says nothing.",
        True,
    )


FORMATS = {
    "email": ("a.b@x.example", "a.b@"),
    "uuid": ("7d444840-9dc0-11d1-b245-5ffdce74fad2", "7d444840"),
    "uri": ("https://x.test/a?b=c", "x.test"),
    "hostname": ("a-b.example", "-a.example"),
    "ipv4": ("192.168.0.255", "192.168.0.256"),
    "ipv6": ("2001:db8::8a2e:370:7334", "2001:db8::8a2e::7334"),
    "byte": ("aGk=", "aGk"),
    "yyyy-MM-dd": ("2024-02-29", "2023-02-29"),
    "dd/MM/yyyy HH:mm": ("01/12/2024 23:59", "1/12/2024 23:59"),
    "yyyy-MM-dd'T'HH:mm:ssXXX": ("2024-02-29T10:00:00Z", "2024-02-29T10:00:00"),
    "d MMMM yyyy": ("3 March 2024", "3 march 2024"),
}


@pytest.mark.parametrize("word", FORMATS)
def test_text_formats_are_recognised(word: str, check: Results) -> None:
    good, bad = FORMATS[word]
    check_id = f"{PROPERTIES}[2].logicalTypeOptions.format"

    kept = check(option(2, "format", word), f"UPDATE main.invoices SET country = '{good}'")
    broken = check(nothing, f"UPDATE main.invoices SET country = '{bad}' WHERE invoice_id = 1")

    assert kept[check_id].outcome is Outcome.PASSED
    assert (broken[check_id].outcome, broken[check_id].failing_rows) == (Outcome.FAILED, 1)


NUMBER_FORMATS = {
    "f32": ("double", "1e39"),
    "u128": ("bigint", "-1"),
    "i32": ("bigint", "2147483648"),
}


@pytest.mark.parametrize("word", NUMBER_FORMATS)
def test_number_formats_are_ranges(word: str, check: Results) -> None:
    physical, bad = NUMBER_FORMATS[word]
    logical = "number" if word.startswith("f") else "integer"
    add = column("size", logical, physical, logicalTypeOptions={"format": word})
    check_id = f"{PROPERTIES}[4].logicalTypeOptions.format"

    kept = check(add, added("size", physical, "1"))[check_id]
    broken = check(nothing, f"UPDATE main.invoices SET size = {bad} WHERE invoice_id = 1")[check_id]

    assert kept.outcome is Outcome.PASSED
    assert (broken.outcome, broken.failing_rows) == (Outcome.FAILED, 1)


def test_dates_kept_as_text_keep_their_bounds(check: Results) -> None:
    options = {"format": "dd/MM/yyyy", "minimum": "2024-01-31", "timezone": False}

    def change(document: Document) -> None:
        column("paid_on", "date", "varchar", logicalTypeOptions={**options})(document)
        columns(document)[4]["logicalTypeOptions"].pop("timezone")

    check(change, added("paid_on", "varchar", "'31/01/2024'"))
    results = check(
        nothing,
        "UPDATE main.invoices SET paid_on = CASE invoice_id WHEN 1 THEN '30/01/2024' "
        "WHEN 2 THEN '31/02/2024' ELSE paid_on END",
    )

    path = f"{PROPERTIES}[4].logicalTypeOptions"
    assert [results[f"{path}.{w}"].failing_rows for w in ("format", "minimum")] == [1, 1]


PATTERNS = {
    "look-ahead": ("^(?=.*[0-9])[A-Z0-9]+$", "GB1", "GB"),
    "a back-reference": ("^([a-z])\\1$", "aa", "ab"),
    "a named one": ("^(?<first>[a-z])\\k<first>$", "aa", "ab"),
    "a look-behind": ("(?<=£)[0-9]+", "£5", "$5"),
    "the end is the end": ("^GB$", "GB", "GB\n"),
    "blanks of Unicode": ("^\\S+$", "GB", "G\u00a0B"),
    "a dot is no line end": ("^.+$", "GB", "G\u2028B"),
    "a code point": ("^\\u00e9$", "é", "e"),
    "found anywhere": ("B", "GBR", "FR"),
}


@pytest.mark.parametrize("case", PATTERNS)
def test_patterns_mean_what_ecma_262_says(case: str, check: Results) -> None:
    pattern, good, bad = PATTERNS[case]
    check_id = f"{PROPERTIES}[2].logicalTypeOptions.pattern"

    kept = check(option(2, "pattern", pattern), f"UPDATE main.invoices SET country = '{good}'")
    broken = check(nothing, f"UPDATE main.invoices SET country = '{bad}' WHERE invoice_id < 4")

    assert kept[check_id].outcome is Outcome.PASSED, kept[check_id].detail
    assert (broken[check_id].outcome, broken[check_id].failing_rows) == (Outcome.FAILED, 3)
    assert broken[check_id].sample[0]["country"] == bad


def test_a_pattern_without_end_is_an_error_of_its_own(
    check: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(document: Document) -> None:
        option(2, "pattern", "^(?=a)(a|aa)+$")(document)
        columns(document)[2]["required"] = True

    monkeypatch.setattr(broken_values, "__defaults__", (0.2,))
    results = check(change, f"UPDATE main.invoices SET country = '{'a' * 60}!'")

    found = results[f"{PROPERTIES}[2].logicalTypeOptions.pattern"]
    assert (found.outcome, found.is_blocking) == (Outcome.ERROR, True)
    assert found.detail == (
        "The pattern took longer than 0.2 s and was stopped. Write it without repetitions inside "
        "repetitions, or without look-around."
    )
    assert results[f"{PROPERTIES}[2].required"].outcome is Outcome.PASSED


def test_a_pattern_for_few_values_is_not_run_on_many(
    check: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contracts.row_checks.MOST_DISTINCT", 2)

    result = check(option(2, "pattern", "(?=[A-Z])"))[f"{PROPERTIES}[2].logicalTypeOptions.pattern"]

    assert (result.outcome, result.detail) == (
        Outcome.ERROR,
        "The pattern needs look-around or back-references, which run on at most 2 distinct values. "
        "Write it without them, or as a sql rule.",
    )


def test_a_rule_of_invalid_values_may_look_around(check: Results) -> None:
    words = {"validValues": ["GB", "FR", "DE"], "pattern": "^(?!XX)"}

    result = check(
        rule(2, metric="invalidValues", arguments=words, mustBe=0),
        f"{ADD}(200, 1, 'XX', {GOOD_TIME}), (201, 1, 'IT', {GOOD_TIME})",
    )[f"{PROPERTIES}[2].quality[0]"]

    assert (result.outcome, result.failing_rows) == (Outcome.FAILED, 2)


def _no_rows(_: Any) -> EngineAnswer:
    return EngineAnswer(0, "SELECT 1")


ENGINES: dict[str, tuple[dict[str, Any], Outcome, str]] = {
    "registered": ({"dbt": _no_rows}, Outcome.PASSED, "Run by `dbt`."),
    "that finds rows": ({"dbt": lambda _: EngineAnswer(3)}, Outcome.FAILED, "Run by `dbt`."),
    "absent": ({}, Outcome.UNCHECKED, "The engine `dbt` is not registered with this run."),
}


@pytest.mark.parametrize("case", ENGINES)
def test_custom_rules_are_run_by_their_engine(case: str, check: Results) -> None:
    engines, outcome, detail = ENGINES[case]
    change = rule(None, type="custom", engine="dbt", implementation="assert_no_gaps")

    result = check(change, engines=engines)["schema[0].quality[0]"]

    assert (result.outcome, result.detail) == (outcome, detail)


def test_a_number_that_is_not_a_number_breaks_both_bounds(check: Results) -> None:
    def change(document: Document) -> None:
        columns(document)[1].update(
            physicalType="double", logicalTypeOptions={"minimum": 0, "maximum": 1000}
        )

    results = check(
        change,
        "ALTER TABLE main.invoices ALTER amount TYPE DOUBLE",
        "UPDATE main.invoices SET amount = 'NaN' WHERE invoice_id = 1",
    )

    options = f"{PROPERTIES}[1].logicalTypeOptions"
    assert [results[f"{options}.{w}"].failing_rows for w in ("minimum", "maximum")] == [1, 1]


FRESHNESS = {
    "an hour in the future": ("TIMESTAMPTZ '2024-06-15 13:00:00+00'", "1 row in the future"),
    "far in the past": ("TIMESTAMPTZ '2024-06-01 00:00:00+00'", "14 days old"),
    "never": ("NULL", "no value"),
}


@pytest.mark.requirement("QUA-08")
@pytest.mark.parametrize("case", FRESHNESS)
def test_freshness_takes_the_newest_event_and_believes_no_future(case: str, check: Results) -> None:
    moment, observed = FRESHNESS[case]
    change = f"UPDATE main.invoices SET invoiced_at = CASE WHEN invoice_id = 1 THEN {moment} END"

    result = check(freshness, change)["slaProperties[2]"]

    assert result.outcome is Outcome.FAILED
    assert result.observed is not None and result.observed.startswith(observed)


REFERENCED = {
    "integers with gaps": ("SELECT unnest(range(1, 101, 2)) AS id", 50),
    "integers without gaps": ("SELECT unnest(range(1, 91)) AS id", 10),
    "integers far apart": ("SELECT unnest([1, 4000000000]) AS id", 99),
    "other integers": ("SELECT unnest(range(1, 91))::INTEGER AS id", 10),
    "decimals": ("SELECT unnest(range(1, 91))::DECIMAL(18,0) AS id", 10),
    "nothing": ("SELECT 1::BIGINT AS id WHERE false", 100),
    "only NULL": ("SELECT NULL::BIGINT AS id", 100),
}


@pytest.mark.parametrize("case", REFERENCED)
def test_every_way_of_comparing_references_counts_the_same(case: str, check: Results) -> None:
    parent, orphans = REFERENCED[case]

    result = check(refers_to("known.id"), references={"finance.known": f"({parent})"})[
        f"{PROPERTIES}[0].relationships[0]"
    ]

    assert (result.outcome, result.failing_rows) == (Outcome.FAILED, orphans)


def test_a_reference_may_promise_a_share(check: Results) -> None:
    change = refers_to("known.id", minimumMatchPercent=90)
    check_id = f"{PROPERTIES}[0].relationships[0]"
    known = {"finance.known": "(SELECT unnest(range(1, 91)) AS id)"}

    kept = check(change, references=known)[check_id]
    broken = check(nothing, "DELETE FROM main.invoices WHERE invoice_id = 1", references=known)[
        check_id
    ]

    assert (kept.outcome, kept.observed) == (
        Outcome.PASSED,
        "10 rows unknown, 90 percent known",
    )
    assert (broken.outcome, broken.observed) == (
        Outcome.FAILED,
        "10 rows unknown, 89.8989 percent known",
    )


def test_a_port_may_refer_to_itself_and_by_several_columns(check: Results) -> None:
    def change(document: Document) -> None:
        document["schema"][0]["relationships"] = [
            {
                "from": ["invoices.invoice_id", "invoices.country"],
                "to": ["invoices.invoice_id", "invoices.country"],
            }
        ]

    result = check(change)["schema[0].relationships[0]"]

    assert (result.outcome, result.failing_rows, result.checked_rows) == (Outcome.PASSED, 0, 100)


def test_a_reference_to_an_unpublished_port_is_an_error(check: Results) -> None:
    result = check(refers_to("known.id"))[f"{PROPERTIES}[0].relationships[0]"]

    assert (result.outcome, result.is_blocking) == (Outcome.ERROR, True)
    assert result.detail == (
        "`finance.known` has no published version to compare with. Publish it first."
    )


def stats(rows: int, nulls: int, low: Any, high: Any) -> str:
    names = ("invoice_id", "amount", "country")
    return json.dumps(
        {
            "numRecords": rows,
            "nullCount": dict.fromkeys(names, nulls),
            "minValues": {"amount": low},
            "maxValues": {"amount": high},
        }
    )


TYPES = {"invoice_id": "BIGINT", "amount": "DECIMAL(18,2)", "country": "VARCHAR"}


def test_exact_file_statistics_prove_without_reading(check: Results) -> None:
    proof = table_statistics([stats(40, 0, 1.25, 50), stats(60, 0, 51, 125)], TYPES)

    results = check(option(1, "minimum", 1.25), statistics=proof)

    for check_id in (f"{PROPERTIES}[0].required", f"{PROPERTIES}[1].logicalTypeOptions.minimum"):
        assert (results[check_id].outcome, results[check_id].query) == (Outcome.PASSED, None)
        assert results[check_id].detail == "Proved by the statistics of the files."


def test_statistics_of_other_rows_prove_nothing(check: Results) -> None:
    proof = table_statistics([stats(99, 0, 1.25, 125)], TYPES)

    result = check(nothing, statistics=proof)[f"{PROPERTIES}[0].required"]

    assert result.query is not None


def test_statistics_that_a_file_lacks_prove_nothing() -> None:
    assert table_statistics(["", stats(1, 0, 1, 1)], TYPES) is None
    partial = table_statistics(['{"numRecords": 2}', stats(1, 0, 1, 1)], TYPES)
    assert partial is not None and partial.columns["amount"].nulls is None


def test_a_key_that_repeats_shows_its_rows(check: Results) -> None:
    result = check(nothing, f"{ADD}(7, 1, 'GB', {GOOD_TIME})")["schema[0].primaryKey"]

    assert result.observed == "1 repeated key in 2 rows"
    assert result.sample == ({"invoice_id": 7, "rows": 2},)


def test_keys_are_compared_part_by_part_where_memory_is_short(
    check: Results, connection: duckdb.DuckDBPyConnection
) -> None:
    many = (
        "CREATE OR REPLACE TABLE main.invoices AS SELECT (i % 2999999)::BIGINT AS invoice_id, "
        f"1::DECIMAL(18,2) AS amount, 'GB' AS country, {GOOD_TIME} AS invoiced_at "
        "FROM range(3000000) t(i)"
    )

    result = check(nothing, many, "SET memory_limit='80MB'")["schema[0].primaryKey"]

    assert (result.outcome, result.failing_rows) == (Outcome.FAILED, 1)
    assert result.sample == ({"invoice_id": 0, "rows": 2},)


def test_only_changed_rows_are_read_again(
    connection: duckdb.DuckDBPyConnection,
    contract_with: Callable[[Callable[[Document], object]], Contract],
    now: Any,
) -> None:
    contract = contract_with(option(1, "minimum", 0))
    run = CheckRun(connection, "main.invoices", contract, now)
    first = run_checks(run)
    verdict = Verdict(
        "finance.invoices", "1.2.0", contract.content_hash, "a", "run", now, 100, first
    )
    changed = ChangedRows(
        "(SELECT * FROM main.invoices WHERE invoice_id > 90)", settled_checks(verdict, contract)
    )

    second = {r.check_id: r for r in run_checks(replace(run, changed=changed))}

    minimum = second[f"{PROPERTIES}[1].logicalTypeOptions.minimum"]
    assert (minimum.checked_rows, minimum.detail) == (
        10,
        "Only changed rows were read; the others passed.",
    )
    assert second["schema[0].primaryKey"].checked_rows == 100
    assert tuple(second) == tuple(result.check_id for result in first)
    other = replace(verdict, contract_hash="another")
    assert settled_checks(other, contract) == frozenset()


def test_the_reference_page_has_a_row_for_every_kind() -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "checks.md"
    rows = [line for line in page.read_text().splitlines() if line.startswith("| `")]
    kinds = {line.split("`")[1]: line.split("|")[-2].strip() for line in rows}

    assert kinds == {kind.value: kind.dimension for kind in CheckKind}


def test_check_ids_are_unique(
    contract_with: Callable[[Callable[[Document], object]], Contract],
) -> None:
    ids = [check.id for check in checks_for(contract_with(freshness))]

    assert len(ids) == len(set(ids))
