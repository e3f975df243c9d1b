"""dbt in this process, on a warehouse that stays open."""

from pathlib import Path

from marketplace.config import Settings
from orchestration.platform import open_platform
from orchestration.port_builds import prepare_warehouse

PROJECT = Path(__file__).parents[2]


def test_models_are_built_after_the_warehouse_has_spilled(tmp_path: Path) -> None:
    platform = open_platform(Settings(home=tmp_path, project=PROJECT))
    prepare_warehouse(platform, platform.graph.ports)

    with platform.dbt.warehouse_kept_open(), platform.dbt.connect() as connection:
        connection.execute("SET memory_limit = '60MB'")
        connection.execute(
            "CREATE TABLE sorted AS SELECT i, hash(i) AS h FROM range(5_000_000) AS r(i) ORDER BY h"
        )
        assert list((tmp_path / "spill").iterdir())

        platform.dbt.run(["stg_ports__organisation_history"], {})

        found = connection.execute("SELECT count(*) FROM stg_ports__organisation_history")
        assert found.fetchall() == [(0,)]
