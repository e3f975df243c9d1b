"""What a hostile reader tries. Each is refused or harmless, and none shows what was not granted."""

import hashlib
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from marketplace.query.errors import (
    NoGrant,
    NotOneSelect,
    QueryError,
    QueryFailed,
    QueryTimedOut,
    QueryTooLarge,
    StatementUnreadable,
    UnknownPort,
)

# What must not be found in any answer or message.
FOREIGN = ("lighthouse-7431", "root:x:0:0", "PATH=", "HOME=", "commitInfo", "nobody:")


@dataclass(frozen=True)
class Target:
    """Places that an attacker would like to reach."""

    secret: str  # another product's Parquet
    log: str  # another product's Delta log
    granted: str  # a granted Parquet file
    sheet: str  # a CSV file beside the lake
    lake: str
    out: str  # where nothing may be written


@pytest.fixture(scope="module")
def target(shared_engine_room) -> Iterator[Target]:
    lakehouse = shared_engine_room.lakehouse
    salaries = lakehouse.snapshot("people.salaries", 1)
    sheet = shared_engine_room.folder / "secret.csv"
    sheet.write_text(f"who\n{shared_engine_room.secret}\n")
    granted = lakehouse.snapshot("commercial.payments", 1).files
    before = {file: hashlib.sha256(file.read_bytes()).digest() for file in granted}
    out = shared_engine_room.folder / "stolen"
    yield Target(
        secret=str(salaries.files[0]),
        log=str(salaries.table / "_delta_log" / f"{0:020}.json"),
        granted=str(granted[0]),
        sheet=str(sheet),
        lake=str(salaries.table.parents[2]),
        out=str(out),
    )
    assert not list(shared_engine_room.folder.glob("stolen*"))
    assert {f: hashlib.sha256(f.read_bytes()).digest() for f in granted} == before


REFUSED = {
    # files
    "read_text": "from read_text('/etc/passwd')",
    "read_blob": "from read_blob('/etc/passwd')",
    "read_csv": "from read_csv('/etc/passwd', header=false, delim=':')",
    "read_csv_of_ours": "from read_csv('{sheet}')",
    "read_json": "from read_json('{log}')",
    "read_ndjson": "from read_ndjson_objects('{log}')",
    "parquet_of_another_port": "from read_parquet('{secret}')",
    "parquet_list_with_granted": "from read_parquet(['{granted}', '{secret}'])",
    "parquet_metadata": "from parquet_metadata('{secret}')",
    "parquet_schema": "from parquet_schema('{secret}')",
    "parquet_file_metadata": "from parquet_file_metadata('{secret}')",
    "parquet_bloom": "from parquet_bloom_probe('{secret}', 'person', 'x')",
    "glob": "from glob('{lake}/**')",
    "glob_root": "from glob('/*')",
    "glob_in_parquet": "from read_parquet('{lake}/people/**/*.parquet')",
    "dots": "from read_parquet('{granted}/../../../../people/salaries/v1/*.parquet')",
    "delta_log": "from read_text('{log}')",
    "delta_scan": "from delta_scan('{lake}/people/salaries/v1')",
    "iceberg_scan": "from iceberg_scan('{lake}/people/salaries/v1')",
    "sniff_csv": "from sniff_csv('/etc/passwd')",
    "read_duckdb": "from read_duckdb('{out}.duckdb')",
    "environ": "from read_text('/proc/self/environ')",
    "cmdline": "from read_blob('/proc/self/cmdline')",
    "maps": "from read_text('/proc/self/maps')",
    "memory": "from read_blob('/proc/self/mem')",
    "parent_environ": "from read_text('/proc/1/environ')",
    "open_files": "from glob('/proc/self/fd/*')",
    "open_file": "from read_blob('/proc/self/fd/4')",
    "standard_input": "from read_csv('/dev/stdin')",
    "key_file": "from read_text('{lake}/../secret_key')",
    "replacement_scan": "from '{sheet}'",
    "replacement_scan_quoted": 'from "{secret}"',
    "replacement_scan_relative": "from 'etc/passwd.csv'",
    "replacement_in_subquery": "select (select count(*) from '{secret}')",
    "file_url": "from read_text('file:///etc/passwd')",
    "cte_named_like_a_path": (
        """with "{secret}" as (select 1) select * from (from read_parquet('{secret}'))"""
    ),
    "cte_shadow_out_of_scope": (
        """select * from (with "{secret}" as (select 1) select 1) a, "{secret}" b"""
    ),
    "describe_file": "describe from '{secret}'",
    "summarize_file": "summarize from '{secret}'",
    "pivot_file": "pivot '{secret}' on person using sum(amount)",
    "unpivot_file": "unpivot '{secret}' on amount",
    "lateral_file": "from (select '{secret}' f) t, lateral (from read_text(t.f))",
    "variable_file": "from read_text(getvariable('x'))",
    "zipped": "from read_csv('zip://{sheet}')",
    # writing
    "copy_to": "copy (select 1) to '{out}.csv'",
    "copy_table": "copy commercial.payments to '{out}.parquet'",
    "copy_in_with": "with x as (copy (select 1) to '{out}.csv') select 1",
    "copy_over_granted": "copy (select 1) to '{granted}' (format csv, use_tmp_file false)",
    "copy_in_with_over_granted": (
        "with x as (copy (select 1) to '{granted}' (format csv, use_tmp_file false)) select 1"
    ),
    "explain_analyze_copy": "explain analyze copy (select 1) to '{out}.csv'",
    "explain_analyze_copy_options": "explain (analyze) copy (select 1) to '{out}.csv'",
    "explain_analyze_copy_comment": "explain /* a */ analyze -- b\n copy (select 1) to '{out}.csv'",
    "explain_analyze_with_copy": (
        "explain analyze with x as (copy (select 1) to '{out}.csv') select 1"
    ),
    "pivot_with_copy": (
        "with x as (copy (select 1) to '{out}.csv') "
        "pivot commercial.payments on month using sum(amount)"
    ),
    "query_with_copy": "from query('with x as (copy (select 1) to ''{out}.csv'') select 1')",
    "query_of_copy": "from query('copy (select 1) to ''{out}.csv''')",
    "create_table_as": "create table t as from commercial.payments",
    "create_table_as_pivot": "create table t as pivot commercial.payments on month "
    "using sum(amount)",
    "copy_pivot": "copy (pivot commercial.payments on month using sum(amount)) to '{out}.csv'",
    "create_view": "create view people.salaries as select 1",
    "insert": "insert into commercial.payments values (1, 'x', 'y', 2)",
    "insert_in_with": "with x as (insert into commercial.payments values (1)) select 1",
    "delete": "delete from commercial.payments",
    "update_in_with": "with x as (update commercial.payments set amount = 0) select 1",
    "merge": "merge into commercial.payments p using commercial.payments q on true "
    "when matched then delete",
    "drop": "drop view commercial.payments",
    "truncate": "truncate commercial.payments",
    "export": "export database '{out}'",
    "import": "import database '{lake}'",
    "vacuum": "vacuum",
    "checkpoint": "checkpoint",
    "comment_on": "comment on view commercial.payments is 'x'",
    # other databases, extensions, network, secrets
    "attach": "attach '{out}.duckdb'",
    "attach_memory": "attach ':memory:' as other",
    "detach": "detach memory",
    "use": "use commercial",
    "install": "install httpfs",
    "load": "load httpfs",
    "load_path": "load '{out}.duckdb_extension'",
    "http": "from read_csv('http://127.0.0.1:9/x.csv')",
    "https": "from 'https://example.invalid/x.parquet'",
    "s3": "from read_parquet('s3://bucket/x.parquet')",
    "gcs": "from read_parquet('gs://bucket/x.parquet')",
    "huggingface": "from read_parquet('hf://datasets/x/y.parquet')",
    "create_secret": "create secret s (type s3, key_id 'a', secret 'b')",
    "create_secret_quoted": "create persistent secret s (type http)",
    "sqlite_scan": "from sqlite_scan('{out}', 'grants')",
    "postgres_scan": "from postgres_scan('host=127.0.0.1', 'public', 'grants')",
    "excel": "from read_xlsx('{out}.xlsx')",
    "extensions": "from duckdb_extensions()",
    # settings
    "set": "set enable_external_access = true",
    "set_threads": "set threads = 64",
    "set_allowed": "set allowed_paths = ['/etc/passwd']",
    "set_variable": "set variable x = '/etc/passwd'",
    "reset": "reset lock_configuration",
    "pragma": "pragma enable_profiling",
    "pragma_log": "pragma log_query_path='{out}.log'",
    "call": "call pragma_version()",
    "call_enable_logging": "call enable_logging(storage = 'file', storage_path = '{out}')",
    "set_config": "select set_config('threads', '9', false)",
    # the environment and the host language
    "getenv": "select getenv('PATH')",
    "python_variable": "from sys",
    "python_local": "from connection",
    "python_job": "from job",
    "create_macro": "create macro f() as table from read_text('/etc/passwd')",
    "create_function": "create function f(x) as x",
    "system": "select system('id')",
    "shellfs": "from read_text('id |')",
    # statements
    "two": "select 1; select 2",
    "second_copies": "select 1; copy (select 1) to '{out}.csv'",
    "comment_hides_second": "select 1 /* ; */ ; -- x\n attach '{out}.duckdb'",
    "semicolon_in_dollar": "select $$;$$; attach '{out}.duckdb'",
    "prepare": "prepare p as select 1",
    "execute": "execute p",
    "deallocate": "deallocate p",
    "begin": "begin transaction",
    "parameter": "select ?",
    "only_comment": "/* nothing */",
    "only_semicolons": ";;;",
    "zero_byte": "select 1 \0; attach '{out}.duckdb'",
    "half_character": "select '\ud800'",
    "empty": "   ",
    "one_megabyte": "select '" + "x" * 1_000_000 + "'",
    # ports
    "ungranted": "from people.salaries",
    "ungranted_same_unit": "from commercial.tenders",
    "ungranted_quoted": 'select * from "people"."salaries"',
    "ungranted_upper": "select * from PEOPLE.SALARIES",
    "ungranted_in_catalog": "from memory.people.salaries",
    "ungranted_joined": "from commercial.payments p, people.salaries s",
    "ungranted_in_subquery": "select * from commercial.payments where 1 in "
    "(select amount from people.salaries)",
    "ungranted_in_union": "select supplier from commercial.payments union all "
    "select person from people.salaries",
    "ungranted_in_cte": "with x as (from people.salaries) from x",
    "ungranted_pivot": "pivot people.salaries on person using sum(amount)",
    "ungranted_pivot_listed": "pivot people.salaries on person in ('a') using sum(amount)",
    "ungranted_summarize": "summarize people.salaries",
    "ungranted_describe": "describe people.salaries",
    "ungranted_explain": "explain analyze from people.salaries",
    "ungranted_query": "from query('from people.salaries')",
    "ungranted_query_table": "from query_table('people.salaries')",
    "ungranted_query_tables": "from query_table(['commercial.payments', 'people.salaries'])",
    "ungranted_serialized": "from json_execute_serialized_sql("
    "json_serialize_sql('select * from people.salaries'))",
    "ungranted_comment": "select * from people./* x */salaries",
    "ungranted_unicode": "from people.\uff53alaries",
    "ungranted_columns": "select columns('.*') from people.salaries",
    "ungranted_positional": "from commercial.payments positional join people.salaries",
    "ungranted_asof": "from commercial.payments p asof join people.salaries s "
    "on p.amount >= s.amount",
    "ungranted_time_travel": "from people.salaries at (version => 0)",
}  # fmt: skip

HARMLESS = {
    "information_schema": "from information_schema.tables",
    "columns": "from information_schema.columns",
    "duckdb_views": "from duckdb_views()",
    "duckdb_tables": "from duckdb_tables()",
    "duckdb_columns": "from duckdb_columns()",
    "duckdb_settings": "from duckdb_settings()",
    "duckdb_secrets": "from duckdb_secrets()",
    "which_secret": "from which_secret('s3://x', 's3')",
    "duckdb_databases": "from duckdb_databases()",
    "temporary_files": "from duckdb_temporary_files()",
    "duckdb_logs": "from duckdb_logs()",
    "duckdb_memory": "from duckdb_memory()",
    "prepared": "from duckdb_prepared_statements()",
    "current_setting": "select current_setting('home_directory'), current_setting('username')",
    "secret_directory": "select current_setting('secret_directory')",
    "allowed_paths": "select current_setting('allowed_paths')",
    "pg_settings": "from pg_settings",
    "show_tables": "show all tables",
    "show_databases": "show databases",
    "users": "select current_user, session_user, user",
    "granted_file_directly": "select count(*) from read_parquet('{granted}')",
    "granted_file_by_name": "select count(*) from '{granted}'",
    "cte_hides_nothing": (
        """with "{secret}" as (select 1 as one) select * from "{secret}" """
    ),
    "query_table_of_granted": "select count(*) from query_table('commercial.payments')",
    "semicolon_in_text": "select ';attach ''x''' as a;",
    "unicode": "select '\uff53elect \u202e \U0001f4a3' as \"\u00e9\"",
    "zero_byte_made": "select 'a' || chr(0) || 'b'",
    "many_columns": "select " + ", ".join(f"{i} as c{i}" for i in range(2000)),
    "sample": "select * from commercial.payments using sample 3",
    "explain": "explain analyze select sum(amount) from commercial.payments",
}  # fmt: skip


def _spell(sql: str, target: Target) -> str:
    for name in ("secret", "log", "granted", "sheet", "lake", "out"):
        sql = sql.replace(f"{{{name}}}", getattr(target, name))
    return sql


def _shows_foreign(text: str) -> list[str]:
    return [sign for sign in FOREIGN if sign in text]


@pytest.mark.requirement("SEC-07")
@pytest.mark.parametrize("sql", REFUSED.values(), ids=REFUSED)
def test_an_attack_is_refused_and_shows_nothing(sql, shared_engine_room, target):
    with pytest.raises(QueryError) as refusal:
        shared_engine_room.ask(_spell(sql, target))

    expected = (NotOneSelect, NoGrant, UnknownPort, QueryFailed, StatementUnreadable)
    assert isinstance(refusal.value, expected)
    assert not _shows_foreign(str(refusal.value))
    assert not list(shared_engine_room.folder.glob("stolen*"))


@pytest.mark.parametrize("sql", HARMLESS.values(), ids=HARMLESS)
def test_what_is_allowed_shows_nothing_foreign(sql, shared_engine_room, target):
    result = shared_engine_room.ask(_spell(sql, target))

    shown = str(result.table().to_pylist())
    assert not _shows_foreign(shown)
    assert "salaries" not in shown.replace(target.secret, "")
    assert "tenders" not in shown


BOMBS = {
    "repeat": "select length(repeat(repeat('x', 1000000), 4000))",
    "repeat_over_limit": "select repeat('x', 100000000000)",
    "list_of_numbers": "select list(i) from range(10000000000) t(i)",
    "string_agg": "select length(string_agg(repeat('x', 1000000), '')) from range(1000000)",
    "array_agg_texts": "select array_agg(i::varchar || repeat('x', 100)) "
    "from range(10000000000) t(i)",
    "range_list": "select len(range(100000000000))",
    "list_resize": "select len(list_resize([1], 100000000000))",
    "lpad": "select length(lpad('x', 2000000000, 'y'))",
    "big_map": "select map_from_entries(list((i, i))) from range(1000000000) t(i)",
    "histogram": "select histogram(i) from range(1000000000) t(i)",
    "median": "select median(hash(i)) from range(100000000000) t(i)",
    "sort": "select * from range(2000000000) t(i) order by hash(i) limit 100000000 offset 5",
    "distinct": "select count(distinct hash(i)) from range(100000000000) t(i)",
    "group_by": "select hash(i), count(*) from range(100000000000) t(i) group by 1",
    "window": "select sum(i) over (order by hash(i)) from range(10000000000) t(i)",
    "cross_join": "select sum(a.i * b.i * c.i) from range(100000) a(i), range(100000) b(i), "
    "range(100000) c(i)",
    "recursive": "with recursive t as (select 1 a union all select a + 1 from t) "
    "select max(a) from t",
    "recursive_doubling": "with recursive t as (select repeat('x', 9) a union all "
    "select a || a from t) select max(length(a)) from t",
    "recursive_growing": "with recursive t as (select 1 a union all select b.a from t, t b) "
    "select count(*) from t",
    "regex": "select count(*) from range(100000000000) t(i) where "
    "regexp_matches(repeat('ab', 5000) || i, '(a?b?){30}c')",
    "endless": "select count(*) from generate_series(0, 9223372036854775806)",
    "levenshtein": "select levenshtein(repeat('a', 300000), repeat('b', 300000))",
    "damerau": "select damerau_levenshtein(repeat('ab', 100000), repeat('ba', 100000))",
    "jaccard": "select sum(jaccard(repeat('ab', 10000) || i, repeat('ba', 10000))) "
    "from range(1000000000) t(i)",
    "wide_rows": "select repeat('x', 30000000) from range(100)",
    "list_reduce": "select list_reduce(range(100000000), (a, b) -> a + b)",
    "nested_lists": "select len(flatten(list_transform(range(100000), x -> range(100000))))",
    "hash_join": "select count(*) from range(3000000000) a(i) join range(3000000000) b(i) "
    "on hash(a.i) = hash(b.i)",
}  # fmt: skip


@pytest.mark.requirement("PRP-10")
@pytest.mark.parametrize("sql", BOMBS.values(), ids=BOMBS)
def test_a_bomb_ends_and_the_next_statement_runs(sql, shared_engine_room):
    limits = replace(shared_engine_room.limits, seconds=0.5, threads=1, memory_mb=200, spill_mb=32)

    with pytest.raises((QueryTimedOut, QueryTooLarge, QueryFailed)):
        shared_engine_room.ask(sql, limits=limits)

    assert shared_engine_room.rows("select count(*) n from commercial.payments") == [{"n": 3000}]


@pytest.mark.parametrize(
    "sql",
    [
        "select " + "(" * 40_000 + "1" + ")" * 40_000,
        "select " + "-" * 3 + "1",
        "select " + "not " * 20_000 + "true",
        "select " + "[" * 40_000 + "]" * 40_000,
        "select 1" + " + 1" * 20_000,
        "select " + "case when true then " * 4_000 + "1" + " end" * 4_000,
        "with " + ", ".join(f"a{i} as (select 1)" for i in range(3_000)) + " select 1",
        "select 1 " + "union all select 1 " * 4_000,
        "from " + "(from " * 12_000 + "range(1)" + ")" * 12_000,
        "/*" * 40_000,
        "select * from " + ", ".join("commercial.suppliers" for _ in range(1_500)),
    ],
    ids=[
        "parentheses", "comment", "nots", "brackets", "sums", "cases", "ctes", "unions",
        "subqueries", "comments", "joins",
    ],
)  # fmt: skip
def test_a_parser_bomb_ends_with_its_worker(sql, shared_engine_room):
    limits = replace(shared_engine_room.limits, seconds=1.5)

    try:
        shared_engine_room.ask(sql, limits=limits)
    except QueryError as error:
        assert not _shows_foreign(str(error))

    assert shared_engine_room.rows("select 1 one") == [{"one": 1}]


def test_huge_results_are_cut_and_say_so(shared_engine_room):
    result = shared_engine_room.ask("from range(1000000000)")

    assert (result.rows, result.truncated) == (shared_engine_room.limits.rows, True)


def test_wide_results_are_cut_by_bytes(shared_engine_room):
    sql = "select repeat('x', 100000) wide from range(1000)"

    result = shared_engine_room.ask(sql, limits=replace(shared_engine_room.limits, result_mb=4))

    assert result.truncated
    assert 0 < result.rows < 1000
    assert result.size_bytes <= 4.2 * 1024 * 1024


def test_others_are_answered_while_bombs_run(shared_engine_room):
    room = shared_engine_room
    limits = replace(shared_engine_room.limits, seconds=2.5)
    bomb = "select sum(a.i * b.i) from range(10000000) a(i), range(10000000) b(i)"
    with ThreadPoolExecutor(2) as people:
        bombs = [people.submit(room.ask, bomb, limits=limits) for _ in range(2)]
        time.sleep(0.5)

        answer = shared_engine_room.rows("select count(*) n from commercial.payments", room.ben)

        still_running = [not bomb.done() for bomb in bombs]
        endings = [type(bomb.exception()) for bomb in bombs]
    assert answer == [{"n": 3000}]
    assert still_running == [True, True]
    assert endings == [QueryTimedOut, QueryTimedOut]


def test_spilled_rows_are_removed(shared_engine_room):
    sql = "select i from range(100000000) t(i) order by hash(i) limit 50000000"

    with pytest.raises(QueryTooLarge, match="more temporary disk than the 64 MB"):
        shared_engine_room.ask(sql)

    scratch = shared_engine_room.folder / "scratch"
    for _ in range(100):  # the folder goes just after its worker
        left = [path for path in scratch.rglob("*") if path.is_file()]
        if not left:
            break
        time.sleep(0.05)
    assert left == []


def test_the_web_process_keeps_nothing_of_a_statement(shared_engine_room):
    for _ in range(3):
        shared_engine_room.ask("from range(50000)")
    open_before = len(list(Path("/proc/self/fd").iterdir()))

    for _ in range(8):
        shared_engine_room.ask("select i, repeat('x', 100) from range(50000) t(i)")

    assert len(list(Path("/proc/self/fd").iterdir())) <= open_before
