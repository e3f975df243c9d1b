"""The table under check: a view with its columns, its rows, and what may be shown of them."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import duckdb

from contracts.file_statistics import TableStatistics
from contracts.model import SchemaObject
from contracts.sql_gate import Functions
from contracts.sql_text import quoted_name
from contracts.subjects import is_guarded
from contracts.type_words import type_tree
from contracts.value_paths import ValuePath

SAMPLE_ROWS = 5
_FIELD = "{v}.{f}"
_STEPS = {
    "[]": "unnest({v})",
    "{key}": "unnest(map_keys({v}))",
    "{value}": "unnest(map_values({v}))",
}
MASK = "[masked]"


@dataclass(frozen=True, slots=True)
class CheckedTable:
    """A relation of the resulting table, ready to be asked. The connection is the caller's."""

    connection: duckdb.DuckDBPyConnection
    name: str  # quoted name of the view that every query reads
    columns: Mapping[str, str]  # name -> DuckDB type, in order
    rows: int
    key: tuple[str, ...]  # primary key columns that the table really has
    masked: frozenset[str]
    statistics: TableStatistics | None
    views: tuple[tuple[str, str], ...] = ()  # unquoted names and their SELECTs, this one last
    within: "dict[str, CheckedTable]" = field(default_factory=dict, compare=False)
    functions: Functions = field(default_factory=dict, compare=False)  # for sql_gate
    texts: dict[str, Any] = field(default_factory=dict, compare=False)  # samples by relation

    @property
    def view(self) -> str:
        """The view's name without quotes."""
        return self.name[1:-1].replace('""', '"')

    def values_at(self, place: ValuePath) -> "CheckedTable | None":
        """The values at a path as a table: every column of their row, and one named as the path.

        One row for each value; NULL where it is empty, none where what should hold it is empty.
        None where the column has no such part. Made once, and dropped with this table.
        """
        found = place.tree(type_tree(self.columns[place.column]))
        if found is None:
            return None
        name = str(place)
        if name not in self.within:
            self.within[name] = _value_table(self, place, str(found))
        return self.within[name]

    def value(self, query: str) -> Any:
        """The single value that a query gives."""
        # all of it: DuckDB keeps a connection busy until a fetch finds no more rows
        return self.connection.execute(query).fetchall()[0][0]

    def counting(self, condition: str) -> str:
        """The query that counts rows for which a condition holds, in the form that prunes best."""
        return f"SELECT count(*) FROM {self.name} WHERE {condition}"

    def sample(self, condition: str, columns: tuple[str, ...]) -> tuple[Mapping[str, Any], ...]:
        """A few rows for which a condition holds: key and offending columns, masked."""
        shown = tuple(dict.fromkeys((*self.key, *columns)))
        names = ", ".join(quoted_name(name) for name in shown)
        return self.shown(
            f"SELECT {names} FROM {self.name} WHERE {condition} LIMIT {SAMPLE_ROWS}", shown
        )

    def shown(self, query: str, names: tuple[str, ...]) -> tuple[Mapping[str, Any], ...]:
        """The rows of a query as plain values that JSON keeps; masked columns show only NULL."""
        rows = self.connection.execute(query).fetchall()
        return tuple(
            {n: self._plain(n, v) for n, v in zip(names, row, strict=True)} for row in rows
        )

    def _plain(self, name: str, value: Any) -> Any:
        if value is None or isinstance(value, bool):
            return value if value is None or name not in self.masked else MASK
        if name in self.masked:
            return MASK
        if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
            return value
        text = value.hex() if isinstance(value, bytes) else str(value)
        return text if len(text) <= 100 else f"{text[:97]}..."


@contextmanager
def checked_table(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    promised: SchemaObject,
    is_sensitive: bool,
    statistics: TableStatistics | None,
    prefix: str = "checked",
) -> Iterator[CheckedTable]:
    """The relation as a temporary view for the length of the checks, named `<prefix>_<port>`.

    Statistics that count other rows than the relation has are not about it: they are left aside.
    """
    name = _view_name(f"{prefix}_{promised.name}", relation)
    view = quoted_name(name)
    connection.execute(f"CREATE OR REPLACE TEMPORARY VIEW {view} AS SELECT * FROM {relation}")
    try:
        described = connection.execute(f"DESCRIBE {view}").fetchall()
        columns = {str(row[0]): str(row[1]) for row in described}
        rows = int(connection.execute(f"SELECT count(*) FROM {view}").fetchall()[0][0])
        table = CheckedTable(
            connection=connection,
            name=view,
            columns=columns,
            rows=rows,
            key=tuple(column for column in promised.primary_key if column in columns),
            masked=_masked(promised, columns, is_sensitive),
            statistics=statistics if statistics is not None and statistics.rows == rows else None,
            views=((name, f"SELECT * FROM {relation}"),),
        )
        try:
            yield table
        finally:
            for inner in table.within.values():
                connection.execute(f"DROP VIEW IF EXISTS temp.{inner.name}")
    finally:
        connection.execute(f"DROP VIEW IF EXISTS temp.{view}")


def _value_table(table: CheckedTable, place: ValuePath, column_type: str) -> CheckedTable:
    text, value = str(place), quoted_name(str(place))
    name = quoted_name(f"{table.view}__{len(table.within) + 1}")
    source = f"SELECT *, {quoted_name(place.column)} AS {value} FROM {table.name}"
    for step in place.steps:
        source = (
            f"SELECT * REPLACE ({_STEPS.get(step, _FIELD).format(v=value, f=quoted_name(step[1:]))}"
            f" AS {value}) FROM ({source}) WHERE {value} IS NOT NULL"
        )
    table.connection.execute(f"CREATE OR REPLACE TEMPORARY VIEW {name} AS {source}")
    count = table.connection.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0]
    is_masked = place.is_guarded or place.column in table.masked
    return replace(
        table,
        name=name,
        columns={**table.columns, text: column_type},
        rows=int(count),
        masked=table.masked | ({text} if is_masked else frozenset()),
        statistics=None,
        views=(*table.views, (f"{table.view}__{len(table.within) + 1}", source)),
        within={},
    )


def _masked(
    promised: SchemaObject, columns: Mapping[str, str], is_sensitive: bool
) -> frozenset[str]:
    """Columns not to be shown: guarded ones, undeclared ones, all of a sensitive table."""
    free = {column.name for column in promised.properties if not is_guarded(column)}
    return frozenset(name for name in columns if is_sensitive or name not in free)


def _view_name(name: str, relation: str) -> str:
    while name in relation:
        name = f"{name}_"
    return name
