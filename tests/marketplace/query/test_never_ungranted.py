"""No statement that a grammar over granted and ungranted names can make sees an ungranted row."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from marketplace.query.errors import QueryError

SIGNS = ("lighthouse-7431", "root:x:0:0")

names = st.sampled_from(
    [
        "commercial.payments", "commercial.suppliers", "people.salaries", "commercial.tenders",
        "commercial.drafts", "memory.people.salaries", '"people"."salaries"', "PEOPLE.salaries",
        "salaries", "people", "'{secret}'", '"{secret}"', "'/etc/passwd'",
        "read_parquet('{secret}')", "read_parquet(['{granted}', '{secret}'])",
        "read_text('/etc/passwd')", "query_table('people.salaries')",
        "query('from people.salaries')", "glob('{folder}/**')", "range(3)",
        "(values ('people.salaries'))", "information_schema.columns", "duckdb_views()",
    ]
)  # fmt: skip
columns = st.sampled_from(["*", "count(*)", "columns(*)", "1", "person", "amount", "max(amount)"])


def relations(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Larger table expressions out of smaller ones."""
    return st.one_of(
        st.builds("(select {} from {})".format, columns, inner),
        st.builds("(from {} a, {} b limit 5)".format, inner, inner),
        st.builds("(select * from {} union all by name from {})".format, inner, inner),
        st.builds("(with people as (from {0}), salaries as (from {1}) from salaries)".format,
                  inner, inner),
        st.builds("(with \"{{secret}}\" as (select 1) from {0})".format, inner),
        st.builds("(select (select any_value(t) from {} t) from {})".format, inner, inner),
        st.builds("(summarize {})".format, inner),
        st.builds("(describe {})".format, inner),
        st.builds("(unpivot {} on amount)".format, inner),
        st.builds("(pivot {} on amount in (1) using count(*))".format, inner),
        st.builds("(from {} a, lateral (from {}) b limit 3)".format, inner, inner),
    )  # fmt: skip


tables = st.recursive(names, relations, max_leaves=4)
statements = st.one_of(
    st.builds("select {} from {}".format, columns, tables),
    st.builds("from {}".format, tables),
    st.builds("explain analyze from {}".format, tables),
    st.builds("pivot {} on month using count(*)".format, tables),
    st.builds("select * from commercial.payments where exists (from {})".format, tables),
    st.builds("from {} /* ; */ ; from {}".format, tables, tables),
    st.builds("with a as (copy (from {}) to '{{folder}}/out.csv') from {}".format, tables, tables),
    st.builds("describe {}".format, tables),
)


@pytest.mark.requirement("ACC-04")
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(sql=statements)
@example(sql="from people.salaries")
@example(sql="from commercial.payments positional join '{secret}'")
def test_no_statement_sees_a_row_of_an_ungranted_port(shared_engine_room, sql):
    room = shared_engine_room
    places = {
        "{secret}": str(room.lakehouse.snapshot("people.salaries", 1).files[0]),
        "{granted}": str(room.lakehouse.snapshot("commercial.payments", 1).files[0]),
        "{folder}": str(room.folder),
    }
    for mark, place in places.items():
        sql = sql.replace(mark, place)

    try:
        shown = str(room.ask(sql).table().to_pylist())
    except QueryError as error:
        shown = str(error)

    assert not any(sign in shown for sign in SIGNS)
    assert not (room.folder / "out.csv").exists()
