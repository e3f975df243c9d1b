"""The main job on real public data: every row accounted for, every port published."""

from pathlib import Path

import pytest
from rich.console import Console

from marketplace.config import Settings
from orchestration.__main__ import run

PROJECT = Path(__file__).parents[2]


@pytest.mark.real_data
def test_the_main_job_publishes_every_port_from_real_files(
    shared_data: Path, tmp_path: Path
) -> None:
    settings = Settings(home=tmp_path / "home", project=PROJECT, sources=str(shared_data))

    first = run(settings, Console(quiet=True))

    assert first.failed == []
    assert first.published == len(first.ports)
    landed = {source.name: source for source in first.landed}
    assert landed["ledger_lines"].rows_read == 11_214_848
    for source in first.landed:
        told = source.rows_landed + source.rows_rejected + source.rows_duplicate
        assert source.rows_read == told, source.name

    second = run(settings, Console(quiet=True))

    assert second.published == 0
    assert {port.state for port in second.ports.values()} == {"unchanged"}
