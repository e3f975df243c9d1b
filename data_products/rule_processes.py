"""Where the processes work that run contracts' SQL, and what each may use."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class RuleProcesses:
    """What a sandbox of rules needs to know before it starts a process."""

    scratch: Path
    memory_mb: int
    may_be_open: bool  # whether rules run also where the kernel cannot confine them (development)
