"""`marketplace contract check --changed`: what a business unit's CI runs on its contracts."""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any, NoReturn
from uuid import uuid4

import typer

from contracts.changes.model import to_document
from contracts.errors import Fault, InvalidContract
from contracts.model import Contract
from contracts.verdict import Verdict
from data_products.changed_contracts import ContractReviewer
from data_products.contract_review import Finding, Review, fault_findings, relative
from data_products.errors import InvalidProduct
from data_products.lakehouse import Lakehouse
from data_products.port_checks import Rechecking, checking_connection
from data_products.registry import Registry, load_registry
from marketplace.access.consumers import Relations, consumers_of
from marketplace.access.people import known_people
from marketplace.access.stewards import stewards_decisions
from marketplace.access.store import AccessStore
from marketplace.cli.git_base import GitBase, NoGitBase, git_base
from marketplace.cli.output import console
from marketplace.config import Settings
from marketplace.index.lineage import Lineage


class Format(StrEnum):
    """How a review is told."""

    TEXT = "text"
    GITHUB = "github"
    JSON = "json"


def check_changed(reference: str | None, told_as: Format) -> NoReturn:
    """Review every contract that differs from the git base, and leave 0, 1 or 2."""
    settings = Settings.from_environment()
    try:
        base = git_base(settings.project, reference)
        registry, faults = _registry(settings)
        reviewer = _reviewer(settings, base, registry)
        reviews = [reviewer.review(path) for path in base.changed()]
    except NoGitBase as misuse:
        console.print(str(misuse), highlight=False, markup=False)
        raise typer.Exit(2) from misuse
    reviews += _reviews_of_others(faults, reviews, settings.project)
    _PRINTERS[told_as](reviews)
    if told_as is not Format.JSON:
        sys.stdout.write(_summary(reviews, base.name) + "\n")
    raise typer.Exit(0 if all(review.passed for review in reviews) else 1)


def _reviewer(settings: Settings, base: GitBase, registry: Registry | None) -> ContractReviewer:
    lakehouse = Lakehouse(settings.lake, settings.home / "quarantine")
    now = datetime.now(UTC)
    check: Callable[[Contract], Verdict] | None = None
    if registry is not None:
        spill = settings.home / "spill"
        connect = partial(checking_connection, spill, settings.memory_mb)
        rules = settings.rule_processes  # what is proposed is the least trusted of all
        review = f"review-{uuid4()}"
        rechecking = Rechecking(registry, lakehouse, connect, review, now, rules=rules)
        if _has_state(settings):
            decisions = partial(stewards_decisions, settings.database_url)
            rechecking = replace(rechecking, decisions=decisions)
        check = rechecking.version
    return ContractReviewer(
        project=settings.project,
        lakehouse=lakehouse,
        base_name=base.name,
        base_content=base.content,
        now=now,
        check=check,
        consumers=partial(known_consumers, settings, registry or Registry((), ()), now),
    )


def known_consumers(settings: Settings, registry: Registry, now: datetime, port: str) -> list[str]:
    """Those who are known here to rely on a port, as sentences; only documents, in a bare CI."""
    manifest = settings.project / "dbt_project" / "target" / "prepared" / "manifest.json"
    parsed = json.loads(manifest.read_text(encoding="utf-8")) if manifest.exists() else {}
    readers = Lineage.from_manifest(parsed, registry.ports).readers()
    relations = Relations(registry, readers, known_people(settings))
    if not _has_state(settings):
        return [str(consumer) for consumer in consumers_of(port, (), relations, now)]
    store = AccessStore.open(settings.database_url)
    try:
        found = consumers_of(port, store.grants_on(port), relations, now)
    finally:
        store.close()
    return [str(consumer) for consumer in found]


def _has_state(settings: Settings) -> bool:
    """Whether there is an access state here: a bare CI has none, and none is made for it."""
    return settings.state_url is not None or (settings.home / "state.db").exists()


def _registry(settings: Settings) -> tuple[Registry | None, tuple[Fault, ...]]:
    """The documents together, or their faults, which no single contract shows."""
    try:
        return load_registry(settings.project), ()
    except (InvalidContract, InvalidProduct) as invalid:
        return None, tuple(invalid.faults)


def _reviews_of_others(
    faults: Sequence[Fault], reviews: Sequence[Review], project: Path
) -> list[Review]:
    """A review of each file with a fault that the reviews so far do not tell."""
    told = {(r.file, f.title) for r in reviews for f in r.findings}
    found: dict[str, list[Finding]] = {}
    for fault in faults:
        path = Path(fault.file)
        file = relative(path, project)
        content = path.read_bytes() if path.exists() else b""
        for finding in fault_findings([fault], content):
            if (file, finding.title) not in told:
                found.setdefault(file, []).append(replace(finding, file=file))
    return [Review(file, None, None, None, tuple(each)) for file, each in found.items()]


def _print_text(reviews: Sequence[Review]) -> None:
    for review in reviews:
        for finding in review.findings:
            place = f"{finding.file}:{finding.line}"
            message = finding.message.replace("\n", "\n    ")
            told = f"{place}: {finding.level}: {finding.title}\n    {message}\n"
            sys.stdout.write(told)


def _print_github(reviews: Sequence[Review]) -> None:
    """Workflow commands, which GitHub shows beside the changed lines."""
    for review in reviews:
        for finding in review.findings:
            sys.stdout.write(_annotation(finding) + "\n")


def _annotation(finding: Finding) -> str:
    file, title = (_escaped(text, of_property=True) for text in (finding.file, finding.title))
    message = _escaped(finding.message, of_property=False)
    return f"::{finding.level} file={file},line={finding.line},title={title}::{message}"


def _escaped(text: str, of_property: bool) -> str:
    escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return escaped.replace(":", "%3A").replace(",", "%2C") if of_property else escaped


def _print_json(reviews: Sequence[Review]) -> None:
    document = {"passed": all(r.passed for r in reviews), "contracts": list(map(_json, reviews))}
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def _json(review: Review) -> dict[str, Any]:
    return {
        "file": review.file,
        "port": review.port,
        "passed": review.passed,
        "change": None if review.change is None else to_document(review.change),
        "data": None if review.verdict is None else review.verdict.summary,
        "findings": [
            {"level": f.level.value, "line": f.line, "title": f.title, "message": f.message}
            for f in review.findings
        ],
    }


_PRINTERS: dict[Format, Callable[[Sequence[Review]], None]] = {
    Format.TEXT: _print_text,
    Format.GITHUB: _print_github,
    Format.JSON: _print_json,
}


def _summary(reviews: Sequence[Review], base: str) -> str:
    if not reviews:
        return f"No contract differs from `{base}`."
    refused = sum(not review.passed for review in reviews)
    count = "1 changed contract" if len(reviews) == 1 else f"{len(reviews)} changed contracts"
    return f"{count}: {f'{refused} may not be merged' if refused else 'all may be merged'}."
