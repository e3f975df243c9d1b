"""How far a reader may rely on a version, in plain English, and never better than its scores."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from contracts.quality.scores import Assessment, DimensionScore, shown_score

HIGH_FROM = 95  # every assessed dimension has at least this score
MODERATE_FROM = 80


class ConfidenceLevel(StrEnum):
    """In one word; the worst first."""

    NOT_ESTABLISHED = "not_established"
    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known beside the scores: what would make good scores misleading."""

    is_stale: bool = False  # a newer candidate failed, this is the last good version
    is_late: bool = False  # its newest event is older than promised
    is_released: bool = False  # its owner published it although checks had failed


@dataclass(frozen=True, slots=True)
class Confidence:
    """A word and the sentences behind it."""

    level: ConfidenceLevel
    statement: str


def confidence(
    assessment: Assessment | None, reasoned: Collection[str], standing: Standing
) -> Confidence:
    """The statement on one version; None where it was never checked.

    `reasoned` are dimensions that the owner said can not be assessed. High needs every dimension
    assessed or reasoned, none below 95, and data that is neither stale nor late.
    """
    if assessment is None:
        told = "Nothing has been checked, so nothing can be said of how far to rely on this data."
        return Confidence(ConfidenceLevel.NOT_ESTABLISHED, told)
    assessed = [each for each in assessment.strategy if each.is_assessed]
    missing = [
        each.dimension
        for each in assessment.strategy
        if not each.is_assessed and each.dimension not in reasoned
    ]
    level = _level(assessed, missing, standing)
    sentences = [
        _opening(level, assessed, missing, len(assessment.strategy)),
        _lowest(assessed),
        _broken(assessment),
        "A newer version failed its checks and was not published: this is the last good one."
        if standing.is_stale
        else "",
        "Its newest event is older than promised." if standing.is_late else "",
        "Its owner released it although checks had failed." if standing.is_released else "",
    ]
    return Confidence(level, " ".join(sentence for sentence in sentences if sentence))


def _level(
    assessed: list[DimensionScore], missing: list[str], standing: Standing
) -> ConfidenceLevel:
    scores = [each.score for each in assessed if each.score is not None]
    if missing or not scores:
        return ConfidenceLevel.NOT_ESTABLISHED
    if min(scores) < MODERATE_FROM:
        return ConfidenceLevel.LOW
    misleading = standing.is_stale or standing.is_late or standing.is_released
    if min(scores) < HIGH_FROM or misleading:
        return ConfidenceLevel.MODERATE
    return ConfidenceLevel.HIGH


def _opening(
    level: ConfidenceLevel, assessed: list[DimensionScore], missing: list[str], total: int
) -> str:
    if missing:
        return (
            f"Confidence is not established: {_listed(missing)} "
            f"{'was' if len(missing) == 1 else 'were'} not assessed."
        )
    words = {
        ConfidenceLevel.HIGH: "You can rely on this data for what it is meant for",
        ConfidenceLevel.MODERATE: "You can rely on most of this data: read first what failed",
        ConfidenceLevel.LOW: "Do not rely on this data without looking at what failed",
    }
    count = "all" if len(assessed) == total else f"{len(assessed)} of"
    reasons = "" if len(assessed) == total else "; for the rest its owner gives a reason"
    opening = words.get(level, "Confidence is not established")
    return f"{opening}. We assessed {count} {total} dimensions of quality{reasons}."


def _lowest(assessed: list[DimensionScore]) -> str:
    scored = [(each.score, each.dimension) for each in assessed if each.score is not None]
    if not scored:
        return ""
    low, dimension = min(scored)
    if low == 100:
        return "Every promise that was checked is kept."
    return f"The lowest, {dimension}, scores {shown_score(low)} out of 100."


def _broken(assessment: Assessment) -> str:
    failed = sum(each.failed for each in assessment.strategy)
    errors = sum(each.could_not_run for each in assessment.strategy)
    told = []
    if failed:
        told.append(f"{failed} {'check' if failed == 1 else 'checks'} failed")
    if errors:
        told.append(f"{errors} could not be run")
    sentence = " and ".join(told)
    return f"{sentence[0].upper()}{sentence[1:]}." if sentence else ""


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
