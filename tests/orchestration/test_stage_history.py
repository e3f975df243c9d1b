"""What was seen at a stage is kept line by line, and a crash costs at most the last line."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from contracts.quality.stages import LandedFigures, landing_results
from orchestration.stage_history import KEPT_IN_VIEW, StageHistory, StageRecord

NOW = datetime(2026, 4, 1, tzinfo=UTC)


def record(rows: int = 5) -> StageRecord:
    figures = LandedFigures(1, rows, rows, 0, 0, ("amount",))
    results = landing_results("ledger.lines", figures, [])
    return StageRecord(NOW + timedelta(days=rows), {"rows_landed": rows}, results)


def test_records_come_back_as_they_were_oldest_first(tmp_path: Path) -> None:
    history = StageHistory(tmp_path)
    for rows in (1, 2, 3):
        history.append("landing", "ledger.lines", record(rows))

    again = StageHistory(tmp_path)

    assert again.records("landing", "ledger.lines") == (record(1), record(2), record(3))
    assert again.latest("landing", "ledger.lines") == record(3)


def test_only_the_newest_runs_are_compared_with(tmp_path: Path) -> None:
    history = StageHistory(tmp_path)
    for rows in range(20):
        history.append("landing", "ledger.lines", record(rows))

    assert history.records("landing", "ledger.lines") == tuple(
        record(rows) for rows in range(20 - KEPT_IN_VIEW, 20)
    )


def test_a_line_cut_short_by_a_crash_is_left_out(tmp_path: Path) -> None:
    history = StageHistory(tmp_path)
    history.append("models", "finance.invoices", record(1))
    with (tmp_path / "models" / "finance.invoices.jsonl").open("ab") as file:
        file.write(b'{"at":"2026-04')

    assert history.records("models", "finance.invoices") == (record(1),)


def test_nothing_seen_is_no_record(tmp_path: Path) -> None:
    assert StageHistory(tmp_path).latest("landing", "ledger.lines") is None
    assert list(tmp_path.iterdir()) == []
