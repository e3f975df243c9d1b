"""What a data contract promises about one output port, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

from contracts.port_names import port_name
from contracts.value_paths import ValuePath


class Severity(StrEnum):
    """What a failed promise does: an error blocks publication, the others are shown."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class QualityKind(StrEnum):
    """The four forms of a quality rule. Source: ODCS `quality.type`."""

    LIBRARY = "library"
    SQL = "sql"
    TEXT = "text"
    CUSTOM = "custom"


@dataclass(frozen=True, slots=True)
class QualityRule:
    """One declared quality rule, before it is made executable."""

    path: str  # where it stands in the document: schema[0].properties[2].quality[0]
    kind: QualityKind
    name: str
    description: str
    dimension: str | None
    severity: Severity
    metric: str | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    operator: str | None = None  # mustBe, mustBeLessThan ...
    threshold: Any = None
    unit: str = "rows"
    query: str | None = None
    informative: bool = False  # the contract accepts that it is not executed
    strategy_dimension: str | None = None  # the author's own choice of the strategy's six
    engine: str | None = None  # of a custom rule: who runs it
    implementation: Any = None  # of a custom rule: what its engine is told
    schedule: str | None = None  # cron: when it is to be executed again
    method: str = ""
    business_impact: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key: `columns` here exist as `target_columns` of port `target_port`."""

    path: str
    columns: tuple[str, ...]
    target_port: str  # unit.port
    target_columns: tuple[str, ...]
    minimum_match_percent: float = 100.0
    severity: Severity = Severity.ERROR
    informative: bool = False
    place: ValuePath | None = None  # where the values stand within a column


@dataclass(frozen=True, slots=True)
class Property:
    """A promised column, or values within one: a field, the items of a list, a map's keys."""

    name: str
    logical_type: str  # string, integer, number, boolean, date, timestamp, time, object, array
    physical_type: str  # DuckDB's own word: varchar, decimal(18,2), timestamp with time zone
    description: str
    business_name: str
    required: bool = False
    unique: bool = False
    primary_key_position: int | None = None
    partition_key_position: int | None = None
    classification: str | None = None
    is_personal: bool = False
    is_critical: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)  # ODCS logicalTypeOptions
    quality: tuple[QualityRule, ...] = ()
    custom: Mapping[str, Any] = field(default_factory=dict)  # customProperties by name
    path: str = ""  # where it stands in the document
    properties: "tuple[Property, ...]" = ()  # of an object
    items: "Property | None" = None  # of an array
    map_key: "Property | None" = None
    map_value: "Property | None" = None
    enum: tuple[Any, ...] = ()  # allowed values, where they are listed
    semantic_type: str = "column"  # column, dimension, or measure: an expression, no column
    expression: str = ""  # of a measure
    examples: tuple[Any, ...] = ()

    @property
    def inner(self) -> "tuple[tuple[str, Property], ...]":
        """What it is made of, each with its step: `.field`, `[]`, `{key}`, `{value}`."""
        fields = tuple((f".{part.name}", part) for part in self.properties)
        others = (("[]", self.items), ("{key}", self.map_key), ("{value}", self.map_value))
        return (*fields, *((step, part) for step, part in others if part is not None))


@dataclass(frozen=True, slots=True)
class SchemaObject:
    """A promised table: an output port has exactly one, a source system one per kind of file."""

    name: str
    description: str
    properties: tuple[Property, ...]
    quality: tuple[QualityRule, ...] = ()
    references: tuple[Reference, ...] = ()
    custom: Mapping[str, Any] = field(default_factory=dict)
    measures: tuple[Property, ...] = ()  # expressions over the table, not columns of it

    @property
    def primary_key(self) -> tuple[str, ...]:
        """Names of the key columns, in key order; empty where none is promised."""
        keyed = [p for p in self.properties if p.primary_key_position is not None]
        return tuple(p.name for p in sorted(keyed, key=lambda p: p.primary_key_position or 0))

    @property
    def partition_columns(self) -> tuple[str, ...]:
        """Names of the columns that the table's files are split by, in order."""
        split = [p for p in self.properties if p.partition_key_position is not None]
        return tuple(p.name for p in sorted(split, key=lambda p: p.partition_key_position or 0))


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """One promise about service. Source: ODCS `slaProperties`."""

    path: str
    name: str  # freshness, latency, retention, frequency ...
    value: Any
    unit: str | None
    element: str | None  # object.property that it is measured on
    driver: str | None
    description: str
    severity: Severity = Severity.WARNING


@dataclass(frozen=True, slots=True)
class TeamMember:
    """Who answers: `username` is a person's id or `team:<id>`."""

    username: str
    role: str  # owner, steward, custodian
    name: str


@dataclass(frozen=True, slots=True)
class AccessRole:
    """A way in that the contract offers, and who decides on it."""

    name: str
    access: str
    approvers: tuple[str, ...]  # person ids or team:<id>, of every stage
    stages: tuple[tuple[str, ...], ...] = ()  # the same by stage, in order


@dataclass(frozen=True, slots=True)
class Contract:
    """A data contract about one output port, or about one source system's files."""

    id: str
    name: str  # the port's (or source system's) name
    business_unit: str
    version: str  # semantic version
    status: str  # ODPS and ODCS lifecycle: proposed, draft, active, deprecated, retired
    title: str
    purpose: str
    limitations: str
    usage: str
    objects: tuple[SchemaObject, ...]
    service_levels: tuple[ServiceLevel, ...]
    team: tuple[TeamMember, ...]
    roles: tuple[AccessRole, ...]
    support: tuple[Mapping[str, Any], ...]
    tags: tuple[str, ...]
    custom: Mapping[str, Any]  # customProperties by name: securityClassification, accessRights ...
    content_hash: str  # SHA-256 of the document's bytes, hex
    path: Path | None = None
    content: bytes = field(default=b"", repr=False, compare=False)  # the document itself

    @property
    def reference(self) -> str:
        """This major version as a query names it: `unit.port`, from the second `unit.port_v2`."""
        return f"{self.business_unit}.{port_name(self.name, self.major)}"

    @property
    def plain_reference(self) -> str:
        """The port, whatever its major version: `unit.port`."""
        return f"{self.business_unit}.{self.name}"

    @property
    def major(self) -> int:
        """The major number of the contract version."""
        return int(self.version.split(".", 1)[0])

    @property
    def table(self) -> SchemaObject:
        """The single schema object of an output port's contract."""
        return self.objects[0]

    @property
    def marking(self) -> str:
        """The security marking as it is shown: OFFICIAL or OFFICIAL-SENSITIVE."""
        tier = str(self.custom.get("securityClassification", ""))
        return f"{tier}-SENSITIVE" if self.custom.get("sensitive") is True else tier

    def members(self, role: str) -> tuple[TeamMember, ...]:
        """The people or teams that hold `role`: owner, steward or custodian."""
        return tuple(member for member in self.team if member.role == role)

    @property
    def approvers(self) -> tuple[str, ...]:
        """Who decides on access requests: person ids or `team:<id>`."""
        return tuple(dict.fromkeys(a for role in self.roles for a in role.approvers))

    @property
    def approval_stages(self) -> tuple[tuple[str, ...], ...]:
        """Who decides on access requests, one after another: one stage or two."""
        levels = zip_longest(*(role.stages for role in self.roles), fillvalue=())
        return tuple(tuple(dict.fromkeys(chain(*level))) for level in levels)
