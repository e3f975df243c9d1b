"""`python -m benchmarks [name ...]`: measures and prints the table of docs/performance.md."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from benchmarks import access, contract_checks, pipeline, service
from benchmarks.personal_data import personal_data
from benchmarks.table import Row, show

SUITES = {
    "sample": pipeline.sample_demo,
    "real": pipeline.real_inputs,
    "publish": pipeline.publishing,
    "orchestration": pipeline.orchestration,
    "pages": service.pages,
    "statements": service.statements,
    "access": access.access,
    "contracts": contract_checks.contracts,
    "personal_data": personal_data,
}


def main() -> None:
    """Runs the named suites over homes in a folder that is thrown away.

    By default all but `contracts`, which installs other tools and takes an hour.
    """
    chosen = sys.argv[1:] or [name for name in SUITES if name != "contracts"]
    unknown = [name for name in chosen if name not in SUITES]
    if unknown:
        sys.exit(f"Unknown: {', '.join(unknown)}. Choose from: {', '.join(SUITES)}.")
    console = Console(stderr=True)
    rows: list[Row] = []
    with TemporaryDirectory(prefix="marketplace-bench-") as folder:
        if "sample" not in chosen and not set(chosen) <= {"access", "contracts", "personal_data"}:
            pipeline.sample_demo(Path(folder))
        for name in chosen:
            console.print(f"Measuring {name}")
            rows += SUITES[name](Path(folder))
    show(rows)


if __name__ == "__main__":
    main()
