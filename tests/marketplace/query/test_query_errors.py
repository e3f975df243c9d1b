"""Each refusal says what was refused, what was expected and what to do."""

import pytest

from marketplace.errors import MarketplaceError
from marketplace.query import errors
from marketplace.query.errors import QueryError

MESSAGES = {
    "StatementUnreadable": (
        errors.StatementUnreadable("it is empty", "Write one SELECT."),
        "The statement was not run: it is empty. Write one SELECT.",
    ),
    "NotOneSelect": (
        errors.NotOneSelect(("SELECT", "COPY")),
        "The statement was not run: found `SELECT`, `COPY`, expected one `SELECT`. "
        "Send one SELECT (or EXPLAIN of one) at a time; data is read here, never changed.",
    ),
    "NoGrant": (
        errors.NoGrant("people.salaries"),
        "No standing grant on `people.salaries`: it was never given, has expired or was revoked. "
        "Ask for access, with a purpose, at /access/requests/new?port=people.salaries",
    ),
    "GrantOnHold": (
        errors.GrantOnHold("people.salaries", "It was suspended."),
        "Your grant on `people.salaries` is on hold: It was suspended.",
    ),
    "NothingShown": (
        errors.NothingShown("commercial.payments", ("it has no column `month`",)),
        "The statement was not run: your grant on `commercial.payments` shows a part of it that "
        "its present version does not have (it has no column `month`). Ask for a new grant.",
    ),
    "NotProtected": (
        errors.NotProtected("people.headcounts", ("it has no column `people`",)),
        "The statement was not run: small numbers of `people.headcounts` are to be withheld, "
        "which its present version does not allow (it has no column `people`). Tell its steward: "
        "contract and version must fit together.",
    ),
    "CopyAltered": (
        errors.CopyAltered("commercial.payments", "its rows are not the ones that were written"),
        "The statement was not run: the copy of `commercial.payments` that you are shown was "
        "altered (its rows are not the ones that were written). It was set aside and reported. "
        "Run the statement again: a new copy is made from the published version.",
    ),
    "CopyTooLarge": (
        errors.CopyTooLarge("commercial.payments", 4096),
        "The statement was not run: the part of `commercial.payments` that you are shown does not "
        "fit in the 4,096 MB for such copies. Ask the platform's engineers to raise "
        "`MARKETPLACE_COPIES_MB`, or the approver for a grant of fewer rows or columns.",
    ),
    "CopyFailed": (
        errors.CopyFailed("commercial.payments", "it could not be made"),
        "The statement was not run: the copy of `commercial.payments` that you are shown is not "
        "ready, because it could not be made. Try again; if it stays so, ask the platform's "
        "engineers.",
    ),
    "ServiceEnded": (
        errors.ServiceEnded("commercial.payments", "It is no longer offered.", None),
        "`commercial.payments` cannot be read, and its grants have ended. It is no longer "
        "offered. Ask its owner what takes its place.",
    ),
    "UnknownPort": (
        errors.UnknownPort("commercial.paymnts", ("commercial.payments",)),
        "No output port `commercial.paymnts`. Near it: `commercial.payments`.",
    ),
    "NothingPublished": (
        errors.NothingPublished("commercial.drafts"),
        "`commercial.drafts` has no published version yet. "
        "Its product page says when one is expected.",
    ),
    "QueryFailed": (errors.QueryFailed("Parser Error: x"), "Parser Error: x"),
    "QueryTimedOut": (
        errors.QueryTimedOut(30.0),
        "The statement was ended after `30` seconds, the longest a statement may run. "
        "Ask for fewer rows or columns, or filter on a column that splits the port.",
    ),
    "QueryTooLarge": (
        errors.QueryTooLarge("memory", 512),
        "The statement was ended: it needs more memory than the 512 MB that a statement may use. "
        "Filter or aggregate earlier, or ask for fewer columns.",
    ),
    "ScanTooLarge": (
        errors.ScanTooLarge(123_456, 20_000),
        "The statement was not run: it would read about `123,456` MB, and may read `20,000` MB. "
        "Name only the columns that you need, and filter on a column that splits the port into "
        "files; its product page names it.",
    ),
    "TooManyQueries": (
        errors.TooManyQueries(own=False, running=4),
        "The statement was not run: `4` statements are still running, which is as many as may "
        "at once. Try again when one has ended, or cancel one on the query page.",
    ),
    "QueryCancelled": (
        errors.QueryCancelled(),
        "The statement was cancelled, and nothing was returned. Run it again.",
    ),
    "UnknownStatement": (
        errors.UnknownStatement("stmt-1"),
        "No statement `stmt-1` of yours is running. It has ended, or never began; "
        "the query page lists those that run.",
    ),
    "UnsupportedFormat": (
        errors.UnsupportedFormat("Parquet", "period", "month_day_nano_interval"),
        "The result was not written as Parquet: column `period` has type "
        "`month_day_nano_interval`, which Parquet cannot hold. "
        "Cast it in the SELECT, for example to varchar.",
    ),
    "SandboxUnavailable": (
        errors.SandboxUnavailable("the kernel offers no Landlock"),
        "No statement is run here: the kernel offers no Landlock. Queries need Linux with "
        "Landlock (kernel 5.13 or newer, enabled) and seccomp, on x86-64 or ARM64; `uname -r` and "
        "`/sys/kernel/security/lsm` show what this machine has.",
    ),
}


@pytest.mark.parametrize(("error", "message"), MESSAGES.values(), ids=MESSAGES)
def test_an_error_says_the_way_on(error, message):
    assert str(error) == message
    assert isinstance(error, MarketplaceError)


def test_every_error_is_drawn_in_the_tree_and_has_its_message_tested():
    classes = {kind.__name__ for kind in QueryError.__subclasses__()}

    assert classes == set(MESSAGES)
    assert all(f"── {name}\n" in errors.__doc__ for name in classes)
