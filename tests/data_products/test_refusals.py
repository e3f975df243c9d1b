"""What the refusals say, where no other test reads the whole message."""

from contracts.verdict import Outcome
from data_products.errors import CandidateLost, CommitRefused, ContractNotMet, UnreadableTable
from data_products.statistics import without


def test_a_refused_commit_says_that_nothing_changed() -> None:
    assert str(CommitRefused("finance.invoices", "disk full")) == (
        "`finance.invoices` was not published: the Delta log refused the commit (disk full). "
        "The served version is unchanged; publish again."
    )


def test_long_lists_are_cut_and_counted() -> None:
    faults = [f"fault {number}" for number in range(12)]

    assert "fault 9; and 2 more." in str(CandidateLost("finance.invoices", "abc", faults))


def test_an_unreadable_table_says_what_to_do() -> None:
    assert "restore the table" in str(UnreadableTable("/lake/x", "its log is gone"))


def test_a_failed_check_without_words_is_told_by_its_rows(check_result, verdict, lake) -> None:
    candidate = lake.build("SELECT 1 AS a")
    failed = check_result(Outcome.FAILED, observed=None, expected="0", failing_rows=4)
    broken = check_result(Outcome.ERROR, detail="the rule divides by zero")

    said = str(ContractNotMet(verdict(candidate, lake.contract(candidate), failed, broken), 4))

    assert "4 rows fail, promised 0" in said
    assert "could not be checked, the rule divides by zero" in said


def test_statistics_without_a_column_keep_every_other_digit() -> None:
    said = (
        '{"numRecords":2,"minValues":{"a":12345678901234567890.1234567890,"b":"x"},'
        '"maxValues":{"a":1e300,"b":"y"},"nullCount":{"a":0,"b":1}}'
    )

    assert without(said, ["b"]) == (
        '{"numRecords":2,"minValues":{"a":12345678901234567890.1234567890},'
        '"maxValues":{"a":1e300},"nullCount":{"a":0}}'
    )
    assert without(said, ["c"]) is said
