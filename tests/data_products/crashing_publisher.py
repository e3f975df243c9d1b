"""Builds and publishes in processes that are killed at a named step; run by test_crashes.py.

Reads cases from standard input as JSON lines `{"root", "step", "act"}`. Each case is a fork of this
process, which has imported delta-rs and never used it: its threads do not survive a fork. A step
that is a number is the time in milliseconds after which the parent kills the child, wherever it is.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

import duckdb

CONFTEST = Path(__file__).with_name("conftest.py")


def main() -> None:
    import importlib.util

    spec = importlib.util.spec_from_file_location("small_lake", CONFTEST)
    assert spec is not None and spec.loader is not None
    small_lake = importlib.util.module_from_spec(spec)
    sys.modules["small_lake"] = small_lake
    spec.loader.exec_module(small_lake)
    for line in sys.stdin:
        case = json.loads(line)
        child = os.fork()
        if child == 0:
            acts = {"publish": publish, "release": release, "discard": discard}
            acts[case["act"]](small_lake, Path(case["root"]), case["step"])
            os._exit(0)
        if isinstance(case["step"], float):
            time.sleep(case["step"] / 1000)
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        print(json.dumps({"killed": killed}), flush=True)


def dying_at(step):
    def die(reached: str) -> None:
        if reached == step:
            os.kill(os.getpid(), signal.SIGKILL)

    return die


def release(small_lake, root, step) -> None:
    from data_products.lakehouse import Lakehouse, Release

    lakehouse = Lakehouse(root / "lake", root / "quarantine", dying_at(step))
    candidate = small_lake.only_quarantined(lakehouse)
    contract = small_lake.promised(dict(candidate.columns))
    decision = Release("owner", "Oona Hale", small_lake.NOW, "Checked by hand.")
    lakehouse.release(contract, candidate.content_hash, decision, small_lake.RUN)


def discard(small_lake, root, step) -> None:
    from data_products.lakehouse import Lakehouse

    lakehouse = Lakehouse(root / "lake", root / "quarantine", dying_at(step))
    candidate = small_lake.only_quarantined(lakehouse)
    lakehouse.discard("finance.invoices", 1, candidate.content_hash)


def publish(small_lake, root, step) -> None:
    from data_products.candidate_writer import write_candidate
    from data_products.lakehouse import Lakehouse

    die = dying_at(step)
    lakehouse = Lakehouse(root / "lake", root / "quarantine", die)
    lake = small_lake.Lake(root, lakehouse, duckdb.connect())
    sql = "SELECT 'p' || (i % 2) AS p, i + 100 AS n FROM range(6) t(i)"
    target = lake.target(fingerprint="new", partition_columns=("p",))
    candidate = write_candidate(lake.connection, sql, target, die)
    contract = lake.contract(candidate)
    lakehouse.publish(
        contract, candidate, small_lake.verdict_on(candidate, contract), small_lake.RUN
    )


if __name__ == "__main__":
    main()
