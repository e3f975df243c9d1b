"""One port's COPY, checks and commit, or its bare COPY, in a process of its own.

`python -m benchmarks.publish <home> <unit.port> [--bare]` prints the CPU seconds of the work alone.
The home folder must have been run in; the lake of the measurement is thrown away.
"""

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from data_products.candidate_writer import PARTITION_FLUSH_ROWS, CandidateTarget, write_candidate
from data_products.evidence import EvidenceStore
from data_products.lakehouse import Lakehouse
from data_products.service_log import ServiceLog
from marketplace.config import Settings
from orchestration.platform import Platform, open_platform
from orchestration.port_builds import check_port, publish_port

OPTIONS = "FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 122880"


def main() -> None:
    """Measures one or the other."""
    home, port, *bare = sys.argv[1:]
    platform = open_platform(Settings(home=Path(home)))
    snapshot = platform.lakehouse.snapshot(port, platform.contract(port).major)
    if snapshot is None:
        sys.exit(f"{port} is not published in {home}")
    rows = platform.lakehouse.relation(snapshot)
    with TemporaryDirectory(dir=home) as folder, platform.connect() as connection:
        connection.execute("SET threads = 2")
        connection.execute(f"SET partitioned_write_flush_threshold = {PARTITION_FLUSH_ROWS}")
        started = time.process_time()
        if bare:
            copy(platform, port, connection, rows, Path(folder))
        else:
            publish(platform, port, connection, rows, Path(folder))
        print(time.process_time() - started)


def copy(
    platform: Platform, port: str, connection: duckdb.DuckDBPyConnection, rows: str, folder: Path
) -> None:
    """The same rows, the same options, one COPY."""
    columns = platform.contract(port).table.partition_columns
    split = (
        f", PARTITION_BY ({', '.join(columns)}), WRITE_PARTITION_COLUMNS true" if columns else ""
    )
    connection.execute(f"COPY (SELECT * FROM {rows}) TO '{folder / 'bare'}' ({OPTIONS}{split})")


def publish(
    platform: Platform, port: str, connection: duckdb.DuckDBPyConnection, rows: str, folder: Path
) -> None:
    """Candidate, contract and commit into a lake of its own."""
    lake = Platform(
        **{
            **{name: getattr(platform, name) for name in platform.__dataclass_fields__},
            "lakehouse": Lakehouse(folder / "lake", folder / "quarantine"),
            "evidence": EvidenceStore(folder / "evidence"),
            "service_log": ServiceLog(folder / "service"),
        }
    )
    contract = platform.contract(port)
    table = lake.lakehouse.table(port, contract.major)
    table.mkdir(parents=True)
    target = CandidateTarget(
        port=port,
        major=contract.major,
        table=table,
        fingerprint="benchmark",
        partition_columns=contract.table.partition_columns,
    )
    write_candidate(connection, f"SELECT * FROM {rows}", target)
    for target_port in {reference.target_port for reference in contract.table.references}:
        major = platform.contract(target_port).major
        linked = lake.lakehouse.table(target_port, major)
        linked.parent.mkdir(parents=True, exist_ok=True)
        linked.symlink_to(platform.lakehouse.table(target_port, major).absolute())
    check_port(lake, port, "benchmark")
    publish_port(lake, port, "benchmark")


if __name__ == "__main__":
    main()
