"""The schedule of the probe, and what a run of it says."""

import sys
from pathlib import Path

import pytest

from orchestration.access_probe import probe_job, probe_schedule, run_probe
from orchestration.errors import AccessDiffers


def test_a_run_holds_access_against_the_decisions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MARKETPLACE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MARKETPLACE_PROJECT", str(tmp_path))

    assert probe_job().execute_in_process().success
    assert probe_schedule(probe_job()).cron_schedule == "20 * * * *"


def test_a_difference_fails_the_run_with_what_was_found() -> None:
    program = "import sys; print('shown'); print('x', file=sys.stderr); sys.exit(1)"

    with pytest.raises(AccessDiffers) as refusal:
        run_probe((sys.executable, "-c", program))

    assert str(refusal.value) == (
        "Effective access is not what was decided: shown\nx\n"
        "The incident is in the audit log; run `marketplace access probe` for each difference."
    )
