"""From what a cell says to a value of the contracted type, as DuckDB expressions.

An expression yields NULL for what it does not understand; the caller turns that into a reject.
Amounts written as text never pass through a double.
"""

import re

import duckdb

from orchestration.sources.source_objects import SourceColumn

# Days since 1899-12-30 that a serial date may have: 1950-01-01 to 2099-12-31. Smaller and larger
# numbers are amounts or reference numbers in the wrong column.
FIRST_SERIAL, LAST_SERIAL = 18264, 73050

_SPACE = r"[\s\x{00a0}]*"
_NUMBER = r"(?:(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]*)?|\.[0-9]+)(?:[Ee][+-]?[0-9]{1,2})?"
_POUND = r"(?:\x{00c2}?£)?"
_MINUS = r"[-+\x{2212}]"
_NUMBER_FORMS = "|".join(
    form.replace(" ", _SPACE)
    for form in (
        rf"{_MINUS}? {_POUND} {_NUMBER}",
        rf"{_POUND} {_MINUS} {_NUMBER}",
        rf"{_POUND} {_NUMBER} (?:-|[Cc][Rr]|[Dd][Rr])",
        rf"{_POUND} \( {_POUND} {_NUMBER} \)",
    )
)
_NEGATIVE = r"^[^0-9.]*[-\x{2212}(]|-$|[Cc][Rr]$"
_ISO = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)

_MACROS = f"""
CREATE OR REPLACE TEMP MACRO landing_trim(t) AS trim(t, ' \t\n\r\u00a0\u200b\ufeff');
CREATE OR REPLACE TEMP MACRO landing_number(t) AS CASE
    WHEN regexp_full_match(t, '-?[0-9]+([.][0-9]+)?') THEN t
    WHEN regexp_full_match(t, '{_NUMBER_FORMS}') THEN
        CASE WHEN regexp_matches(t, '{_NEGATIVE}') THEN '-' ELSE '' END
        || replace(regexp_extract(t, '{_NUMBER}', 0), ',', '') END;
CREATE OR REPLACE TEMP MACRO landing_whole(n) AS CASE
    WHEN regexp_full_match(n, '-?[0-9]+([.]0*)?') THEN split_part(n, '.', 1) END;
CREATE OR REPLACE TEMP MACRO landing_excelSerial(t) AS CASE
    WHEN regexp_full_match(t, '[0-9]{{5}}([.][0-9]+)?')
        AND t::DOUBLE >= {FIRST_SERIAL} AND t::DOUBLE < {LAST_SERIAL + 1}
    THEN TIMESTAMPTZ '1899-12-30' + to_seconds(round(t::DOUBLE * 86400)::BIGINT) END;
CREATE OR REPLACE TEMP MACRO landing_iso(t) AS CASE
    WHEN regexp_full_match(t, '{_ISO}') THEN try_cast(t AS TIMESTAMPTZ) END;
CREATE OR REPLACE TEMP MACRO landing_moment(t, form) AS CASE
    WHEN year(try_strptime(t, form)) BETWEEN 1000 AND 9999
    THEN try_strptime(t, form)::TIMESTAMPTZ END;
CREATE OR REPLACE TEMP MACRO landing_weekday(t, form) AS CASE
    WHEN contains(lower(t), lower(dayname(landing_moment(t, form)::TIMESTAMP)))
    THEN landing_moment(t, form) END;
CREATE OR REPLACE TEMP MACRO landing_boolean(t) AS CASE
    WHEN lower(t) IN ('true', 'yes', 'y', 't', '1') THEN true
    WHEN lower(t) IN ('false', 'no', 'n', 'f', '0') THEN false END;
"""

_INTEGER = re.compile(r"u?(tiny|small|big|huge)int|u?integer")
_FLOATING = ("double", "float")


def define_macros(connection: duckdb.DuckDBPyConnection) -> None:
    """Defines what the expressions of this module call, for one connection."""
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(_MACROS)


def literal(text: str) -> str:
    """The text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """The name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def present(cell: str, cell_type: str, column: SourceColumn) -> str:
    """The cell, or NULL where it is empty or one of the contract's placeholders.

    Text stays as it is written; what is to become another type loses the space around it.
    """
    if cell_type == "varchar":
        empty = ", ".join(literal(each) for each in dict.fromkeys(("", *column.null_values)))
        trimmed = f"landing_trim({cell})"
        shown = cell if column.type == "varchar" else trimmed
        # Evaluated per dictionary entry; IN and list_contains become a join for each column.
        return f"CASE WHEN list_position([{empty}], {trimmed}) > 0 THEN NULL ELSE {shown} END"
    if cell_type in _FLOATING and "nan" in (each.lower() for each in column.null_values):
        return f"CASE WHEN NOT isnan({cell}) THEN {cell} END"
    return cell


def number_text(cell: str, cell_type: str, column: SourceColumn) -> str | None:
    """The digits of an amount written as text; None where the column or the cell is no such."""
    is_number = column.type.startswith("decimal") or column.type in _FLOATING
    if cell_type == "varchar" and (is_number or _INTEGER.fullmatch(column.type)):
        return f"landing_number({cell})"
    return None


def typed(cell: str, cell_type: str, column: SourceColumn) -> str:
    """The present cell as a value of the column's type; NULL where it is none.

    A cell of text that is to become a number is given as its `number_text`.
    """
    wanted = column.type
    if cell_type == wanted:
        return cell
    if cell_type == "varchar":
        return _from_text(cell, column)
    if wanted == "varchar":
        is_nested = cell_type.endswith("]") or cell_type.startswith(("struct", "map"))
        return f"CAST({f'to_json({cell})' if is_nested else cell} AS VARCHAR)"
    if _INTEGER.fullmatch(wanted) and (cell_type in _FLOATING or cell_type.startswith("decimal")):
        return f"CASE WHEN {cell} = trunc({cell}) THEN try_cast({cell} AS {wanted}) END"
    if wanted.startswith("decimal") and cell_type in _FLOATING:
        return f"try_cast(round({cell}, {scale(wanted)}) AS {wanted})"
    return f"try_cast({cell} AS {wanted})"


def can_fail(cell_type: str, column: SourceColumn) -> bool:
    """Whether a present cell may be no value of the column's type."""
    return column.type not in {"varchar", cell_type}


def is_rounded(cell: str, cell_type: str, value: str, column: SourceColumn) -> str | None:
    """Whether the value has fewer decimals than what was written; None where it cannot.

    A cell of text is given as its `number_text`, `value` is what it is typed as.
    """
    if not column.type.startswith("decimal") or cell_type == column.type:
        return None
    if cell_type in _FLOATING:
        return f"{cell} <> round({cell}, {scale(column.type)})"
    finer = min(scale(column.type) + 10, 30)
    return f"try_cast({cell} AS DECIMAL(38,{finer})) <> {value}"


def scale(decimal_type: str) -> int:
    """Digits after the point of `decimal(p,s)`."""
    return int(decimal_type.rstrip(")").rsplit(",", 1)[1])


def described(column: SourceColumn) -> str:
    """What a value of the column is, for the reason of a reject."""
    if column.type == "date" or column.type.startswith("timestamp"):
        return f"a {column.type} as {' or '.join(column.formats)}"
    if column.type.startswith("decimal"):
        return f"an amount that fits {column.type}"
    return "a whole number" if _INTEGER.fullmatch(column.type) else f"a {column.type}"


def _from_text(cell: str, column: SourceColumn) -> str:
    wanted = column.type
    if wanted == "date":
        return f"CAST({_moment(cell, column.formats)} AS DATE)"
    if wanted == "timestamp":
        return f"CAST({_moment(cell, column.formats)} AS TIMESTAMP)"
    if wanted == "timestamp with time zone":
        return _moment(cell, column.formats)
    if wanted == "boolean":
        return f"landing_boolean({cell})"
    if _INTEGER.fullmatch(wanted):
        return f"try_cast(landing_whole({cell}) AS {wanted})"
    return f"try_cast({cell} AS {wanted})"


def _moment(cell: str, formats: tuple[str, ...]) -> str:
    """The first declared format that fits, as a moment in UTC.

    `iso` and `excelSerial` fit nothing that a pattern fits otherwise, and are quickest. Patterns
    are tried in one call, those with two-digit years first: `%Y` also takes `22`, for the year 22.
    """
    words = [f"landing_{form}({cell})" for form in ("iso", "excelSerial") if form in formats]
    patterns = [form for form in formats if "%" in form]
    named = [form for form in patterns if "%A" in form]
    plain = sorted((form for form in patterns if form not in named), key=lambda f: "%Y" in f)
    tries = list(words)
    if plain:
        tries.append(f"landing_moment({cell}, [{', '.join(map(literal, plain))}])")
    tries.extend(f"landing_weekday({cell}, {literal(form)})" for form in named)
    return tries[0] if len(tries) == 1 else f"coalesce({', '.join(tries)})"
