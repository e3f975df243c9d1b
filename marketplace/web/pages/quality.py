"""How good a port is: six dimensions in two views, their trend, and what each number rests on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from contracts.quality.confidence import Standing, confidence
from contracts.quality.scores import (
    Assessment,
    DimensionScore,
    assess,
    places_of_result,
    points,
    shown_score,
    weight,
)
from contracts.quality.trend import QualityPoint
from contracts.verdict import CheckResult, Verdict, from_document
from marketplace.index.model import Listing, PortListing
from marketplace.web import urls
from marketplace.web.formats import counted, day
from marketplace.web.pages.checks import CheckLine, evidence_address, line
from marketplace.web.pages.page import Link, Page
from marketplace.web.pages.trends import Trend, trend_of

_TITLES = {
    "strategy": "The strategy's six dimensions",
    "framework": "The Government Data Quality Framework",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a dimension is not assessed, who accepted that, and when."""

    text: str
    approved_by: str
    approved_on: date


@dataclass(frozen=True, slots=True)
class DimensionLine:
    """One dimension: a score with its checks, or why there is none."""

    dimension: str
    score: str | None  # out of 100, rounded down; None: not assessed
    executed: int
    total: int
    checks: str  # `12 of 14 checks executed, 1 failed`
    reason: Reason | None
    trend: Trend
    href: str


@dataclass(frozen=True, slots=True)
class QualityView:
    """One view: each check counts in exactly one of its dimensions."""

    name: str  # strategy, framework
    title: str
    dimensions: tuple[DimensionLine, ...]


@dataclass(frozen=True, slots=True)
class PortQuality:
    """How good the served version of one port is."""

    overall: str | None
    level: str  # high, moderate, low, not_established
    statement: str
    checked_at: datetime | None
    evidence: str
    href: str
    views: tuple[QualityView, ...]
    trend: Trend
    collection_method: str
    sources: tuple[str, ...]
    limitations: str


@dataclass(frozen=True, slots=True)
class CountedCheck:
    """One check as it entered a score."""

    line: CheckLine
    points: str  # as an exact fraction; empty where it counts nowhere
    weight: int
    other: str  # its dimension in the other view
    href: str


@dataclass(frozen=True, slots=True)
class DimensionChecks:
    """What one dimension's score was made of."""

    anchor: str
    dimension: str
    score: str | None
    sentence: str
    checks: tuple[CountedCheck, ...]


@dataclass(frozen=True, slots=True)
class ViewChecks:
    """Every check once, by the dimensions of one view."""

    title: str
    other_title: str
    dimensions: tuple[DimensionChecks, ...]


@dataclass(frozen=True, slots=True)
class PastScore:
    """The scores of one version."""

    checked_at: datetime
    overall: str | None
    scores: tuple[str | None, ...]  # in the strategy's order
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityPage(Page):
    """Every number of a port's quality with what it rests on."""

    template: ClassVar[str] = "quality.html"
    section: ClassVar[str] = "search"
    product: Link
    port: Link
    quality: PortQuality
    views: tuple[ViewChecks, ...]
    past: tuple[PastScore, ...]


def port_quality(listing: Listing, port: PortListing) -> PortQuality:
    """How good the served version of `port` is, and how far to rely on it."""
    verdict = _served(port)
    assessment = None if verdict is None else assess(verdict.results)
    reasons = {each["dimension"]: _reason(each) for each in port.contract.get("not_assessed") or ()}
    standing = Standing(
        is_stale=port.stale is not None,
        is_late=port.freshness == "late",
        is_released=port.released is not None,
    )
    told = confidence(assessment, reasons, standing)
    overall = None if assessment is None else assessment.overall(reasons)
    return PortQuality(
        overall=None if overall is None else shown_score(overall),
        level=told.level.value,
        statement=told.statement,
        checked_at=None if verdict is None else verdict.checked_at,
        evidence="" if verdict is None else evidence_address(verdict),
        href=urls.quality(listing.reference, port.reference),
        views=() if assessment is None else _views(listing, port, assessment, reasons),
        trend=trend_of("overall", [(p.checked_at, p.overall) for p in port.quality_trend]),
        collection_method=str(port.contract["custom"].get("collectionMethod") or ""),
        sources=_sources(listing),
        limitations=str(port.contract["limitations"]),
    )


def quality_page(listing: Listing, port: PortListing) -> QualityPage:
    """The page behind the numbers."""
    quality, verdict = port_quality(listing, port), _served(port)
    title = port.contract["title"] or port.reference
    return QualityPage(
        title=f"Quality of {title}",
        marking=str(port.contract["marking"]),
        is_sample=listing.is_sample,
        product=Link(listing.title, urls.product(listing.reference)),
        port=Link(title, urls.port(listing.reference, port.reference)),
        quality=quality,
        views=() if verdict is None else tuple(_view_checks(verdict, v) for v in quality.views),
        past=tuple(_past(port.reference, point) for point in reversed(port.quality_trend)),
    )


def _served(port: PortListing) -> Verdict | None:
    return None if port.served_verdict is None else from_document(dict(port.served_verdict))


def _views(
    listing: Listing,
    port: PortListing,
    assessment: Assessment,
    reasons: Mapping[str, Reason],
) -> tuple[QualityView, ...]:
    def lines(name: str, scores: Sequence[DimensionScore]) -> tuple[DimensionLine, ...]:
        excused = reasons if name == "strategy" else {}
        return tuple(
            DimensionLine(
                dimension=each.dimension,
                score=None if each.score is None else shown_score(each.score),
                executed=each.executed,
                total=each.total,
                checks=_checks(each),
                reason=excused.get(each.dimension),
                trend=trend_of(each.dimension, _series(port.quality_trend, name, each.dimension)),
                href=urls.quality(listing.reference, port.reference, f"{name}-{each.dimension}"),
            )
            for each in scores
        )

    scores = {"strategy": assessment.strategy, "framework": assessment.framework}
    return tuple(QualityView(name, _TITLES[name], lines(name, scores[name])) for name in scores)


def _series(
    history: Sequence[QualityPoint], view: str, dimension: str
) -> list[tuple[datetime, str | None]]:
    return [
        (p.checked_at, (p.strategy if view == "strategy" else p.framework).get(dimension))
        for p in history
    ]


def _checks(score: DimensionScore) -> str:
    if score.total == 0:
        return "No checks"
    words = [f"{score.executed} of {counted(score.total, 'check')} executed"]
    words += [f"{score.failed} failed"] if score.failed else []
    words += [f"{score.could_not_run} could not run"] if score.could_not_run else []
    return ", ".join(words)


def _view_checks(verdict: Verdict, view: QualityView) -> ViewChecks:
    address, is_strategy = evidence_address(verdict), view.name == "strategy"
    ranked = sorted(verdict.results, key=_by_points)
    placed: dict[str, list[CountedCheck]] = {}
    for result in ranked:
        places = places_of_result(result)
        here, other = places if is_strategy else reversed(places)
        placed.setdefault(here.value, []).append(_counted(result, address, other.value))
    return ViewChecks(
        title=view.title,
        other_title="In the framework" if is_strategy else "In the strategy",
        dimensions=tuple(
            DimensionChecks(
                anchor=f"{view.name}-{shown.dimension}",
                dimension=shown.dimension,
                score=shown.score,
                sentence=_sentence(shown),
                checks=tuple(placed.get(shown.dimension, ())),
            )
            for shown in view.dimensions
        ),
    )


def _by_points(result: CheckResult) -> tuple[int, Any]:
    """What lost most first, what does not count last."""
    earned = points(result)
    return (1, 0) if earned is None else (0, (earned - 1) * weight(result))


def _counted(result: CheckResult, address: str, other: str) -> CountedCheck:
    earned, shown = points(result), line(result)
    return CountedCheck(
        line=shown,
        points="" if earned is None else str(earned),
        weight=weight(result),
        other=other,
        href=f"{address}#{shown.anchor}",
    )


def _sentence(shown: DimensionLine) -> str:
    if shown.score is not None:
        return f"{shown.score} out of 100: {shown.checks}."
    if shown.reason is not None:
        approved = f"{shown.reason.approved_by} on {day(shown.reason.approved_on)}"
        return f"Not assessed: {shown.reason.text} Approved by {approved}."
    return f"Not assessed: {shown.checks.lower()}."


def _past(port: str, point: QualityPoint) -> PastScore:
    return PastScore(
        checked_at=point.checked_at,
        overall=point.overall,
        scores=tuple(point.strategy.values()),
        href=urls.evidence(port, point.candidate_hash),
    )


def _reason(document: Mapping[str, Any]) -> Reason:
    approved_on = date.fromisoformat(document["approved_on"])
    return Reason(document["reason"], document["approved_by"], approved_on)


def _sources(listing: Listing) -> tuple[str, ...]:
    """The source systems' files that the product is made from, as its lineage names them."""
    return tuple(dict.fromkeys(n.label for n in listing.lineage if n.kind == "source"))
