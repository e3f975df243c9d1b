"""The scores of a port's versions over time, from its verdicts."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from itertools import islice

from contracts.quality.scores import Assessment, assess, shown_score
from contracts.verdict import Verdict

MOST_POINTS = 12


@dataclass(frozen=True, slots=True)
class QualityPoint:
    """The scores of one version, as they are shown; None where a dimension was not assessed."""

    candidate_hash: str
    checked_at: datetime
    contract_version: str
    overall: str | None
    strategy: Mapping[str, str | None]
    framework: Mapping[str, str | None]


def trend(verdicts: Iterable[Verdict], reasoned: Collection[str]) -> tuple[QualityPoint, ...]:
    """The last points, oldest first, of the verdicts on served versions, newest first.

    What was refused was never served: it tells of the pipeline, not of the data.
    """
    newest = list(islice(verdicts, MOST_POINTS))
    return tuple(_point(verdict, reasoned) for verdict in reversed(newest))


def _point(verdict: Verdict, reasoned: Collection[str]) -> QualityPoint:
    assessment = assess(verdict.results)
    return QualityPoint(
        candidate_hash=verdict.candidate_hash,
        checked_at=verdict.checked_at,
        contract_version=verdict.contract_version,
        overall=_shown(assessment.overall(reasoned)),
        strategy=_scores(assessment, "strategy"),
        framework=_scores(assessment, "framework"),
    )


def _scores(assessment: Assessment, view: str) -> dict[str, str | None]:
    dimensions = assessment.strategy if view == "strategy" else assessment.framework
    return {each.dimension: _shown(each.score) for each in dimensions}


def _shown(score: Fraction | None) -> str | None:
    return None if score is None else shown_score(score)
