"""How well likely personal data is told apart on real sets, and what looking for it costs.

What each column holds was said by reading it: `_PEOPLE` are about people, `_MIXED` have sole
traders or contacts among other things, no other text column of these files has personal data.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from benchmarks.table import Row
from contracts.checked_table import checked_table
from contracts.checks import checks_for
from contracts.model import Contract, Property, SchemaObject
from contracts.personal_data.checks import run_personal_data_check
from contracts.personal_data.detection import likely_personal
from contracts.personal_data.kinds import PersonalKind

SHARED = Path(__file__).parents[2] / "shared" / "data"
_FILES = (
    "gender_pay_gap/*.csv*",
    "ministers/*.csv*",
    "organograms/*.csv*",
    "organisations/*.csv",
    "organisations/local_authorities/*.csv*",
    "grants/*.csv*",
    "major_projects/*.csv*",
    "contracts/*.csv*",
    "foi/*/*.csv*",
    "spend_nhs_raw/GUYS/*.csv*",
    "spend_nhs_raw/C*/*.csv*",
    "spend_nhs_raw/EPSH/*.csv*",
    "spend_cabinet_office/clean/*.csv",
    "large/spend_ledger/*.parquet",
)
_PEOPLE = {
    ("gender_pay_gap", "ResponsiblePerson"),
    ("person", "name"),
    ("person", "display_name"),
    ("person", "normalized_name"),
    ("person", "short_name"),
}
_MIXED = {
    ("spend_ledger", "beneficiary"),
    ("GUYS", "Supplier"),
    ("contracts", "tender_description"),
}
_VALUES = "gender_pay_gap"
_READ = (
    "all_varchar = true, header = true, delim = ',', quote = '\"', escape = '\"', "
    "ignore_errors = true, strict_mode = false, null_padding = true, parallel = false"
)


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    file: str  # below the folder of all sets
    values: pa.Array
    held: bool

    @property
    def truth(self) -> str:
        """What it holds: people, mixed or none."""
        if self._is_in(_PEOPLE):
            return "people"
        return "mixed" if self._is_in(_MIXED) else "none"

    def _is_in(self, named: set[tuple[str, str]]) -> bool:
        return any(self.name == column and part in self.file for part, column in named)


def personal_data(folder: Path) -> list[Row]:
    """The figures; without the real sets, only what it costs."""
    columns = [*_columns()] if SHARED.exists() else []
    told = [*_by_column(columns), *_by_value(columns)] if columns else []
    return [*told, *_costs(folder)]


def _by_column(columns: list[_Column]) -> Iterator[Row]:
    words = {"people": "columns of people held", "mixed": "columns with some people held"}
    for truth, what in words.items():
        of_it = [each for each in columns if each.truth == truth]
        held = sum(each.held for each in of_it)
        missed = [f"{Path(each.file).stem}.{each.name}" for each in of_it if not each.held]
        yield Row(
            f"personal data, {what}", "-", f"{held} of {len(of_it)}", _listed(missed, "missed")
        )
    clean = [each for each in columns if each.truth == "none"]
    wrong = [f"{Path(each.file).stem}.{each.name}" for each in clean if each.held]
    measured = f"{len(wrong)} of {len(clean)}"
    yield Row("personal data, other columns held", "-", measured, _listed(wrong, "held"))


def _listed(columns: list[str], word: str) -> str:
    more = f" and {len(columns) - 3} more" if len(columns) > 3 else ""
    return f"{word}: {', '.join(columns[:3])}{more}" if columns else ""


def _by_value(columns: list[_Column]) -> Iterator[Row]:
    """Values of gender_pay_gap: one column is of people, the others of employers and places."""
    of_set = [each for each in columns if _VALUES in each.file]
    people = [each for each in of_set if each.truth == "people"]
    hits = sum(_names(each.values) for each in people)
    total = sum(len(each.values) for each in people)
    wrong = sum(_names(each.values) for each in of_set if each.truth == "none")
    others = sum(len(each.values) for each in of_set if each.truth == "none")
    detail = f"{hits:,} of {total:,} names; {wrong:,} of {others:,} other values"
    yield Row("names, recall of values", "-", f"{100 * hits / total:.1f}%", detail)
    yield Row("names, precision of values", "-", f"{100 * hits / (hits + wrong):.1f}%", detail)


def _names(values: pa.Array) -> int:
    """How many of all different values are taken for names, without the bound on how many."""
    found = 0
    for start in range(0, len(values), 500):
        for each in likely_personal(values.slice(start, 500)):
            found += each.hits if each.kind is PersonalKind.NAME else 0
    return found


def _columns() -> Iterator[_Column]:
    with duckdb.connect() as connection:
        for pattern in _FILES:
            for path in sorted(SHARED.glob(pattern)):
                yield from _of_file(connection, path)


def _of_file(connection: duckdb.DuckDBPyConnection, path: Path) -> Iterator[_Column]:
    source = f"read_csv('{path}', {_READ})"
    if path.suffix == ".parquet":
        source = f"read_parquet('{path}')"
    try:
        connection.execute(f"CREATE OR REPLACE TEMPORARY TABLE file AS SELECT * FROM {source}")
    except duckdb.Error:
        return  # Windows-1252, or no header: landing reads these, this benchmark need not
    for name, kind, *_ in connection.execute("DESCRIBE file").fetchall():
        column = '"' + str(name).replace('"', '""') + '"'
        query = f"SELECT DISTINCT {column} AS v FROM file WHERE v IS NOT NULL ORDER BY hash(v)"
        if kind != "VARCHAR":
            continue
        values = connection.sql(query).to_arrow_table().column("v").combine_chunks()
        if any(letter.isalpha() for letter in "".join(map(str, values.slice(0, 20).to_pylist()))):
            held = any(each.is_too_much for each in likely_personal(values))
            yield _Column(str(name), path.relative_to(SHARED).as_posix(), values, held)


def _costs(folder: Path) -> Iterator[Row]:
    """CPU of these checks in a port of 10,000 rows, and on 20 M rows beside a bare scan."""
    small, large = folder / "port.parquet", folder / "large.parquet"
    columns = ", ".join(
        f"'{word} ' || hash(i + {n}) % {10 ** (n + 1)} AS text_{n}"
        for n, word in enumerate(("Body", "Place", "Unit", "Item", "Note"))
    )
    contract = _contract(5)
    with duckdb.connect() as connection:
        for path, rows in ((small, 10_000), (large, 20_000_000)):
            connection.execute(
                f"COPY (SELECT i AS id, {columns} FROM range({rows}) t(i)) "
                f"TO '{path}' (FORMAT parquet, COMPRESSION zstd)"
            )
        _run(connection, small, contract)  # imports
        alone = min(_run(connection, small, contract) for _ in range(5))
        yield Row("personal data, port of 10,000 rows", "-", f"{1000 * alone:.1f} ms", "5 columns")
        scan = f"SELECT {', '.join(f'last(text_{n})' for n in range(5))} FROM '{large}'"
        bare = min(_cpu(lambda: connection.execute(scan).fetchall()) for _ in range(3))
        looked = min(_run(connection, large, contract) for _ in range(3))
        detail = f"of CPU; scanning the 5 columns takes {bare:.2f} s"
        yield Row("personal data, 20 M rows", "-", f"{looked:.2f} s", detail)


def _run(connection: duckdb.DuckDBPyConnection, path: Path, contract: Contract) -> float:
    checks = [each for each in checks_for(contract) if each.kind.value == "personalData"]
    relation = f"(SELECT * FROM read_parquet('{path}'))"
    with checked_table(connection, relation, contract.table, False, None) as table:
        return _cpu(lambda: [run_personal_data_check(each, table, tuple) for each in checks])


def _cpu(work: Any) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def _contract(texts: int) -> Contract:
    number = Property("id", "integer", "bigint", "A number.", "Number")
    columns = (
        number,
        *(Property(f"text_{n}", "string", "varchar", "A text.", "Text") for n in range(texts)),
    )
    return Contract(
        id="bench", name="bench", business_unit="bench", version="1.0.0", status="draft",
        title="", purpose="", limitations="", usage="",
        objects=(SchemaObject("bench", "", columns),),
        service_levels=(), team=(), roles=(), support=(), tags=(), custom={}, content_hash="0",
    )  # fmt: skip
