"""What the kept verdicts say about an issue's check: as it failed, and since."""

from contracts.model import Contract
from contracts.verdict import CheckResult, Outcome, Verdict
from data_products.evidence import KeptVerdict
from marketplace.access.issue_model import FailedCheck, Issue
from marketplace.web.rooms import Rooms

_FAILED = frozenset({Outcome.FAILED, Outcome.ERROR})


def failed_result(rooms: Rooms, contract: Contract, check: FailedCheck) -> CheckResult | None:
    """The result that a report names; None unless a kept, intact verdict says that it failed."""
    kept = _verdict(rooms, contract, check)
    if kept is None or not kept.is_intact:
        return None
    result = _result(kept.verdict, check.check_id)
    return result if result is not None and result.outcome in _FAILED else None


def passing_verdict(rooms: Rooms, contract: Contract, issue: Issue) -> str:
    """The hash of a later verdict on what is served that passes the issue's check; empty if none.

    Of several on the served version, the newest that has the check counts.
    """
    check = issue.report.check
    snapshot = rooms.lakehouse.snapshot(contract.reference, contract.major)
    if check is None or snapshot is None:
        return ""
    failed = _verdict(rooms, contract, check)
    since = issue.opened_at if failed is None else failed.verdict.checked_at
    name = str(snapshot.metadata.get("candidate_hash"))
    for kept in rooms.evidence.checks_of(contract.reference, contract.major, name):
        result = _result(kept.verdict, check.check_id)
        if result is not None:
            is_passed = result.outcome is Outcome.PASSED and kept.is_intact
            is_later = kept.verdict.checked_at > since
            return kept.content_hash if is_passed and is_later else ""
    return ""


def _verdict(rooms: Rooms, contract: Contract, check: FailedCheck) -> KeptVerdict | None:
    kept = rooms.evidence.checks_of(contract.reference, contract.major, check.candidate_hash)
    return next((each for each in kept if each.content_hash == check.verdict_hash), None)


def _result(verdict: Verdict, check_id: str) -> CheckResult | None:
    return next((each for each in verdict.results if each.check_id == check_id), None)
