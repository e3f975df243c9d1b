"""The service log keeps what runs found out, and a port's history is put together from facts."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.service_history import Alert, Attempt, Probe
from data_products.port_history import service_history
from data_products.service_log import ServiceLog

NOW = datetime(2026, 4, 1, 9, 30, tzinfo=UTC)
PORT = "finance.invoices"


def test_what_is_recorded_is_read_back_in_order(tmp_path: Path) -> None:
    log = ServiceLog(tmp_path)
    failed = Attempt("c1:0", NOW, failed=True, begun_at=NOW - timedelta(minutes=5))
    passed = Attempt("c2:0", NOW + timedelta(days=1), failed=False)
    probe = Probe(NOW, is_readable=False)

    log.record_attempt(PORT, 1, failed, "two checks failed")
    log.record_probe(PORT, 1, probe, "`a.parquet` is gone")
    log.record_attempt(PORT, 1, passed)

    facts = log.facts(PORT, 1)
    assert (facts.attempts, facts.probes) == ((failed, passed), (probe,))
    assert log.facts(PORT, 2).attempts == ()


def test_a_line_that_a_crash_cut_short_spoils_no_other(tmp_path: Path) -> None:
    log = ServiceLog(tmp_path)
    attempt = Attempt("c1:0", NOW, failed=True)
    log.record_attempt(PORT, 1, attempt)
    path = tmp_path / "finance" / "invoices" / "v1.jsonl"
    path.write_bytes(path.read_bytes() + b'\n{"fact": "attem\xc3')

    log.record_attempt(PORT, 1, attempt)

    assert log.facts(PORT, 1).attempts == (attempt, attempt)


@pytest.mark.requirement("QUA-08")
def test_a_history_is_the_commits_the_log_and_the_alerts(lake: Any, tmp_path: Path) -> None:
    lake.publish("SELECT 1 AS n")
    lake.publish("SELECT 2 AS n UNION ALL SELECT 3")
    log = ServiceLog(tmp_path / "service")
    log.record_probe(PORT, 1, Probe(NOW, is_readable=True))
    contract = lake.contract(lake.build("SELECT 4 AS n"))

    log.record_attempt(PORT, 1, Attempt("c1:0", NOW, failed=True))
    told = (Alert("c1:0", NOW),)
    history = service_history(lake.lakehouse, log, contract, lambda _: told)

    assert [(each.version, each.rows) for each in history.publications] == [(0, 1), (1, 2)]
    assert history.probes == (Probe(NOW, is_readable=True),)
    assert history.alerts == told
    earlier = lake.connection.execute(f"SELECT sum(n) FROM {history.earlier}").fetchone()
    assert earlier == (5,)


def test_a_served_version_is_faulty_when_a_file_is_gone_or_cut(lake: Any) -> None:
    assert not lake.lakehouse.has_version(PORT, 1)
    assert lake.lakehouse.fault(PORT, 1) == "nothing is published"
    lake.publish("SELECT 1 AS n")
    assert (lake.lakehouse.has_version(PORT, 1), lake.lakehouse.fault(PORT, 1)) == (True, None)

    (name,) = lake.parquet_files()
    (lake.table / name).write_bytes(b"PAR1")
    assert lake.lakehouse.fault(PORT, 1) == f"`{name}` has another size than was published"
    (lake.table / name).unlink()
    assert lake.lakehouse.fault(PORT, 1) == f"`{name}` is gone"
    (lake.table / "_delta_log" / f"{0:020}.json").write_text("{}")
    assert lake.lakehouse.fault(PORT, 1)
