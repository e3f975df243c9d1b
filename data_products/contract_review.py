"""A changed contract as its reviewer should see it: faults, changes, and what the data says.

In this order: what is wrong with the document, what changed since it was published (or since a git
base), and whether the data that is published now keeps every promise.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from contracts.changes import Change, ContractChange, Gate, Impact, compare
from contracts.changes.lines import Lines, lines_of, place_of
from contracts.errors import Fault
from contracts.model import Contract
from contracts.verdict import CheckResult, Outcome, Verdict


class Level(StrEnum):
    """What a finding asks of its author. Source: the words of GitHub's annotations."""

    ERROR = "error"  # it must not be merged
    WARNING = "warning"  # somebody must look at it
    NOTICE = "notice"  # good to know


@dataclass(frozen=True, slots=True)
class Finding:
    """One annotation on one line of a contract."""

    level: Level
    file: str
    line: int
    title: str
    message: str


@dataclass(frozen=True, slots=True)
class Base:
    """What a contract is compared with, and how that is called in a sentence."""

    document: dict[str, Any]
    name: str


@dataclass(frozen=True, slots=True)
class Review:
    """Everything that was found about one changed contract."""

    file: str
    port: str | None
    change: ContractChange | None
    verdict: Verdict | None
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """Whether it may be merged."""
        return all(finding.level is not Level.ERROR for finding in self.findings)


def fault_findings(faults: Iterable[Fault], content: bytes) -> tuple[Finding, ...]:
    """The faults of one document, each at its line."""
    lines = lines_of(content)
    return tuple(
        Finding(
            Level.ERROR,
            fault.file,
            lines.line(place_of(fault.path)),
            f"Fault at {fault.path}",
            f"{fault.fault} {fault.remedy}",
        )
        for fault in faults
    )


def change_findings(
    file: str, contract: Contract, base: Base, document: dict[str, Any], consumers: Sequence[str]
) -> tuple[ContractChange, tuple[Finding, ...]]:
    """What changed since `base`, and whether the version says so; breaks name `consumers`."""
    change = compare(base.document, document)
    lines = lines_of(contract.content)
    found = [_change_finding(file, each, lines) for each in change.changes]
    if not change.is_version_enough:
        found.insert(0, _version_finding(file, change, base, lines, consumers))
    return change, tuple(found)


def _version_finding(
    file: str, change: ContractChange, base: Base, lines: Lines, consumers: Sequence[str]
) -> Finding:
    impact = change.impact
    named = "" if impact is None else f"{len(change.of(impact))} {impact} since {base.name}: "
    message = f"{named}at least {change.demanded_version} is demanded."
    if consumers and impact is Impact.BREAKING:
        message += " Those who rely on it:\n" + "\n".join(f"- {c}" for c in consumers)
    title = f"Version {change.new_version} is too low"
    return Finding(Level.ERROR, file, lines.line(("version",)), title, message)


def _change_finding(file: str, change: Change, lines: Lines) -> Finding:
    level = Level.WARNING if change.impact is Impact.BREAKING else Level.NOTICE
    message = f"{change.reason} At {change.path}."
    if Gate.GOVERNANCE in change.gates:
        level = Level.WARNING
        message += " It needs the approval of whoever answers for the data."
    if Gate.REVIEW in change.gates and change.judged is None:
        message += " Its author may judge it in `reviewedChanges`, with a reason."
    if change.judged is not None:
        level = Level.WARNING
        message += f" Judged {change.impact}: {change.judged}"
    title = f"{change.impact.value.capitalize()}: {change.title}"
    return Finding(level, file, lines.line(change.at), title, message)


def data_findings(
    file: str, contract: Contract, verdict: Verdict, change: ContractChange | None
) -> tuple[Finding, ...]:
    """Promises that the published data does not keep, those of new columns apart."""
    added = _new_columns(change)
    lines = lines_of(contract.content)
    wanted = () if change is None else change.gated(Gate.PRODUCER)
    return tuple(_data_findings(file, verdict.blocking, (added, wanted, lines)))


def _data_findings(
    file: str,
    results: Iterable[CheckResult],
    known: tuple[frozenset[str], Sequence[Change], Lines],
) -> Iterator[Finding]:
    added, wanted, lines = known
    for result in results:
        place = place_of(result.check_id)
        line = lines.line(place)
        if result.property_name in added:
            message = "The published data does not have this column yet: build it, then publish."
            title = f"Not in the data yet: {result.title}"
            yield Finding(Level.NOTICE, file, line, title, message)
            continue
        is_new = any(_is_about(change, place) for change in wanted)
        what = "The current data does not keep this new promise" if is_new else "Not kept"
        yield Finding(Level.ERROR, file, line, f"{what}: {result.title}", _seen(result))


def _new_columns(change: ContractChange | None) -> frozenset[str]:
    changes = () if change is None else change.changes
    titles = {"column added", "required column added"}
    return frozenset(c.path.rsplit(".", 1)[-1] for c in changes if c.title in titles)


def _is_about(change: Change, place: tuple[str | int, ...]) -> bool:
    """Whether a promise is the changed one, or stands above or below it."""
    shorter = min(len(change.at), len(place))
    return shorter > 1 and change.at[:shorter] == place[:shorter]


def _seen(result: CheckResult) -> str:
    if result.outcome is not Outcome.FAILED:
        return f"It could not be checked: {result.detail or 'no reason given'}"
    seen = result.observed or f"{result.failing_rows} rows fail"
    return f"Found: {seen}; promised: {result.expected or 'as the contract says'}."


def relative(path: Path, root: Path) -> str:
    """The path as annotations name it: below the project."""
    resolved, base = path.resolve(), root.resolve()
    return (resolved.relative_to(base) if resolved.is_relative_to(base) else path).as_posix()
