"""Where the processes work that run contracts' SQL, and what each may use."""

from dataclasses import dataclass
from pathlib import Path

from confinement.pool import WorkerPool


@dataclass(frozen=True, slots=True)
class RuleProcesses:
    """What a sandbox of rules needs to know before it starts a process."""

    scratch: Path
    memory_mb: int
    may_be_open: bool  # whether rules run also where the kernel cannot confine them (development)
    pool: WorkerPool | None = None  # kept open for many checks; None: each check opens its own
