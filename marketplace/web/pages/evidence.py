"""The evidence of one verdict, and all verdicts of a port: every claim opens here."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from contracts.verdict import Verdict
from data_products.evidence import HistoryPage, KeptVerdict
from marketplace.index.model import Listing, PortListing
from marketplace.web import urls
from marketplace.web.pages.checks import Evidence, Tally, evidence_of, tally
from marketplace.web.pages.page import Link, Page

PAGE_VERDICTS = 20


@dataclass(frozen=True, slots=True)
class VerdictLine:
    """One verdict of a port, in a list."""

    href: str
    checked_at: datetime
    outcome: str  # passed, failed, or error where it is not what was written
    tally: Tally
    contract_version: str
    candidate_hash: str
    verdict_hash: str
    run_id: str
    rows: int
    delta_version: int | None  # of a later check: the version that it looked at
    is_intact: bool
    is_shown: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidencePage(Page):
    """Run, queries, counts and candidate of one verdict."""

    template: ClassVar[str] = "evidence.html"
    section: ClassVar[str] = "search"
    port: str
    product: Link
    contract_version: str
    contract_hash: str
    candidate_hash: str
    verdict_hash: str
    is_intact: bool
    is_named: bool  # the commit of the version names a verdict that is kept
    run_id: str
    checked_at: datetime
    rows: int
    base_version: int | None
    delta_version: int | None  # the version that the candidate became
    published_as: Link | None
    release: str
    is_recheck: bool
    passed: bool
    is_served: bool
    tally: Tally
    checks: tuple[Evidence, ...]
    sample_reason: str
    may_see_sample: bool
    verdicts: tuple[VerdictLine, ...]  # all on this candidate, newest first
    history: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceHistoryPage(Page):
    """Every verdict on a port, newest first, page by page."""

    template: ClassVar[str] = "evidence_history.html"
    section: ClassVar[str] = "search"
    port: str
    product: Link
    total: int
    verdicts: tuple[VerdictLine, ...]
    newer: str
    older: str
    downloads: tuple[Link, ...]  # empty for who may not take them
    download_reason: str


@dataclass(frozen=True, slots=True)
class Found:
    """One verdict, all others on its candidate, and what became of the candidate."""

    shown: KeptVerdict
    all: tuple[KeptVerdict, ...]
    delta_version: int | None
    is_named: bool
    release: str = ""  # whose decision it was to publish it although it had failed


def evidence_page(
    listing: Listing, port: PortListing, found: Found, hidden_because: str
) -> EvidencePage:
    """The page of one verdict; failing rows only where nothing hides them."""
    verdict = found.shown.verdict
    return EvidencePage(
        title="Evidence of the checks",
        marking=str(port.contract["marking"]),
        is_sample=listing.is_sample,
        port=port.reference,
        product=Link(listing.title, urls.product(listing.reference)),
        contract_version=verdict.contract_version,
        contract_hash=verdict.contract_hash,
        candidate_hash=verdict.candidate_hash,
        verdict_hash=found.shown.content_hash,
        is_intact=found.shown.is_intact,
        is_named=found.is_named,
        run_id=verdict.run_id,
        checked_at=verdict.checked_at,
        rows=verdict.rows,
        base_version=verdict.base_version,
        delta_version=found.delta_version,
        release=found.release,
        published_as=_version_link(listing, port, found.delta_version),
        is_recheck=verdict.is_recheck,
        passed=verdict.passed,
        is_served=port.delta_version is not None and port.delta_version == found.delta_version,
        tally=tally(verdict),
        checks=evidence_of(verdict, not hidden_because),
        sample_reason=hidden_because,
        may_see_sample=not hidden_because,
        verdicts=tuple(
            _line(kept, is_shown=kept.content_hash == found.shown.content_hash)
            for kept in found.all
        ),
        history=urls.evidence_history(port.reference),
    )


def history_page(
    listing: Listing, port: PortListing, found: HistoryPage, number: int, hidden_because: str
) -> EvidenceHistoryPage:
    """The page `number` of a port's verdicts, counted from 1."""
    formats = () if hidden_because else (("JSON", "json"), ("CSV", "csv"))
    is_last = number * PAGE_VERDICTS >= found.total
    return EvidenceHistoryPage(
        title="Every check so far",
        marking=str(port.contract["marking"]),
        is_sample=listing.is_sample,
        port=port.reference,
        product=Link(listing.title, urls.product(listing.reference)),
        total=found.total,
        verdicts=tuple(_line(kept) for kept in found.verdicts),
        newer=urls.evidence_history(port.reference, number - 1) if number > 1 else "",
        older="" if is_last else urls.evidence_history(port.reference, number + 1),
        downloads=tuple(
            Link(text, urls.evidence_download(port.reference, kind)) for text, kind in formats
        ),
        download_reason=hidden_because,
    )


def _version_link(listing: Listing, port: PortListing, version: int | None) -> Link | None:
    """Where the versions of a port are told."""
    if version is None:
        return None
    place = urls.port(listing.reference, port.reference)
    return Link(f"Delta version {version}", f"{place}#port-{port.contract['name']}-versions")


def _line(kept: KeptVerdict, is_shown: bool = False) -> VerdictLine:
    verdict: Verdict = kept.verdict
    outcome = "passed" if verdict.passed else "failed"
    return VerdictLine(
        href=urls.evidence(verdict.port, verdict.candidate_hash, kept.content_hash),
        checked_at=verdict.checked_at,
        outcome=outcome if kept.is_intact else "error",
        tally=tally(verdict),
        contract_version=verdict.contract_version,
        candidate_hash=verdict.candidate_hash,
        verdict_hash=kept.content_hash,
        run_id=verdict.run_id,
        rows=verdict.rows,
        delta_version=verdict.delta_version,
        is_intact=kept.is_intact,
        is_shown=is_shown,
    )
