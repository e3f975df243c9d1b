"""The one typing path of all formats: a relation of cells into typed rows, faults and reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from orchestration.sources.headers import ColumnPlace, HeaderMatch
from orchestration.sources.source_objects import SourceColumn
from orchestration.sources.typed_values import (
    can_fail,
    described,
    identifier,
    is_rounded,
    literal,
    number_text,
    present,
    typed,
)

# Looked for in all texts of a row at once, held apart by a control character: planning one
# expression per column costs more than a small file's rows.
_TOTAL = r"(^|\x1e)\s*((grand|sub)[\s-]*)?totals?\s*:?\s*($|\x1e)"


@dataclass(frozen=True, slots=True)
class Cells:
    """A file as a relation, before typing.

    `relation` can stand after FROM; `line` and `raw` are expressions over it: the physical line
    and the row as it was written. `columns` gives, by position in the file, the expression and
    its DuckDB type in lower case.
    """

    relation: str
    line: str
    raw: str
    columns: Mapping[int, tuple[str, str]]
    has_typed_dates: bool = False  # spreadsheets: date cells arrive as ISO text


@dataclass(frozen=True, slots=True)
class TypedRows:
    """The rows of one file: `_line`, `_raw`, the contracted columns that it fills, `_rejected`.

    `reason` and `rounded` are expressions over `rows`, so that the text of a reason is only
    built for the rows that need one.
    """

    columns: tuple[str, ...]  # names that the file fills
    constants: tuple[tuple[str, str], ...]  # the others: name and typed NULL or path value
    rows: str
    reason: str
    rounded: str


@dataclass(slots=True)
class _Column:
    """What one contracted column adds to each step of the query."""

    index: int
    cells: list[str]
    numbers: list[str]
    values: list[str]
    final: str
    faults: list[tuple[str, str]]  # condition, text of the reason
    rounded: list[str]
    text: str | None = None  # the present cell, where it is text


def typed_rows(cells: Cells, match: HeaderMatch) -> TypedRows:
    """Builds the queries that type the rows of one file."""
    filled = [place for place in match.places if place.positions or place.fallback is not None]
    parts = [_column(index, place, cells) for index, place in enumerate(filled)]
    faults = [fault for part in parts for fault in part.faults]
    rounded = [each for part in parts for each in part.rounded]
    read = ", ".join(
        [f"{cells.line} AS _line", f"{cells.raw} AS _raw", *(c for p in parts for c in p.cells)]
    )
    rows = f"(SELECT {read} FROM {cells.relation})"
    for step in ("numbers", "values"):
        added = [each for part in parts for each in getattr(part, step)]
        if added:
            rows = f"(SELECT *, {', '.join(added)} FROM {rows})"
    named = ", ".join(
        f"{part.final} AS {identifier(place.column.name)}"
        for part, place in zip(parts, filled, strict=True)
    )
    is_rejected = " OR ".join(f"({condition})" for condition, _ in faults) or "false"
    return TypedRows(
        columns=tuple(place.column.name for place in filled),
        constants=tuple(
            (place.column.name, constant(place)) for place in match.places if place not in filled
        ),
        rows=f"(SELECT *, {named}, ({is_rejected}) AS _rejected FROM {rows})",
        reason=_reason(faults, parts),
        rounded=" + ".join(f"coalesce(({each})::INTEGER, 0)" for each in rounded) or "0",
    )


def constant(place: ColumnPlace) -> str:
    """The value of a column that the path gives; NULL of its type where it gives none."""
    if place.path_value is None:
        return f"CAST(NULL AS {place.column.type})"
    return _path_value(place.path_value, place.column)


def united(several: Sequence[TypedRows], columns: Sequence[str]) -> TypedRows:
    """The rows of the tables of one file as one, each typed once and with its reason.

    Where there are several, what is constant in one becomes a column.
    """
    constants = several[0].constants if len(several) == 1 else ()
    names = [name for name in columns if name not in dict(constants)]
    branches = []
    for each in several:
        fixed = dict(each.constants)
        shown = ", ".join(
            f"{fixed[name]} AS {identifier(name)}" if name in fixed else identifier(name)
            for name in names
        )
        branches.append(
            f"SELECT _line, CASE WHEN _rejected THEN _raw END AS _raw, _rejected, "
            f"CASE WHEN _rejected THEN {each.reason} END AS __reason, "
            f"{each.rounded} AS __rounded, {shown} FROM {each.rows}"
        )
    rows = f"({' UNION ALL '.join(branches)})"
    return TypedRows(tuple(names), constants, rows, "__reason", "__rounded")


def _column(index: int, place: ColumnPlace, cells: Cells) -> _Column:
    column = place.column
    if cells.has_typed_dates and "iso" not in column.formats:
        column = replace(column, formats=(*column.formats, "iso"))
    part = _Column(index, [], [], [], "", [], [])
    finals: list[str] = []
    if place.positions:
        finals.append(_primary(part, place, column, cells))
    if place.fallback is not None:
        finals.append(_fallback(part, place.fallback, column, cells))
    if place.path_value is not None:
        finals.append(_path_value(place.path_value, column))
    part.final = finals[0] if len(finals) == 1 else f"coalesce({', '.join(finals)})"
    if column.required and place.path_value is None:
        empty = [f"__{name}{index} IS NULL" for name in ("s", "f") if _has(part, name)]
        part.faults.append((" AND ".join(empty), literal(f"`{column.name}` is required and empty")))
    return part


def _primary(part: _Column, place: ColumnPlace, column: SourceColumn, cells: Cells) -> str:
    """Adds the cells under the column's header; several under one header must not disagree."""
    index = part.index
    found = [cells.columns[position] for position in place.positions]
    kind = found[0][1] if len({each for _, each in found}) == 1 else "varchar"
    texts = [
        present(cell if kind == each else f"CAST({cell} AS VARCHAR)", kind, column)
        for cell, each in found
    ]
    name = f"__s{index}"
    first = texts[0] if len(texts) == 1 else f"coalesce({', '.join(texts)})"
    part.cells.append(f"{first} AS {name}")
    for other, text in enumerate(texts[1:], 1):
        part.cells.append(f"{text} AS __d{index}_{other}")
        part.faults.append(
            (
                f"__d{index}_{other} IS NOT NULL AND __d{index}_{other} <> {name}",
                f"{literal(f'`{column.name}`: two columns have its header and differ: `')} || "
                f"{_shown(name)} || '` and `' || {_shown(f'__d{index}_{other}')} || '`'",
            )
        )
    part.text = name if kind == "varchar" else None
    return _typed_step(part, column, ("s", "v"), kind, f"{name} IS NOT NULL")


def _fallback(part: _Column, position: int, column: SourceColumn, cells: Cells) -> str:
    """Adds the column that counts where the first is empty."""
    cell, kind = cells.columns[position]
    part.cells.append(f"{present(cell, kind, column)} AS __f{part.index}")
    used = f"__f{part.index} IS NOT NULL"
    if _has(part, "s"):
        used = f"__s{part.index} IS NULL AND {used}"
    return _typed_step(part, column, ("f", "w"), kind, used)


def _typed_step(
    part: _Column, column: SourceColumn, names: tuple[str, str], kind: str, used: str
) -> str:
    """Adds the typed value of a cell, and the fault of a cell that has none."""
    cell, value = (f"__{name}{part.index}" for name in names)
    if column.type == kind:
        return cell
    is_used = f"__s{part.index} IS NULL" if names[0] == "f" and _has(part, "s") else None
    written = cell
    digits = number_text(cell, kind, column)
    if digits is not None:
        written = f"__n{names[0]}{part.index}"
        part.numbers.append(f"{_where(is_used, digits)} AS {written}")
    part.values.append(f"{_where(is_used, typed(written, kind, column))} AS {value}")
    rounding = is_rounded(written, kind, value, column)
    if rounding is not None:
        part.rounded.append(f"{used} AND {rounding}")
    if can_fail(kind, column):
        part.faults.append((f"{used} AND {value} IS NULL", _untyped(cell, column)))
    return value


def _where(condition: str | None, expression: str) -> str:
    """The expression, evaluated only in the rows that need it: few fall back."""
    return expression if condition is None else f"CASE WHEN {condition} THEN {expression} END"


def _untyped(cell: str, column: SourceColumn) -> str:
    name = literal(f"`{column.name}`: ")
    hashes = literal("shows only `#`: the value was lost when the file was saved")
    other = f"'`' || {_shown(cell)} || {literal(f'` is not {described(column)}')}"
    lost = f"trim(CAST({cell} AS VARCHAR), '#') = ''"
    return f"{name} || CASE WHEN {lost} THEN {hashes} ELSE {other} END"


def _shown(cell: str) -> str:
    return f"left(CAST({cell} AS VARCHAR), 80)"


def _has(part: _Column, name: str) -> bool:
    return any(cell.endswith(f" AS __{name}{part.index}") for cell in part.cells)


def _path_value(value: str, column: SourceColumn) -> str:
    cell = f"({present(literal(value), 'varchar', column)})"
    return typed(number_text(cell, "varchar", column) or cell, "varchar", column)


def _reason(faults: list[tuple[str, str]], parts: list[_Column]) -> str:
    """All faults of a row in one text; a row that names itself a total says so first."""
    each = ", ".join(f"CASE WHEN {condition} THEN {text} END" for condition, text in faults)
    texts = ", ".join(part.text for part in parts if part.text is not None)
    joined = f"concat_ws(chr(30), {texts})" if texts else "''"
    is_total = f"regexp_matches({joined}, '{_TOTAL}', 'i')"
    listed = f"concat_ws('; ', {each})" if faults else "''"
    return f"CASE WHEN {is_total} THEN 'a total or footer row: ' ELSE '' END || {listed}"
