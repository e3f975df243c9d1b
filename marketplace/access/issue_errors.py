"""What is refused about quality issues and improvement plans.

AccessError
├── UnknownIssue
├── IssueTextMissing
├── AlreadyOpened
├── IllegalStep
├── RootCauseMissing
├── SourceMissing
├── CheckNotPassed
├── PatchIsNoFix
├── RiskPeriod
├── UnknownPlan
├── PlanIsOpen
├── PlanIncomplete
├── PlanClosed
└── TargetNotMet
"""

from datetime import date

from marketplace.access.errors import AccessError


class UnknownIssue(AccessError):
    """No quality issue has this id."""

    def __init__(self, issue_id: str) -> None:
        self.issue_id = issue_id
        super().__init__(f"There is no issue `{issue_id}`. Open it from the list of issues.")


class IssueTextMissing(AccessError):
    """An issue does not say what is wrong."""

    def __init__(self, part: str, shortest: int, longest: int) -> None:
        self.part, self.shortest, self.longest = part, shortest, longest
        super().__init__(
            f"The issue was not opened: its {part} must have {shortest} to {longest:,} characters. "
            "Say what is wrong with the data, and name no person."
        )


class AlreadyOpened(AccessError):
    """The same check of the same port has an issue that is not closed."""

    def __init__(self, issue_id: str, port: str) -> None:
        self.issue_id, self.port = issue_id, port
        super().__init__(
            f"No second issue on this check of `{port}` was opened: issue `{issue_id}` is about it "
            "and not closed. Follow that one."
        )


class IllegalStep(AccessError):
    """An issue cannot go from where it stands to where it was sent."""

    def __init__(self, issue_id: str, status: str, wanted: str, possible: tuple[str, ...]) -> None:
        self.issue_id, self.status, self.wanted = issue_id, status, wanted
        ways = ", ".join(f"`{each}`" for each in possible)
        way_on = f"From there it can become {ways}." if ways else "Open a new issue instead."
        super().__init__(
            f"Issue `{issue_id}` was not changed: it is `{status}` and cannot become `{wanted}`. "
            f"{way_on}"
        )


class RootCauseMissing(AccessError):
    """A fix was recorded before anyone said where the fault comes from."""

    def __init__(self, issue_id: str) -> None:
        self.issue_id = issue_id
        super().__init__(
            f"Issue `{issue_id}` was not changed: its root cause is not known yet. "
            "Route it to where the fault comes from first."
        )


class SourceMissing(AccessError):
    """An issue was routed upstream without naming a source system that feeds the port."""

    def __init__(self, named: str, known: tuple[str, ...]) -> None:
        self.named, self.known = named, known
        listed = ", ".join(f"`{each}`" for each in known) or "none: choose another root cause"
        super().__init__(
            f"The issue was not routed: `{named}` is no source system that feeds the port. "
            f"Name one of {listed}."
        )


class CheckNotPassed(AccessError):
    """An issue was to be closed while no later verdict passes its check."""

    def __init__(self, issue_id: str, check_id: str) -> None:
        self.issue_id, self.check_id = issue_id, check_id
        super().__init__(
            f"Issue `{issue_id}` was not closed: no later verdict on what is served passes the "
            f"check `{check_id}`. Publish data that passes it, or let the owner accept the risk "
            "until a day."
        )


class PatchIsNoFix(AccessError):
    """An issue was to be closed that is only patched downstream."""

    def __init__(self, issue_id: str) -> None:
        self.issue_id = issue_id
        super().__init__(
            f"Issue `{issue_id}` was not closed: it is patched downstream, and the source still "
            "has the fault. Have it fixed at the source, or let the owner accept the risk until "
            "a day."
        )


class RiskPeriod(AccessError):
    """A risk was accepted up to a day that is past or too far away."""

    def __init__(self, until: date, longest: int) -> None:
        self.until, self.longest = until, longest
        super().__init__(
            f"The risk was not accepted: `{until}` is not one of the next {longest} days. "
            "Name the day up to which it is accepted."
        )


class UnknownPlan(AccessError):
    """No improvement plan has this id."""

    def __init__(self, plan_id: str) -> None:
        self.plan_id = plan_id
        super().__init__(f"There is no improvement plan `{plan_id}`. Open it from the list.")


class PlanIsOpen(AccessError):
    """A second improvement plan was to be opened for one element."""

    def __init__(self, plan_id: str) -> None:
        self.plan_id = plan_id
        super().__init__(
            f"No second plan was opened: `{plan_id}` is about the same element and not closed. "
            "Measurements are kept with that one."
        )


class PlanIncomplete(AccessError):
    """An improvement plan lacks what it has to say."""

    def __init__(self, part: str, remedy: str) -> None:
        self.part = part
        super().__init__(f"The plan was not recorded: {part}. {remedy}")


class PlanClosed(AccessError):
    """A closed improvement plan was to be changed."""

    def __init__(self, plan_id: str) -> None:
        self.plan_id = plan_id
        super().__init__(
            f"Plan `{plan_id}` was left as it is: it is closed. "
            "A new one opens when a measurement falls below the target again."
        )


class TargetNotMet(AccessError):
    """An improvement plan was to be closed before a later measurement met its target."""

    def __init__(self, plan_id: str, target: str, measured: str) -> None:
        self.plan_id, self.target, self.measured = plan_id, target, measured
        super().__init__(
            f"Plan `{plan_id}` was not closed: the last measurement is `{measured}`, the target "
            f"`{target}`. It closes when a later measurement meets the target."
        )
