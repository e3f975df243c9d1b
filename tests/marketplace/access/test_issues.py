"""Issues are opened, routed and closed as append-only facts, on both databases."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from marketplace.access.issue_book import Step
from marketplace.access.issue_errors import (
    AlreadyOpened,
    CheckNotPassed,
    IllegalStep,
    IssueTextMissing,
    PatchIsNoFix,
    RiskPeriod,
    RootCauseMissing,
    UnknownIssue,
)
from marketplace.access.issue_model import (
    FailedCheck,
    IssueReport,
    IssueSeverity,
    IssueStatus,
    RootCause,
    Routing,
)
from marketplace.access.model import AuditFilter

PORT = "commercial.payments"
CHECK = FailedCheck("schema[0].properties[1].quality[0]", "c" * 64, "v" * 64)
SOURCE = Routing(RootCause.SOURCE, "ledger", ("team:finance", "finley"))
WHY = "The ledger left it out."


@pytest.fixture
def issue(store, cast, now):
    """Opened by a steward from a failed check."""
    return store.issues.open(cast.sam, report(check=CHECK), now)


def report(check=None, title="Suppliers are missing"):
    return IssueReport(PORT, title, "One in fifty has none.", IssueSeverity.HIGH, check)


def test_an_issue_is_kept_with_every_act(store, cast, now, issue):
    routed = store.issues.step(issue.id, Step(cast.sam, None, WHY, SOURCE), now)
    fixed = store.issues.step(issue.id, Step(cast.sam, IssueStatus.FIXED_AT_SOURCE, WHY), now)
    closing = Step(cast.sam, IssueStatus.CLOSED, "Loaded again", verdict_hash="w" * 64)
    closed = store.issues.step(issue.id, closing, now)

    assert routed.routing == fixed.routing == closed.routing == SOURCE
    statuses = [each.status(now) for each in (issue, routed, fixed, closed)]
    assert statuses == ["open", "open", "fixed_at_source", "closed"]
    assert closed == store.issues.find(issue.id) == store.issues.on_port(PORT)[0]
    assert closed.report == report(check=CHECK)
    assert store.issues.known(now) == {}
    actions = [r.action for r in store.audit(AuditFilter(resources=frozenset({PORT})))]
    assert actions == ["issue.close", "issue.progress", "issue.route", "issue.open"]
    assert store.verify_audit().intact


@pytest.mark.requirement("QUA-06")
def test_a_patch_is_debt_until_the_source_is_fixed(store, cast, now, issue):
    store.issues.step(issue.id, Step(cast.sam, None, WHY, SOURCE), now)
    patched = store.issues.step(issue.id, Step(cast.sam, IssueStatus.PATCHED_DOWNSTREAM, WHY), now)
    closing = Step(cast.sam, IssueStatus.CLOSED, "It passes", verdict_hash="w" * 64)

    with pytest.raises(PatchIsNoFix):
        store.issues.step(issue.id, closing, now)

    assert patched.is_debt and patched.is_known(now)
    fixed = store.issues.step(issue.id, Step(cast.sam, IssueStatus.FIXED_AT_SOURCE, WHY), now)
    assert not fixed.is_debt
    assert not store.issues.step(issue.id, closing, now).is_known(now)


@pytest.mark.requirement("GOV-07")
def test_an_accepted_risk_comes_back_when_its_period_is_over(store, cast, now, issue):
    until = now.date() + timedelta(days=10)
    step = Step(cast.sue, IssueStatus.CLOSED, "Two weeks more", accepted_until=until)

    accepted = store.issues.step(issue.id, step, now)

    assert not accepted.is_known(now + timedelta(days=10))
    later = now + timedelta(days=11)
    assert accepted.status(later) is IssueStatus.OPEN
    assert store.issues.known(later) == {PORT: (accepted,)}
    again = store.issues.step(
        issue.id, Step(cast.sam, IssueStatus.ACKNOWLEDGED, "Looking into it"), later
    )
    assert again.status(later) is IssueStatus.ACKNOWLEDGED


@pytest.mark.parametrize(
    ("step", "refusal"),
    [
        ({"status": IssueStatus.FIXED_AT_SOURCE}, RootCauseMissing),
        ({"status": IssueStatus.PATCHED_DOWNSTREAM}, RootCauseMissing),
        ({"status": IssueStatus.CLOSED}, CheckNotPassed),
        ({"status": IssueStatus.CLOSED, "accepted_until": date(2026, 4, 5)}, RiskPeriod),
        ({"status": IssueStatus.CLOSED, "accepted_until": date(2028, 4, 5)}, RiskPeriod),
    ],
)
def test_an_act_too_early_is_refused_and_nothing_is_kept(store, cast, now, issue, step, refusal):
    with pytest.raises(refusal):
        store.issues.step(issue.id, Step(actor=cast.sam, reason=WHY, **step), now)

    assert store.issues.find(issue.id) == issue


def test_a_closed_issue_stays_closed(store, cast, now):
    said = store.issues.open(cast.ada, report(), now)
    store.issues.step(said.id, Step(cast.sam, IssueStatus.CLOSED, "A misreading"), now)

    for step in (Step(cast.sam, IssueStatus.ACKNOWLEDGED, WHY), Step(cast.sam, None, WHY, SOURCE)):
        with pytest.raises(IllegalStep):
            store.issues.step(said.id, step, now)


def test_one_check_has_one_issue_at_a_time(store, cast, now, issue):
    with pytest.raises(AlreadyOpened):
        store.issues.open(cast.sue, report(check=CHECK), now)

    closing = Step(cast.sam, IssueStatus.CLOSED, "It passes", verdict_hash="w" * 64)
    store.issues.step(issue.id, closing, now)
    again = store.issues.open(cast.sue, report(check=CHECK), now + timedelta(days=1))
    assert again.id != issue.id


@pytest.mark.parametrize(("title", "part"), [("x", "title"), ("x" * 201, "title")])
def test_an_issue_must_say_what_is_wrong(store, cast, now, title, part):
    with pytest.raises(IssueTextMissing) as refused:
        store.issues.open(cast.sam, report(title=title), now)

    assert refused.value.part == part


def test_an_unknown_issue_is_refused(store):
    with pytest.raises(UnknownIssue):
        store.issues.find("issue_none")


@pytest.mark.parametrize("table", ["quality_issues", "quality_issue_acts"])
def test_the_database_itself_keeps_issues(store, cast, now, issue, table):
    store.issues.step(issue.id, Step(cast.sam, IssueStatus.ACKNOWLEDGED, WHY), now)
    for change in (f"DELETE FROM {table}", f"UPDATE {table} SET actor_id = 'x'"):
        with (
            pytest.raises(DatabaseError, match="append-only"),
            store._database.write() as connection,
        ):
            connection.execute(text(change))
