"""Writing one copy: a SELECT into a Parquet file, within memory, time and disk."""

import threading
from dataclasses import dataclass
from pathlib import Path

import duckdb

from data_products.sql import literal
from marketplace.query.masks import HashKey

SPILL = "spill"
_LOOK_SECONDS = 0.05


class BuildTooLarge(Exception):
    """The file outgrew its room."""


class BuildTooLong(Exception):
    """The time was over."""


@dataclass(frozen=True, slots=True)
class Build:
    """What is written, with which key, and within what."""

    select: str
    spill: Path
    key: HashKey
    hashed: tuple[str, ...]
    limits: tuple[int, float, int]  # memory in MB, seconds, bytes of the file


def built(build: Build, target: Path) -> None:
    """Write `target`. Raises BuildTooLarge, BuildTooLong, duckdb.Error or OSError."""
    memory_mb, _, room = build.limits
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "memory_limit": f"{memory_mb}MiB",
        "threads": 1,
        "temp_directory": str(build.spill / SPILL),
    }
    with duckdb.connect(config=config) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        build.key.give(connection, build.hashed)
        watch = _Watch(connection, target, build)
        watch.start()
        try:
            connection.execute(
                f"COPY ({build.select}) TO {literal(str(target))} "
                "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
            )
        except duckdb.InterruptException as error:
            raise (watch.reason or BuildTooLong)() from error
        finally:
            watch.stop()
    if target.stat().st_size > room:
        raise BuildTooLarge


class _Watch(threading.Thread):
    """Interrupts a build that takes too much."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, target: Path, build: Build) -> None:
        super().__init__(daemon=True)
        self.reason: type[BuildTooLarge | BuildTooLong] | None = None
        self._connection, self._target = connection, target
        _, self._seconds, self._room = build.limits
        self._ended = threading.Event()

    def run(self) -> None:
        """Look again and again, until it is stopped or has interrupted."""
        waited = 0.0
        while not self._ended.wait(_LOOK_SECONDS):
            waited += _LOOK_SECONDS
            if waited > self._seconds:
                self.reason = BuildTooLong
            elif self._target.exists() and self._target.stat().st_size > self._room:
                self.reason = BuildTooLarge
            if self.reason is not None:
                self._connection.interrupt()
                return

    def stop(self) -> None:
        """End, before the connection is closed."""
        self._ended.set()
        self.join()
