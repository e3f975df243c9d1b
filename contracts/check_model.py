"""A check: one promise of a contract, described as data before anything is executed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from contracts.model import QualityRule, Reference, ServiceLevel, Severity
from contracts.value_paths import ValuePath


class CheckKind(StrEnum):
    """What is promised, in the words of ODCS; docs/reference/checks.md has a row for each."""

    COLUMN = "column"
    EXTRA_COLUMNS = "extraColumns"
    TYPE = "type"
    REQUIRED = "required"
    UNIQUE = "unique"
    PRIMARY_KEY = "primaryKey"
    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    EXCLUSIVE_MINIMUM = "exclusiveMinimum"
    EXCLUSIVE_MAXIMUM = "exclusiveMaximum"
    MIN_LENGTH = "minLength"
    MAX_LENGTH = "maxLength"
    PATTERN = "pattern"
    MULTIPLE_OF = "multipleOf"
    FORMAT = "format"
    MIN_ITEMS = "minItems"
    MAX_ITEMS = "maxItems"
    UNIQUE_ITEMS = "uniqueItems"
    ENUM = "enum"
    MIN_PROPERTIES = "minProperties"
    MAX_PROPERTIES = "maxProperties"
    REQUIRED_PROPERTIES = "requiredProperties"
    DIMENSIONS = "dimensions"
    MEASURE = "measure"
    TIMEZONE = "timezone"
    OTHER_OPTION = "otherOption"
    STANDARD = "standard"
    PERSONAL_DATA = "personalData"
    NULL_VALUES = "nullValues"
    MISSING_VALUES = "missingValues"
    INVALID_VALUES = "invalidValues"
    DUPLICATE_VALUES = "duplicateValues"
    ROW_COUNT = "rowCount"
    SQL = "sql"
    REFERENCE = "reference"
    FRESHNESS = "freshness"
    SERVICE_LEVEL = "serviceLevel"
    END_OF_LIFE = "endOfLife"
    TEXT = "text"
    CUSTOM = "custom"
    CONTROL_TOTAL = "controlTotal"
    REQUIRED_COVERAGE = "requiredCoverage"
    DRIFT = "drift"
    STABILITY = "stability"
    RECONCILIATION = "reconciliation"
    USE = "use"

    @property
    def dimension(self) -> str:
        """The quality dimension of ODCS that a check of this kind measures by default."""
        return _DIMENSIONS.get(self, "conformity")

    @property
    def is_releasable(self) -> bool:
        """Whether an owner may publish a quarantined candidate that breaks such a promise."""
        return self not in _NEVER_RELEASED


_DIMENSIONS = {
    CheckKind.REQUIRED: "completeness",
    CheckKind.NULL_VALUES: "completeness",
    CheckKind.MISSING_VALUES: "completeness",
    CheckKind.ROW_COUNT: "completeness",
    CheckKind.UNIQUE: "uniqueness",
    CheckKind.PRIMARY_KEY: "uniqueness",
    CheckKind.DUPLICATE_VALUES: "uniqueness",
    CheckKind.REFERENCE: "consistency",
    CheckKind.FRESHNESS: "timeliness",
    CheckKind.SERVICE_LEVEL: "timeliness",
    CheckKind.END_OF_LIFE: "timeliness",
    CheckKind.CONTROL_TOTAL: "consistency",
    CheckKind.REQUIRED_COVERAGE: "coverage",
    CheckKind.DRIFT: "consistency",
    CheckKind.STABILITY: "consistency",
    CheckKind.RECONCILIATION: "consistency",
    CheckKind.USE: "coverage",
}

# Readers rely on the promised columns, an undeclared column has no marking, and a port that has
# ended needs another contract: a reason in words mends none of these. Likely personal data is the
# steward's to decide on.
_NEVER_RELEASED = frozenset(
    {CheckKind.COLUMN, CheckKind.EXTRA_COLUMNS, CheckKind.TYPE, CheckKind.END_OF_LIFE}
    | {CheckKind.PERSONAL_DATA}
)


@dataclass(frozen=True, slots=True)
class Check:
    """One promise made executable, or the reason why it is not executed."""

    id: str  # the promise's path in the document
    kind: CheckKind
    title: str  # a sentence that a buyer understands
    expected: str
    columns: tuple[str, ...] = ()  # what it reads
    property_name: str | None = None  # the one column that it is about
    dimension: str = ""  # ODCS's seven words
    strategy_dimension: str = ""  # the strategy's six words
    framework_dimension: str = ""  # those of the Government Data Quality Framework
    is_critical: bool = False  # it reads a critical data element
    severity: Severity = Severity.ERROR
    informative: bool = False
    unchecked: str | None = None  # why it is not executed, where it is not
    arguments: Mapping[str, Any] = field(default_factory=dict)  # of its kind: limit, word ...
    rule: QualityRule | None = None
    reference: Reference | None = None
    service_level: ServiceLevel | None = None
    place: ValuePath | None = None  # where the values stand within a column; None: the column
