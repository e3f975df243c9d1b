"""The errors of data products and their publication.

DataProductError
├── UnknownPort
├── UnknownProduct
├── InvalidProduct
├── UnstorableColumn
├── NotIncremental
├── CandidateLost
├── AlreadyPublished
├── NotQuarantined
├── UnreadableTable
├── UnreadableFiles
├── NothingPublished
├── UnknownVersion
└── NotPublished
    ├── MetadataMissing
    ├── VerdictMismatch
    ├── ContractNotMet
    ├── NotReleasable
    ├── VersionTooLow
    ├── StaleCandidate
    ├── LayoutChanged
    └── CommitRefused
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Protocol

from contracts.changes import ContractChange
from contracts.errors import Fault
from contracts.port_names import read_name
from contracts.verdict import CheckResult, Outcome, Verdict

_SHOWN = 10  # findings and names in one message


class PublishedVersion(Protocol):
    """The published version that a contract is compared with."""

    @property
    def version(self) -> str:
        """The version of its contract."""

    @property
    def delta_version(self) -> int:
        """The Delta version that is served."""


class DataProductError(Exception):
    """The root of everything that data products refuse."""


class UnknownPort(DataProductError):
    """No product offers a port of this name."""

    def __init__(self, port: str, offered: Iterable[str] = ()) -> None:
        self.port = port
        self.near = near_names(port, offered)
        super().__init__(f"No output port `{port}`. {_way_on(port, '.', self.near)}")


class UnknownProduct(DataProductError):
    """No business unit offers a product of this name."""

    def __init__(self, product: str, offered: Iterable[str] = ()) -> None:
        self.product = product
        self.near = near_names(product, offered, separator="/")
        super().__init__(f"No data product `{product}`. {_way_on(product, '/', self.near)}")


class InvalidProduct(DataProductError):
    """Descriptors, or contracts beside them, say what cannot be; every fault at once."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        listed = "\n".join(f"- {fault}" for fault in self.faults)
        count = "1 fault" if len(self.faults) == 1 else f"{len(self.faults)} faults"
        super().__init__(f"The data products were not loaded: {count}.\n{listed}")


class UnstorableColumn(DataProductError):
    """A column has a type that a Delta table cannot hold, or cannot be split by."""

    def __init__(self, column: str, kind: str, remedy: str) -> None:
        self.column = column
        self.kind = kind
        super().__init__(f"Column `{column}` of type `{kind}` cannot be stored: {remedy}.")


class NotIncremental(DataProductError):
    """Only some partitions were to be replaced, and that would not give the right table."""

    def __init__(self, port: str, reason: str) -> None:
        self.port = port
        super().__init__(f"`{port}` cannot be built in part: {reason}. Build it in full.")


class CandidateLost(DataProductError):
    """A candidate, or a file of it, is not what was written and checked."""

    def __init__(self, port: str, candidate: str, faults: Sequence[str]) -> None:
        self.port = port
        self.candidate = candidate
        self.faults = tuple(faults)
        super().__init__(
            f"Candidate `{candidate[:12]}` of `{port}` is not as it was written: "
            f"{_listed(self.faults)}. Build and check it again."
        )


class AlreadyPublished(DataProductError):
    """A candidate that is served cannot be put into quarantine."""

    def __init__(self, port: str, candidate: str) -> None:
        self.port = port
        self.candidate = candidate
        super().__init__(
            f"Candidate `{candidate[:12]}` of `{port}` is published, so its files were not moved. "
            "Publish a corrected version; that one takes its place."
        )


class NotQuarantined(DataProductError):
    """No candidate of this hash is in quarantine: it was released, discarded or never there."""

    def __init__(self, port: str, candidate: str) -> None:
        self.port = port
        self.candidate = candidate
        super().__init__(
            f"No candidate `{candidate[:12]}` of `{port}` is in quarantine. It may have been "
            "released or discarded: look at the list of quarantined candidates."
        )


class UnreadableTable(DataProductError):
    """A table's log asks for what this platform's readers would get wrong."""

    def __init__(self, table: str, reason: str) -> None:
        self.table = table
        super().__init__(
            f"Table `{table}` is not read: {reason}. Only tables that this platform published are "
            "served; restore the table, or move it away and publish again."
        )


class UnreadableFiles(DataProductError):
    """Files that a contract was to be held against cannot be read as a table."""

    def __init__(self, pattern: str, reason: str) -> None:
        self.pattern = pattern
        super().__init__(
            f"`{pattern}` was not checked: {reason.rstrip('.')}. "
            "Name Parquet files, or CSV files with a header, by a path or a pattern."
        )


class NothingPublished(DataProductError):
    """A port has no published version that could be checked."""

    def __init__(self, port: str) -> None:
        self.port = port
        super().__init__(
            f"`{port}` has no published version. Publish it first, or name files to check instead."
        )


class UnknownVersion(DataProductError):
    """A port has no such Delta version, or no longer."""

    def __init__(self, port: str, version: int, known: Sequence[int]) -> None:
        self.port = port
        self.version = version
        super().__init__(
            f"`{port}` has no Delta version `{version}`. "
            f"It has {min(known)} to {max(known)}; choose one of these."
        )


class NotPublished(DataProductError):
    """The root of every refusal to publish; what was published before stays served."""


class MetadataMissing(NotPublished):
    """The contract lacks metadata that every product must carry."""

    def __init__(self, port: str, missing: Sequence[str]) -> None:
        self.port = port
        self.missing = tuple(missing)
        listed = "\n".join(f"- {element}" for element in self.missing)
        super().__init__(
            f"`{port}` was not published: its contract lacks mandatory metadata.\n{listed}\n"
            "Add what is named to the contract and publish again."
        )


class VerdictMismatch(NotPublished):
    """The verdict is about something else than what is to be published."""

    def __init__(self, port: str, faults: Sequence[str]) -> None:
        self.port = port
        self.faults = tuple(faults)
        super().__init__(
            f"`{port}` was not published: the verdict is not about this candidate "
            f"({'; '.join(self.faults)}). Check this candidate under this contract, then publish."
        )


class ContractNotMet(NotPublished):
    """The checks found that the candidate breaks its contract."""

    def __init__(self, verdict: Verdict, served_version: int | None) -> None:
        self.verdict = verdict
        self.served_version = served_version
        blocking = verdict.blocking
        major = verdict.contract_version.split(".", 1)[0]
        found = "; ".join(_finding(result) for result in blocking[:_SHOWN])
        more = f"; and {len(blocking) - _SHOWN} more" if len(blocking) > _SHOWN else ""
        stays = (
            "Nothing was published before."
            if served_version is None
            else f"The last passing version {served_version} stays."
        )
        super().__init__(
            f"`{verdict.port}` v{major} was not published: {len(blocking)} of "
            f"{len(verdict.results)} checks failed ({found}{more}). {stays}"
        )


class NotReleasable(NotPublished):
    """A candidate breaks promises that no owner's reason can stand in for."""

    def __init__(self, port: str, results: Sequence[CheckResult]) -> None:
        self.port = port
        self.results = tuple(results)
        super().__init__(
            f"`{port}` was not published: no release covers "
            f"{_listed([_finding(result) for result in self.results])}. "
            "Correct the data or the contract, then build and check it again."
        )


class VersionTooLow(NotPublished):
    """The contract changed more than its version says.

    `change` is None where only the hash of the published contract is known; `consumers` are those
    whom the change would meet, as far as the caller knows them.
    """

    def __init__(
        self,
        port: str,
        version: str,
        published: PublishedVersion,
        change: ContractChange | None,
        consumers: Sequence[str] | None = None,
    ) -> None:
        self.port = port
        self.version = version
        self.published = published
        self.change = change
        self.consumers = None if consumers is None else tuple(consumers)
        super().__init__(
            f"`{port}` {version} was not published: {self._why()}\n"
            f"{self._whom()}The served version {published.delta_version} stays."
        )

    def told_to(self, consumers: Sequence[str]) -> "VersionTooLow":
        """The same refusal, with those whom the change would meet."""
        return VersionTooLow(self.port, self.version, self.published, self.change, consumers)

    def _why(self) -> str:
        since = self.published.version
        if self.change is None:
            return (
                f"its contract is not the one of {since}, whose document was not kept. "
                f"Raise the version above {since}."
            )
        impact, demanded = self.change.impact, self.change.demanded_version
        if impact is None:
            return f"{since} is published already. Write at least {since} as its version."
        named = self.change.of(impact)
        listed = "".join(f"\n- {change}" for change in named[:_SHOWN])
        more = f"\n- and {len(named) - _SHOWN} more" if len(named) > _SHOWN else ""
        count = "1 change is" if len(named) == 1 else f"{len(named)} changes are"
        what = f"{count} {impact} since {since}, which demands at least {demanded}.{listed}{more}\n"
        return f"{what}{self._way_on(demanded)}"

    def _way_on(self, demanded: str) -> str:
        major = demanded.split(".", 1)[0]
        if major == self.published.version.split(".", 1)[0]:
            return f"Write version {demanded}, or take the change back."
        name = read_name(self.port)[0].split(".", 1)[1]
        return (
            f"Offer it beside this one, as {demanded} in `{name}.v{major}.odcs.yaml`, or take the "
            "change back."
        )

    def _whom(self) -> str:
        if self.consumers is None:
            return ""
        if not self.consumers:
            return "Nobody who is known to the marketplace relies on it.\n"
        return "Those who rely on it:" + "".join(f"\n- {c}" for c in self.consumers) + "\n"


class StaleCandidate(NotPublished):
    """The table moved on after the candidate was built."""

    def __init__(self, port: str, base_version: int | None, served_version: int | None) -> None:
        self.port = port
        self.base_version = base_version
        self.served_version = served_version
        super().__init__(
            f"`{port}` was not published: the candidate was built against "
            f"{_version(base_version)} and the table is at {_version(served_version)}. "
            "Build and check it again."
        )


class LayoutChanged(NotPublished):
    """The candidate would change what a Delta table cannot change in place."""

    def __init__(self, port: str, change: str) -> None:
        self.port = port
        self.change = change
        super().__init__(
            f"`{port}` was not published: {change}. A table keeps its layout for as long as its "
            "major contract version lasts; offer the new layout as the next major version."
        )


class CommitRefused(NotPublished):
    """The Delta log did not take the commit, and nobody else's commit is the reason."""

    def __init__(self, port: str, reason: str) -> None:
        self.port = port
        super().__init__(
            f"`{port}` was not published: the Delta log refused the commit ({reason}). "
            "The served version is unchanged; publish again."
        )


def near_names(asked: str, offered: Iterable[str], separator: str = ".") -> tuple[str, ...]:
    """The names that `asked` may have meant: its business unit's, else those spelled alike."""
    names = sorted(offered)
    unit = asked.split(separator, 1)[0]
    same_unit = [name for name in names if name.split(separator, 1)[0] == unit]
    ranked = get_close_matches(
        asked, same_unit or names, n=_SHOWN, cutoff=0.0 if same_unit else 0.5
    )
    return tuple(ranked)


def _way_on(asked: str, separator: str, near: Sequence[str]) -> str:
    if not near:
        return "Look for it with the search."
    unit = asked.split(separator, 1)[0]
    listed = ", ".join(f"`{name}`" for name in near)
    if all(name.split(separator, 1)[0] == unit for name in near):
        return f"{unit.replace('_', ' ').capitalize()} offers: {listed}."
    return f"Near it: {listed}."


def _finding(result: CheckResult) -> str:
    if result.outcome is Outcome.UNCHECKED:
        return f"{result.title}: not checked, {result.detail or 'no reason given'}"
    if result.outcome is Outcome.ERROR:
        return f"{result.title}: could not be checked, {result.detail or 'no reason given'}"
    observed = result.observed or f"{result.failing_rows} rows fail"
    promised = f", promised {result.expected}" if result.expected is not None else ""
    return f"{result.title}: {observed}{promised}"


def _version(version: int | None) -> str:
    return "no published version" if version is None else f"Delta version {version}"


def _listed(faults: Sequence[str]) -> str:
    more = f"; and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
    return "; ".join(faults[:_SHOWN]) + more
