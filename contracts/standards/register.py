"""The register of reference standards that ship with the platform, read from its own files."""

import csv
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from contracts.sql_text import quoted_text

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Standard:
    """One standard in one edition: what a value must be, and where that is laid down."""

    id: str
    title: str  # the singular that follows "is a"
    edition: str
    source: str  # address, for people: never fetched
    licence: str  # of what ships here
    types: tuple[str, ...]  # logical types that it can be bound to
    codes: tuple[str, ...]  # all members; empty for a form
    pattern: str | None  # RE2, of the whole value
    longest: int | None  # characters
    read_as: str | None  # DuckDB type that the value must also be readable as
    examples: tuple[str, ...]
    suggest_names: str | None  # regular expression found in the names of such columns
    suggest_words: str | None  # ... in their descriptions
    suggest_values: bool  # whether values alone tell it

    def violation(self, column: str) -> str:
        """The SQL condition of a value outside the standard; NULL is never outside."""
        text = f"CAST({column} AS VARCHAR)"
        if self.codes:
            listed = ", ".join(quoted_text(code) for code in self.codes)
            return f"{column} NOT IN ({listed})"
        parts = [f"NOT regexp_full_match({text}, {quoted_text(self.pattern or '')})"]
        if self.longest is not None:
            parts.append(f"length({text}) > {self.longest}")
        if self.read_as is not None:
            parts.append(f"{column} IS NOT NULL AND TRY_CAST({column} AS {self.read_as}) IS NULL")
        return " OR ".join(parts)

    def has(self, value: str) -> bool:
        """Whether a value is written as the standard has it; what it is read as is not tested."""
        if self.codes:
            return value in self.codes
        is_short = self.longest is None or len(value) <= self.longest
        return is_short and re.fullmatch(self.pattern or "", value, re.ASCII) is not None


@cache
def shipped_standards() -> dict[str, Standard]:
    """Every standard that ships with the platform, by id."""
    document = yaml.safe_load((_FOLDER / "register.yaml").read_text(encoding="utf-8"))
    return {entry["id"]: _standard(entry) for entry in document["standards"]}


@cache
def column_of(file: str, column: str) -> tuple[str, ...]:
    """One column of a list that ships here, in its order."""
    with (_FOLDER / file).open(encoding="utf-8", newline="") as rows:
        return tuple(row[column] for row in csv.DictReader(rows))


def _standard(entry: dict[str, Any]) -> Standard:
    codes = column_of(entry["codes"], entry["column"]) if "codes" in entry else ()
    return Standard(
        id=entry["id"],
        title=entry["title"],
        edition=entry["edition"],
        source=entry["source"],
        licence=entry["licence"],
        types=tuple(entry.get("types", ["string"])),
        codes=codes,
        pattern=_pattern(entry),
        longest=entry.get("longest"),
        read_as=entry.get("readAs"),
        examples=tuple(entry["examples"]),
        suggest_names=entry.get("suggestNames"),
        suggest_words=entry.get("suggestWords"),
        suggest_values=entry.get("suggestValues", False),
    )


def _pattern(entry: dict[str, Any]) -> str | None:
    """The form of a whole value, after one of the prefixes where the standard has them."""
    pattern: str | None = entry.get("pattern")
    prefixes = entry.get("only") or (
        column_of(entry["prefixes"], entry["column"]) if "prefixes" in entry else ()
    )
    return f"({'|'.join(prefixes)}){pattern}" if prefixes else pattern
