"""Documents become contracts, or say everything that is wrong with them."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from contracts.documents import (
    faults_in,
    load_contract,
    load_contracts,
    load_source_contracts,
    read_document,
)
from contracts.errors import InvalidContract, UnreadableDocument
from contracts.odcs_schemas import corrected, published, schema_faults

Write = Callable[..., Path]
QUIET = settings(
    max_examples=60,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def columns(document: dict[str, Any]) -> list[dict[str, Any]]:
    return document["schema"][0]["properties"]


@pytest.mark.requirement("FND-01")
def test_a_faultless_document_becomes_a_contract(document: dict[str, Any], write: Write) -> None:
    contract = load_contract(write(document), "finance")

    assert (contract.reference, contract.major, contract.title) == (
        "finance.invoices",
        1,
        "Invoices",
    )
    assert contract.table.primary_key == ("invoice_id",)
    assert contract.approvers == ("team:finance-stewards",)
    assert [level.name for level in contract.service_levels] == ["frequency", "retention"]
    assert contract.marking == "OFFICIAL"


def test_all_faults_of_all_documents_are_told_at_once(
    document: dict[str, Any], write: Write, tmp_path: Path
) -> None:
    columns(document)[1]["requierd"] = True
    document["version"] = 1.0
    first = write(document)
    second = write({**copy.deepcopy(document), "version": "2.0.0"}, "finance/invoices.v2")

    with pytest.raises(InvalidContract) as refused:
        load_contracts(tmp_path / "contracts")

    assert str(refused.value) == (
        "The data contracts were refused for 3 faults:\n"
        f"{first}: schema[0].properties[1].requierd: is not a key of the standard. "
        "Did you mean `required`?\n"
        f"{first}: version: `1.0` is not a string. Put the value in quotes.\n"
        f"{second}: schema[0].properties[1].requierd: is not a key of the standard. "
        "Did you mean `required`?"
    )


SCHEMA_FAULTS = {
    "typo in a description": (
        lambda d: d["description"].update(purpos="x"),
        "description.purpos: is not a key of the standard. Did you mean `purpose`?",
    ),
    "two operators": (
        lambda d: d["schema"][0].update(
            quality=[{"metric": "rowCount", "mustBe": 1, "mustNotBe": 2}]
        ),
        "schema[0].quality[0]: has 2 operators where one is expected. Keep one of mustBe, "
        "mustBeLessThan and so on; write two rules for two limits.",
    ),
    "validity is no dimension": (
        lambda d: d["schema"][0].update(
            quality=[{"metric": "rowCount", "mustBe": 1, "dimension": "validity"}]
        ),
        "schema[0].quality[0].dimension: `validity` is not one of `accuracy`, `completeness`, "
        "`conformity`, `consistency`, `coverage`, `timeliness`, `uniqueness`. "
        "Write `conformity`.",
    ),
    "missing status": (
        lambda d: d.pop("status"),
        "document: lacks `status` (in ODCS 3.1.0). Add it.",
    ),
    "a key of 3.2 only": (
        lambda d: columns(d)[2].update(enum=[{"value": "GB"}]),
        "schema[0].properties[2]: has keys that do not belong here: `enum` (in ODCS 3.1.0). "
        "Write `apiVersion: v3.2.0` to use what that edition brought.",
    ),
    "a member without name": (
        lambda d: d["team"]["members"].append({"role": "owner"}),
        "team.members[3]: lacks `username`. Add it.",
    ),
}


@pytest.mark.parametrize("case", SCHEMA_FAULTS)
def test_what_odcs_forbids_is_said_plainly(
    case: str, document: dict[str, Any], write: Write
) -> None:
    change, expected = SCHEMA_FAULTS[case]
    change(document)
    path = write(document)

    assert next(str(fault) for fault in faults_in(path)) == f"{path}: {expected}"


RULE = {"metric": "nullValues", "mustBe": 0}
LINTS = {
    "severity outside the closed set": (
        lambda d: columns(d)[1].update(quality=[{**RULE, "severity": "minor"}]),
        "schema[0].properties[1].quality[0].severity: `minor` is not a severity. "
        "Write one of error, warning, info.",
    ),
    "two tables": (
        lambda d: d["schema"].append({**d["schema"][0], "name": "others"}),
        "schema: has 2 objects; an output port is one table. Write one contract per port.",
    ),
    "another table's name": (
        lambda d: d["schema"][0].update(name="bills"),
        "schema[0].name: `bills` is not the port `invoices`. Give the object the name of the port.",
    ),
    "no physical type": (
        lambda d: columns(d)[1].pop("physicalType"),
        "schema[0].properties[1].physicalType: is missing for `amount`. Write both types.",
    ),
    "types that disagree": (
        lambda d: columns(d)[1].update(physicalType="varchar"),
        "schema[0].properties[1].physicalType: `varchar` does not carry the logical type "
        "`number`. Change one of the two.",
    ),
    "a type of another engine": (
        lambda d: columns(d)[1].update(physicalType="number(38, 0) ); drop table x"),
        "schema[0].properties[1].physicalType: `number(38, 0) ); drop table x` is not a DuckDB "
        "type that columns can have. Write as in `decimal(18,2)`.",
    ),
    "a type that Delta has not": (
        lambda d: columns(d)[2].update(physicalType="uuid"),
        "schema[0].properties[2].physicalType: `uuid` cannot be kept in a Delta table. "
        "Write bigint for unsigned integers, varchar for other words.",
    ),
    "no description": (
        lambda d: columns(d)[1].update(description=" "),
        "schema[0].properties[1].description: is missing for `amount`. "
        "Say what a row's value means to a buyer.",
    ),
    "a description that is the name": (
        lambda d: columns(d)[0].update(description="Invoice ID"),
        "schema[0].properties[0].description: only repeats the name `invoice_id`. "
        "Say what the value means to a buyer.",
    ),
    "a custom property twice": (
        lambda d: d["customProperties"].append({"property": "title", "value": "Other"}),
        "customProperties[7].property: `title` is there twice. Keep one of them.",
    ),
    "an unknown service level": (
        lambda d: d["slaProperties"].append({"property": "fresness", "value": 1, "unit": "d"}),
        "slaProperties[2].property: `fresness` is not a service level that ODCS names. "
        "Did you mean `freshness`?",
    ),
    "freshness of no column": (
        lambda d: d["slaProperties"].append(
            {"property": "freshness", "value": 1, "unit": "d", "element": "invoices.amount"}
        ),
        "slaProperties[2].element: `invoices.amount` is not a date or timestamp column of this "
        "contract. Write one of `invoices.invoiced_at`.",
    ),
    "a period without unit": (
        lambda d: d["slaProperties"][1].update(unit="moons"),
        "slaProperties[1]: `7 moons` is not a period. "
        "Write a positive value with unit `h`, `d`, `w`, `m` (month) or `y`.",
    ),
    "row count of a column": (
        lambda d: columns(d)[1].update(quality=[{"metric": "rowCount", "mustBe": 1}]),
        "schema[0].properties[1].quality[0].metric: `rowCount` is not a metric of a column. "
        "Write one of nullValues, missingValues, invalidValues, duplicateValues.",
    ),
    "percent of a row count": (
        lambda d: d["schema"][0].update(
            quality=[{"metric": "rowCount", "mustBe": 1, "unit": "percent"}]
        ),
        "schema[0].quality[0].unit: `percent` is not a unit of `rowCount`. Write rows.",
    ),
    "valid values that are not given": (
        lambda d: columns(d)[2].update(quality=[{"metric": "invalidValues", "mustBe": 0}]),
        "schema[0].properties[2].quality[0].arguments: of `invalidValues` lack `validValues` or "
        "`pattern`. Add it.",
    ),
    "duplicates of an unknown column": (
        lambda d: d["schema"][0].update(
            quality=[
                {
                    "metric": "duplicateValues",
                    "arguments": {"properties": ["amout"]},
                    "mustBe": 0,
                }
            ]
        ),
        "schema[0].quality[0].arguments.properties: `amout` is not a column of this table. "
        "Did you mean `amount`?",
    ),
    "a range upside down": (
        lambda d: columns(d)[1].update(quality=[{"metric": "nullValues", "mustBeBetween": [9, 1]}]),
        "schema[0].properties[1].quality[0].mustBeBetween: `[9, 1]` is not two numbers, the "
        "smaller first. Write them as in `[1, 10]`.",
    ),
    "a threshold that is no number": (
        lambda d: columns(d)[1].update(quality=[{"metric": "nullValues", "mustBe": "none"}]),
        "schema[0].properties[1].quality[0].mustBe: `none` is not a number. Write a number.",
    ),
    "a pattern of another dialect": (
        lambda d: columns(d)[2].update(logicalTypeOptions={"pattern": "(?i)gb"}),
        "schema[0].properties[2].logicalTypeOptions.pattern: `(?i)gb` cannot be run (`(?i` opens "
        "no group of ECMA-262). Write it as ECMA-262 has it, or as a sql rule.",
    ),
    "a value that is never there": (
        lambda d: columns(d)[2].update(
            quality=[{"metric": "invalidValues", "arguments": {"validValues": [1]}, "mustBe": 0}]
        ),
        "schema[0].properties[2].quality[0].arguments.validValues[0]: `1` is never a value of a "
        "varchar column. Put it in quotes.",
    ),
    "bounds that nothing keeps": (
        lambda d: columns(d)[1].update(logicalTypeOptions={"minimum": 2, "maximum": 1}),
        "schema[0].properties[1].logicalTypeOptions.minimum: `2` is above the maximum `1`. "
        "Nothing could keep both: change one.",
    ),
    "a scheduler of elsewhere": (
        lambda d: columns(d)[1].update(quality=[{**RULE, "scheduler": "airflow"}]),
        "schema[0].properties[1].quality[0].scheduler: `airflow` is no scheduler that runs here. "
        "Write `scheduler: cron`.",
    ),
    "a schedule that is none": (
        lambda d: columns(d)[1].update(quality=[{**RULE, "schedule": "daily at nine"}]),
        "schema[0].properties[1].quality[0].schedule: `daily at nine` is not a cron expression of "
        "five fields. Write it as in `0 20 * * *`.",
    ),
    "another physical name": (
        lambda d: columns(d)[1].update(physicalName="AMT"),
        "schema[0].properties[1].physicalName: `AMT` differs from the name `amount`. Leave it out: "
        "the lake calls every column as its contract does.",
    ),
    "a relationship of another table": (
        lambda d: d["schema"][0].update(
            relationships=[{"from": "bills.amount", "to": "rates.amount"}]
        ),
        "schema[0].relationships[0].from: `bills.amount` is not a column of `invoices`. "
        "A relationship begins at its own table.",
    ),
    "two columns for one": (
        lambda d: d["schema"][0].update(
            relationships=[{"from": ["invoices.amount"], "to": ["rates.amount", "rates.country"]}]
        ),
        "schema[0].relationships[0].to: names 2 columns for 1. Name one target for each column.",
    ),
    "a measure without expression": (
        lambda d: d.update(apiVersion="v3.2.0") or columns(d)[1].update(semanticType="measure"),
        "schema[0].properties[1].transformLogic: is missing for a measure. "
        "Write the expression, as in `SUM(amount)`.",
    ),
    "a bound that is no timestamp": (
        lambda d: columns(d)[3].update(logicalTypeOptions={"minimum": "last year"}),
        "schema[0].properties[3].logicalTypeOptions.minimum: `last year` is not a timestamp. "
        "Write it as in ISO 8601.",
    ),
    "key positions with a gap": (
        lambda d: columns(d)[0].update(primaryKeyPosition=2),
        "schema[0].primaryKeyPosition: of `invoice_id` are not 1 to 1, each once. "
        "Number the columns in order.",
    ),
    "a reference to an address": (
        lambda d: columns(d)[0].update(
            relationships=[{"to": "https://x.test/a.yaml#/schema/a/properties/b"}]
        ),
        "schema[0].properties[0].relationships[0].to: "
        "`https://x.test/a.yaml#/schema/a/properties/b` names no column of a port. Write "
        "`port.column` within the unit, or "
        "`../<unit>/<port>.v1.odcs.yaml#/schema/<port>/properties/<column>`.",
    ),
    "a promise excused that is not made": (
        lambda d: d["customProperties"].append(
            {"property": "informative", "value": ["slaProperties.retenton"]}
        ),
        "customProperties.informative: `slaProperties.retenton` names no promise of this "
        "contract. Did you mean `slaProperties.retention`?",
    ),
    "a status of nobody": (
        lambda d: d.update(status="live"),
        "status: `live` is not a lifecycle status. Write one of `proposed`, `draft`, `active`, "
        "`deprecated`, `retired`.",
    ),
    "an older edition": (
        lambda d: d.update(apiVersion="v3.0.2"),
        "apiVersion: `v3.0.2` is not an edition of ODCS that is read here. "
        "Write `apiVersion: v3.1.0` or `v3.2.0`.",
    ),
    "a version of another file": (
        lambda d: d.update(version="2.0.0"),
        "version: `2.0.0` does not belong in a file named for v1. Rename the file to `.v2.`.",
    ),
    "fields that the type has not": (
        lambda d: columns(d)[2].update(
            logicalType="object",
            physicalType="struct(x varchar, y integer)",
            properties=[{"name": "x", "logicalType": "string", "description": "The x."}],
        ),
        "schema[0].properties[2].properties: lack `y`, which `physicalType` has. "
        "Describe it or take it out.",
    ),
    "items of something else": (
        lambda d: columns(d)[2].update(items={"logicalType": "string"}),
        "schema[0].properties[2].items: belongs to the logical type `array`, not `string`. "
        "Correct one of the two.",
    ),
    "a rule of no kind": (
        lambda d: columns(d)[2].update(quality=[{"description": "is nice"}]),
        "schema[0].properties[2].quality[0]: says neither `type` nor `metric`. Add one of them.",
    ),
}


@pytest.mark.parametrize("case", LINTS)
def test_what_odcs_allows_and_we_do_not_is_said_plainly(
    case: str, document: dict[str, Any], write: Write
) -> None:
    change, expected = LINTS[case]
    change(document)
    path = write(document)

    assert f"{path}: {expected}" in [str(fault) for fault in faults_in(path)]


def test_a_folder_names_the_unit_of_its_contracts(document: dict[str, Any], write: Write) -> None:
    path = write(document, "people/invoices.v1")

    with pytest.raises(InvalidContract) as refused:
        load_contract(path, "people")

    assert str(refused.value) == (
        "The data contracts were refused for 1 fault:\n"
        f"{path}: domain: is `finance` in the folder of `people`. "
        "Move the file, or name the folder's business unit."
    )


def test_a_source_contract_may_have_many_objects(
    document: dict[str, Any], write: Write, tmp_path: Path
) -> None:
    document["name"] = "ledger"
    other = {**copy.deepcopy(document["schema"][0]), "name": "credits"}
    columns({"schema": [other]})[2]["physicalType"] = "uuid"
    other["customProperties"] = [{"property": "files", "value": ["clean/*.csv"]}]
    document["schema"].append(other)
    write(document, "finance/sources/ledger.v1")

    (contract,) = load_source_contracts(tmp_path / "contracts")

    assert [found.name for found in contract.objects] == ["invoices", "credits"]
    assert contract.objects[1].custom == {"files": ["clean/*.csv"]}
    assert load_contracts(tmp_path / "contracts") == ()


REFERENCES = {
    "invoices.invoice_id": ("finance.invoices", "invoice_id"),
    "schema/invoices/properties/invoice_id": ("finance.invoices", "invoice_id"),
    "suppliers.v1.odcs.yaml#/schema/suppliers/properties/id": ("finance.suppliers", "id"),
    "../registry/bodies.v1.odcs.yaml#/schema/bodies/properties/id": ("registry.bodies", "id"),
}


@pytest.mark.parametrize("target", REFERENCES)
def test_references_are_read_in_every_form_of_the_standard(
    target: str, document: dict[str, Any], write: Write
) -> None:
    columns(document)[0]["relationships"] = [
        {"to": target, "customProperties": [{"property": "minimumMatchPercent", "value": 95.5}]}
    ]

    (reference,) = load_contract(write(document)).table.references

    assert (reference.target_port, reference.target_columns[0]) == REFERENCES[target]
    assert reference.columns == ("invoice_id",)
    assert reference.minimum_match_percent == 95.5


def test_composite_references_keep_their_order(document: dict[str, Any], write: Write) -> None:
    document["schema"][0]["relationships"] = [
        {
            "from": ["invoices.country", "invoices.amount"],
            "to": ["rates.country", "rates.amount"],
        }
    ]

    (reference,) = load_contract(write(document)).table.references

    assert reference.columns == ("country", "amount")
    assert (reference.target_port, reference.target_columns) == (
        "finance.rates",
        ("country", "amount"),
    )


UNREADABLE = {
    "not a mapping": ("- a\n- b\n", "is not a mapping. Start it with `apiVersion:` and `kind:`."),
    "a key twice": (
        "a: 1\nb:\n  c: 1\n  c: 2\n",
        "has the key `c` twice in one mapping (line 4). Keep one of them.",
    ),
    "a python object": (
        "a: !!python/object/apply:os.system ['true']\n",
        "has the tag `tag:yaml.org,2002:python/object/apply:os.system` (line 1). "
        "Use text, numbers, true or false, null.",
    ),
    "a cycle": (
        "a: &x\n  b: *x\n",
        "has an alias that contains itself. Remove the alias.",
    ),
    "a bomb": (
        "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 9)),
        "grows to more than 200,000 values when its aliases are followed. "
        "Write the repeated parts out.",
    ),
    "too deep": (
        "a: " + "[" * 60 + "]" * 60,
        "is nested deeper than 50 levels (line 1). Flatten it.",
    ),
    "a number as key": ("1: a\n", "has a key that is not text (line 1). Put the key in quotes."),
    "broken": (
        "a: [1, 2\nb: 3\n",
        "is not readable YAML: did not find expected ',' or ']' (line 2, column 2). "
        "Correct the YAML there.",
    ),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_unsafe_yaml_is_refused_before_it_is_built(case: str, tmp_path: Path) -> None:
    text, expected = UNREADABLE[case]
    path = tmp_path / "x.v1.odcs.yaml"
    path.write_text(text)

    with pytest.raises(UnreadableDocument) as refused:
        read_document(path)

    assert str(refused.value) == f"{path}: document: {expected}"
    assert [str(fault) for fault in faults_in(path)] == [str(refused.value)]


def test_files_that_cannot_be_read_say_why(tmp_path: Path) -> None:
    absent, large, latin = (tmp_path / name for name in ("absent", "large", "latin"))
    large.write_bytes(b"#" * 2_000_001)
    latin.write_bytes(b"a: caf\xe9")

    assert [str(faults_in(path)[0]) for path in (absent, large, latin)] == [
        f"{absent}: document: cannot be opened (No such file or directory). "
        "Check the path and its permissions.",
        f"{large}: document: is larger than 2 MB. Split it: one document per port.",
        f"{latin}: document: is not UTF-8 text. Save it as UTF-8.",
    ]


def test_scalars_are_those_of_yaml_1_2(tmp_path: Path) -> None:
    path = tmp_path / "scalars.yaml"
    path.write_text("a: [yes, NO, on, 2024-01-31, 12:30, 010, 0o10, 1_000, 1e3, true, null, '1']\n")

    assert read_document(path)["a"] == [
        "yes", "NO", "on", "2024-01-31", "12:30", 10, 8, "1_000", 1000.0, True, None, "1",
    ]  # fmt: skip


def test_the_package_schema_still_needs_its_correction() -> None:
    """When this fails, upstream issue 322 is fixed: remove `corrected` and its callers."""
    clauses = published("3.2.0")["$defs"]["SchemaBaseProperty"]["allOf"]
    conditions = [clause["if"] for clause in clauses if "if" in clause]
    words = {"map", "vector"}
    needing = [
        c
        for c in conditions
        if c.get("properties", {}).get("logicalType", {}).get("const") in words
    ]

    assert needing
    assert all("required" not in condition for condition in needing)


def test_the_correction_changes_nothing_else() -> None:
    schema = published("3.2.0")
    repaired = corrected(schema)
    for clause in repaired["$defs"]["SchemaBaseProperty"]["allOf"]:
        if clause.get("if", {}).get("required") == ["logicalType"]:
            del clause["if"]["required"]

    assert repaired == schema


def test_the_vendored_schema_has_lost_the_deviation_of_its_carrier() -> None:
    objects = published("3.1.0")["$defs"]["SchemaObject"]["properties"]["logicalType"]

    assert objects["enum"] == ["object"]


def test_documents_round_trip_through_yaml(document: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "again.yaml"
    path.write_text(yaml.safe_dump(document))

    assert read_document(path) == document


TEXT = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), max_size=8)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3)
)


@given(value=st.dictionaries(TEXT, VALUES, max_size=4))
@QUIET
def test_what_is_written_as_json_is_read_as_it_was(value: dict[str, Any], tmp_path: Path) -> None:
    """Every JSON document is a YAML 1.2 document with the same values."""
    path = tmp_path / "any.yaml"
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")

    assert read_document(path) == value


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    found = [path] if path else []
    if isinstance(value, dict | list):
        for key, below in inner:
            found += (
                _paths(below, (*path, key)) if isinstance(below, dict | list) else [(*path, key)]
            )
    return found


@given(data=st.data())
@QUIET
def test_no_document_gives_anything_but_faults(
    data: st.DataObject, write: Write, tmp_path: Path
) -> None:
    from_conftest = read_document(write_base(write))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(_paths(from_conftest)))
        holder = from_conftest
        for key in place[:-1]:
            holder = holder[key]
        holder[place[-1]] = data.draw(VALUES)
        if not _paths(from_conftest):
            break
    path = tmp_path / "fuzzed.v1.odcs.yaml"
    path.write_text(yaml.safe_dump(from_conftest, allow_unicode=True), encoding="utf-8")

    try:
        load_contract(path, "finance")
    except InvalidContract as refused:
        assert refused.faults


@given(content=st.binary(max_size=200))
@QUIET
def test_no_bytes_give_anything_but_faults(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bytes.v1.odcs.yaml"
    path.write_bytes(content)

    assert faults_in(path)


def write_base(write: Write) -> Path:
    rule = {"metric": "invalidValues", "arguments": {"validValues": ["a"]}, "mustBe": 0}
    document = yaml.safe_load(yaml.safe_dump(_BASE))
    document["schema"][0]["properties"][0]["quality"] = [rule]
    return write(document, "finance/base.v1")


_BASE: dict[str, Any] = {
    "apiVersion": "v3.1.0",
    "kind": "DataContract",
    "id": "x",
    "name": "base",
    "version": "1.0.0",
    "status": "draft",
    "domain": "finance",
    "schema": [
        {
            "name": "base",
            "properties": [
                {
                    "name": "code",
                    "logicalType": "string",
                    "physicalType": "varchar",
                    "description": "What it is known by.",
                    "logicalTypeOptions": {"maxLength": 3},
                    "customProperties": [{"property": "headers", "value": ["Code"]}],
                    "relationships": [{"to": "codes.code"}],
                }
            ],
        }
    ],
    "team": {"members": [{"username": "team:x", "role": "owner"}]},
    "slaProperties": [{"property": "freshness", "value": 1, "unit": "d", "element": "base.on"}],
}


def test_the_faultless_document_is_valid_under_both_editions(document: dict[str, Any]) -> None:
    assert schema_faults(document) == ()
