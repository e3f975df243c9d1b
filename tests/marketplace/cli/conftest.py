"""The command line as its user meets it: what it prints, and how it leaves."""

from collections.abc import Callable
from pathlib import Path

import pytest

from marketplace.cli import main

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Runs `marketplace ...` on a project and a home below tmp_path."""
    monkeypatch.setenv("MARKETPLACE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MARKETPLACE_PROJECT", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["marketplace", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
            raise SystemExit(0)
        told = capsys.readouterr()
        return int(left.value.code or 0), told.out, told.err

    return run
