"""Whatever acts come in whatever order, an issue never ends where it must not."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.access.issue_errors import (
    CheckNotPassed,
    IllegalStep,
    PatchIsNoFix,
    RootCauseMissing,
)
from marketplace.access.issue_model import (
    NEXT,
    FailedCheck,
    Issue,
    IssueAct,
    IssueReport,
    IssueSeverity,
    IssueStatus,
    RootCause,
    Routing,
)
from marketplace.access.issues import stepped

NOW = datetime(2026, 4, 6, 9, 30, tzinfo=UTC)
REFUSALS = (CheckNotPassed, IllegalStep, PatchIsNoFix, RootCauseMissing)
FIXES = {IssueStatus.PATCHED_DOWNSTREAM, IssueStatus.FIXED_AT_SOURCE}


@st.composite
def wanted_acts(draw):
    return [
        IssueAct(
            position=0,
            status=draw(st.sampled_from(IssueStatus)),
            routing=Routing(draw(st.sampled_from(RootCause))),
            reason="why",
            actor_id="sam",
            at=NOW + timedelta(days=draw(st.integers(0, 20))),
            accepted_until=draw(st.none() | st.dates(date(2026, 4, 6), date(2026, 4, 20))),
            verdict_hash=draw(st.sampled_from(["", "v" * 64])),
        )
        for _ in range(draw(st.integers(1, 8)))
    ]


@pytest.mark.requirement("QUA-06")
@settings(max_examples=300, deadline=None)
@given(wanted_acts(), st.booleans())
def test_every_sequence_of_acts_keeps_the_rules(acts, has_check):
    check = FailedCheck("c", "c" * 64, "v" * 64) if has_check else None
    report = IssueReport("a.b", "title", "text", IssueSeverity.LOW, check)
    issue = Issue("issue_1", report, "sam", NOW)
    for wanted in sorted(acts, key=lambda act: act.at):
        is_closure = wanted.status is IssueStatus.CLOSED
        until = wanted.accepted_until if is_closure else None
        act = replace(wanted, position=len(issue.acts) + 1, accepted_until=until)
        before = issue.status(act.at)
        try:
            after = stepped(issue, act)
        except REFUSALS:
            continue
        assert act.status is before or act.status in NEXT[before]
        assert before is not IssueStatus.CLOSED
        if act.status in FIXES:
            assert after.routing.root_cause is not RootCause.UNKNOWN
        if is_closure and until is None:
            assert not after.is_debt
            assert not has_check or act.verdict_hash
        if is_closure and until is not None:
            assert after.is_known(datetime(2026, 5, 1, tzinfo=UTC))
        issue = after
    assert issue.is_known(NOW + timedelta(days=60)) is (
        not issue.acts
        or issue.acts[-1].status is not IssueStatus.CLOSED
        or issue.acts[-1].accepted_until is not None
    )


def test_every_status_is_reached_and_only_closed_ends():
    assert set().union(*NEXT.values()) == set(IssueStatus) - {IssueStatus.OPEN}
    assert [status for status, after in NEXT.items() if not after] == [IssueStatus.CLOSED]
