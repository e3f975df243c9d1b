"""Dagster's event log in SQLite, for one process that writes many events.

Dagster opens a file anew for each of them, which is right for its long-lived web server and takes
a third of a short run. The files are the same, so that its pages show these runs like any other.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, Self

import dagster as dg
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import create_engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.pool import StaticPool

_INDEX = "index"
_BUSY_SECONDS = 120


class KeptOpenEventLog(SqliteEventLogStorage):
    """Event log files whose connections stay open until the log is disposed of."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._open: dict[str, Connection] = {}
        self._one_at_a_time = Lock()
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> Self:
        """The log in the folder that Dagster's settings name."""
        return cls(inst_data=inst_data, **config_value)

    def run_connection(self, run_id: str | None = None) -> AbstractContextManager[Connection]:
        """A transaction in the file of a run."""
        return self._transaction(str(run_id))

    def index_connection(self) -> AbstractContextManager[Connection]:
        """A transaction in the file over all runs."""
        return self._transaction(_INDEX)

    def dispose(self) -> None:
        """Close what is open."""
        for connection in self._open.values():
            connection.close()
            connection.engine.dispose()
        self._open.clear()
        super().dispose()

    @contextmanager
    def _transaction(self, shard: str) -> Iterator[Connection]:
        with self._one_at_a_time:
            if shard not in self._open:
                self._open[shard] = self._opened(shard)
            with self._open[shard].begin():
                yield self._open[shard]

    def _opened(self, shard: str) -> Connection:
        with super().run_connection(shard):  # makes its tables
            pass
        engine = create_engine(
            self.conn_string_for_shard(shard),
            poolclass=StaticPool,
            connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False},
        )
        # What a power cut may take is the last events; the file stays whole.
        event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous = NORMAL"))
        return engine.connect()


def instance_of_a_run(home: Path) -> dg.DagsterInstance:
    """Dagster's instance in `home` for a run in this process, whose steps print nothing to keep."""
    overrides = {
        "event_log_storage": {
            "module": KeptOpenEventLog.__module__,
            "class": KeptOpenEventLog.__name__,
            "config": {"base_dir": str(home / "history" / "runs")},
        },
        "compute_logs": {
            "module": "dagster._core.storage.noop_compute_log_manager",
            "class": "NoOpComputeLogManager",
        },
    }
    return dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(home), overrides=overrides))
