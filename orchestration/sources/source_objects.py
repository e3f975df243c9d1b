"""What a source contract says about landing one kind of file, as frozen values."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.model import Contract, Property, SchemaObject
from orchestration.sources.errors import InvalidSourceContract, UnknownSourceObject
from orchestration.sources.headers import fold

# Part of every object's fingerprint: raise it when the same file would land differently,
# and every file lands again.
ENGINE = 2

_KNOWN_TYPE = re.compile(
    r"varchar|date|time|timestamp|timestamp with time zone|boolean|uuid|double|float"
    r"|u?(tiny|small|big|huge)int|u?integer|decimal\(\d{1,2},\d{1,2}\)"
)
_SAME_TYPE = {
    "string": "varchar",
    "text": "varchar",
    "int": "integer",
    "real": "float",
    "bool": "boolean",
    "datetime": "timestamp",
    "timestamptz": "timestamp with time zone",
    "decimal": "decimal(18,3)",
    "numeric": "decimal(18,3)",
}
RESERVED = ("_source_file", "_source_hash", "_line", "_line_count", "_raw", "_rejected")


@dataclass(frozen=True, slots=True)
class SourceColumn:
    """One contracted column of a source file.

    `headers` are folded and in order of preference; the property's own name is the last.
    """

    name: str
    type: str  # DuckDB's word, lower case
    required: bool
    headers: tuple[str, ...]
    fallback_headers: tuple[str, ...]
    from_path: str | None  # named group of the object's path patterns
    formats: tuple[str, ...]
    null_values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SourceObject:
    """One kind of file of a source system, and how its rows are typed."""

    source_system: str
    name: str
    globs: tuple[str, ...]
    path_patterns: tuple[str, ...]
    columns: tuple[SourceColumn, ...]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of everything that decides how a file lands; descriptions do not count."""
        facts = [
            ENGINE,
            self.source_system,
            self.name,
            self.path_patterns,
            [[getattr(column, name) for name in column.__slots__] for column in self.columns],
        ]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()

    def path_values(self, path: str) -> dict[str, str]:
        """What the first matching pattern finds in `path`, by name of its group."""
        for pattern in self.path_patterns:
            found = re.search(pattern, path)
            if found is not None:
                return {name: value for name, value in found.groupdict().items() if value}
        return {}


def source_objects(contract: Contract) -> tuple[SourceObject, ...]:
    """The kinds of file that a source contract describes.

    Raises InvalidSourceContract with every fault at once.
    """
    faults: list[str] = []
    objects = tuple(_object(contract, schema, faults) for schema in contract.objects)
    if faults:
        raise InvalidSourceContract(contract.name, faults)
    return objects


def source_object(contract: Contract, name: str) -> SourceObject:
    """The kind of file named `name`; raises UnknownSourceObject."""
    for each in source_objects(contract):
        if each.name == name:
            return each
    raise UnknownSourceObject(contract.name, name, [schema.name for schema in contract.objects])


def _object(contract: Contract, schema: SchemaObject, faults: list[str]) -> SourceObject:
    built = SourceObject(
        source_system=contract.name,
        name=schema.name,
        globs=_words(schema.custom, "files"),
        path_patterns=_words(schema.custom, "fromPath"),
        columns=tuple(_column(each) for each in schema.properties),
    )
    faults.extend(f"{schema.name}{fault}" for fault in _faults(built))
    return built


def _column(promised: Property) -> SourceColumn:
    """Reads one property; `from_path` without `headers` takes nothing from the file's columns."""
    custom = promised.custom
    from_path = custom.get("fromPath")
    spelt = _words(custom, "headers")
    headers = (*spelt, promised.name) if spelt or from_path is None else ()
    return SourceColumn(
        name=promised.name,
        type=_physical_type(promised.physical_type),
        required=promised.required,
        headers=tuple(dict.fromkeys(filter(None, map(fold, headers)))),
        fallback_headers=tuple(map(fold, _words(custom, "fallbackHeaders"))),
        from_path=str(from_path) if from_path is not None else None,
        formats=_words(custom, "formats") or ("iso",),
        null_values=tuple(value.strip() for value in _words(custom, "nullValues")),
    )


def _physical_type(spelt: str) -> str:
    """DuckDB's own word for a type, so that equal types compare equal."""
    lowered = re.sub(r"\s+", " ", spelt.strip().lower())
    lowered = re.sub(r"\s*([(),])\s*", r"\1", lowered).replace("numeric(", "decimal(")
    lowered = re.sub(r"^(varchar|text)\(\d+\)$", "varchar", lowered)
    return _SAME_TYPE.get(lowered, lowered)


def _faults(each: SourceObject) -> Iterator[str]:
    if not each.globs:
        yield ": has no customProperties `files`: list the globs of its files"
    if re.fullmatch(r"\w+", each.name) is None:
        yield ": its name becomes a table: use letters, digits and underscores"
    groups: set[str] = set()
    for pattern in each.path_patterns:
        try:
            groups.update(re.compile(pattern).groupindex)
        except re.error as error:
            yield f": `fromPath` is not a regular expression: `{pattern}` ({error})"
    names = [column.name.casefold() for column in each.columns]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f".{name}: is declared twice"
    if not any(column.headers for column in each.columns):
        yield ": takes no column of its files: give at least one property without `fromPath`"
    for column in each.columns:
        yield from (f".{column.name}: {fault}" for fault in _column_faults(column, groups))


def _column_faults(column: SourceColumn, groups: set[str]) -> Iterator[str]:
    if _KNOWN_TYPE.fullmatch(column.type) is None:
        yield f"the type `{column.type}` cannot be landed: use a plain DuckDB type"
    if column.name.casefold() in RESERVED or column.name.startswith("__"):
        yield "the name is kept for landing's own columns: choose another"
    if column.from_path is not None and column.from_path not in groups:
        yield f"`fromPath` names the group `{column.from_path}`, which no pattern of the object has"
    for form in column.formats:
        if form not in {"iso", "excelSerial"} and "%" not in form:
            yield f"the format `{form}` is neither a strptime pattern, `iso` nor `excelSerial`"


def _words(custom: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """A custom property that may be one text or a list of them."""
    value = custom.get(name)
    if value is None:
        return ()
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(str(each) for each in value)
    return (str(value),)
