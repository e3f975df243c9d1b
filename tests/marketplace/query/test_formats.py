"""Results in each format hold the rows exactly."""

import csv
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from marketplace.query.errors import QueryFailed, UnsupportedFormat
from marketplace.query.formats import FORMATS, to_arrow, to_csv, to_json, to_parquet

TYPES = """
select * from (values
    (1::bigint, 1.50::decimal(9,2), 'plain', true, date '2024-02-29',
     timestamp '2024-02-29 12:00:01',
     timestamptz '2024-02-29 12:00:01+00', 0.5::double, [1, 2], {'a': 'x'}, '\\xAA'::blob),
    (9223372036854775807, -0.05, 'say "yes", or
no', false, date '1999-12-31', timestamp '1999-12-31 23:59:59.5', timestamptz
     '1999-12-31 23:59:59+00', 'nan', [], {'a': null}, ''::blob),
    (null, null, '', null, null, null, null, null, null, null, null)
) t(whole, exact, words, yes, day, moment, instant, real, list, struct, bytes)
"""


@pytest.fixture(scope="module")
def result(shared_engine_room):
    return shared_engine_room.ask(TYPES)


def test_csv_is_rfc_4180(result):
    text = b"".join(to_csv(result)).decode()

    lines = text.split("\r\n")
    assert lines[0] == "whole,exact,words,yes,day,moment,instant,real,list,struct,bytes"
    assert lines[1] == (
        "1,1.50,plain,true,2024-02-29,2024-02-29T12:00:01,2024-02-29T12:00:01Z,0.5,"
        '"[1, 2]","{""a"": ""x""}",qg=='
    )
    assert '"say ""yes"", or\nno"' in text
    assert lines[-2] == ',,"",,,,,,,,'
    assert text.endswith("\r\n")


def test_csv_is_read_back_by_the_standard_library(result):
    rows = list(csv.reader(io.StringIO(b"".join(to_csv(result)).decode(), newline="")))

    assert [row[2] for row in rows] == ["words", "plain", 'say "yes", or\nno', ""]
    assert {len(row) for row in rows} == {11}


def test_json_keeps_every_digit(result):
    answer = json.loads(b"".join(to_json(result, {"marking": "OFFICIAL"})))

    assert answer["marking"] == "OFFICIAL"
    assert (answer["row_count"], answer["truncated"]) == (3, False)
    assert answer["columns"][0] == {"name": "whole", "type": "int64"}
    assert answer["rows"][0] == [
        1, "1.50", "plain", True, "2024-02-29", "2024-02-29T12:00:01", "2024-02-29T12:00:01Z", 0.5,
        [1, 2], {"a": "x"}, "qg==",
    ]  # fmt: skip
    assert answer["rows"][1][0] == "9223372036854775807"
    assert answer["rows"][1][7] == "nan"
    assert answer["rows"][2] == [None, None, "", *[None] * 8]


def test_sums_are_plain_numbers_in_json(shared_engine_room):
    result = shared_engine_room.ask("select sum(i) total from range(5) t(i)")

    assert json.loads(b"".join(to_json(result)))["rows"] == [[10]]


def test_parquet_and_arrow_hold_the_table_and_its_notes(result):
    notes = {"marking": "OFFICIAL", "sample": "true"}

    parquet = pq.read_table(io.BytesIO(b"".join(to_parquet(result, notes))))
    arrow = pa.ipc.open_stream(b"".join(to_arrow(result, notes))).read_all()

    for table in (parquet, arrow):
        assert table.drop_columns("real").equals(result.table().drop_columns("real"))
        assert table.schema.metadata[b"marking"] == b"OFFICIAL"


@pytest.mark.parametrize("name", FORMATS)
def test_an_empty_result_is_written_in_every_format(shared_engine_room, name):
    result = shared_engine_room.ask("from commercial.payments where false")

    _, write = FORMATS[name]

    assert len(b"".join(write(result))) > 0


def test_what_parquet_cannot_hold_is_said_before_the_first_byte(shared_engine_room):
    result = shared_engine_room.ask("select interval 1 month as period")

    with pytest.raises(UnsupportedFormat) as refusal:
        to_parquet(result)

    assert refusal.value.column == "period"


UNUSUAL = {
    "hugeint": ("12345678901234567890123456789012345678::hugeint", "12345678901234567890123"),
    "uuid": ("uuid '00000000-0000-0000-0000-000000000001'", "00000000-0000-0000"),
    "time": ("time '12:34:56'", "12:34:56"),
    "nanoseconds": ("timestamp_ns '2024-01-01 00:00:00.123456789'", "123456789"),
    "far_year": ("date '290000-01-01'", "290000-01-01"),
    "far_moment": ("timestamptz '20000-01-01 00:00:00+00'", "20000-01-01T00:00:00.000000Z"),
    "infinity": ("'infinity'::double", "inf"),
    "interval": ("interval '1 month 2 days'", "1 months 2 days"),
    "enum": ("'a'::enum('a', 'b')", "a"),
    "map": ("map {'k': 1}", "k"),
    "json": ("""'{"a": 1}'::json""", "a"),
    "union": ("union_value(num := 2)", "2"),
    "nested": ("[{'a': [date '2024-01-01']}]", "2024-01-01"),
    "array": ("[1, 2]::integer[2]", "1"),
}


@pytest.mark.parametrize(("expression", "shown"), UNUSUAL.values(), ids=UNUSUAL)
@pytest.mark.parametrize("name", ["csv", "json"])
def test_unusual_types_are_written_as_text(shared_engine_room, name, expression, shown):
    result = shared_engine_room.ask(f"select {expression} as a")

    _, write = FORMATS[name]

    assert shown in b"".join(write(result)).decode()


def test_columns_of_one_name_are_all_written(shared_engine_room):
    result = shared_engine_room.ask("select 1 as a, 2 as a")

    assert json.loads(b"".join(to_json(result)))["rows"] == [[1, 2]]
    assert b"".join(to_csv(result)).splitlines()[1] == b"1,2"


def test_a_number_that_no_format_holds_fails_before_it_is_logged_as_done(shared_engine_room):
    with pytest.raises(QueryFailed, match="does not fit in precision"):
        shared_engine_room.ask("select 170141183460469231731687303715884105727::hugeint")
