"""What a run did, told per source and per port: the summary that a person reads at its end."""

from dataclasses import dataclass, field
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from contracts.verdict import Outcome, Verdict


@dataclass(frozen=True, slots=True)
class LandedObject:
    """What landing one kind of source file came to, over its current files."""

    source_system: str
    name: str
    files: int
    new_files: int
    files_refused: tuple[str, ...]  # path: why
    rows_read: int
    rows_landed: int
    rows_rejected: int
    rows_duplicate: int
    columns_dropped: tuple[str, ...]
    seconds: float
    anomalies: tuple[str, ...] = ()  # how this landing differs from those before

    def metadata(self) -> dict[str, Any]:
        """For Dagster: the accounting and what was left out."""
        return {
            "files": self.files,
            "new files": self.new_files,
            "files refused": "\n".join(self.files_refused) or "none",
            "rows read": self.rows_read,
            "dagster/row_count": self.rows_landed,
            "rows rejected": self.rows_rejected,
            "exact duplicates collapsed": self.rows_duplicate,
            "undeclared columns dropped": ", ".join(self.columns_dropped) or "none",
            "anomalies": "\n".join(self.anomalies) or "none",
        }


@dataclass
class PortRun:
    """What became of one port in this run."""

    port: str
    sources: tuple[str, ...] = ()  # <source_system>__<object> that it reads
    verdict: Verdict | None = None
    rows: int | None = None
    delta_version: int | None = None
    is_new: bool = False
    failure: str | None = None
    seconds: float = 0.0

    @property
    def state(self) -> str:
        """One or two words for the summary."""
        if self.failure is not None:
            return "not published"
        if self.delta_version is None:
            return "skipped"
        return "published" if self.is_new else "unchanged"

    @property
    def checks(self) -> str:
        """Passed of all, with what was not checked said."""
        if self.verdict is None:
            return "-"
        told = f"{self.verdict.count(Outcome.PASSED)} of {len(self.verdict.results)}"
        unchecked = self.verdict.count(Outcome.UNCHECKED)
        return f"{told}, {unchecked} unchecked" if unchecked else told


@dataclass
class RunLog:
    """Filled by the steps, read by the summary."""

    landed: list[LandedObject] = field(default_factory=list)
    ports: dict[str, PortRun] = field(default_factory=dict)

    def port(self, reference: str) -> PortRun:
        """The record of `unit.port`, begun when it is first asked for."""
        return self.ports.setdefault(reference, PortRun(reference))

    @property
    def published(self) -> int:
        """How many ports got a new Delta version."""
        return sum(port.is_new for port in self.ports.values())

    @property
    def failed(self) -> list[PortRun]:
        """The ports that were refused or could not be built."""
        return [port for port in self.ports.values() if port.failure is not None]

    def document(self) -> dict[str, Any]:
        """The summary as data: what `--json` prints."""
        return {
            "sources": [
                {
                    "source": f"{landed.source_system}.{landed.name}",
                    "files": landed.files,
                    "new_files": landed.new_files,
                    "files_refused": list(landed.files_refused),
                    "rows_read": landed.rows_read,
                    "rows_landed": landed.rows_landed,
                    "rows_rejected": landed.rows_rejected,
                    "rows_duplicate": landed.rows_duplicate,
                    "columns_dropped": list(landed.columns_dropped),
                    "anomalies": list(landed.anomalies),
                    "seconds": round(landed.seconds, 3),
                }
                for landed in self.landed
            ],
            "ports": [
                {
                    "port": port.port,
                    "state": port.state,
                    **self._source_rows(port),
                    "rows": port.rows,
                    "delta_version": port.delta_version,
                    "checks": port.checks,
                    "failure": port.failure,
                    "seconds": round(port.seconds, 3),
                }
                for port in self.ports.values()
            ],
        }

    def show(self, console: Console) -> None:
        """Prints a table of the sources and one of the ports, and what failed."""
        console.print(self._source_table())
        console.print(self._port_table())
        for landed in self.landed:
            for anomaly in landed.anomalies:
                console.print(f"[bold yellow]{landed.source_system}[/] {anomaly}", highlight=False)
        for port in self.failed:
            console.print(f"[bold red]{port.port}[/] {port.failure}", highlight=False)
        if not self.failed and not self.published:
            console.print("Nothing has changed since the last run: nothing new was published.")

    def _source_rows(self, port: PortRun) -> dict[str, int]:
        read = [s for s in self.landed if f"{s.source_system}__{s.name}" in port.sources]
        return {
            "rows_read": sum(s.rows_read for s in read),
            "rows_landed": sum(s.rows_landed for s in read),
            "rows_rejected": sum(s.rows_rejected for s in read),
        }

    def _source_table(self) -> Table:
        table = Table(title="Sources: read = landed + rejected + duplicates", box=SIMPLE_HEAD)
        table.add_column("source", no_wrap=True)
        for title in (
            "files",
            "new",
            "refused",
            "read",
            "landed",
            "rejected",
            "duplicates",
            "seconds",
        ):
            table.add_column(title, justify="right", no_wrap=True)
        for s in self.landed:
            files = (s.files, s.new_files, len(s.files_refused))
            counts = (s.rows_read, s.rows_landed, s.rows_rejected, s.rows_duplicate)
            table.add_row(
                f"{s.source_system}.{s.name}",
                *(f"{number:,}" for number in (*files, *counts)),
                f"{s.seconds:.1f}",
            )
        return table

    def _port_table(self) -> Table:
        table = Table(title="Ports", box=SIMPLE_HEAD)
        for title in ("port", "state"):
            table.add_column(title, no_wrap=True)
        for title in ("read", "landed", "rejected", "rows", "version"):
            table.add_column(title, justify="right", no_wrap=True)
        table.add_column("checks passed", no_wrap=True)
        table.add_column("seconds", justify="right")
        for port in self.ports.values():
            table.add_row(
                port.port,
                port.state,
                *(f"{number:,}" for number in self._source_rows(port).values()),
                "-" if port.rows is None else f"{port.rows:,}",
                "-" if port.delta_version is None else str(port.delta_version),
                port.checks,
                f"{port.seconds:.1f}",
            )
        return table
