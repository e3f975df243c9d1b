"""Saves verdicts in processes that are killed at a named step; run by test_evidence_crashes.py.

Reads cases from standard input as JSON lines `{"root", "step", "first", "count"}`; each is a fork
of this process, which has imported delta-rs and never used it. A step that is a number is the time
in milliseconds after which the child is killed, wherever it is. A child notes each verdict in
`<root>/acknowledged` once it is saved.
"""

import json
import os
import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from contracts.model import Severity
from contracts.verdict import CheckResult, Outcome, Verdict
from data_products.evidence import EvidenceStore

PORT = "finance.invoices"
START = datetime(2026, 4, 1, tzinfo=UTC)


def verdict_number(number: int) -> Verdict:
    """A verdict with two results that tell which one it is."""
    results = tuple(
        CheckResult(
            check_id=f"check-{position}",
            title=f"Check {position}",
            kind="required",
            property_name="amount",
            dimension="completeness",
            severity=Severity.ERROR,
            informative=False,
            outcome=Outcome.PASSED,
            checked_rows=number,
            failing_rows=0,
            observed=None,
            expected=None,
            detail=None,
            query=f"select {number}",
            seconds=0.1,
        )
        for position in range(2)
    )
    return Verdict(
        port=PORT,
        contract_version="1.0.0",
        contract_hash="c" * 64,
        candidate_hash=f"{number:064x}",
        run_id=f"run-{number}",
        checked_at=START + timedelta(minutes=number),
        rows=number,
        results=results,
    )


def main() -> None:
    for line in sys.stdin:
        case = json.loads(line)
        child = os.fork()
        if child == 0:
            save_some(Path(case["root"]), case["step"], case["first"], case["count"])
            os._exit(0)
        if isinstance(case["step"], float):
            time.sleep(case["step"] / 1000)
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        print(json.dumps({"killed": os.WIFSIGNALED(status)}), flush=True)


def save_some(root: Path, step: object, first: int, count: int) -> None:
    def die(reached: str) -> None:
        if reached == step:
            os.kill(os.getpid(), signal.SIGKILL)

    store = EvidenceStore(root / "evidence", die)
    with (root / "acknowledged").open("a") as acknowledged:
        for number in range(first, first + count):
            store.save(verdict_number(number))
            acknowledged.write(f"{number}\n")
            acknowledged.flush()


if __name__ == "__main__":
    main()
