"""What came of earlier requests for a port, without anything that tells who asked."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from marketplace.access.model import AccessRequest, RequestStatus

FEWEST = 3  # below it, a figure would tell of single people's requests


@dataclass(frozen=True, slots=True)
class Similar:
    """Decided requests for a port in figures."""

    approved: int
    refused: int
    median_hours: float  # from the ask to the last decision
    usual_days: int  # the period that was asked for most often and approved; 0 where none was


def similar_to(requests: Iterable[AccessRequest], actor_id: str) -> Similar | None:
    """What others' requests got; None where too few were decided to say anything."""
    decided = [
        (request, request.decided_at)
        for request in requests
        if request.actor_id != actor_id and request.decided_at is not None
        if request.status in {RequestStatus.APPROVED, RequestStatus.REJECTED}
    ]
    if len(decided) < FEWEST:
        return None
    approved = [each for each, _ in decided if each.status is RequestStatus.APPROVED]
    taken = [(at - each.submitted_at).total_seconds() / 3600 for each, at in decided]
    periods = Counter(each.days for each in approved).most_common(1)
    return Similar(
        approved=len(approved),
        refused=len(decided) - len(approved),
        median_hours=round(median(taken), 1),
        usual_days=periods[0][0] if periods else 0,
    )
