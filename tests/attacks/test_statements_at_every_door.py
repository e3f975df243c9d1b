"""Hostile SQL through each door that takes SQL: page, twin, downloads, interface, quarantine."""

from typing import Any

import pytest

SIGNED_IN = ("text/html", "application/json")
DOWNLOADS = ("csv", "parquet", "arrow")
PROGRAMS = ("application/json", "text/csv", "application/vnd.apache.arrow.stream")

# What no door may answer with rows.
ATTACKS = {
    # files of the platform itself
    "state_as_bytes": "from read_blob('{state}')",
    "state_as_text": "from read_text('{state}')",
    "state_as_database": "from sqlite_scan('{state}', 'grants')",
    "state_attached": "attach '{state}' as s (type sqlite)",
    "anchor": "from read_text('{anchor}')",
    "form_key": "from read_text('{key}')",
    "form_key_as_csv": "from read_csv('{key}', header = false)",
    "rejects": "from read_parquet('{rejects}')",
    "rejects_by_name": "from '{rejects}'",
    "candidate_of_another_port": "from read_parquet('{candidate_file}')",
    "past_version_as_bytes": "from read_blob('{old}')",
    "evidence": "from read_parquet('{home}/evidence/**/*.parquet', union_by_name = true)",
    "index": "from glob('{home}/index/**')",
    "scratch_of_others": "from glob('{home}/scratch/**')",
    "warehouse": "from read_duckdb('{home}/warehouse.duckdb')",
    "contracts": "from read_text('{project}/contracts/people/*.yaml')",
    # paths, spelled in other ways
    "double_slash": "from read_parquet('/{personal}')",
    "dot_in_path": "from read_parquet('/.{personal}')",
    "climbing_from_granted": "from read_parquet('{granted}/../../../../{personal}')",
    "percent_encoded": "from read_parquet('{home}/lake/people%2flearning_records/v1/*.parquet')",
    "file_url_host": "from read_parquet('file://localhost{personal}')",
    "file_url_upper": "from read_parquet('FILE://{personal}')",
    "home_sign": "from read_text('~/.bash_history')",
    "environment_in_path": "from read_text('$HOME/.profile')",
    "null_in_path": "from read_text('{key}\\0.csv')",
    "fullwidth_slash": "from read_text('\uff0fetc\uff0fpasswd')",
    "unc": "from read_text('\\\\localhost\\etc\\passwd')",
    "proc_root": "from read_text('/proc/self/root/etc/passwd')",
    "proc_cwd": "from read_text('/proc/self/cwd/README.md')",
    "proc_fd_of_parent": "from read_blob('/proc/1/fd/0')",
    "device": "from read_blob('/dev/mem')",
    "wide_glob_class": "from read_parquet('{home}/l[a]ke/p?ople/**/*.parquet')",
    "list_with_one_granted": "from read_parquet(['{granted}', '{personal}'], union_by_name = true)",
    "hive_types": "from read_parquet('{personal}', hive_partitioning = true, filename = true)",
    "csv_rejects_table": "from read_csv('{personal}', store_rejects = true)",
    "json_objects": "from read_json_objects('{log}')",
    "parquet_kv": "from parquet_kv_metadata('{personal}')",
    "full_metadata": "from parquet_full_metadata('{personal}')",
    # ports without a grant, in other clothes
    "quoted_pair": 'from "people"."learning_records"',
    "one_quoted_name": 'from "people.learning_records"',
    "explicit_major": "from people.learning_records_v1",
    "other_major": "from people.learning_records_v0",
    "mixed_case": "fRoM pEoPlE.LeArNiNg_ReCoRdS",
    "catalog_three_parts": "from memory.people.learning_records",
    "catalog_temp": "from temp.people.learning_records",
    "long_s": "from people.learning_record\u017f",
    "zero_width": "from people.learning\u200b_records",
    "combining": "from people.learning_records\u0301",
    "bidirectional": "from people.\u202esdrocer_gninrael",
    "fullwidth": "from \uff50eople.learning_records",
    "newline_in_name": 'from people."learning_records\n"',
    "escaped_quote": 'from people."learning_records"""',
    "escape_string": "from query_table(E'people.learning\\x5Frecords')",
    "dollar_quoted": "from query($a$from people.learning_records$a$)",
    "nested_dollar": "from query($a$from query($b$from people.learning_records$b$)$a$)",
    "built_name": "from query_table('people' || '.' || 'learning_records')",
    "built_from_chr": "from query('from people.learning_records' || chr(10))",
    "serialized": "from json_execute_serialized_sql((select json_serialize_sql("
    "'select * from people.learning_records')))",
    "sampled": "from people.learning_records tablesample 50%",
    "semi_join": "from commercial.payments p semi join people.learning_records r "
    "on p.payment_id = r.record_id",
    "anti_join": "from commercial.payments p anti join people.learning_records r "
    "on p.payment_id = r.record_id",
    "lateral": "from commercial.payments p, lateral (from people.learning_records r "
    "where r.record_id = p.payment_id)",
    "recursive": "with recursive x as (select 1 i union all select record_id from "
    "people.learning_records, x) from x",
    "materialized": "with x as materialized (from people.learning_records) from x",
    "shadowed_by_cte": "with people as (select 1), learning_records as (select 2) "
    "from people.learning_records",
    "set_operation_by_name": "from commercial.payments union by name from people.learning_records",
    "values_subquery": "values ((select max(person_name) from people.learning_records))",
    "order_by_subquery": "from commercial.payments order by "
    "(select count(*) from people.learning_records)",
    "limit_subquery": "from commercial.payments limit (select count(*) from "
    "people.learning_records)",
    "filter_clause": "select count(*) filter (where exists (from people.learning_records)) "
    "from commercial.payments",
    "lambda": "select list_transform([1], lambda x: (select max(person_name) from "
    "people.learning_records))",
    "struct_of_table": "select r from people.learning_records r",
    "column_regex": "select columns('person.*') from people.learning_records",
    "qualify": "select * from people.learning_records qualify row_number() over () = 1",
    "grouping_sets": "select course, count(*) from people.learning_records group by cube (course)",
    "show_table": "show people.learning_records",
    "describe_table": "describe people.learning_records",
    # oracles: one bit at a time, by an error or by time
    "error_oracle": "select cast((select any_value(person_name) from people.learning_records) "
    "as integer)",
    "error_function": "select error((select any_value(person_name) from people.learning_records))",
    "division_oracle": "select 1 / (select count(*) from people.learning_records "
    "where person_name like 'l%')",
    "time_oracle": "select case when exists (from people.learning_records) then "
    "(select count(*) from range(1000000) a, range(1000) b) end",
    "overflow_oracle": "select (select count(*) from people.learning_records)::tinyint * 99",
    # leaving the statement
    "second_statement": "from commercial.payments; from people.learning_records",
    "comment_then_second": "from commercial.payments limit 1 --\n; from people.learning_records",
    "unclosed_comment": "from commercial.payments /* ; from people.learning_records",
    "prepared": "execute p('people.learning_records')",
    "set_search_path": "set search_path = 'people'",
    "set_schema": "set schema 'people'",
    "pragma_database": "pragma database_list; from people.learning_records",
    "copy_to_stdout": "copy people.learning_records to '/dev/stdout'",
    "copy_query_to_fd": "copy (select 1) to '/proc/self/fd/1'",
    "create_temp_view": "create temp view v as from people.learning_records",
    "create_macro": "create temp macro m() as table from people.learning_records",
    "create_trigger_name": "create schema people; create view people.learning_records as select 1",
    "drop_cascade": "drop schema commercial cascade",
    "alter": "alter view commercial.payments rename to p",
    "load_extension_url": "install httpfs from 'http://127.0.0.1:9/'",
    "attach_http": "attach 'http://127.0.0.1:9/x.duckdb'",
    "attach_granted": "attach '{granted}' as g",
    "enable_logging": "call enable_logging('QueryLog')",
    "write_log": "call write_log('x')",
    "start_server": "call start_ui_server()",
    "checkpoint": "force checkpoint",
    "external_access": "set global enable_external_access = true",
    "unlock": "set lock_configuration = false",
    "allowed_directories": "set allowed_directories = ['/']",
    "secret_provider": "create secret s (type s3, provider credential_chain)",
}  # fmt: skip

# What may be answered, and shows nothing of others.
ALLOWED = {
    "functions": "select function_name from duckdb_functions() limit 5000",
    "views_text": "select sql from duckdb_views()",
    "constraints": "from duckdb_constraints()",
    "dependencies": "from duckdb_dependencies()",
    "variables": "from duckdb_variables()",
    "logs": "from duckdb_logs()",
    "log_contexts": "from duckdb_log_contexts()",
    "secrets": "from duckdb_secrets(redact = false)",
    "settings": "from duckdb_settings()",
    "optimizers": "from duckdb_optimizers()",
    "statistics": "pragma_storage_info('commercial.payments')",
    "autocomplete": "from sql_auto_complete('from people.')",
    "current_query": "select current_query()",
    "explain_plan": "explain from commercial.payments",
    "version": "select version(), current_database(), current_schema(), txid_current()",
    "granted_row_text": "select p::varchar from commercial.payments p limit 3",
    "formula_in_text": "select '=cmd|'' /C calc''!A0' as a, '+1+1' as b, '@SUM(1)' as c",
    "html_in_text": "select '<script>alert(1)</script>' as \"<img src=x onerror=alert(1)>\"",
    "template_in_text": "select '{{ 7 * 7 }}{% raw %}' as \"{{ config }}\"",
    "line_breaks_in_text": "select e'a\\r\\nSet-Cookie: session=stolen' as \"b\r\nX-Evil: 1\"",
    "ansi_in_text": "select e'\\x1b[2J' as screen",
}  # fmt: skip


DOORS = (
    *(("page", "", kind) for kind in SIGNED_IN),
    *(("download", kind, "text/html") for kind in DOWNLOADS),
    *(("interface", "", kind) for kind in PROGRAMS),
)


def _ask(fortress: Any, ada: Any, door: tuple[str, str, str], sql: str) -> Any:
    """The answer of one door to a statement of the analyst."""
    name, file, accept = door
    if name != "interface":
        return ada.form("/query", accept, sql=sql, format=file or "page")
    headers = {"authorization": f"Bearer {fortress.tokens['analyst'][1]}", "accept": accept}
    return ada.send("POST", "/api/v1/query", json={"sql": sql}, headers=headers)


def _refuses(fortress: Any, ada: Any, doors: tuple[Any, ...], sql: str) -> None:
    spelled = fortress.spelled(sql)
    for door in doors:
        answer = _ask(fortress, ada, door, spelled)
        assert 400 <= answer.status_code < 500, door
        assert fortress.leaks(answer, spelled) == [], door


@pytest.mark.requirement("SEC-07")
@pytest.mark.requirement("SEC-02")
@pytest.mark.parametrize("sql", ATTACKS.values(), ids=ATTACKS)
def test_an_attack_is_refused(sql: str, fortress: Any, ada: Any) -> None:
    # One of the eight doors for each, in turn; the slow suite tries them all.
    turn = list(ATTACKS.values()).index(sql)

    _refuses(fortress, ada, (DOORS[turn % len(DOORS)],), sql)


@pytest.mark.slow
@pytest.mark.parametrize("door", DOORS, ids=lambda door: "-".join(filter(None, door)))
def test_every_attack_is_refused_at_the_door(
    door: tuple[str, str, str], fortress: Any, ada: Any
) -> None:
    for sql in ATTACKS.values():
        _refuses(fortress, ada, (door,), sql)


@pytest.mark.requirement("SEC-07")
@pytest.mark.parametrize("sql", ALLOWED.values(), ids=ALLOWED)
def test_what_a_door_answers_shows_nothing_of_others(sql: str, fortress: Any, ada: Any) -> None:
    turn = list(ALLOWED.values()).index(sql)

    for door in (DOORS[0], DOORS[1 + turn % 7]):
        answer = _ask(fortress, ada, door, sql)
        assert answer.status_code < 500, door
        assert fortress.leaks(answer, sql) == [], door
        assert "set-cookie" not in answer.headers and "x-evil" not in answer.headers
        if "text/html" in answer.headers["content-type"]:
            assert "<script>alert" not in answer.text and "<img src=x" not in answer.text


CANDIDATE_ATTACKS = {
    "another_port": "from people.learning_records",
    "a_granted_port_of_the_same_person": "from commercial.payments",
    "served_rows_of_the_port": "from commercial.supplier_spend_v2",
    "rejected_rows": "from read_parquet('{rejects}')",
    "files_of_another_port": "from read_parquet('{personal}')",
    "manifest": "from glob('{home}/quarantine/**')",
    "access_state": "from read_blob('{state}')",
    "second_statement": "select 1; from people.learning_records",
}


@pytest.mark.requirement("SEC-07")
@pytest.mark.parametrize("sql", CANDIDATE_ATTACKS.values(), ids=CANDIDATE_ATTACKS)
def test_the_door_of_a_candidate_opens_nothing_else(sql: str, fortress: Any, sam: Any) -> None:
    address = fortress.spelled("/quarantine/commercial/supplier_spend/{candidate}/query")
    spelled = fortress.spelled(sql)

    answers = [sam.form(address, kind, sql=spelled) for kind in SIGNED_IN]

    assert all(400 <= answer.status_code < 500 for answer in answers)
    assert [fortress.leaks(answer, spelled) for answer in answers] == [[], []]


def test_an_address_never_runs_a_statement(fortress: Any, ada: Any) -> None:
    before = len(fortress.audited("analyst"))

    answer = ada.get("/query?sql=select+6*7+as+answer")

    assert answer.status_code == 200
    assert len(fortress.audited("analyst")) == before


def test_an_attack_writes_nothing_and_is_logged(fortress: Any, ada: Any) -> None:
    sql = fortress.spelled("copy people.learning_records to '{out}.csv'")

    ada.form("/query", sql=sql)
    newest = fortress.audited("analyst")[0]

    assert not list(fortress.rooms.settings.home.parent.rglob("stolen*"))
    assert (newest.action, newest.outcome, newest.details["sql"]) == ("query.run", "denied", sql)
    assert fortress.rooms.store.verify_audit().intact
