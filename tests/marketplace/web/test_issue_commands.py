"""Issues on the command line: what it prints, and how a refusal leaves."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from marketplace.cli import main

PORT = "commercial.payments"
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(
    seed_folder: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Command:
    """Runs `marketplace ...` over a copy of the published lake."""
    shutil.copytree(seed_folder.settings.home, tmp_path / "home")
    monkeypatch.setenv("MARKETPLACE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MARKETPLACE_PROJECT", str(seed_folder.settings.project))
    monkeypatch.setenv("COLUMNS", "240")

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["marketplace", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
            raise SystemExit(0)
        told = capsys.readouterr()
        return int(left.value.code or 0), told.out, told.err

    return run


@pytest.mark.requirement("QUA-06")
def test_an_issue_from_opening_to_closure(command: Command) -> None:
    said = ("--title", "Offices are missing", "--description", "Some payments have none.")
    opening = ("issue", "open", PORT, "--severity", "high", *said, "--json")
    refused = command(*opening, "--as", "analyst")
    made = json.loads(command(*opening, "--as", "steward")[1])
    why = ("--as", "steward", "--reason", "Seen in the file.")
    routed = command("issue", "route", made["id"], "--root-cause", "source", *why)
    fixed = command("issue", "progress", made["id"], "fixed_at_source", *why)
    listed = command("issue", "list", "--port", PORT)
    closed = command("issue", "close", made["id"], *why)
    shown = command("issue", "show", made["id"], "--as", "steward")

    assert refused[0] == 1 and "Request access" in " ".join(refused[2].split())
    assert made["status"] == "open"
    assert routed[:2] == (0, f"{made['id']}: open\n")
    assert fixed[:2] == (0, f"{made['id']}: fixed_at_source\n")
    assert "Offices are missing" in listed[1]
    assert closed[:2] == (0, f"{made['id']}: closed\n")
    assert "Routed to Commercial owners of payments_ledger" in shown[1]
    assert "No issue is known." in command("issue", "list")[1]


def test_plans_are_listed(command: Command) -> None:
    assert "No improvement plan is open." in command("plan", "list")[1]
