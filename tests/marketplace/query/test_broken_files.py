"""Messages about files that cannot be read name the port and never the file."""

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from data_products.lakehouse import Lakehouse
from marketplace.query.engine import QueryEngine
from marketplace.query.errors import QueryFailed
from marketplace.query.limits import QuerySettings


@pytest.fixture
def damaged(room, tmp_path):
    """An engine over a lake of its own, and the one file of its suppliers."""
    lakehouse = Lakehouse(tmp_path / "lake", tmp_path / "quarantine")
    table = lakehouse.table("commercial.suppliers", 1)
    write_deltalake(table, pa.table({"supplier": ["a"] * 9}))
    settings = QuerySettings(tmp_path / "own", room.limits)
    room.grant(room.ada, "commercial.suppliers")
    with QueryEngine(settings, lakehouse, room.registry, room.store) as engine:
        yield engine, lakehouse.snapshot("commercial.suppliers", 1).files[0]


def test_a_damaged_file_is_called_by_its_ports_name(room, damaged):
    engine, file = damaged
    file.write_bytes(b"PAR1 no longer Parquet PAR1")

    with pytest.raises(QueryFailed) as failure:
        engine.run(room.ada, "from commercial.suppliers", room.now)

    assert "commercial.suppliers" in str(failure.value)
    assert str(file.parent) not in str(failure.value)


def test_a_missing_file_says_to_run_again(room, damaged):
    engine, file = damaged
    file.unlink()

    with pytest.raises(QueryFailed, match="A file of a port was removed"):
        engine.run(room.ada, "from commercial.suppliers", room.now)
