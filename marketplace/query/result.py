"""The answer to a statement: an Arrow stream in a file that has no name, read when it is used."""

import mmap
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any

import pyarrow as pa
import pyarrow.ipc


@dataclass(frozen=True, slots=True)
class QueryResult:
    """The rows of one statement, and the facts that were logged of it.

    The rows stay on disk, mapped: reading takes the memory of one batch at a time, and the disk
    is free again when the result is no longer referred to.
    """

    schema: pa.Schema
    ports: tuple[str, ...]  # that it read, or could have read where it hides what it reads
    delta_versions: Mapping[str, int]  # of `ports`
    rows: int
    truncated: bool  # there were more rows, or bytes, than the limits allow
    milliseconds: int
    cpu_milliseconds: int
    size_bytes: int
    _stream: pa.Buffer = field(repr=False)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows, batch by batch; may be called again.

        Raises pyarrow.ArrowInvalid where the worker left something that is no Arrow data: its
        offsets are checked before anything follows them.
        """
        for batch in pyarrow.ipc.open_stream(self._stream):
            batch.validate(full=True)
            yield batch

    def table(self) -> pa.Table:
        """All rows at once."""
        return pa.Table.from_batches(self.batches(), self.schema)


@dataclass(frozen=True, slots=True)
class Spooled:
    """What a worker wrote, counted by the engine itself."""

    schema: pa.Schema
    rows: int
    stream: pa.Buffer


def spooled(file: IO[Any]) -> Spooled:
    """The Arrow stream in `file`, which no process writes to any more; `file` may be closed.

    Raises pyarrow.ArrowInvalid or ValueError where it holds none.
    """
    return _counted(pa.py_buffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)))


def copied(file: IO[Any], most_bytes: int) -> Spooled:
    """The Arrow stream in `file`, copied: its writer is still there, and could change the file.

    Raises pyarrow.ArrowInvalid or ValueError where it holds none, or more than `most_bytes`.
    """
    found = os.pread(file.fileno(), most_bytes + 1, 0)
    if len(found) > most_bytes:
        raise ValueError("more than a kept worker may leave")
    return _counted(pa.py_buffer(found))


def _counted(stream: pa.Buffer) -> Spooled:
    reader = pyarrow.ipc.open_stream(stream)
    return Spooled(reader.schema, sum(batch.num_rows for batch in reader), stream)
