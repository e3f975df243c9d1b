"""Landing: from the files below a root to typed rows, driven by source contracts alone.

First decide, then act: `plan_landing` says what is new, unchanged and gone; `land` does it.
"""

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import duckdb
from filelock import FileLock

from contracts.model import Contract
from orchestration.sources.cell_tables import Reading, format_of
from orchestration.sources.errors import SourceChanged
from orchestration.sources.landed_rows import Target, land_rows
from orchestration.sources.landing_store import (
    LandedFile,
    LandingStore,
    SourceSummary,
    summarise,
)
from orchestration.sources.source_files import (
    ContentHashes,
    FoundFile,
    claimed_by,
    find_files,
    unclaimed,
)
from orchestration.sources.source_objects import SourceObject, source_objects
from orchestration.sources.typed_values import define_macros


@dataclass(frozen=True, slots=True)
class LandingRequest:
    """What to land, from where, and within which limits.

    `contracts` are those of the source systems to land; files that none of them claims are
    reported as unclaimed.
    """

    contracts: tuple[Contract, ...]
    root: Path
    store: LandingStore
    now: datetime  # UTC
    memory_mb: int = 2048
    threads: int | None = None
    most_unpacked_bytes: int = 16 << 30  # of one file


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """A file to land under one schema object, and the record that it replaces."""

    source: SourceObject
    file: FoundFile
    source_hash: str
    replaces: LandedFile | None

    @property
    def key(self) -> str:
        """Names what is landed: same path, bytes and contract, same key."""
        facts = "\n".join((self.file.path, self.source_hash, self.source.fingerprint))
        return hashlib.sha256(facts.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class LandingPlan:
    """What a landing will do."""

    to_land: tuple[PlannedFile, ...]
    unchanged: tuple[LandedFile, ...]
    to_withdraw: tuple[LandedFile, ...]
    unclaimed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LandingProgress:
    """Said before each file, and once more when it is done, then with its rows."""

    source_system: str
    object: str
    path: str
    position: int  # from 1
    total: int
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class LandingRun:
    """What a landing did; `current` are all files that are landed now, old and new."""

    landed: tuple[LandedFile, ...]
    unchanged: tuple[LandedFile, ...]
    withdrawn: tuple[LandedFile, ...]
    unclaimed: tuple[str, ...]

    @property
    def current(self) -> tuple[LandedFile, ...]:
        """The files that are landed now, by source system, object and path."""
        files = (*self.landed, *self.unchanged)
        return tuple(sorted(files, key=lambda each: (each.source_system, each.object, each.path)))

    @property
    def has_changes(self) -> bool:
        """Whether anything was written or withdrawn."""
        return bool(self.landed or self.withdrawn)

    @property
    def summaries(self) -> tuple[SourceSummary, ...]:
        """The current files added up by source system and object."""
        names = dict.fromkeys((each.source_system, each.object) for each in self.current)
        return tuple(summarise(system, name, self._of(system, name)) for system, name in names)

    def _of(self, system: str, name: str) -> tuple[LandedFile, ...]:
        return tuple(e for e in self.current if (e.source_system, e.object) == (system, name))


Progress = Callable[[LandingProgress], None]


def plan_landing(request: LandingRequest) -> LandingPlan:
    """Compares the files below the root with what is landed. Writes only the ledger of hashes.

    Raises InvalidSourceContract and SourceRootMissing.
    """
    sources = [each for contract in request.contracts for each in source_objects(contract)]
    files = find_files(request.root)
    hashes = ContentHashes(request.store.root / "_hashes" / f"{_scope(request)}.json")
    to_land: list[PlannedFile] = []
    unchanged: list[LandedFile] = []
    gone: list[LandedFile] = []
    for source in sources:
        current = {e.path: e for e in request.store.files(source.source_system, source.name)}
        for file in claimed_by(source, files):
            landed = current.pop(file.path, None)
            planned = PlannedFile(source, file, hashes.of(file, request.now), landed)
            if landed is not None and landed.key == planned.key:
                unchanged.append(landed)
            else:
                to_land.append(planned)
        gone.extend(current.values())
    hashes.save()
    return LandingPlan(tuple(to_land), tuple(unchanged), tuple(gone), unclaimed(sources, files))


def land(request: LandingRequest, progress: Progress | None = None) -> LandingRun:
    """Lands what is new or changed and withdraws what is gone; unchanged files are not touched.

    A file that cannot be landed has a record that says why; it does not stop the others.
    Raises AccountingBroken and SourceChanged, which stop the run: files landed before stay.
    """
    with _locked(request):
        for contract in request.contracts:
            for schema in contract.objects:
                request.store.sweep(contract.name, schema.name)
        plan = plan_landing(request)
        landed = tuple(_land_all(request, plan, progress or _silent))
        withdrawn = tuple(request.store.withdraw(each, request.now) for each in plan.to_withdraw)
        return LandingRun(landed, plan.unchanged, withdrawn, plan.unclaimed)


def _land_all(
    request: LandingRequest, plan: LandingPlan, progress: Progress
) -> Iterator[LandedFile]:
    if not plan.to_land:
        return
    with _connection(request) as connection:
        for position, planned in enumerate(plan.to_land, 1):
            source = planned.source
            said = LandingProgress(
                source.source_system, source.name, planned.file.path, position, len(plan.to_land)
            )
            progress(said)
            record = _land_one(request, connection, planned)
            progress(replace(said, rows=record.rows_read))
            yield record


def _land_one(
    request: LandingRequest, connection: duckdb.DuckDBPyConnection, planned: PlannedFile
) -> LandedFile:
    """Lands one file; its record, written last, makes it current in place of what it replaces."""
    source, store, began = planned.source, request.store, time.perf_counter()
    place = (source.source_system, source.name, planned.key)
    target = Target(
        store.rows_path(*place), store.rejects_path(*place), planned.source_hash, request.now
    )
    reading = Reading(
        connection,
        planned.file.location,
        planned.file.path,
        source,
        request.most_unpacked_bytes,
    )
    record = land_rows(reading, target, _blank_record(request, planned))
    if not planned.file.is_unchanged:
        raise SourceChanged(planned.file.path)
    record = replace(record, seconds=round(time.perf_counter() - began, 4))
    store.keep(record)
    if planned.replaces is not None:
        store.withdraw(planned.replaces, request.now)
    return record


def _blank_record(request: LandingRequest, planned: PlannedFile) -> LandedFile:
    source, root = planned.source, request.store.root
    place = (source.source_system, source.name, planned.key)
    return LandedFile(
        source_system=source.source_system,
        object=source.name,
        path=planned.file.path,
        source_hash=planned.source_hash,
        bytes=planned.file.bytes,
        format=format_of(planned.file.path) or "unknown",
        encoding=None,
        rows_read=0,
        rows_landed=0,
        rows_rejected=0,
        rows_duplicate=0,
        columns_taken=(),
        columns_dropped=(),
        contract_hash=source.fingerprint,
        landed_at=request.now,
        seconds=0.0,
        parquet=request.store.rows_path(*place).relative_to(root).as_posix(),
        rejects=request.store.rejects_path(*place).relative_to(root).as_posix(),
        key=planned.key,
        generation=planned.replaces.generation + 1 if planned.replaces is not None else 1,
    )


@contextmanager
def _connection(request: LandingRequest) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB of its own within the request's memory; what does not fit goes to disk."""
    spill = request.store.root / "_spill"
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{request.memory_mb}MB",
        "temp_directory": str(spill),
        "preserve_insertion_order": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    if request.threads is not None:
        config["threads"] = request.threads
    connection = duckdb.connect(":memory:", config=config)
    try:
        define_macros(connection)
        yield connection
    finally:
        connection.close()


@contextmanager
def _locked(request: LandingRequest) -> Iterator[None]:
    """One landing per source system at a time; different ones may run side by side."""
    folder = request.store.root / "_locks"
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        for name in sorted({contract.name for contract in request.contracts}):
            stack.enter_context(FileLock(folder / f"{name}.lock"))
        yield


def _scope(request: LandingRequest) -> str:
    """One ledger of hashes per set of source systems, so that runs side by side keep theirs."""
    names = ",".join(sorted(contract.name for contract in request.contracts))
    return hashlib.sha256(names.encode()).hexdigest()[:16]


def _silent(progress: LandingProgress) -> None:
    """Says nothing."""
