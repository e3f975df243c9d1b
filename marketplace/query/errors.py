"""What running a consumer's SQL refuses.

MarketplaceError
└── QueryError
    ├── StatementUnreadable
    ├── NotOneSelect
    ├── NoGrant
    ├── GrantOnHold
    ├── ServiceEnded
    ├── UnknownPort
    ├── NothingPublished
    ├── NothingShown
    ├── NotProtected
    ├── CopyAltered
    ├── CopyTooLarge
    ├── CopyFailed
    ├── QueryFailed
    ├── QueryTimedOut
    ├── QueryTooLarge
    ├── ScanTooLarge
    ├── TooManyQueries
    ├── QueryCancelled
    ├── UnknownStatement
    ├── UnsupportedFormat
    └── SandboxUnavailable
"""

from marketplace.errors import MarketplaceError


class QueryError(MarketplaceError):
    """The root of everything that the query room refuses.

    `outcome` is what the audit log says of such a statement.
    """

    outcome = "failed"


class StatementUnreadable(QueryError):
    """The text cannot be a statement: nothing in it, too long, or not text."""

    outcome = "denied"

    def __init__(self, fault: str, remedy: str) -> None:
        self.fault = fault
        super().__init__(f"The statement was not run: {fault}. {remedy}")


class NotOneSelect(QueryError):
    """The text is no single SELECT. `found` names the statements as DuckDB calls them."""

    outcome = "denied"

    def __init__(self, found: tuple[str, ...]) -> None:
        self.found = found
        listed = ", ".join(f"`{kind}`" for kind in found) or "no statement"
        super().__init__(
            f"The statement was not run: found {listed}, expected one `SELECT`. "
            "Send one SELECT (or EXPLAIN of one) at a time; data is read here, never changed."
        )


class NoGrant(QueryError):
    """The statement names a port that the actor has no standing grant on."""

    outcome = "denied"

    def __init__(self, port: str) -> None:
        self.port = port
        self.way_on = f"/access/requests/new?port={port}"
        super().__init__(
            f"No standing grant on `{port}`: it was never given, has expired or was revoked. "
            f"Ask for access, with a purpose, at {self.way_on}"
        )


class GrantOnHold(QueryError):
    """The statement names a port whose grant exists and gives no right for now."""

    outcome = "denied"

    def __init__(self, port: str, why: str) -> None:
        self.port, self.why = port, why
        super().__init__(f"Your grant on `{port}` is on hold: {why}")


class ServiceEnded(QueryError):
    """The statement names a major version of a port whose service is over."""

    outcome = "denied"

    def __init__(self, port: str, why: str, successor: str | None) -> None:
        self.port, self.successor = port, successor
        way_on = "Ask its owner what takes its place."
        if successor is not None:
            self.way_on = f"/access/requests/new?port={successor}"
            way_on = f"Name `{successor}` instead; ask for a grant on it at {self.way_on}"
        super().__init__(f"`{port}` cannot be read, and its grants have ended. {why} {way_on}")


class UnknownPort(QueryError):
    """The statement names a port that no data product offers."""

    def __init__(self, port: str, near: tuple[str, ...]) -> None:
        self.port, self.near = port, near
        listed = ", ".join(f"`{name}`" for name in near)
        meant = f"Near it: {listed}." if near else "Name ports as `unit.port`; search lists them."
        super().__init__(f"No output port `{port}`. {meant}")


class NothingPublished(QueryError):
    """The port is granted, and no version of it was ever published."""

    def __init__(self, port: str) -> None:
        self.port = port
        super().__init__(
            f"`{port}` has no published version yet. Its product page says when one is expected."
        )


class NothingShown(QueryError):
    """What the actor's grants show of a port cannot be told from its present columns."""

    outcome = "denied"

    def __init__(self, port: str, faults: tuple[str, ...]) -> None:
        self.port, self.faults = port, faults
        super().__init__(
            f"The statement was not run: your grant on `{port}` shows a part of it that its "
            f"present version does not have ({'; '.join(faults)}). Ask for a new grant."
        )


class NotProtected(QueryError):
    """The contract withholds small numbers, and the port's present version does not let it."""

    outcome = "denied"

    def __init__(self, port: str, faults: tuple[str, ...]) -> None:
        self.port, self.faults = port, faults
        super().__init__(
            f"The statement was not run: small numbers of `{port}` are to be withheld, which its "
            f"present version does not allow ({'; '.join(faults)}). Tell its steward: contract and "
            "version must fit together."
        )


class CopyAltered(QueryError):
    """The file with the part of a port that the actor is shown is not as it was written."""

    def __init__(self, port: str, fault: str) -> None:
        self.port, self.fault = port, fault
        super().__init__(
            f"The statement was not run: the copy of `{port}` that you are shown was altered "
            f"({fault}). It was set aside and reported. Run the statement again: a new copy is "
            "made from the published version."
        )


class CopyTooLarge(QueryError):
    """The part of a port that the actor is shown takes more disk than copies may."""

    def __init__(self, port: str, budget_mb: int) -> None:
        self.port, self.budget_mb = port, budget_mb
        super().__init__(
            f"The statement was not run: the part of `{port}` that you are shown does not fit in "
            f"the {budget_mb:,} MB for such copies. Ask the platform's engineers to raise "
            "`MARKETPLACE_COPIES_MB`, or the approver for a grant of fewer rows or columns."
        )


class CopyFailed(QueryError):
    """The part of a port that the actor is shown could not be made ready."""

    def __init__(self, port: str, fault: str) -> None:
        self.port, self.fault = port, fault
        super().__init__(
            f"The statement was not run: the copy of `{port}` that you are shown is not ready, "
            f"because {fault}. Try again; if it stays so, ask the platform's engineers."
        )


class QueryFailed(QueryError):
    """DuckDB refused the statement, or stopped while it ran. Its message is cleaned of paths."""

    def __init__(self, message: str, denied: bool = False) -> None:
        self.message = message
        self.outcome = "denied" if denied else "failed"
        super().__init__(message)


class QueryTimedOut(QueryError):
    """The statement ran into its deadline and was ended."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(
            f"The statement was ended after `{seconds:g}` seconds, the longest a statement may "
            "run. Ask for fewer rows or columns, or filter on a column that splits the port."
        )


class QueryTooLarge(QueryError):
    """The statement needs more than a statement may have. `what` is memory, disk or result."""

    _NEEDS = {
        "memory": "more memory than the {limit} MB that a statement may use",
        "disk": "more temporary disk than the {limit} MB that a statement may use",
        "result": "a row larger than the {limit} MB that a result may have",
    }

    def __init__(self, what: str, limit_mb: int) -> None:
        self.what, self.limit_mb = what, limit_mb
        super().__init__(
            f"The statement was ended: it needs {self._NEEDS[what].format(limit=limit_mb)}. "
            "Filter or aggregate earlier, or ask for fewer columns."
        )


class ScanTooLarge(QueryError):
    """The statement would read more than it may; it was not begun."""

    def __init__(self, estimate_mb: int, limit_mb: int) -> None:
        self.estimate_mb, self.limit_mb = estimate_mb, limit_mb
        super().__init__(
            f"The statement was not run: it would read about `{estimate_mb:,}` MB, and may read "
            f"`{limit_mb:,}` MB. Name only the columns that you need, and filter on a column that "
            "splits the port into files; its product page names it."
        )


class TooManyQueries(QueryError):
    """No place became free in time. `own` says that the actor's own statements hold them.

    `waiting` is how many of the actor's wait already, where that is the reason.
    """

    def __init__(self, own: bool, running: int, waiting: int = 0) -> None:
        self.own, self.running, self.waiting = own, running, waiting
        whose = "of your statements are" if own else "statements are"
        also = f", and `{waiting}` more wait" if waiting else ""
        super().__init__(
            f"The statement was not run: `{running}` {whose} still running{also}, which is as many "
            "as may at once. Try again when one has ended, or cancel one on the query page."
        )


class QueryCancelled(QueryError):
    """The statement was ended because its person asked for that, or went away."""

    def __init__(self) -> None:
        super().__init__("The statement was cancelled, and nothing was returned. Run it again.")


class UnknownStatement(QueryError):
    """No statement of this person runs or waits under that id."""

    outcome = "denied"

    def __init__(self, statement_id: str) -> None:
        self.statement_id = statement_id
        super().__init__(
            f"No statement `{statement_id}` of yours is running. It has ended, or never began; "
            "the query page lists those that run."
        )


class UnsupportedFormat(QueryError):
    """A column of the result cannot be written in the format asked for."""

    def __init__(self, format_name: str, column: str, kind: str) -> None:
        self.format_name, self.column, self.kind = format_name, column, kind
        super().__init__(
            f"The result was not written as {format_name}: column `{column}` has type `{kind}`, "
            f"which {format_name} cannot hold. Cast it in the SELECT, for example to varchar."
        )


class SandboxUnavailable(QueryError):
    """Statements cannot be confined on this machine, so none is run."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"No statement is run here: {reason}. Queries need Linux with Landlock (kernel 5.13 "
            "or newer, enabled) and seccomp, on x86-64 or ARM64; `uname -r` and "
            "`/sys/kernel/security/lsm` show what this machine has."
        )
