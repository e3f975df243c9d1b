"""One of two processes that publish at once; run by test_races.py: `root number`.

It waits with a candidate that was built and checked until the file `go` appears.
"""

import importlib.util
import sys
import time
from pathlib import Path

import duckdb


def main() -> None:
    root, number = Path(sys.argv[1]), int(sys.argv[2])
    path = Path(__file__).with_name("conftest.py")
    spec = importlib.util.spec_from_file_location("small_lake", path)
    assert spec is not None and spec.loader is not None
    small_lake = importlib.util.module_from_spec(spec)
    sys.modules["small_lake"] = small_lake
    spec.loader.exec_module(small_lake)

    from data_products.errors import StaleCandidate
    from data_products.lakehouse import Lakehouse

    lakehouse = Lakehouse(root / "lake", root / "quarantine")
    lake = small_lake.Lake(root, lakehouse, duckdb.connect())
    candidate = lake.build(f"SELECT {number} AS n", fingerprint=f"build by {number}")
    contract = lake.contract(candidate)
    verdict = small_lake.verdict_on(candidate, contract)
    (root / f"ready-{number}").touch()
    while not (root / "go").exists():
        time.sleep(0.001)
    try:
        published = lakehouse.publish(contract, candidate, verdict, small_lake.RUN)
    except StaleCandidate:
        print("stale")
    else:
        print(f"version {published.version}")


if __name__ == "__main__":
    main()
