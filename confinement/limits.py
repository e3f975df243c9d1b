"""What one statement may use."""

from dataclasses import dataclass, fields
from typing import Any, Self

NO_LIMIT = 1 << 40


@dataclass(frozen=True, slots=True)
class Limits:
    """What one statement may use. Beyond `rows` or `result_mb` the result is cut, and says so."""

    seconds: float = 30.0  # wall clock
    memory_mb: int = 1024
    rows: int = 100_000
    result_mb: int = 256
    spill_mb: int = 1024
    threads: int = 2
    scan_mb: int = NO_LIMIT  # of files, estimated before it runs
    statement_bytes: int = 100_000  # of UTF-8

    def tightened(self, other: Self | None) -> Self:
        """The smaller of each limit: a caller can ask for less, never for more."""
        if other is None:
            return self
        names = [part.name for part in fields(self)]
        return type(self)(
            **{name: min(getattr(self, name), getattr(other, name)) for name in names}
        )

    def document(self) -> dict[str, Any]:
        """The limits as JSON holds them."""
        return {part.name: getattr(self, part.name) for part in fields(self)}
