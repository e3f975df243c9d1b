"""One plain `dbt build` in process of every model and its tests, over what is landed and published.

`python -m benchmarks.plain_dbt <home>`: the home folder must have been run in.
"""

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from marketplace.config import Settings
from orchestration.platform import open_platform
from orchestration.port_builds import prepare_warehouse


def main() -> None:
    """Builds into tables that are thrown away."""
    platform = open_platform(Settings(home=Path(sys.argv[1])))
    prepare_warehouse(platform, platform.graph.ports)
    with TemporaryDirectory(dir=platform.settings.home) as folder:
        candidates = {
            port: {
                "table": str(Path(folder, port).absolute()),
                "major": platform.contract(port).major,
                "fingerprint": "benchmark",
                "sources": {},
                "base_version": None,
                "partition_columns": list(platform.contract(port).table.partition_columns),
            }
            for port in platform.graph.ports
        }
        for port in candidates:
            Path(folder, port).mkdir()
        platform.dbt.invoke(
            ["build", "--no-write-json", "--vars", json.dumps({"candidates": candidates})]
        )


if __name__ == "__main__":
    main()
